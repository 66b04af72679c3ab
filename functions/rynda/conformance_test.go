package main

import (
	"context"
	"fmt"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"rynda/functions/internal/wiring"
	"rynda/pkg/auth"
	"rynda/pkg/auth/oidctest"
	"rynda/pkg/httpapi"
	"rynda/pkg/pgtest"
	"rynda/pkg/postgres"
)

// The settings of every target. People find the service by https, so cookies
// have the names that they have in a deployment.
const (
	publicURL = "https://rynda.example"
	rate      = 50 // reports a second of one token
)

var conformanceEnv = []string{
	"RYNDA_PUBLIC_URL=" + publicURL, fmt.Sprint("RYNDA_RATE_LIMIT=", rate), "RYNDA_RELAY_HEARTBEAT=1s",
	"RYNDA_RELAY_MAX_AGE=20s", "RYNDA_RELAY_SESSION=12s", "RYNDA_ALLOWED_ORIGINS=" + embedOrigin,
}

// targets are the ways in which the same handlers are served. Each has a
// database of its own; what is said to one is said to all.
var targets = []struct {
	name  string
	start func(*testing.T, *oidctest.Provider) *system
}{
	{"in process", inProcess}, // what the others are compared with
	{"one process", oneProcess},
	{"functions", func(t *testing.T, p *oidctest.Provider) *system {
		return startLambda(t, append(loginEnv(p), conformanceEnv...)...)
	}},
	{"nginx", func(t *testing.T, p *oidctest.Provider) *system { return behind(t, oneProcess(t, p), nginx) }},
	{"haproxy", func(t *testing.T, p *oidctest.Provider) *system { return behind(t, oneProcess(t, p), haproxy) }},
}

// difference is an answer that one target gives otherwise than the first, and
// why it has to. A step that ends with * is all that begin so.
type difference struct {
	target, step, why string
	make              func(exchange) exchange // what the first target said -> what this one must say
}

var differences = []difference{
	{"functions", "the page*", "the function that answers questions has the page in its package; a binary has it in releases only", func(exchange) exchange {
		return exchange{Status: 200, Header: map[string]string{"Content-Type": "text/html; charset=utf-8"}}
	}},
	{"functions", "login: HEAD", "a front of Lambda gives an answer that names no type one", typed},
	{"functions", "login: begins", "a front of Lambda gives an answer that names no type one", typed},
	{"functions", "login: comes back", "a front of Lambda gives an answer that names no type one", typed},
	{"functions", "login: out", "the same, and the plain cookie of one machine is never believed behind a front that says who asked, so it is not taken away", func(e exchange) exchange {
		e.Header["Set-Cookie"], _, _ = strings.Cut(e.Header["Set-Cookie"], ", rynda=")
		return typed(e)
	}},
	{"functions", "a body of 7 MiB", "an event has at most 6 MB: Lambda's front refuses the request, in its own words", lambdaTooLarge},
	{"functions", "5 MB that are packed badly", "a packed body travels as base64, a third larger, and an event has at most 6 MB", lambdaTooLarge},
	{"nginx", "a body of 2 MiB", "client_max_body_size is 1 MiB unless it is set; infra/host sets it", nginxTooLarge},
	{"nginx", "a body of 5 MiB and a little", "client_max_body_size", nginxTooLarge},
	{"nginx", "a body of 7 MiB", "client_max_body_size", nginxTooLarge},
	{"nginx", "5 MB that are packed badly", "client_max_body_size", nginxTooLarge},
	{"nginx", "no: address /v1/groups/1%00", "nginx refuses a NUL in an address itself", func(exchange) exchange {
		return exchange{Status: 400, Header: map[string]string{"Content-Type": "text/html"}, Body: "<title>400 Bad Request</title>"}
	}},
	{"nginx", "a stream*", "nginx obeys X-Accel-Buffering and keeps it to itself", func(e exchange) exchange {
		delete(e.Header, "X-Accel-Buffering")
		return e
	}},
}

func typed(e exchange) exchange {
	e.Header["Content-Type"] = "application/json"
	return e
}

func lambdaTooLarge(exchange) exchange {
	return exchange{Status: 413, Header: map[string]string{"Content-Type": "application/json"}, Body: "{\n \"message\": \"Request Too Long\"\n}"}
}

func nginxTooLarge(exchange) exchange {
	return exchange{Status: 413, Header: map[string]string{"Content-Type": "text/html"}, Body: "<title>413 Request Entity Too Large</title>"}
}

// Every operation is asked the same of every target, and everything answers
// alike but for the differences that are named.
func TestConformance(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("-short, which is for the race detector, builds no packages and starts no proxies")
	}
	provider := oidctest.New(t)
	provider.Claims["rynda_projects"] = []string{"acme"}
	said := make([][]exchange, len(targets))
	t.Run("of", func(t *testing.T) {
		for i, target := range targets {
			t.Run(target.name, func(t *testing.T) {
				t.Parallel()
				c := &conversation{system: target.start(t, provider), done: map[string]bool{}, strict: i == 0}
				c.talk()
				said[i] = c.said
				for _, op := range httpapi.Operations() {
					if !c.done[op.ID] {
						t.Errorf("nothing asks for %s %s", op.Method, op.Path)
					}
				}
			})
		}
	})
	used := map[int]bool{}
	for i, target := range targets {
		if len(said[i]) == 0 {
			continue // skipped or failed by itself
		}
		compare(t, target.name, said[0], said[i], used)
	}
	for n, d := range differences {
		for i, target := range targets {
			if target.name == d.target && len(said[i]) > 0 && !used[n] {
				t.Errorf("%s: there is no step %q to differ in", d.target, d.step)
			}
		}
	}
}

func compare(t *testing.T, target string, first, other []exchange, used map[int]bool) {
	t.Helper()
	for i := range max(len(first), len(other)) {
		if i >= len(first) || i >= len(other) || first[i].Step != other[i].Step {
			t.Fatalf("%s: %d steps, %d in the first", target, len(other), len(first))
		}
		want, got := first[i], other[i]
		for n, d := range differences {
			begins, open := strings.CutSuffix(d.step, "*")
			if d.target != target || want.Step != begins && !(open && strings.HasPrefix(want.Step, begins)) {
				continue
			}
			used[n] = true
			if cmp.Equal(want, got) {
				t.Errorf("%s, %s: it does not differ: %s", target, want.Step, d.why)
			}
			step := want.Step
			want = d.make(want.clone())
			want.Step = step
			got = got.only(want)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s, %s: %s", target, want.Step, diff)
		}
	}
}

// inProcess serves the handler out of the test itself.
func inProcess(t *testing.T, p *oidctest.Provider) *system {
	t.Helper()
	s := newSystem(t, pgtest.New(t))
	config, err := wiring.Load()
	if err != nil {
		t.Fatal(err)
	}
	config.DatabaseURL = wiring.Secret(s.dsn)
	config.HTTP.PublicURL, config.HTTP.RateLimit, config.HTTP.AllowedOrigins = publicURL, rate, []string{embedOrigin}
	config.Auth.OIDC.Issuer, config.Auth.OIDC.ClientID, config.Auth.OIDC.ClientSecret = p.URL, oidctest.ClientID, oidctest.ClientSecret
	config.Relay.Heartbeat, config.Relay.MaxAge = time.Second, 20*time.Second
	ctx, cancel := context.WithCancel(t.Context())
	app, err := wiring.New(ctx, config, wiring.Options{Logger: wiring.NewLogger(s.log, wiring.ParseLevel("warn"))})
	if err != nil {
		t.Fatal(err)
	}
	ran := make(chan struct{})
	go func() { defer close(ran); _ = app.Run(ctx) }()
	server := httptest.NewServer(app.Handler)
	t.Cleanup(func() { server.CloseClientConnections(); server.Close(); cancel(); <-ran; app.Close() })
	s.url = server.URL
	return s
}

func oneProcess(t *testing.T, p *oidctest.Provider) *system {
	t.Helper()
	s := newSystem(t, pgtest.New(t))
	s.env = append(loginEnv(p), conformanceEnv...)
	s.start()
	return s
}

// giveTokens makes the project of the conversation, where it is missing, and the
// tokens of those who take part.
func (c *conversation) giveTokens() {
	c.t.Helper()
	err := withStoreAt(c.t.Context(), c.dsn, func(st *stores) (err error) {
		ctx := c.t.Context()
		if _, err := st.CreateProject(ctx, "acme", "Acme"); err != nil && !isConflict(err) {
			return err
		}
		scopes := []auth.Scope{auth.Report, auth.Control}
		if c.ingest, err = st.MintIngestToken(ctx, postgres.NewIngestToken{Project: "acme", Name: "conformance", Scopes: scopes}); err != nil {
			return err
		}
		if c.greedy, err = st.MintIngestToken(ctx, postgres.NewIngestToken{Project: "acme", Name: "greedy", Scopes: scopes, Replace: true}); err != nil {
			return err
		}
		c.staff, err = st.MintStaffToken(ctx, postgres.NewStaffToken{Name: "ann", Projects: []string{"acme"}})
		return err
	})
	if err != nil {
		c.t.Fatal(err)
	}
}
