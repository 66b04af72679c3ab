package httpapi_test

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"rynda/pkg/auth"
	"rynda/pkg/eventlog"
	"rynda/pkg/httpapi"
	"rynda/pkg/journal"
)

const (
	ingestToken  = "of-a-job"
	controlToken = "of-a-control-plane"
	staffToken   = "of-a-person"
	sessionToken = "of-a-session" // sent as a token, for short
)

var noon = time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)

// callers knows four tokens and two projects.
type callers struct{ err error }

func (c callers) Authenticate(r *http.Request) (who auth.Identity, err error) {
	defer func() {
		if err != nil { // nobody is known then, as with the real one
			who = auth.Identity{}
		}
	}()
	alpha, beta := auth.Project{ID: 1, Slug: "alpha"}, auth.Project{ID: 2, Slug: "beta"}
	switch r.Header.Get("Authorization") {
	case "Bearer " + ingestToken:
		return auth.Identity{Kind: auth.IngestToken, ID: "job", Projects: []auth.Project{alpha}, Scopes: []auth.Scope{auth.Report}}, c.err
	case "Bearer " + controlToken:
		return auth.Identity{Kind: auth.IngestToken, ID: "plane", Projects: []auth.Project{alpha}, Scopes: []auth.Scope{auth.Control}}, c.err
	case "Bearer " + staffToken:
		return auth.Identity{Kind: auth.StaffToken, ID: "ada", Name: "Ada", Projects: []auth.Project{alpha, beta}}, c.err
	case "Bearer " + sessionToken:
		return auth.Identity{Kind: auth.Session, ID: "ada", Name: "Ada", Projects: []auth.Project{alpha}}, c.err
	}
	return auth.Identity{}, auth.ErrUnauthorized
}

func (c callers) Projects(context.Context) ([]auth.ProjectRow, error) {
	return []auth.ProjectRow{
		{ID: 1, Slug: "alpha", Name: "Alpha", LinkTemplates: map[string]string{"run": "https://runs.test/{id}"}},
		{ID: 2, Slug: "beta", Name: "Beta"},
		{ID: 3, Slug: "gamma", Name: "Gamma"},
	}, nil
}

// store answers what a test puts into it and remembers what it was asked.
type store struct {
	works
	mu       sync.Mutex
	recorded []journal.Occurrence
	err      error
	seen     map[string]bool // ids of occurrences

	scope  []auth.Project
	group  journal.Group
	query  journal.GroupQuery
	view   journal.ViewQuery
	actor  string
	number int64
	from   time.Time
	to     time.Time
	step   time.Duration
}

func (s *store) Record(_ context.Context, occurrences []journal.Occurrence) ([]journal.Recorded, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.err != nil {
		return nil, s.err
	}
	out := make([]journal.Recorded, len(occurrences))
	for i, o := range occurrences {
		row, ok := o.Row()
		if !ok {
			panic("a zero occurrence")
		}
		id := row.ID.String()
		out[i] = journal.Recorded{OccurrenceID: id, Fingerprint: row.Fingerprint, Duplicate: s.seen[id]}
		if !s.seen[id] {
			s.recorded = append(s.recorded, o)
			s.seen[id] = true
		}
	}
	return out, nil
}

func (s *store) Feed(_ context.Context, scope []auth.Project, _ string) (journal.Feed, error) {
	s.scope = scope
	return journal.Feed{Groups: []journal.Group{s.group}, ActiveTotal: 1, Cursor: "0a0b0c0d-7"}, s.err
}

func (s *store) Groups(_ context.Context, scope []auth.Project, q journal.GroupQuery) (journal.GroupPage, error) {
	s.scope, s.query = scope, q
	return journal.GroupPage{Cursor: "0a0b0c0d-7"}, s.err
}

func (s *store) Detail(_ context.Context, scope []auth.Project, id int64) (journal.Detail, error) {
	s.scope, s.number = scope, id
	return journal.Detail{Group: s.group, Cursor: "0a0b0c0d-7"}, s.err
}

func (s *store) Occurrences(_ context.Context, scope []auth.Project, id int64, limit int, page string) (journal.OccurrencePage, error) {
	s.scope, s.number = scope, id
	return journal.OccurrencePage{Occurrences: []json.RawMessage{[]byte(`{"occurrence_id":"x"}`)}, NextPage: page}, s.err
}

func (s *store) Histogram(_ context.Context, scope []auth.Project, id int64, from, to time.Time, step time.Duration) ([]journal.Bucket, error) {
	s.scope, s.number, s.from, s.to, s.step = scope, id, from, to, step
	return []journal.Bucket{{At: from, Count: 3}}, s.err
}

func (s *store) View(_ context.Context, scope []auth.Project, id, through int64, actor string) (journal.Group, error) {
	s.scope, s.number, s.actor = scope, through, actor
	return s.group, s.err
}

func (s *store) Undo(_ context.Context, scope []auth.Project, id, version int64, actor string) (journal.Group, error) {
	s.scope, s.number, s.actor = scope, version, actor
	return s.group, s.err
}

func (s *store) ViewMany(_ context.Context, scope []auth.Project, q journal.ViewQuery, actor string) (journal.ViewMany, error) {
	s.scope, s.view, s.actor = scope, q, actor
	return journal.ViewMany{ViewID: "v1", Viewed: 2, Cursor: "0a0b0c0d-9"}, s.err
}

func (s *store) UndoMany(_ context.Context, scope []auth.Project, id, actor string) (journal.ViewMany, error) {
	s.scope, s.actor = scope, actor
	return journal.ViewMany{ViewID: id, Viewed: 2, Cursor: "0a0b0c0d-9"}, s.err
}

// tape is an event log in memory, with its doorbell.
type tape struct {
	mu     sync.Mutex
	head   eventlog.Head
	events []eventlog.Event
	grown  chan struct{}
	err    error
	reads  int
}

func newTape(n int) *tape {
	t := &tape{head: eventlog.Head{Epoch: "0a0b0c0d", Floor: 1}, grown: make(chan struct{})}
	for range n {
		t.append("errors/alpha")
	}
	return t
}

func (t *tape) append(topic string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.head.ID++
	t.events = append(t.events, eventlog.Event{
		ID: t.head.ID, At: noon, Kind: "group.changed", Project: 1, Topics: []string{topic}, Version: t.head.ID, Data: []byte(`{"group_id":"1"}`),
	})
	close(t.grown)
	t.grown = make(chan struct{})
}

func (t *tape) Read(_ context.Context, after eventlog.Position, filter eventlog.Filter, limit int) (eventlog.Page, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.reads++
	page := eventlog.Page{Head: t.head, Next: t.head.Position()}
	if t.err != nil {
		return page, t.err
	}
	if !t.head.Holds(after) {
		page.Reset = true
		return page, nil
	}
	const scan = 50
	page.Next = eventlog.Position{Epoch: t.head.Epoch, ID: min(after.ID+scan, t.head.ID)}
	for _, event := range t.events {
		if event.ID <= after.ID || event.ID > page.Next.ID {
			continue
		}
		for _, topic := range filter.Topics {
			if topic == event.Topics[0] {
				page.Events = append(page.Events, event)
			}
		}
		if len(page.Events) == limit {
			page.Next.ID = event.ID
			break
		}
	}
	page.More = page.Next.ID < t.head.ID
	return page, nil
}

func (t *tape) Wait(ctx context.Context, p eventlog.Position) error {
	for {
		t.mu.Lock()
		head, grown := t.head, t.grown
		t.mu.Unlock()
		if head.ID > p.ID || !head.Holds(p) {
			return nil
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-grown:
		}
	}
}

// fixture is a handler over fakes, called without a network.
type fixture struct {
	t       testing.TB
	handler http.Handler
	store   *store
	log     *tape
	lines   *lines
	deps    httpapi.Deps
	config  httpapi.Config
}

type lines struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (l *lines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.Write(p)
}

func (l *lines) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.String()
}

func newFixture(t testing.TB, change ...func(*fixture)) *fixture {
	t.Helper()
	f := &fixture{t: t, store: &store{seen: map[string]bool{}, group: journal.Group{
		GroupID: "1", Project: "alpha", Version: 3, RaisedVersion: 2, State: journal.Active, Severity: journal.Error,
		FirstSeenAt: noon.In(time.FixedZone("", 3*3600)), LastSeenAt: noon, RaisedAt: new(noon.In(time.FixedZone("", 3*3600))),
	}}, log: newTape(0), lines: &lines{}}
	text := func(s string) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, s) })
	}
	f.deps = httpapi.Deps{
		Auth: callers{}, Store: f.store, Log: f.log, Waiter: f.log,
		Stream: text("frames"), Metrics: text("metrics"), Static: text("page"),
		Logger: slog.New(slog.NewJSONHandler(f.lines, &slog.HandlerOptions{Level: slog.LevelDebug})),
		Now:    func() time.Time { return noon },
	}
	f.config = httpapi.Config{Version: "test"}
	for _, c := range change {
		c(f)
	}
	f.handler = httpapi.New(f.deps, f.config)
	return f
}

type answer struct {
	status int
	header http.Header
	body   string
}

func (f *fixture) get(path, token string, header ...string) answer {
	return f.do(http.MethodGet, path, token, "", header...)
}

func (f *fixture) do(method, path, token, body string, header ...string) answer {
	r := httptest.NewRequest(method, "/", strings.NewReader(body))
	r.Host = "rynda.test"
	r.URL.Path, r.URL.RawQuery, _ = strings.Cut(path, "?")
	if token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	if body != "" && method != http.MethodGet {
		r.Header.Set("Content-Type", "application/json")
	}
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	return f.serve(r)
}

func (f *fixture) serve(r *http.Request) answer {
	w := httptest.NewRecorder()
	f.handler.ServeHTTP(w, r)
	return answer{w.Code, w.Result().Header, w.Body.String()}
}

// post sends reports as a job does.
func (f *fixture) post(body string, header ...string) answer {
	return f.do(http.MethodPost, "/v1/reports", ingestToken, body, header...)
}

func decode[T any](t testing.TB, a answer) T {
	t.Helper()
	var v T
	if err := json.Unmarshal([]byte(a.body), &v); err != nil {
		t.Fatalf("status %d, body %q: %v", a.status, a.body, err)
	}
	return v
}
