package auth_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"sync"
	"time"

	"rynda/pkg/auth"
)

// tables are what is stored, in memory.
type tables struct {
	mu       sync.Mutex
	ingest   map[string]auth.TokenRow
	staff    map[string]auth.TokenRow
	sessions map[[32]byte]auth.SessionRow
	logins   map[[32]byte]auth.LoginRow
	tickets  map[[32]byte]auth.TicketRow
	projects []auth.ProjectRow
	err      error
	lookups  int
}

func (t *tables) token(rows map[string]auth.TokenRow, prefix string) (auth.TokenRow, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.lookups++
	if t.err != nil {
		return auth.TokenRow{}, t.err
	}
	row, ok := rows[prefix]
	if !ok {
		return row, fmt.Errorf("token: %w", auth.ErrUnknown)
	}
	return row, nil
}

func (t *tables) IngestToken(_ context.Context, prefix string) (auth.TokenRow, error) {
	return t.token(t.ingest, prefix)
}

func (t *tables) StaffToken(_ context.Context, prefix string) (auth.TokenRow, error) {
	return t.token(t.staff, prefix)
}

func (t *tables) Session(_ context.Context, sum [32]byte) (auth.SessionRow, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.lookups++
	row, ok := t.sessions[sum]
	if !ok {
		return row, auth.ErrUnknown
	}
	return row, t.err
}

func (t *tables) Projects(context.Context) ([]auth.ProjectRow, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.projects, t.err
}

func (t *tables) change(f func()) {
	t.mu.Lock()
	defer t.mu.Unlock()
	f()
}

// world is an authenticator, what it looks into, and one caller of each kind.
type world struct {
	*auth.Authenticator
	tables                 *tables
	now                    time.Time
	ingest, staff, session string
	ingestRow, staffRow    auth.TokenRow
	sessionRow             auth.SessionRow
}

var (
	alpha = auth.Project{ID: 1, Slug: "alpha"}
	beta  = auth.Project{ID: 2, Slug: "beta"}
)

func newWorld(config auth.Config) *world {
	w := &world{now: time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC), tables: &tables{
		ingest: map[string]auth.TokenRow{}, staff: map[string]auth.TokenRow{}, sessions: map[[32]byte]auth.SessionRow{},
		projects: []auth.ProjectRow{{ID: 2, Slug: "beta"}, {ID: 1, Slug: "alpha"}},
	}}
	w.ingest, w.ingestRow = auth.NewToken(auth.IngestPrefix)
	w.ingestRow.Project, w.ingestRow.Scopes = alpha, []auth.Scope{auth.Report}
	w.staff, w.staffRow = auth.NewToken(auth.StaffPrefix)
	w.staffRow.Name = "nightly"
	w.session, w.sessionRow = auth.NewSession()
	w.sessionRow.UserID, w.sessionRow.Name, w.sessionRow.ExpiresAt = "u1", "Ada", w.now.Add(time.Hour)
	w.sessionRow.Projects = []int64{2}
	w.store()
	w.Authenticator = auth.New(w.tables, config, func() time.Time { return w.now })
	return w
}

func (w *world) store() {
	w.tables.change(func() {
		w.tables.ingest[w.ingestRow.Prefix] = w.ingestRow
		w.tables.staff[w.staffRow.Prefix] = w.staffRow
		w.tables.sessions[w.sessionRow.SHA256] = w.sessionRow
	})
}

// request is one from this machine, as a program sends it.
func request(header ...string) *http.Request {
	r := httptest.NewRequest(http.MethodGet, "http://127.0.0.1:8700/v1/feed", nil)
	r.RemoteAddr = "127.0.0.1:50000"
	for i := 0; i < len(header); i += 2 {
		r.Header.Add(header[i], header[i+1])
	}
	return r
}

func bearer(token string) *http.Request { return request("Authorization", "Bearer "+token) }
