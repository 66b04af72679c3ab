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
	"rynda/pkg/auth/oidctest"
	"rynda/pkg/eventlog"
	"rynda/pkg/httpapi"
	"rynda/pkg/relay"
)

// tokens is a table of one staff token and one session, and of tickets; the rest
// is not there.
type tokens struct {
	mu      sync.Mutex
	row     auth.TokenRow
	session auth.SessionRow
	tickets map[[32]byte]auth.TicketRow
	err     error
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

func (s *tokens) Session(_ context.Context, sum [32]byte) (auth.SessionRow, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.err == nil && sum != s.session.SHA256 {
		return auth.SessionRow{}, auth.ErrUnknown
	}
	return s.session, s.err
}

func (s *tokens) SaveTicket(_ context.Context, row auth.TicketRow) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.tickets[row.SHA256] = row
	return s.err
}

func (s *tokens) TakeTicket(_ context.Context, sum [32]byte) (auth.TicketRow, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	row, ok := s.tickets[sum]
	delete(s.tickets, sum)
	if !ok && s.err == nil {
		return row, auth.ErrUnknown
	}
	return row, s.err
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

// by is how a caller shows who they are, and loses it.
type by struct {
	show   func(r *http.Request) // to any operation
	lose   func()
	ticket bool // streams are opened by tickets
}

func TestStreamsEndWithTheirRights(t *testing.T) {
	t.Parallel()
	provider := oidctest.New(t)
	const audience = "rynda-embed"
	jwt := auth.JWTConfig{Issuer: provider.URL, Audience: audience, JWKSURL: provider.URL + "/keys", ProjectsClaim: "rynda_projects"}
	token := func(table *tokens) by {
		text, row := auth.NewToken(auth.StaffPrefix)
		table.row = row
		return by{
			show: func(r *http.Request) { r.Header.Set("Authorization", "Bearer "+text) },
			lose: func() { table.row.RevokedAt = time.Now() },
		}
	}
	session := func(table *tokens) by {
		value, row := auth.NewSession()
		row.UserID, row.Name, row.ExpiresAt = "u-ada", "Ada", time.Now().Add(time.Hour)
		table.session = row
		return by{
			show: func(r *http.Request) { r.AddCookie(&http.Cookie{Name: auth.SecureCookie, Value: value}) },
			lose: func() { table.session.RevokedAt = time.Now() },
		}
	}
	signed := func(*tokens) by {
		text := provider.Token(map[string]any{
			"iss": provider.URL, "aud": audience, "sub": "u-eve", "rynda_projects": "alpha", "exp": time.Now().Add(time.Minute).Unix(),
		})
		return by{show: func(r *http.Request) { r.Header.Set("Authorization", "Bearer "+text) }, lose: func() {}}
	}
	byTicket := func(of func(*tokens) by) func(*tokens) by {
		return func(table *tokens) by {
			b := of(table)
			b.ticket = true
			return b
		}
	}
	away := func(of func(*tokens) by) func(*tokens) by {
		return func(table *tokens) by {
			b := of(table)
			lose := b.lose
			b.lose = func() { lose(); table.err = errors.New("away") }
			return b
		}
	}
	for name, c := range map[string]struct {
		of  func(*tokens) by
		why relay.Reason
	}{
		"a token that is revoked":                              {token, relay.Rights},
		"a token that is revoked while the database is away":   {away(token), relay.Unavailable},
		"a session that is revoked":                            {session, relay.Rights},
		"a session that is revoked while the database is away": {away(session), relay.Unavailable},
		"a session that expires": {func(table *tokens) by {
			b := session(table)
			table.session.ExpiresAt, b.lose = time.Now().Add(65*time.Second), func() {}
			return b
		}, relay.Expired},
		"a session that was signed out of, behind tickets":    {byTicket(session), relay.Rights},
		"a token that is revoked, behind tickets":             {byTicket(token), relay.Rights},
		"a signed token that expires":                         {signed, relay.Expired},
		"a signed token that expires, behind tickets":         {byTicket(signed), relay.Expired},
		"a session, behind tickets, and the database is away": {byTicket(away(session)), relay.Unavailable},
	} {
		t.Run(name+" ends its streams within a minute, amid requests and guesses", func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				table := &tokens{tickets: map[[32]byte]auth.TicketRow{}}
				caller := c.of(table)
				fan := relay.New(silent{}, relay.Config{PerUser: 100})
				ctx, stop := context.WithCancel(t.Context())
				ran := make(chan struct{})
				go func() { defer close(ran); fan.Run(ctx) }()
				defer func() { stop(); <-ran }()
				app := &App{Auth: auth.New(table, auth.Config{JWT: jwt, Transport: provider.Transport()}, nil)}
				tickets := auth.NewTickets(app.Auth, table)
				handler := httpapi.New(httpapi.Deps{Auth: app.Auth, Tickets: tickets, Stream: fan.Handler(app.authenticateStream, httpapi.WriteProblem)}, httpapi.Config{})
				request := func(path string) *http.Request {
					r := httptest.NewRequestWithContext(t.Context(), "GET", path, nil)
					caller.show(r)
					return r
				}
				use := func() { // keeps what is remembered of the caller young
					app.Auth.Authenticate(request("/v1/feed"))
				}

				var open sync.WaitGroup
				begin := func() {
					r := request("/v1/events/stream")
					if caller.ticket {
						text, _, err := tickets.Issue(r)
						if err != nil {
							return
						}
						r = httptest.NewRequestWithContext(t.Context(), "GET", "/v1/events/stream?ticket="+text, nil)
					}
					open.Go(func() { handler.ServeHTTP(&paper{head: http.Header{}}, r) })
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
				if n := fan.Stats().Closed; len(n) != 0 {
					t.Fatalf("closed before anything was lost: %v", n)
				}
				table.change(caller.lose)
				lost := time.Now()
				begin() // what is remembered lets it in, or not
				go func() {
					for i := range 55 {
						use()
						if i < 20 {
							wrong, _ := auth.NewToken(auth.StaffPrefix)
							r := httptest.NewRequestWithContext(t.Context(), "GET", "/v1/feed", nil)
							r.Header.Set("Authorization", "Bearer "+wrong)
							app.Auth.Authenticate(r)
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
