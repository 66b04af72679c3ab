package httpapi_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"rynda/pkg/auth"
	"rynda/pkg/httpapi"
)

func TestRoutes(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	for _, c := range []struct {
		method, path, token string
		status              int
		allow, body         string
	}{
		{"GET", "/v1/nothing", staffToken, 404, "", ""},
		{"GET", "/v1", staffToken, 404, "", ""},
		{"GET", "/auth/login", "", 404, "", ""},
		{"POST", "/nothing", "", 404, "", ""},
		{"GET", "/", "", 200, "", "page"},
		{"GET", "/errors/17", "", 200, "", "page"},
		{"HEAD", "/errors/17", "", 200, "", ""},
		{"OPTIONS", "/errors/17", "", 204, "GET, HEAD, OPTIONS", ""},
		{"GET", "/v1/feed/", staffToken, 404, "", ""},
		{"GET", "/v1//feed", staffToken, 404, "", ""},
		{"GET", "/v1/../v1/feed", staffToken, 404, "", ""},
		{"GET", "/v1/feed\x00", staffToken, 404, "", ""},
		{"GET", "", staffToken, 404, "", ""},
		{"POST", "/v1/feed", staffToken, 405, "GET, HEAD, OPTIONS", ""},
		{"GET", "/v1/reports", ingestToken, 405, "POST, OPTIONS", ""},
		{"PATCH", "/v1/groups/1/viewed", staffToken, 405, "POST, DELETE, OPTIONS", ""},
		{"GET", "/v1/groups/viewed", staffToken, 405, "POST, OPTIONS", ""},
		{"GET", "/v1/groups/viewed/v1", staffToken, 405, "DELETE, OPTIONS", ""},
		{"DELETE", "/v1/groups/viewed/viewed", staffToken, 200, "", `"view_id":"viewed"`},
		{"BREW", "/v1/feed", staffToken, 405, "GET, HEAD, OPTIONS", ""},
		{"TRACE", "/v1/feed", staffToken, 405, "GET, HEAD, OPTIONS", ""},
		{"CONNECT", "/v1/feed", staffToken, 405, "GET, HEAD, OPTIONS", ""},
		{"OPTIONS", "/v1/reports", "", 204, "POST, OPTIONS", ""},
		{"OPTIONS", "/v1/nothing", "", 404, "", ""},
		{"GET", "/healthz", "", 200, "", `{"status":"ok"}`},
		{"GET", "/readyz", "", 200, "", `{"status":"ok"}`},
		{"GET", "/metrics", "", 200, "", "metrics"},
		{"POST", "/metrics", "", 405, "GET, HEAD, OPTIONS", ""},
		{"GET", "/v1/events/stream", staffToken, 200, "", "frames"},
		{"HEAD", "/v1/events/stream", staffToken, 200, "", ""},
	} {
		t.Run(c.method+" "+strings.ReplaceAll(c.path, "\x00", "NUL"), func(t *testing.T) {
			got := f.do(c.method, c.path, c.token, "")
			if got.status != c.status || got.header.Get("Allow") != c.allow || !strings.Contains(got.body, c.body) {
				t.Errorf("status %d, allow %q: %s", got.status, got.header.Get("Allow"), got.body)
			}
			checkProblem(t, got)
			if c.method == "HEAD" && got.body != "" && c.path == "/v1/events/stream" {
				t.Error("a HEAD opened the stream")
			}
		})
	}
	t.Run("without a page everything else is 404", func(t *testing.T) {
		f := newFixture(t, func(f *fixture) { f.deps.Static, f.deps.Metrics, f.deps.Stream = nil, nil, nil })
		for _, path := range []string{"/", "/errors", "/metrics", "/v1/events/stream"} {
			if got := f.get(path, staffToken); got.status != 404 {
				t.Errorf("%s: %d", path, got.status)
			}
		}
	})
}

func TestHeaders(t *testing.T) {
	t.Parallel()
	f := newFixture(t, withLogin)
	seen := map[string]bool{}
	for _, path := range []string{"/", "/docs", "/docs/docs.js", "/openapi.yaml", "/v1/feed", "/v1/nothing", "/healthz", "/v1/events/stream",
		"/auth/login", "/auth/callback", "/auth/nothing"} {
		got := f.get(path, staffToken)
		for name, want := range map[string]string{
			"X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer", "Cross-Origin-Opener-Policy": "same-origin",
		} {
			if got.header.Get(name) != want {
				t.Errorf("%s: %s is %q", path, name, got.header.Get(name))
			}
		}
		for _, rule := range []string{"default-src 'self'", "object-src 'none'", "frame-ancestors 'none'", "base-uri 'none'",
			"script-src 'self';", "form-action 'self'", "require-trusted-types-for 'script'", "worker-src 'self'", " rynda-worker "} {
			if !strings.Contains(got.header.Get("Content-Security-Policy"), rule) {
				t.Errorf("%s: the policy lacks %s", path, rule)
			}
		}
		if strings.Contains(got.header.Get("Content-Security-Policy"), "unsafe") {
			t.Errorf("%s: the policy is unsafe", path)
		}
		if id := got.header.Get("X-Request-Id"); id == "" || seen[id] {
			t.Errorf("%s: request id %q", path, id)
		} else {
			seen[id] = true
		}
	}
}

func TestFrames(t *testing.T) {
	t.Parallel()
	f := newFixture(t, func(f *fixture) {
		f.config.FrameAncestors = []string{"https://intranet.example.com", "https://wiki.example.com"}
	})
	policy := f.get("/", "").header.Get("Content-Security-Policy")
	if !strings.Contains(policy, "frame-ancestors https://intranet.example.com https://wiki.example.com;") || strings.Contains(policy, "frame-ancestors 'none'") {
		t.Error(policy)
	}
}

func TestDocsPage(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	got := f.get("/docs", "")
	if got.status != 200 || !strings.HasPrefix(got.header.Get("Content-Type"), "text/html") {
		t.Fatal(got.status, got.header)
	}
	for _, op := range httpapi.Operations() {
		if !strings.Contains(got.body, `id="`+op.ID+`"`) || !strings.Contains(got.body, op.Path) {
			t.Errorf("%s is not on the page", op.ID)
		}
	}
	for _, foreign := range []string{"http://cdn", "https://", "//unpkg", "<style", "style=", "onclick", "<script>"} {
		if strings.Contains(got.body, foreign) {
			t.Errorf("the page has %q in it, which its policy forbids or the network would be asked for", foreign)
		}
	}
	tag := got.header.Get("ETag")
	if again := f.get("/docs", "", "If-None-Match", tag); again.status != 304 || again.body != "" {
		t.Error("not 304 for its own ETag:", again.status)
	}
}

func TestReadiness(t *testing.T) {
	t.Parallel()
	f := newFixture(t, func(f *fixture) {
		f.deps.Ready = func(context.Context) error { return errors.New("schema 3 is not 4") }
	})
	got := f.get("/readyz", "")
	if got.status != 503 || strings.Contains(got.body, "schema") || !strings.Contains(f.lines.String(), "schema 3 is not 4") {
		t.Errorf("%d %s\n%s", got.status, got.body, f.lines)
	}
	checkProblem(t, got)
}

func TestCallersWhoCannotBeLookedUp(t *testing.T) {
	t.Parallel()
	f := newFixture(t, func(f *fixture) {
		f.deps.Auth = callers{err: fmt.Errorf("%w: connection refused", auth.ErrUnavailable)}
	})
	if got := f.get("/v1/feed", staffToken); got.status != 503 || got.header.Get("Retry-After") == "" {
		t.Errorf("%d %v", got.status, got.header)
	}
	if got := f.post(`{"message":"a"}`); got.status != 503 {
		t.Error(got.status)
	}
	// An EventSource gives up on anything but 200, so the relay says bye.
	if got := f.get("/v1/events/stream", staffToken); got.status != 200 || got.body != "frames" {
		t.Errorf("the stream: %d %s", got.status, got.body)
	}
}

func TestCallersWhoHaveToWait(t *testing.T) {
	t.Parallel()
	known := true
	f := newFixture(t, func(f *fixture) {
		f.deps.Auth = callers{err: &auth.LimitedError{After: 6 * time.Second}}
		f.deps.Stream = http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { known = auth.From(r.Context()).Kind != "" })
	})
	if got := f.get("/v1/feed", "wrong"); got.status != 401 {
		t.Error("the fixture's own:", got.status)
	}
	if got := f.get("/v1/feed", staffToken); got.status != 429 || got.header.Get("Retry-After") == "" {
		t.Errorf("%d %v", got.status, got.header)
	}
	if got := f.get("/v1/events/stream", staffToken); got.status != 200 || known {
		t.Errorf("the stream, on which a browser would give up: %d, let in %t", got.status, known)
	}
}

func TestFaultsAreLoggedOnceAndNotTold(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.store.err = errors.New("relation does not exist")
	got := f.get("/v1/feed", staffToken)
	if got.status != 500 || strings.Contains(got.body, "relation") {
		t.Errorf("%d %s", got.status, got.body)
	}
	if n := strings.Count(f.lines.String(), "relation does not exist"); n != 1 {
		t.Errorf("logged %d times: %s", n, f.lines)
	}
	if log := f.lines.String(); !strings.Contains(log, `"operation":"get-feed"`) || !strings.Contains(log, `"who":"staff_token:ada"`) ||
		!strings.Contains(log, got.header.Get("X-Request-Id")) {
		t.Error(log)
	}
	if strings.Contains(f.lines.String(), staffToken) {
		t.Error("the token is in the log")
	}
}
