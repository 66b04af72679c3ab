package wiring

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"rynda/pkg/auth"
	"rynda/pkg/eventlog"
	"rynda/pkg/httpapi"
	"rynda/pkg/relay"
)

// tokens is a table of one staff token; the rest is not there.
type tokens struct {
	mu  sync.Mutex
	row auth.TokenRow
	err error
}

func (s *tokens) StaffToken(_ context.Context, prefix string) (auth.TokenRow, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.err == nil && prefix != s.row.Prefix {
		return auth.TokenRow{}, auth.ErrUnknown
	}
	return s.row, s.err
}

func (s *tokens) IngestToken(context.Context, string) (auth.TokenRow, error) {
	return auth.TokenRow{}, auth.ErrUnknown
}

func (s *tokens) Session(context.Context, [32]byte) (auth.SessionRow, error) {
	return auth.SessionRow{}, auth.ErrUnknown
}

func (s *tokens) Projects(context.Context) ([]auth.ProjectRow, error) {
	return []auth.ProjectRow{{ID: 1, Slug: "alpha"}}, nil
}

func (s *tokens) change(f func()) { s.mu.Lock(); defer s.mu.Unlock(); f() }

// silent is a log in which nothing happens.
type silent struct{}

var silence = eventlog.Head{Epoch: "0a0b0c0d", Floor: 1}

func (silent) Head(context.Context) (eventlog.Head, error) { return silence, nil }
func (silent) Read(context.Context, eventlog.Position, eventlog.Filter, int) (eventlog.Page, error) {
	return eventlog.Page{Head: silence, Next: silence.Position()}, nil
}

func (silent) Wait(ctx context.Context, _ eventlog.Position) error {
	<-ctx.Done()
	return ctx.Err()
}

// paper is a response that may be read while it is written.
type paper struct {
	mu   sync.Mutex
	text strings.Builder
	head http.Header
}

func (p *paper) Header() http.Header { return p.head }
func (p *paper) WriteHeader(int)     {}
func (p *paper) Write(b []byte) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.text.Write(b)
}

func TestStreamsEndWithTheirRights(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		lose func(*tokens)
		why  relay.Reason
	}{
		"a token that is revoked":                            {func(s *tokens) { s.row.RevokedAt = time.Now() }, relay.Rights},
		"a token that is revoked while the database is away": {func(s *tokens) { s.row.RevokedAt, s.err = time.Now(), errors.New("away") }, relay.Unavailable},
	} {
		t.Run(name+" ends its streams within a minute, amid requests and guesses", func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				text, row := auth.NewToken(auth.StaffPrefix)
				table := &tokens{row: row}
				fan := relay.New(silent{}, relay.Config{})
				ctx, stop := context.WithCancel(t.Context())
				ran := make(chan struct{})
				go func() { defer close(ran); fan.Run(ctx) }()
				defer func() { stop(); <-ran }()
				app := &App{Auth: auth.New(table, auth.Config{}, nil)}
				handler := httpapi.New(httpapi.Deps{Auth: app.Auth, Stream: fan.Handler(app.authenticateStream, httpapi.WriteProblem)}, httpapi.Config{})
				request := func(path, token string) *http.Request {
					r := httptest.NewRequestWithContext(t.Context(), "GET", path, nil)
					r.Header.Set("Authorization", "Bearer "+token)
					return r
				}
				use := func() { // keeps what is remembered of the token young
					app.Auth.Authenticate(request("/v1/feed", text))
				}

				var open sync.WaitGroup
				begin := func() {
					open.Go(func() {
						handler.ServeHTTP(&paper{head: http.Header{}}, request("/v1/events/stream", text))
					})
				}
				opened := 0
				for second := range 60 {
					use()
					if second%6 == 0 {
						begin()
						opened++
					}
					time.Sleep(time.Second) // of the bubble
				}
				use()
				table.change(func() { c.lose(table) })
				lost := time.Now()
				begin() // what is remembered lets it in, or not
				go func() {
					for i := range 55 {
						use()
						if i < 20 {
							wrong, _ := auth.NewToken(auth.StaffPrefix)
							app.Auth.Authenticate(request("/v1/feed", wrong))
						}
						time.Sleep(time.Second) // of the bubble
					}
				}()
				open.Wait()
				if took := time.Since(lost); took > 55*time.Second {
					t.Errorf("the last ended after %v", took)
				}
				time.Sleep(time.Minute) // of the bubble
				if closed := fan.Stats().Closed; closed[c.why] < uint64(opened) || len(closed) != 1 {
					t.Errorf("closed %v, want %d for %s", closed, opened, c.why)
				}
			})
		})
	}
	t.Run("an address that has to wait is told bye, and nothing is looked up for it", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			table := &tokens{}
			fan := relay.New(silent{}, relay.Config{})
			app := &App{Auth: auth.New(table, auth.Config{}, nil)}
			handler := httpapi.New(httpapi.Deps{Auth: app.Auth, Stream: fan.Handler(app.authenticateStream, httpapi.WriteProblem)}, httpapi.Config{})
			for i := range 30 {
				text, _ := auth.NewToken(auth.StaffPrefix)
				r := httptest.NewRequest("GET", "/v1/events/stream", nil)
				r.Header.Set("Authorization", "Bearer "+text)
				w := httptest.NewRecorder()
				handler.ServeHTTP(w, r)
				if i < 10 && w.Code != 401 || i >= 10 && (w.Code != 200 || !strings.Contains(w.Body.String(), "event: bye")) {
					t.Fatalf("guess %d: %d %s", i, w.Code, w.Body)
				}
			}
		})
	})
}
