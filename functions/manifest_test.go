package functions

import (
	"net/http"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
)

func TestEveryFunctionHasWhatItNeeds(t *testing.T) {
	t.Parallel()
	m := Read()
	roles := map[string]bool{}
	for name, f := range m.Functions {
		if _, err := os.Stat(name + "/main.go"); err != nil {
			t.Errorf("%s has no main: %v", name, err)
		}
		if f.About == "" || f.MemoryMB < 128 || f.TimeoutS < 1 || f.TimeoutS > 900 || f.Concurrency < 1 || roles[f.DatabaseRole] || f.DatabaseRole == "" {
			t.Errorf("%s: %+v", name, f)
		}
		roles[f.DatabaseRole] = true
		// An HTTP API waits 30 s; only what is streamed has another front.
		if len(f.Routes) > 0 && !f.Streaming && f.TimeoutS > 29 {
			t.Errorf("%s: an HTTP API gives up before %s", name, f.Timeout())
		}
	}
	if _, there := m.Functions[m.Default]; !there {
		t.Errorf("the default is %q", m.Default)
	}
	folders, err := os.ReadDir(".")
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range folders {
		if _, there := m.Functions[f.Name()]; f.IsDir() && !there && !slices.Contains([]string{"internal", "rynda", "testdata"}, f.Name()) {
			t.Errorf("%s is not in the manifest", f.Name())
		}
	}
}

// Every operation of the document is somebody's, and by the rule of DESIGN.md:
// what jobs and control planes send is taken by ingest, what reads is answered
// by feed, what people change by viewed, the stream by the relay.
func TestEveryOperationHasItsFunction(t *testing.T) {
	t.Parallel()
	document, err := os.ReadFile("../openapi/openapi.yaml")
	if err != nil {
		t.Fatal(err)
	}
	m, path, operations := Read(), "", 0
	for line := range strings.Lines(string(document)) {
		line = strings.TrimRight(line, "\r\n")
		if found := regexp.MustCompile(`^  (/\S*):$`).FindStringSubmatch(line); found != nil {
			path = regexp.MustCompile(`\{\w+\}`).ReplaceAllString(found[1], "some")
		}
		method := regexp.MustCompile(`^    (get|put|post|delete|patch):$`).FindStringSubmatch(line)
		if method == nil || path == "" {
			continue
		}
		operations++
		want := "feed"
		switch verb := method[1]; {
		case path == "/v1/events/stream":
			want = "relay"
		case path == "/v1/stream-tickets", strings.HasPrefix(path, "/auth/"), strings.Contains(path, "/viewed"):
			want = "viewed"
		case verb != "get":
			want = "ingest"
		}
		if got := m.Owner(strings.ToUpper(method[1]), path); got != want {
			t.Errorf("%s %s is answered by %s, want %s", method[1], path, got, want)
		}
	}
	if operations < 25 {
		t.Errorf("only %d operations were found", operations)
	}
}

func TestOwner(t *testing.T) {
	t.Parallel()
	m := Read()
	for request, want := range map[string]string{
		"GET /":                         "feed", // the page
		"GET /assets/app.js":            "feed",
		"GET /v1":                       "feed",
		"GET /v1/":                      "feed",
		"PATCH /v1/runs/a":              "feed", // 405
		"POST /v1/reports/":             "feed", // 404
		"POST /v1/groups/viewed":        "viewed",
		"POST /v1/groups/viewed/viewed": "viewed", // as a group's id
		"DELETE /v1/groups/viewed/abc":  "viewed",
		"DELETE /v1/groups/12/viewed":   "viewed",
		"GET /v1/events/stream":         "relay",
		"HEAD /v1/events/stream":        "relay",
		"GET /v1/events/stream/":        "feed",
		"GET /v1/events":                "feed",
		"PUT /v1/runs//log":             "feed",
		"OPTIONS /v1/reports":           "feed",
		"PUT /v1/runs/a%2Fb%20c":        "ingest", // one name with a slash in it
		"POST /v1/runs/a%2Fb/log":       "ingest",
		"POST /v1/%72eports":            "ingest",
		"POST /v1%2Freports":            "feed", // 404
		http.MethodPost + " ":           "feed",
	} {
		method, path, _ := strings.Cut(request, " ")
		if got := m.Owner(method, path); got != want {
			t.Errorf("%s is answered by %s, want %s", request, got, want)
		}
	}
}
