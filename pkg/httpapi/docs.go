package httpapi

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"html/template"
	"maps"
	"net/http"
	"reflect"
	"regexp"
	"slices"
	"strings"

	"github.com/danielgtaylor/huma/v2"
)

//go:embed docs
var docsFolder embed.FS

// docsFiles are what the page of the document loads, by name.
var docsFiles = map[string]http.Handler{
	"docs.css": docsFile("docs.css", "text/css; charset=utf-8"),
	"docs.js":  docsFile("docs.js", "text/javascript; charset=utf-8"),
}

func docsFile(name, mediaType string) http.Handler {
	text, err := docsFolder.ReadFile("docs/" + name)
	if err != nil {
		panic(err) // embedded
	}
	return fixed(text, mediaType)
}

// fixed serves bytes that do not change while the process lives.
func fixed(text []byte, mediaType string) http.Handler {
	sum := sha256.Sum256(text)
	tag := `"` + hex.EncodeToString(sum[:12]) + `"`
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		header := w.Header()
		header.Set("Cache-Control", "no-cache")
		header.Set("ETag", tag)
		if matches(r.Header.Get("If-None-Match"), tag) {
			w.WriteHeader(http.StatusNotModified)
			return
		}
		header.Set("Content-Type", mediaType)
		if r.Method != http.MethodHead {
			w.Write(text)
		}
	})
}

// published is the document of the API and the page that shows it.
type published struct {
	document, page http.Handler
}

func publish(doc *huma.OpenAPI, specs []spec) published {
	text, err := doc.YAML()
	if err != nil {
		panic(err) // of our own making: the same on every run
	}
	var page bytes.Buffer
	if err := docsPage.Execute(&page, docsOf(doc, specs)); err != nil {
		panic(err)
	}
	return published{
		document: fixed(text, "application/yaml; charset=utf-8"),
		page:     fixed(page.Bytes(), "text/html; charset=utf-8"),
	}
}

var docsPage = template.Must(template.New("page.html").Funcs(template.FuncMap{"prose": prose}).ParseFS(docsFolder, "docs/page.html"))

// writable are the schemas that callers send, so that it matters what they must
// hold.
var writable = map[string]bool{"Report": true, "Reports": true, "ViewCommand": true, "UndoCommand": true, "ViewManyCommand": true}

// The page in the order in which people read it.
type (
	docs struct {
		Title, Version, Introduction string
		Sections                     []docsSection
		Schemas                      []docsSchema
		Security                     []docsSecurity
	}
	docsSection struct {
		Name, Description string
		Operations        []docsOperation
	}
	docsOperation struct {
		ID, Method, Path, Summary, Description, Needs, Example string
		Parameters                                             []docsField
		Body                                                   *docsBody
		Answers                                                []docsBody
		Problems                                               []docsProblem
	}
	docsBody struct {
		Status, Description, Media, Type, Link string
		Fields                                 []docsField
		Frames                                 []docsField
	}
	docsField struct {
		Name, In, Type, Link, Description, Bounds string
		Required                                  bool
	}
	docsProblem  struct{ Status, Title, When string }
	docsSecurity struct{ Name, How, Description string }
	docsSchema   struct {
		Name, Description string
		Fields            []docsField
	}
)

func docsOf(doc *huma.OpenAPI, specs []spec) docs {
	d := docs{Title: doc.Info.Title, Version: doc.Info.Version, Introduction: doc.Info.Description}
	for _, tag := range doc.Tags {
		section := docsSection{Name: tag.Name, Description: tag.Description}
		for _, sp := range specs {
			if sp.tag == tag.Name {
				op := operationOf(doc.Paths[sp.Path], sp.Method)
				section.Operations = append(section.Operations, docsOperationOf(doc, op, sp.Path, sp.Method))
			}
		}
		d.Sections = append(d.Sections, section)
	}
	schemas := doc.Components.Schemas.Map()
	for _, name := range slices.Sorted(maps.Keys(schemas)) {
		if schema := schemas[name]; schema.Type == huma.TypeObject {
			d.Schemas = append(d.Schemas, docsSchema{name, schema.Description, docsFieldsOf(doc, name, writable[name])})
		}
	}
	for _, name := range slices.Sorted(maps.Keys(doc.Components.SecuritySchemes)) {
		scheme := doc.Components.SecuritySchemes[name]
		how := "Authorization: Bearer " + scheme.BearerFormat
		if scheme.In == "cookie" {
			how = "Cookie: " + scheme.Name
		}
		d.Security = append(d.Security, docsSecurity{strings.ReplaceAll(name, "_", " "), how, scheme.Description})
	}
	return d
}

func docsOperationOf(doc *huma.OpenAPI, op *huma.Operation, path, method string) docsOperation {
	o := docsOperation{ID: op.OperationID, Method: method, Path: path, Summary: op.Summary, Description: op.Description}
	var needs []string
	for _, one := range op.Security {
		for name, scopes := range one {
			need := strings.ReplaceAll(name, "_", " ")
			if len(scopes) > 0 {
				need += " with scope " + strings.Join(scopes, ", ")
			}
			needs = append(needs, need)
		}
	}
	o.Needs = cmp.Or(strings.Join(needs, " or "), "nobody: open to all")
	for _, p := range op.Parameters {
		typ, link := typeOf(p.Schema)
		o.Parameters = append(o.Parameters, docsField{
			Name: p.Name, In: p.In, Type: typ, Link: link, Description: cmp.Or(p.Description, p.Schema.Description),
			Bounds: bounds(p.Schema), Required: p.Required,
		})
	}
	if op.RequestBody != nil {
		for _, media := range slices.Sorted(maps.Keys(op.RequestBody.Content)) {
			body := docsBodyOf(doc, media, op.RequestBody.Content[media].Schema, true)
			o.Body = &body
			break
		}
	}
	for _, status := range slices.Sorted(maps.Keys(op.Responses)) {
		response := op.Responses[status]
		if status >= "400" {
			o.Problems = append(o.Problems, docsProblem{status, response.Content[problemType].Schema.Title, response.Description})
			continue
		}
		answer := docsBody{Status: status, Description: response.Description}
		for media, content := range response.Content {
			answer = docsBodyOf(doc, media, content.Schema, false)
			answer.Status, answer.Description = status, response.Description
			if frames, ok := content.Extensions["x-frames"].(map[string]any); ok {
				for _, name := range slices.Sorted(maps.Keys(frames)) {
					typ, link := typeOf(frames[name].(*huma.Schema))
					answer.Frames = append(answer.Frames, docsField{Name: name, Type: typ, Link: link})
				}
			}
		}
		o.Answers = append(o.Answers, answer)
	}
	o.Example = example(op, path, method)
	return o
}

func docsBodyOf(doc *huma.OpenAPI, media string, schema *huma.Schema, asked bool) docsBody {
	typ, link := typeOf(schema)
	return docsBody{Media: media, Type: typ, Link: link, Fields: docsFieldsOf(doc, link, asked)}
}

// docsFieldsOf lists the members of a named schema in the order of its type,
// where callers write it the required ones first.
func docsFieldsOf(doc *huma.OpenAPI, name string, asked bool) []docsField {
	schema := doc.Components.Schemas.Map()[name]
	if schema == nil {
		return nil
	}
	place := map[string]int{}
	if t := doc.Components.Schemas.TypeFromRef("#/components/schemas/" + name); t != nil {
		for i, field := range reflect.VisibleFields(t) {
			member, _, _ := strings.Cut(field.Tag.Get("json"), ",")
			place[member] = i
		}
	}
	names := slices.SortedFunc(maps.Keys(schema.Properties), func(a, b string) int {
		return cmp.Or(cmp.Compare(place[a], place[b]), cmp.Compare(a, b))
	})
	var required, rest []docsField
	for _, name := range names {
		property := schema.Properties[name]
		typ, link := typeOf(property)
		field := docsField{Name: name, Type: typ, Link: link, Description: property.Description, Bounds: bounds(property)}
		if asked && slices.Contains(schema.Required, name) {
			field.Required = true
			required = append(required, field)
		} else {
			rest = append(rest, field)
		}
	}
	return append(required, rest...)
}

// typeOf names a schema for people, and the schema of the page that it leads to.
func typeOf(s *huma.Schema) (name, link string) {
	switch {
	case s == nil:
		return "", ""
	case s.Ref != "":
		name = s.Ref[strings.LastIndexByte(s.Ref, '/')+1:]
		return name, name
	case len(s.OneOf)+len(s.AnyOf) > 0:
		var names []string
		for _, one := range slices.Concat(s.OneOf, s.AnyOf) {
			each, to := typeOf(one)
			names, link = append(names, each), cmp.Or(link, to)
		}
		return strings.Join(names, " or "), link
	case s.Type == huma.TypeArray:
		name, link = typeOf(s.Items)
		return "list of " + name, link
	case s.Type == huma.TypeObject && s.AdditionalProperties != nil:
		if values, ok := s.AdditionalProperties.(*huma.Schema); ok {
			name, link = typeOf(values)
			return "map of " + name, link
		}
	case s.Type == "":
		return "any JSON", ""
	}
	name = s.Type
	switch s.Format {
	case "date-time":
		name = "time"
	case "uuid":
		name = "UUID"
	}
	if s.Nullable {
		name += " or null"
	}
	return name, ""
}

// bounds puts the limits of a value into a few words.
func bounds(s *huma.Schema) string {
	if s.Type == huma.TypeArray && s.Items != nil && len(s.Items.Enum) > 0 {
		s = s.Items
	}
	var words []string
	if len(s.Enum) > 0 {
		var values []string
		for _, v := range s.Enum {
			if v != nil {
				values = append(values, fmt.Sprint(v))
			}
		}
		words = append(words, strings.Join(values, " · "))
	}
	switch {
	case s.Minimum != nil && s.Maximum != nil:
		words = append(words, fmt.Sprintf("%v to %v", *s.Minimum, *s.Maximum))
	case s.Minimum != nil:
		words = append(words, fmt.Sprintf("at least %v", *s.Minimum))
	}
	if s.MaxLength != nil {
		words = append(words, fmt.Sprintf("at most %d characters", *s.MaxLength))
	}
	if s.MaxItems != nil {
		words = append(words, fmt.Sprintf("at most %d", *s.MaxItems))
	}
	if s.Default != nil {
		words = append(words, fmt.Sprintf("default %v", s.Default))
	}
	if len(s.Examples) > 0 {
		words = append(words, fmt.Sprintf("for example %v", s.Examples[0]))
	}
	return strings.Join(words, "; ")
}

// example is a line for a shell. RYNDA is the address, TOKEN the token.
func example(op *huma.Operation, path, method string) string {
	var line strings.Builder
	line.WriteString("curl ")
	if method != http.MethodGet {
		fmt.Fprintf(&line, "-X %s ", method)
	}
	if op.OperationID == "stream-events" {
		line.WriteString("-N ")
	}
	fmt.Fprintf(&line, `"$RYNDA%s"`, strings.NewReplacer("{id}", "1", "{view_id}", "$VIEW").Replace(path))
	if len(op.Security) > 0 {
		line.WriteString(" \\\n  -H \"Authorization: Bearer $TOKEN\"")
	}
	body := map[string]any{
		"post-reports": exampleReport, "view-group": map[string]any{"through": 3}, "undo-view-group": map[string]any{"version": 4},
		"view-groups": map[string]any{"through_cursor": "1f0a9c3b-42", "severity": "warning"},
	}[op.OperationID]
	if body != nil {
		text, _ := json.Marshal(body)
		fmt.Fprintf(&line, " \\\n  -H 'Content-Type: application/json' \\\n  -d '%s'", text)
	}
	return line.String()
}

var (
	codeMark = regexp.MustCompile("`([^`]+)`")
	boldMark = regexp.MustCompile(`\*\*([^*]+)\*\*`)
)

// prose turns our own descriptions into HTML: paragraphs, code and bold.
func prose(text string) template.HTML {
	var out strings.Builder
	for paragraph := range strings.SplitSeq(text, "\n\n") {
		escaped := template.HTMLEscapeString(paragraph)
		escaped = codeMark.ReplaceAllString(escaped, "<code>$1</code>")
		escaped = boldMark.ReplaceAllString(escaped, "<strong>$1</strong>")
		if escaped != "" {
			fmt.Fprintf(&out, "<p>%s</p>", escaped)
		}
	}
	return template.HTML(out.String()) // made of what was escaped above
}
