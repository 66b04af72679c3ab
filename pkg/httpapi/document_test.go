package httpapi_test

import (
	"bytes"
	"flag"
	"net/http"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"rynda/pkg/auth"
	"rynda/pkg/httpapi"
)

var update = flag.Bool("update", false, "write the golden files anew")

const golden = "../../openapi/openapi.yaml"

func TestDocument(t *testing.T) {
	t.Parallel()
	got := httpapi.OpenAPI()

	t.Run("is the committed one", func(t *testing.T) {
		if *update {
			if err := os.WriteFile(golden, got, 0o644); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(golden)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(string(want), string(got)); diff != "" {
			t.Errorf("openapi.yaml is not what the operations say; run go test ./pkg/httpapi -run TestDocument -update\n%s", diff)
		}
	})
	t.Run("is the same every time", func(t *testing.T) {
		if !bytes.Equal(got, httpapi.OpenAPI()) {
			t.Error("two calls gave two documents")
		}
	})
	t.Run("is the one that is served", func(t *testing.T) {
		answer := newFixture(t).get("/openapi.yaml", "")
		if answer.status != http.StatusOK || answer.body != string(got) {
			t.Errorf("status %d, same text %t", answer.status, answer.body == string(got))
		}
	})
	t.Run("has no member that builds on the host", func(t *testing.T) {
		if strings.Contains(string(got), "$schema") {
			t.Error("the document names $schema")
		}
	})
}

func TestOperations(t *testing.T) {
	t.Parallel()
	operations := httpapi.Operations()
	if len(operations) < 18 {
		t.Fatalf("only %d operations", len(operations))
	}
	f := newFixture(t, withLogin)
	for _, op := range operations {
		t.Run(op.ID+" asks for who is calling before anything else", func(t *testing.T) {
			path := strings.NewReplacer("{id}", "1", "{view_id}", "v1").Replace(op.Path)
			nobody := f.do(op.Method, path, "", "{")
			if op.Need == auth.Nobody {
				if nobody.status != http.StatusOK && nobody.status != http.StatusSeeOther {
					t.Errorf("nobody got %d from an open operation", nobody.status)
				}
				return
			}
			if nobody.status != http.StatusUnauthorized || nobody.header.Get("WWW-Authenticate") == "" {
				t.Errorf("nobody got %d", nobody.status)
			}
			wrong := staffToken
			if op.Need == auth.ToBeStaff {
				wrong = ingestToken
			}
			if other := f.do(op.Method, path, wrong, "{"); other.status != http.StatusForbidden {
				t.Errorf("the wrong kind of caller got %d", other.status)
			}
		})
	}
	if !slices.ContainsFunc(operations, func(o httpapi.Operation) bool { return o.Path == "/v1/events/stream" }) {
		t.Error("the stream is not among the operations")
	}
}
