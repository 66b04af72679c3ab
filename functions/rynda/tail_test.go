package main

import (
	"strings"
	"testing"

	"github.com/r3labs/sse/v2"
)

func TestTailDescribesEvents(t *testing.T) {
	for kind, c := range map[string]struct{ data, want string }{
		"group.changed": {`{"group_id":"7","project":"shop","severity":"error","state":"active","count":3,"title":"no\u001bway"}`,
			"error    active     x3      no·way  [shop #7]"},
		"run.changed":    {`{"run_id":"r-1","deploy_id":"d-1","project":"shop","status":"failed","attempt":2,"name":"import"}`, "failed     attempt 2   import  [shop r-1]"},
		"deploy.changed": {`{"deploy_id":"d-1","project":"shop","status":"running","attempt":1,"name":"web"}`, "running    attempt 1   web  [shop d-1]"},
		"run.logged":     {`{"run_id":"r-1","project":"shop","from_seq":3,"to_seq":9,"ended":true}`, "lines 3 to 9, the end  [shop r-1]"},
		"later.kind":     {`{"x":1}`, "later.kind"},
	} {
		got := describe(kind, &sse.Event{ID: []byte("aaaaaaaa-1"), Data: []byte(`{"at":"2026-11-20T12:00:00Z","data":` + c.data + `}`)})
		if !strings.HasSuffix(got, c.want) && kind != "later.kind" || !strings.Contains(got, kind) {
			t.Errorf("%s: %q, want %q", kind, got, c.want)
		}
	}
	if got := describe("x", &sse.Event{ID: []byte("aaaaaaaa-1"), Data: []byte(`{`)}); got != "x aaaaaaaa-1" {
		t.Errorf("garbage: %q", got)
	}
}
