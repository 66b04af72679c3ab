// Package pkg holds no code: this test reads the imports of the rooms below and
// says where they point the wrong way.
package pkg

import (
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// mayImport is the drawing of the house: what of ours each room may import.
// Tests may import more. A room that is not here fails.
var mayImport = map[string][]string{
	"redact":      {},
	"fingerprint": {},
	"journal":     {"redact", "fingerprint"},
	"eventlog":    {},
	"auth":        {},
	"postgres":    {"journal", "eventlog", "auth"},
	"httpapi":     {"journal", "eventlog", "auth", "intake"},
	"relay":       {"eventlog", "auth"},
	"intake":      {"journal"},
	"capture":     {"journal"},
	"lambdahttp":  {},
	"localpg":     {},
	"pgtest":      {"localpg", "migrations"},
}

// only tells which rooms may speak to what is outside.
var only = map[string][]string{
	"github.com/jackc/pgx":          {"postgres", "eventlog", "localpg", "pgtest"},
	"github.com/danielgtaylor/huma": {"httpapi"},
	"github.com/aws/aws-lambda-go":  {"lambdahttp"},
	"github.com/prometheus":         {},
	"github.com/coreos/go-oidc":     {"auth"},
	"github.com/go-jose/go-jose":    {"auth"},
	"golang.org/x/oauth2":           {"auth"},
}

func TestImportsPointOneWay(t *testing.T) {
	t.Parallel()
	described := map[string]bool{}
	err := filepath.WalkDir(".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return err
		}
		room, _, _ := strings.Cut(filepath.ToSlash(path), "/")
		allowed, known := mayImport[room]
		if !known {
			t.Errorf("%s is in a room that the drawing does not have", path)
			return nil
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.ImportsOnly|parser.ParseComments)
		if err != nil {
			return err
		}
		if file.Doc != nil {
			described[room] = true
		} else if !described[room] {
			described[room] = false
		}
		for _, spec := range file.Imports {
			name := strings.Trim(spec.Path.Value, `"`)
			if ours, found := strings.CutPrefix(name, "rynda/"); found {
				ours = strings.TrimPrefix(ours, "pkg/")
				if target, _, _ := strings.Cut(ours, "/"); target != room && !slices.Contains(allowed, target) {
					t.Errorf("%s imports %s: %s may import %v", path, name, room, allowed)
				}
			}
			for outside, rooms := range only {
				if strings.HasPrefix(name, outside) && !slices.Contains(rooms, room) {
					t.Errorf("%s imports %s, which belongs to %v", path, name, rooms)
				}
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for room, has := range described {
		if !has {
			t.Errorf("package %s has no package comment", room)
		}
	}
}
