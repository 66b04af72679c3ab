package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"rynda/pkg/auth"
	"rynda/pkg/auth/oidctest"
	"rynda/pkg/pgtest"
	"rynda/pkg/postgres"
)

type callerKind int

const (
	unknownCaller callerKind = iota // 401
	refusedCaller                   // 403, whatever is asked
	ingestCaller
	staffCaller
)

// caller is one kind of identity.
type caller struct {
	name   string
	kind   callerKind
	token  string
	header http.Header
	ticket bool         // streams are opened by a ticket that the token is exchanged for
	reach  []string     // slugs that it may read
	scopes []auth.Scope // of an ingest token, whose project is acme
}

var (
	tenantSlugs = []string{"acme", "wharf", "system"}
	// A mark stands in every text that a project reported, and nowhere else.
	tenantMarks = map[string]string{"acme": "keelson", "wharf": "bollard"}
)

// tenants is a running server with two projects that both have groups, and one
// caller of each kind of identity.
type tenants struct {
	*system
	pool     *pgxpool.Pool
	provider *oidctest.Provider
	callers  []caller
	ingests  map[string]string   // token by slug
	groups   map[string][]string // ids by slug; the second is viewed, the others are active
	prints   map[string][]string // their fingerprints
	views    map[string]string   // id of the command that viewed the second
	leaks    int
	sent     int
}

func newTenants(t *testing.T) *tenants {
	t.Helper()
	s := newSystem(t, pgtest.New(t))
	// Who is unknown comes from an address of its own each time: see send.
	provider := oidctest.New(t)
	s.env = append(jwtEnv(provider), "RYNDA_TRUSTED_PROXIES=127.0.0.0/8", "RYNDA_RELAY_HEARTBEAT=20ms", "RYNDA_RELAY_PER_USER=0")
	w := &tenants{system: s, provider: provider, ingests: map[string]string{"acme": s.ingest},
		groups: map[string][]string{"nowhere": {"999999", "999998", "999997"}},
		prints: map[string][]string{"nowhere": {"", "v1:" + strings.Repeat("f", 32), ""}},
		views:  map[string]string{"nowhere": strings.Repeat("0f", 16)}}
	var err error
	if w.pool, err = pgxpool.New(t.Context(), s.dsn); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(w.pool.Close)
	err = withStoreAt(t.Context(), s.dsn, w.mint)
	if err != nil {
		t.Fatal(err)
	}
	s.start()
	for _, slug := range []string{"acme", "wharf"} {
		for _, what := range []string{"pump", "rudder", "anchor"} {
			for range 2 {
				w.report(slug, what+" fails")
			}
		}
	}
	for slug, mark := range tenantMarks {
		for _, id := range []string{"work-of-" + slug, "shared"} {
			for _, work := range []string{"runs", "deploys"} {
				w.must("PUT", "/v1/"+work+"/"+id, w.ingests[slug], `{"name":"work `+mark+`","status":"succeeded"}`, nil)
				w.must("POST", "/v1/"+work+"/"+id+"/log", w.ingests[slug], `{"lines":[{"seq":1,"text":"`+mark+`"}]}`, nil)
			}
		}
	}
	w.must("PUT", "/v1/deploys/failing", w.ingests["acme"], `{"name":"work `+tenantMarks["acme"]+`","status":"failed"}`, nil)
	w.must("PUT", "/v1/deploys/failing", w.ingests["wharf"], `{"name":"work `+tenantMarks["wharf"]+`","status":"failed"}`, nil)
	w.folded()
	w.await("published", func() bool { return w.number(`select count(*) from groups where version > published_version`) == 0 })
	for _, slug := range []string{"acme", "wharf"} {
		var list struct {
			Groups []struct {
				GroupID     string `json:"group_id"`
				Fingerprint string
			}
		}
		w.must("GET", "/v1/groups?sort=first_seen&project="+slug+"&source="+tenantMarks[slug], s.staff, nil, &list)
		if len(list.Groups) != 3 {
			t.Fatalf("%d groups in %s", len(list.Groups), slug)
		}
		for _, g := range list.Groups {
			w.groups[slug] = append(w.groups[slug], g.GroupID)
			w.prints[slug] = append(w.prints[slug], g.Fingerprint)
		}
	}
	w.arrange()
	return w
}

// mint makes the callers.
func (w *tenants) mint(s *stores) error {
	ctx := w.t.Context()
	if _, err := s.CreateProject(ctx, "wharf", "The "+tenantMarks["wharf"]+" company"); err != nil {
		return err
	}
	var err error
	staff := func(name string, projects []string, expires time.Time) string {
		text, e := s.MintStaffToken(ctx, postgres.NewStaffToken{Name: name, Projects: projects, ExpiresAt: expires})
		if e != nil {
			err = e
		}
		return text
	}
	ingest := func(project, name string, scopes ...auth.Scope) string {
		text, e := s.MintIngestToken(ctx, postgres.NewIngestToken{Project: project, Name: name, Scopes: scopes})
		if e != nil {
			err = e
		}
		return text
	}
	session := func(age time.Duration, projects string) http.Header {
		value, row := auth.NewSession()
		_, e := s.Exec(ctx, `insert into sessions (session_sha256, user_id, name, projects, created_at, expires_at)
			select $1, 'u-' || $2, 'Ann', array_agg(project_id), now() - $3::interval - interval '1 hour', now() - $3::interval
			from projects where slug = $2`, row.SHA256[:], projects, age)
		if e != nil {
			err = e
		}
		return http.Header{"Cookie": {auth.SecureCookie + "=" + value}}
	}
	w.ingests["wharf"] = ingest("wharf", "wharf", auth.Report, auth.Control)
	revokedStaff, revokedIngest := staff("gone", []string{"acme"}, time.Time{}), ingest("acme", "gone", auth.Report, auth.Control)
	garbage, _ := auth.NewToken(auth.StaffPrefix)
	garbageIngest, _ := auth.NewToken(auth.IngestPrefix)
	signed := func(subject string, projects []string, expires time.Duration) string {
		return w.provider.Token(map[string]any{
			"iss": w.provider.URL, "aud": embedAudience, "sub": subject, "name": subject, "rynda_projects": projects,
			"exp": time.Now().Add(expires).Unix(),
		})
	}
	ofAcme := signed("u-acme", []string{"acme"}, time.Hour)
	foreignSite := session(-time.Hour, "acme")
	foreignSite.Set("Sec-Fetch-Site", "cross-site")
	plain := http.Header{"Cookie": {strings.Replace(session(-time.Hour, "acme").Get("Cookie"), auth.SecureCookie, auth.PlainCookie, 1)}}
	acme := staff("of acme", []string{"acme"}, time.Time{})
	w.callers = []caller{
		{name: "nobody"},
		{name: "garbage", token: "x"},
		{name: "staff token of no row", token: garbage},
		{name: "ingest token of no row", token: garbageIngest},
		{name: "staff token with a wrong end", token: acme[:len(acme)-4] + "AAAA"},
		{name: "revoked staff token", token: revokedStaff},
		{name: "revoked ingest token", token: revokedIngest},
		{name: "expired staff token", token: staff("late", []string{"acme"}, time.Now().Add(-time.Minute))},
		{name: "expired session", header: session(time.Minute, "acme")},
		{name: "plain cookie through a proxy", header: plain},
		{name: "session from another site", kind: refusedCaller, header: foreignSite},
		{name: "ingest token to report", kind: ingestCaller, token: ingest("acme", "r", auth.Report), scopes: []auth.Scope{auth.Report}},
		{name: "ingest token to control", kind: ingestCaller, token: ingest("acme", "c", auth.Control), scopes: []auth.Scope{auth.Control}},
		{name: "staff of acme", kind: staffCaller, token: acme, reach: []string{"acme"}},
		{name: "staff of wharf", kind: staffCaller, token: staff("of wharf", []string{"wharf"}, time.Time{}), reach: []string{"wharf"}},
		{name: "staff of all", kind: staffCaller, token: w.staff, reach: tenantSlugs},
		{name: "staff of no project", kind: staffCaller, token: staff("of none", []string{}, time.Time{})},
		{name: "session of acme", kind: staffCaller, header: session(-time.Hour, "acme"), reach: []string{"acme"}},
		{name: "expired signed token", token: signed("u-late", []string{"acme"}, -time.Hour)},
		{name: "signed token with a wrong end", token: ofAcme[:len(ofAcme)-40] + strings.Repeat("A", 40)},
		{name: "signed token of acme", kind: staffCaller, token: ofAcme, reach: []string{"acme"}},
		{name: "signed token of wharf", kind: staffCaller, token: signed("u-wharf", []string{"wharf"}, time.Hour), reach: []string{"wharf"}},
		{name: "signed token of nowhere", kind: staffCaller, token: signed("u-nowhere", []string{"nowhere"}, time.Hour)},
		{name: "ticket of acme", kind: staffCaller, token: ofAcme, ticket: true, reach: []string{"acme"}},
		{name: "ticket of wharf", kind: staffCaller, token: staff("a ticket", []string{"wharf"}, time.Time{}), ticket: true, reach: []string{"wharf"}},
	}
	for _, text := range []string{revokedStaff, revokedIngest} {
		if e := s.RevokeToken(ctx, text[4:12]); e != nil {
			err = e
		}
	}
	return err
}

func (w *tenants) caller(name string) caller {
	w.t.Helper()
	i := slices.IndexFunc(w.callers, func(c caller) bool { return c.name == name })
	if i < 0 {
		w.t.Fatalf("there is no %s", name)
	}
	return w.callers[i]
}

func (w *tenants) report(slug, what string) {
	w.t.Helper()
	mark := tenantMarks[slug]
	w.must("POST", "/v1/reports", w.ingests[slug], map[string]any{
		"message": what + " on the " + mark, "source": mark, "type": "Trouble", "run_id": "r-1", "deploy_id": mark, "namespace": mark,
		"tags": map[string]string{"mark": mark}, "payload": map[string]string{"mark": mark},
	}, nil)
}

// arrange makes every group active but the second of each project, which is
// viewed by a command over many.
func (w *tenants) arrange() {
	w.t.Helper()
	rows, err := w.pool.Query(w.t.Context(), `select group_id::text from groups where state = 'viewed'`)
	if err != nil {
		w.t.Fatal(err)
	}
	var viewed []string
	for rows.Next() {
		var id string
		if err := rows.Scan(&id); err != nil {
			w.t.Fatal(err)
		}
		viewed = append(viewed, id)
	}
	rows.Close()
	for _, id := range viewed {
		w.must("DELETE", "/v1/groups/"+id+"/viewed?version=1000000", w.staff, nil, nil)
	}
	for _, slug := range []string{"acme", "wharf"} {
		var many struct {
			ViewID string `json:"view_id"`
			Viewed int
		}
		w.must("POST", "/v1/groups/viewed", w.staff, map[string]any{
			"through_cursor": w.cursor(), "project": []string{slug}, "fingerprint": w.prints[slug][1]}, &many)
		if many.Viewed != 1 {
			w.t.Fatalf("viewed %d of %s", many.Viewed, slug)
		}
		w.views[slug] = many.ViewID
	}
}

func (w *tenants) cursor() (cursor string) {
	w.t.Helper()
	if err := w.pool.QueryRow(w.t.Context(), `select epoch || '-' || id from log_head`).Scan(&cursor); err != nil {
		w.t.Fatal(err)
	}
	return cursor
}

// answer is what a caller was told. Of a stream the body is every frame until
// the first ping, which comes when there is nothing more.
type answer struct {
	status int
	body   string
}

func (w *tenants) send(c caller, method, path, body string) answer {
	w.t.Helper()
	ctx, cancel := context.WithTimeout(w.t.Context(), patience)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, method, w.url+path, strings.NewReader(body))
	if err != nil {
		w.t.Fatal(err)
	}
	for name, values := range c.header {
		r.Header[name] = values
	}
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	switch {
	case c.ticket:
		var made struct{ Ticket string }
		w.must("POST", "/v1/stream-tickets", c.token, nil, &made)
		question := r.URL.Query()
		question.Set("ticket", made.Ticket)
		r.URL.RawQuery = question.Encode()
	case c.token != "":
		r.Header.Set("Authorization", "Bearer "+c.token)
	}
	w.sent++ // guesses are counted by address, and this test guesses a lot
	r.Header.Set("X-Forwarded-For", fmt.Sprintf("10.%d.%d.%d", w.sent>>16&255, w.sent>>8&255, w.sent&255))
	got, err := systemTransport.RoundTrip(r)
	if err != nil {
		w.t.Fatalf("%s %s: %v", method, path, err)
	}
	defer got.Body.Close()
	var text bytes.Buffer
	if strings.HasPrefix(got.Header.Get("Content-Type"), "text/event-stream") {
		err = framesOf(got.Body, &text, func(f frame) bool { return f.event == "ping" || f.event == "bye" })
	} else {
		_, err = io.Copy(&text, got.Body)
	}
	if err != nil {
		w.t.Fatalf("%s %s: %v", method, path, err)
	}
	return answer{got.StatusCode, text.String()}
}

// leakFree counts an answer that holds a mark of a project out of reach.
func (w *tenants) leakFree(c caller, what, body string) {
	w.t.Helper()
	for slug, mark := range tenantMarks {
		if !slices.Contains(c.reach, slug) && strings.Contains(body, mark) {
			w.leaks++
			w.t.Errorf("%s, %s: sees %s: %s", c.name, what, slug, tailOf(body))
		}
	}
}

func urlText(s string) string { return url.QueryEscape(s) }
