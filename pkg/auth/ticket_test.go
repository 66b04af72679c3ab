package auth_test

import (
	"context"
	"errors"
	"net/http"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"rynda/pkg/auth"
)

func (t *tables) SaveTicket(_ context.Context, row auth.TicketRow) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.tickets == nil {
		t.tickets = map[[32]byte]auth.TicketRow{}
	}
	t.tickets[row.SHA256] = row
	return t.err
}

func (t *tables) TakeTicket(_ context.Context, sum [32]byte) (auth.TicketRow, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.lookups++
	row, ok := t.tickets[sum]
	if !ok && t.err == nil {
		return row, auth.ErrUnknown
	}
	delete(t.tickets, sum)
	return row, t.err
}

// elsewhere is the request of a page of another origin.
func elsewhere() *http.Request {
	return request("Origin", "https://app.example.com", "Sec-Fetch-Site", "cross-site")
}

func TestTickets(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		config auth.Config
		asks   func(e *embedded) *http.Request
	}{
		"a session": {auth.Config{}, func(e *embedded) *http.Request {
			return request("Cookie", "__Host-rynda="+e.session, "Sec-Fetch-Site", "same-origin")
		}},
		"a staff token":  {auth.Config{}, func(e *embedded) *http.Request { return bearer(e.staff) }},
		"a signed token": {auth.Config{}, func(e *embedded) *http.Request { return bearer(e.token(nil)) }},
		"the local user": {auth.Config{Local: true}, func(*embedded) *http.Request { return request() }},
	} {
		t.Run("carry the rights of "+name, func(t *testing.T) {
			t.Parallel()
			e := newEmbedded(t)
			config := c.config
			config.Transport, config.JWT = e.provider.Transport(), auth.JWTConfig{Issuer: e.provider.URL, Audience: audience, JWKSURL: e.provider.URL + "/keys", ProjectsClaim: "rynda_projects"}
			e.Authenticator = auth.New(e.tables, config, func() time.Time { return e.now })
			tickets := auth.NewTickets(e.Authenticator, e.tables)
			text, until, err := tickets.Issue(c.asks(e))
			if err != nil {
				t.Fatal(err)
			}
			if !until.Equal(e.now.Add(30*time.Second)) || !regexp.MustCompile(`^ryt_[A-Za-z0-9_-]{43}$`).MatchString(text) {
				t.Errorf("%s until %v", text, until)
			}
			want, err := e.Authenticate(c.asks(e))
			if err != nil {
				t.Fatal(err)
			}
			e.now = e.now.Add(29 * time.Second)
			got, err := tickets.Redeem(elsewhere(), text)
			if err != nil {
				t.Fatal(err)
			}
			if got.Basis == nil {
				t.Fatal("it cannot be confirmed")
			}
			// And while the stream is open, the same, from what the context has.
			r := elsewhere()
			again, err := e.Confirm(r.WithContext(auth.With(r.Context(), got)))
			if err != nil {
				t.Fatal(err)
			}
			got.Basis, again.Basis = nil, nil
			if diff := cmp.Diff(want, got); diff != "" {
				t.Error(diff)
			}
			if diff := cmp.Diff(want, again); diff != "" {
				t.Error(diff)
			}
		})
	}
	t.Run("end when the rights end that they rest on", func(t *testing.T) {
		t.Parallel()
		e := newEmbedded(t)
		tickets := auth.NewTickets(e.Authenticator, e.tables)
		text, until, err := tickets.Issue(bearer(e.token(map[string]any{"exp": e.now.Add(-5 * time.Second).Unix()})))
		if err != nil || until.Sub(e.now) > 5*time.Second {
			t.Fatal(until, err)
		}
		who, err := tickets.Redeem(elsewhere(), text)
		if err != nil || who.Expires.After(until) {
			t.Fatal(who, err)
		}
		e.now = until
		r := elsewhere()
		if _, err := e.Confirm(r.WithContext(auth.With(r.Context(), who))); !errors.Is(err, auth.ErrUnauthorized) {
			t.Error(err)
		}
	})
	t.Run("are stored as hashes", func(t *testing.T) {
		t.Parallel()
		w := newWorld(auth.Config{})
		text, _, err := auth.NewTickets(w.Authenticator, w.tables).Issue(bearer(w.staff))
		if err != nil {
			t.Fatal(err)
		}
		for sum, row := range w.tables.tickets {
			if strings.Contains(string(sum[:]), text) || strings.Contains(string(row.Basis.SHA256[:]), w.staff) || row.Basis.ID != w.staffRow.Prefix {
				t.Errorf("%+v", row)
			}
		}
	})
}

func TestTicketsAreRefused(t *testing.T) {
	t.Parallel()
	fresh := func(t *testing.T) (*world, *auth.Tickets, string) {
		w := newWorld(auth.Config{})
		tickets := auth.NewTickets(w.Authenticator, w.tables)
		text, _, err := tickets.Issue(request("Cookie", "__Host-rynda="+w.session))
		if err != nil {
			t.Fatal(err)
		}
		return w, tickets, text
	}
	for name, change := range map[string]func(w *world, tickets *auth.Tickets, text string) string{
		"that were used": func(w *world, tickets *auth.Tickets, text string) string {
			tickets.Redeem(elsewhere(), text)
			return text
		},
		"that are 30 seconds old": func(w *world, _ *auth.Tickets, text string) string {
			w.now = w.now.Add(30 * time.Second)
			return text
		},
		"whose session was revoked meanwhile": func(w *world, _ *auth.Tickets, text string) string {
			w.now = w.now.Add(6 * time.Second)
			w.sessionRow.RevokedAt = w.now
			w.store()
			return text
		},
		"whose session is gone": func(w *world, _ *auth.Tickets, text string) string {
			w.now = w.now.Add(6 * time.Second)
			w.tables.change(func() { clear(w.tables.sessions) })
			return text
		},
		"that nobody made": func(_ *world, _ *auth.Tickets, text string) string {
			last := "A"
			if strings.HasSuffix(text, last) {
				last = "B"
			}
			return text[:46] + last
		},
		"that are tokens":                  func(w *world, _ *auth.Tickets, _ string) string { return w.staff },
		"that are the value of the cookie": func(w *world, _ *auth.Tickets, _ string) string { return w.session },
		"that are empty":                   func(*world, *auth.Tickets, string) string { return "" },
		"with other characters":            func(_ *world, _ *auth.Tickets, text string) string { return text[:46] + "\x00" },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w, tickets, text := fresh(t)
			text = change(w, tickets, text)
			who, err := tickets.Redeem(elsewhere(), text)
			if !errors.Is(err, auth.ErrUnauthorized) || who.Kind != "" || text != "" && strings.Contains(err.Error(), text) {
				t.Errorf("%+v, %v", who, err)
			}
		})
	}
	t.Run("to callers who are not staff", func(t *testing.T) {
		t.Parallel()
		w, tickets, _ := fresh(t)
		for _, r := range []*http.Request{bearer(w.ingest), request("Cookie", "__Host-rynda="+w.session, "Sec-Fetch-Site", "cross-site")} {
			if text, _, err := tickets.Issue(r); !errors.Is(err, auth.ErrForbidden) || text != "" {
				t.Errorf("%q, %v", text, err)
			}
		}
		if text, _, err := tickets.Issue(request()); !errors.Is(err, auth.ErrUnauthorized) || text != "" {
			t.Errorf("%q, %v", text, err)
		}
	})
	t.Run("as tokens and as cookies", func(t *testing.T) {
		t.Parallel()
		w, _, text := fresh(t)
		for _, r := range []*http.Request{bearer(text), request("Cookie", "__Host-rynda="+text)} {
			if _, err := w.Authenticate(r); !errors.Is(err, auth.ErrUnauthorized) {
				t.Error(err)
			}
		}
	})
	t.Run("while the database is away, and may be tried again", func(t *testing.T) {
		t.Parallel()
		w, tickets, text := fresh(t)
		w.tables.change(func() { w.tables.err = errors.New("away") })
		if _, err := tickets.Redeem(elsewhere(), text); !errors.Is(err, auth.ErrUnavailable) {
			t.Error(err)
		}
		if _, _, err := tickets.Issue(bearer(w.staff)); !errors.Is(err, auth.ErrUnavailable) {
			t.Error(err)
		}
	})
	t.Run("when guessed, ten a minute before the address waits", func(t *testing.T) {
		t.Parallel()
		w, tickets, good := fresh(t)
		var limited *auth.LimitedError
		for i := range 300 {
			_, err := tickets.Redeem(elsewhere(), "ryt_"+strings.Repeat("A", 43))
			if i < 10 && !errors.Is(err, auth.ErrUnauthorized) || i >= 10 && !errors.As(err, &limited) {
				t.Fatalf("guess %d: %v", i, err)
			}
		}
		if n := w.tables.lookups; n > 130 {
			t.Errorf("the database was asked %d times", n)
		}
		w.now = w.now.Add(time.Second)
		if _, err := tickets.Redeem(elsewhere(), good); err != nil {
			t.Errorf("a good one from the same address: %v", err)
		}
	})
	t.Run("beyond 60 a minute and person", func(t *testing.T) {
		t.Parallel()
		w, tickets, _ := fresh(t)
		var limited *auth.LimitedError
		for i := range 70 {
			_, _, err := tickets.Issue(bearer(w.staff))
			if i < 60 && err != nil || i >= 60 && !errors.As(err, &limited) {
				t.Fatalf("ticket %d: %v", i, err)
			}
		}
	})
	t.Run("by all but one of many who send it at once", func(t *testing.T) {
		t.Parallel()
		_, tickets, text := fresh(t)
		var all sync.WaitGroup
		var mu sync.Mutex
		won := 0
		for range 20 {
			all.Go(func() {
				if _, err := tickets.Redeem(elsewhere(), text); err == nil {
					mu.Lock()
					won++
					mu.Unlock()
				}
			})
		}
		all.Wait()
		if won != 1 {
			t.Errorf("%d got in", won)
		}
	})
}

func FuzzTicket(f *testing.F) {
	f.Add("ryt_" + strings.Repeat("a", 43))
	f.Add("ryt_")
	f.Add("\x00")
	w := newWorld(auth.Config{})
	tickets := auth.NewTickets(w.Authenticator, w.tables)
	f.Fuzz(func(t *testing.T, text string) {
		var limited *auth.LimitedError
		if _, err := tickets.Redeem(elsewhere(), text); !errors.Is(err, auth.ErrUnauthorized) && !errors.As(err, &limited) {
			t.Fatal(err)
		}
		if auth.TicketForm(text) != regexp.MustCompile(`\Aryt_[A-Za-z0-9_-]{43}\z`).MatchString(text) {
			t.Fatalf("%q", text)
		}
	})
}
