package httpapi_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"rynda/pkg/httpapi"
)

const app = "https://app.example.com"

func TestOrigins(t *testing.T) {
	t.Parallel()
	open := newFixture(t, withLogin, func(f *fixture) {
		f.config.AllowedOrigins = []string{app, "http://localhost:5173"}
		f.deps.Tickets = &booth{}
	})
	shared := func(a answer) string { return a.header.Get("Access-Control-Allow-Origin") }
	// No answer may ever let a browser send cookies along.
	never := func(t *testing.T, a answer) {
		t.Helper()
		if a.header.Get("Access-Control-Allow-Credentials") != "" || shared(a) == "*" || shared(a) == "null" {
			t.Errorf("%v", a.header)
		}
	}

	t.Run("in the list may read answers, failures too", func(t *testing.T) {
		for _, c := range []struct {
			path, token string
			status      int
		}{
			{"/v1/feed", staffToken, 200}, {"/v1/feed", "", 401}, {"/v1/nothing", staffToken, 404}, {"/v1/events", staffToken, 200},
			{"/v1/events/stream", staffToken, 200}, {"/v1/events/stream?ticket=" + goodTicket, "", 200}, {"/v1/feed?limit=%00", staffToken, 422},
			{"/embed/rynda-alerts.js", "", 200},
		} {
			got := open.get(c.path, c.token, "Origin", app, "Sec-Fetch-Site", "cross-site")
			if got.status != c.status || shared(got) != app || !slices.Contains(got.header.Values("Vary"), "Origin") ||
				!strings.Contains(got.header.Get("Access-Control-Expose-Headers"), "Retry-After") {
				t.Errorf("%s: %d %v", c.path, got.status, got.header)
			}
			never(t, got)
		}
	})
	t.Run("that are not in it may not, and are not told who may", func(t *testing.T) {
		for _, origin := range []string{
			"https://evil.example", "https://app.example.com.evil.example", "https://evil-app.example.com", "http://app.example.com",
			"https://app.example.com:8443", "https://APP.example.com", "https://app.example.com/", "null", "*", "", "http://localhost:5174",
			app + ", https://evil.example", "https://sub.app.example.com",
		} {
			for _, got := range []answer{
				open.get("/v1/feed", staffToken, "Origin", origin),
				open.do("OPTIONS", "/v1/feed", "", "", "Origin", origin, "Access-Control-Request-Method", "GET"),
			} {
				for name := range got.header {
					if strings.HasPrefix(name, "Access-Control-") {
						t.Errorf("%q gets %s", origin, name)
					}
				}
				if !slices.Contains(got.header.Values("Vary"), "Origin") {
					t.Errorf("%q: a cache would mix answers", origin)
				}
			}
		}
	})
	t.Run("get nothing of what is not for them", func(t *testing.T) {
		for _, c := range []string{"GET /auth/login", "POST /auth/logout", "OPTIONS /auth/logout", "GET /", "GET /docs", "GET /metrics", "GET /healthz", "GET /v1"} {
			method, path, _ := strings.Cut(c, " ")
			if got := open.do(method, path, "", "", "Origin", app, "Access-Control-Request-Method", "POST"); shared(got) != "" || got.header.Get("Access-Control-Allow-Methods") != "" {
				t.Errorf("%s: %v", c, got.header)
			}
		}
	})
	t.Run("are told what they may send", func(t *testing.T) {
		for path, methods := range map[string]string{
			"/v1/stream-tickets": "POST", "/v1/groups/1/viewed": "POST, DELETE", "/v1/feed": "GET, HEAD", "/v1/reports": "POST",
		} {
			got := open.do("OPTIONS", path, "", "", "Origin", app, "Access-Control-Request-Method", "POST", "Access-Control-Request-Headers", "authorization, x-evil")
			if got.status != 204 || shared(got) != app || got.header.Get("Access-Control-Allow-Methods") != methods || got.header.Get("Access-Control-Max-Age") == "" {
				t.Errorf("%s: %d %v", path, got.status, got.header)
			}
			allowed := got.header.Get("Access-Control-Allow-Headers")
			if !strings.Contains(allowed, "Authorization") || strings.Contains(allowed, "evil") || strings.Contains(allowed, "*") || strings.Contains(allowed, "Cookie") {
				t.Error(allowed)
			}
			never(t, got)
		}
		if got := open.do("OPTIONS", "/v1/nothing", "", "", "Origin", app, "Access-Control-Request-Method", "GET"); got.status != 404 || got.header.Get("Access-Control-Allow-Methods") != "" {
			t.Error(got.status, got.header)
		}
	})
	t.Run("are all denied by default", func(t *testing.T) {
		f := newFixture(t)
		for _, got := range []answer{
			f.get("/v1/feed", staffToken, "Origin", app),
			f.do("OPTIONS", "/v1/feed", "", "", "Origin", app, "Access-Control-Request-Method", "GET"),
		} {
			for name := range got.header {
				if strings.HasPrefix(name, "Access-Control-") {
					t.Error(name)
				}
			}
		}
	})
	t.Run("sent twice are none", func(t *testing.T) {
		r, err := http.NewRequest("GET", "http://rynda.test/v1/feed", nil)
		if err != nil {
			t.Fatal(err)
		}
		r.Header["Origin"] = []string{app, app}
		if got := open.serve(r); shared(got) != "" {
			t.Error(shared(got))
		}
	})
}

func TestConfigCheck(t *testing.T) {
	t.Parallel()
	for origin, ok := range map[string]bool{
		"https://app.example.com": true, "http://localhost:5173": true, "https://app.example.com:8443": true, "http://[::1]:80": false, "http://[::1]:8080": true,
		"": false, "*": false, "null": false, "https://*.example.com": false, "https://app.example.com/": false, "https://app.example.com:443": false,
		"https://APP.example.com": false, "app.example.com": false, "https://u@app.example.com": false, "https://a.example;script-src *": false,
		"https://a.example 'unsafe-inline'": false, "https://a.example?x": false, "ftp://a.example": false, "https://a.example:": false, "https://": false,
	} {
		for _, config := range []httpapi.Config{{AllowedOrigins: []string{app, origin}}, {FrameAncestors: []string{origin}}} {
			err := config.Check()
			if (err == nil) != ok {
				t.Errorf("%q: %v", origin, err)
			}
			if err != nil && origin != "" && strings.Contains(err.Error(), origin) && len(origin) > 10 && !strings.Contains("https://app.example.com", origin) {
				t.Errorf("the fault repeats %q: %v", origin, err)
			}
		}
	}
}
