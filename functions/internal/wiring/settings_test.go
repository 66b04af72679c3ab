package wiring

import (
	"flag"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write settings.txt anew")

// What rynda help config prints are the comments on the fields, so that there is
// one place to keep right. Go test ./functions/internal/wiring -run TestSettings
// -update writes it anew.
func TestSettings(t *testing.T) {
	t.Parallel()
	var b strings.Builder
	describe(t, &b, reflect.TypeFor[Config]())
	if *update {
		if err := os.WriteFile("settings.txt", []byte(b.String()), 0o644); err != nil {
			t.Fatal(err)
		}
		return // what is embedded is from before
	}
	if b.String() != settings {
		t.Errorf("settings.txt is not what the comments say; -update writes it anew")
	}
	for name := range fieldNames() {
		if !strings.Contains(settings, "\n"+name+"  ") && !strings.HasPrefix(settings, name+"  ") {
			t.Errorf("%s is not described", name)
		}
	}
}

func fieldNames() map[string]bool {
	out := map[string]bool{}
	for _, name := range names(reflect.TypeFor[Config]()) {
		out[name] = true
	}
	return out
}

var kinds = map[string]string{
	"string": "text", "auth.Secret": "text", "time.Duration": "time, such as 1m30s", "int": "number", "int32": "number", "int64": "number",
	"float64": "number", "bool": "true or false", "[]string": "texts, joined by commas", "[]netip.Prefix": "networks, joined by commas",
}

func describe(t *testing.T, b *strings.Builder, of reflect.Type) {
	t.Helper()
	comments := commentsOf(t, of)
	variables := map[string]string{} // by the name of the field
	for i := range of.NumField() {
		if name := of.Field(i).Tag.Get("envconfig"); name != "" {
			variables[of.Field(i).Name] = name
		}
	}
	before := ""
	for i := range of.NumField() {
		field := of.Field(i)
		name := field.Tag.Get("envconfig")
		switch {
		case field.Tag.Get("ignored") == "true":
			continue
		case name == "" && field.Type.Kind() == reflect.Struct:
			describe(t, b, field.Type)
			continue
		case name == "":
			continue
		}
		comment := comments[field.Name]
		if comment == "" && strings.Contains(before, field.Name) {
			comment = before // one comment for several
		}
		if comment == "" {
			t.Errorf("%s.%s (%s) has no comment that says what it means", of, field.Name, name)
			continue
		}
		before = comment
		kind, known := kinds[field.Type.String()]
		if !known {
			t.Errorf("%s is a %s, for which there is no word", name, field.Type)
		}
		fallback := "nothing"
		if given := field.Tag.Get("default"); given != "" {
			fallback = given
		}
		fmt.Fprintf(b, "%s  %s; default %s\n%s\n\n", name, kind, fallback, wrapped(inVariables(comment, variables), 76))
	}
}

// inVariables puts the variable for each field that a comment names, with or
// without the struct it is in.
func inVariables(comment string, variables map[string]string) string {
	return regexp.MustCompile(`\b(?:Config\.)?([A-Z]\w+)\b`).ReplaceAllStringFunc(comment, func(word string) string {
		if variable, there := variables[strings.TrimPrefix(word, "Config.")]; there {
			return variable
		}
		return word
	})
}

func wrapped(text string, width int) string {
	var lines []string
	line := "   "
	for _, word := range strings.Fields(text) {
		if len(line)+1+len(word) > width {
			lines = append(lines, line)
			line = "   "
		}
		line += " " + word
	}
	return strings.Join(append(lines, line), "\n")
}

// commentsOf reads the comments on the fields of a struct from its source.
func commentsOf(t *testing.T, of reflect.Type) map[string]string {
	t.Helper()
	dir := filepath.Join("..", "..", "..", strings.TrimPrefix(of.PkgPath(), "rynda/"))
	files, err := filepath.Glob(filepath.Join(dir, "*.go"))
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]string{}
	for _, path := range files {
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.ParseComments)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(file, func(n ast.Node) bool {
			spec, is := n.(*ast.TypeSpec)
			if !is || spec.Name.Name != of.Name() {
				return true
			}
			if s, is := spec.Type.(*ast.StructType); is {
				for _, field := range s.Fields.List {
					for _, name := range field.Names {
						out[name.Name] = strings.Join(strings.Fields(field.Doc.Text()), " ")
					}
				}
			}
			return false
		})
	}
	return out
}
