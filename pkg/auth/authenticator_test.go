package auth_test

import (
	"context"
	"crypto/tls"
	"errors"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"rynda/pkg/auth"
)

func TestAuthenticate(t *testing.T) {
	t.Parallel()
	w := newWorld(auth.Config{})
	for _, c := range []struct {
		name string
		r    *http.Request
		want auth.Identity
	}{
		{"an ingest token has its project and scopes", bearer(w.ingest), auth.Identity{
			Kind: auth.IngestToken, ID: w.ingestRow.Prefix, Name: w.ingestRow.Prefix, Projects: []auth.Project{alpha}, Scopes: []auth.Scope{auth.Report}}},
		{"a staff token without a list reaches every project", bearer(w.staff), auth.Identity{
			Kind: auth.StaffToken, ID: w.staffRow.Prefix, Name: "nightly", Projects: []auth.Project{alpha, beta}}},
		{"a session reaches those of its list", request("Cookie", "__Host-rynda="+w.session), auth.Identity{
			Kind: auth.Session, ID: "u1", Name: "Ada", Projects: []auth.Project{beta}, Expires: w.sessionRow.ExpiresAt}},
		{"a plain cookie will do from this machine to this machine", request("Cookie", "rynda="+w.session), auth.Identity{
			Kind: auth.Session, ID: "u1", Name: "Ada", Projects: []auth.Project{beta}, Expires: w.sessionRow.ExpiresAt}},
		{"the scheme may be written in any case", request("Authorization", "bearer "+w.staff), auth.Identity{
			Kind: auth.StaffToken, ID: w.staffRow.Prefix, Name: "nightly", Projects: []auth.Project{alpha, beta}}},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := w.Authenticate(c.r)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestAuthenticateRefuses(t *testing.T) {
	t.Parallel()
	w := newWorld(auth.Config{})
	other := []byte(w.ingest)
	other[len(other)-2] ^= 1
	secure := request("Cookie", "rynda="+w.session)
	secure.TLS = &tls.ConnectionState{}
	far := request("Cookie", "rynda="+w.session)
	far.RemoteAddr = "192.0.2.7:1000"
	for name, r := range map[string]*http.Request{
		"nobody":                             request(),
		"another secret behind a known part": bearer(string(other)),
		"a token of the other table":         bearer("rys" + w.ingest[3:]),
		"a token of no table":                bearer("ryx" + w.ingest[3:]),
		"a token that is too short":          bearer(w.ingest[:40]),
		"a token that is too long":           bearer(w.ingest + "a"),
		"a token with other characters":      bearer(w.ingest[:55] + "'"),
		"an empty token":                     bearer(""),
		"another scheme":                     request("Authorization", "Basic "+w.ingest),
		"two headers":                        request("Authorization", "Bearer "+w.ingest, "Authorization", "Bearer "+w.ingest),
		"a wrong token beside a good cookie": request("Authorization", "Bearer x", "Cookie", "__Host-rynda="+w.session),
		"a session that is not there":        request("Cookie", "__Host-rynda="+w.session+"x"),
		"a token in a cookie":                request("Cookie", "__Host-rynda="+w.staff),
		"a plain cookie over https":          secure,
		"a plain cookie from elsewhere":      far,
		"a plain cookie through a proxy":     request("Cookie", "rynda="+w.session, "X-Forwarded-Proto", "https"),
	} {
		t.Run(name, func(t *testing.T) {
			who, err := w.Authenticate(r)
			var limited *auth.LimitedError
			if !errors.Is(err, auth.ErrUnauthorized) && !errors.As(err, &limited) || who.Kind != "" {
				t.Errorf("%+v, %v", who, err)
			}
			if err != nil && (strings.Contains(err.Error(), w.session) || strings.Contains(err.Error(), w.ingest[5:])) {
				t.Errorf("the error holds the secret: %v", err)
			}
		})
	}
}

func TestAuthenticateRefusesOtherOrigins(t *testing.T) {
	t.Parallel()
	w := newWorld(auth.Config{Local: true})
	for name, header := range map[string][]string{
		"cross-site":            {"Sec-Fetch-Site", "cross-site"},
		"another port":          {"Sec-Fetch-Site", "same-site"},
		"foreign Origin":        {"Origin", "https://evil.test"},
		"an Origin of nothing":  {"Origin", "null"},
		"Origin of the network": {"Origin", "http://127.0.0.1:9999"},
	} {
		for _, method := range []string{http.MethodGet, http.MethodPost, http.MethodDelete} {
			t.Run(name+" "+method, func(t *testing.T) {
				cookie := request(append(header, "Cookie", "__Host-rynda="+w.session)...)
				local := request(header...)
				token := request(append(header, "Authorization", "Bearer "+w.staff)...)
				for _, r := range []*http.Request{cookie, local, token} {
					r.Method = method
				}
				if _, err := w.Authenticate(cookie); !errors.Is(err, auth.ErrForbidden) {
					t.Errorf("a cookie: %v", err)
				}
				if _, err := w.Authenticate(local); !errors.Is(err, auth.ErrForbidden) {
					t.Errorf("the local user: %v", err)
				}
				if _, err := w.Authenticate(token); err != nil {
					t.Errorf("a token, which no browser adds by itself: %v", err)
				}
			})
		}
	}
	for name, header := range map[string][]string{
		"a page of ours":             {"Sec-Fetch-Site", "same-origin", "Origin", "http://127.0.0.1:8700"},
		"typed by hand":              {"Sec-Fetch-Site", "none"},
		"a browser before Sec-Fetch": {"Origin", "http://127.0.0.1:8700"},
	} {
		t.Run(name, func(t *testing.T) {
			r := request(append(header, "Cookie", "__Host-rynda="+w.session)...)
			r.Method = http.MethodPost
			if _, err := w.Authenticate(r); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestLocalUser(t *testing.T) {
	t.Parallel()
	w := newWorld(auth.Config{Local: true, LocalName: "dev"})
	who, err := w.Authenticate(request())
	if err != nil || who.Kind != auth.Local || who.Name != "dev" || len(who.Projects) != 2 || !who.Staff() {
		t.Fatalf("%+v, %v", who, err)
	}
	for _, host := range []string{"localhost", "LOCALHOST:8700", "127.0.0.1", "[::1]:8700", "[::1]"} {
		r := request()
		if r.Host = host; true {
			if _, err := w.Authenticate(r); err != nil {
				t.Errorf("host %s: %v", host, err)
			}
		}
	}
	for _, host := range []string{"", "evil.test", "localhost.evil.test:8700", "127.0.0.1.nip.io", "0.0.0.0:8700", "10.0.0.1", "[::2]"} {
		r := request()
		r.Host = host
		if _, err := w.Authenticate(r); !errors.Is(err, auth.ErrUnauthorized) {
			t.Errorf("host %q: %v", host, err)
		}
	}
	for _, header := range []string{"Forwarded", "X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto", "X-Forwarded-Whatever", "Via", "X-Real-IP"} {
		if _, err := w.Authenticate(request(header, "127.0.0.1")); !errors.Is(err, auth.ErrUnauthorized) {
			t.Errorf("with %s: %v", header, err)
		}
	}
	for _, peer := range []string{"192.0.2.1:1234", "", "10.0.0.1:80", "@"} {
		r := request()
		r.RemoteAddr = peer
		if _, err := w.Authenticate(r); !errors.Is(err, auth.ErrUnauthorized) {
			t.Errorf("from %q: %v", peer, err)
		}
	}
	t.Run("is not locked out by a cookie of another server on this machine", func(t *testing.T) {
		if who, err := w.Authenticate(request("Cookie", "rynda=stale")); err != nil || who.Kind != auth.Local {
			t.Error(who, err)
		}
	})
	t.Run("is not there for a wrong token", func(t *testing.T) {
		if _, err := w.Authenticate(bearer("wrong")); !errors.Is(err, auth.ErrUnauthorized) {
			t.Error(err)
		}
	})
	t.Run("is not there when nothing says so", func(t *testing.T) {
		if _, err := newWorld(auth.Config{}).Authenticate(request()); !errors.Is(err, auth.ErrUnauthorized) {
			t.Error(err)
		}
	})
}

func TestRevocation(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name   string
		who    func(*world) *http.Request
		revoke func(*world)
	}{
		{"an ingest token that is revoked", func(w *world) *http.Request { return bearer(w.ingest) }, func(w *world) { w.ingestRow.RevokedAt = w.now }},
		{"a staff token that is revoked", func(w *world) *http.Request { return bearer(w.staff) }, func(w *world) { w.staffRow.RevokedAt = w.now }},
		{"a session that is ended", func(w *world) *http.Request { return request("Cookie", "__Host-rynda="+w.session) }, func(w *world) { w.sessionRow.RevokedAt = w.now }},
		{"a token whose secret was replaced", func(w *world) *http.Request { return bearer(w.ingest) }, func(w *world) { w.ingestRow.SHA256 = [32]byte{} }},
	} {
		t.Run(c.name+" is refused within a minute", func(t *testing.T) {
			t.Parallel()
			w := newWorld(auth.Config{})
			if _, err := w.Authenticate(c.who(w)); err != nil {
				t.Fatal(err)
			}
			c.revoke(w)
			w.store()
			// Used all the time, so that use does not keep it alive.
			for range 59 {
				w.now = w.now.Add(time.Second)
				w.Authenticate(c.who(w))
			}
			if _, err := w.Authenticate(c.who(w)); err == nil {
				t.Error("still let in")
			}
		})
	}
	t.Run("what expires is refused at once", func(t *testing.T) {
		t.Parallel()
		w := newWorld(auth.Config{})
		w.sessionRow.ExpiresAt = w.now.Add(3 * time.Second)
		w.store()
		r := request("Cookie", "__Host-rynda="+w.session)
		if _, err := w.Authenticate(r); err != nil {
			t.Fatal(err)
		}
		w.now = w.now.Add(3 * time.Second)
		if _, err := w.Authenticate(r); !errors.Is(err, auth.ErrUnauthorized) {
			t.Error(err)
		}
	})
	t.Run("a new project is in reach of those who reach every one within seconds", func(t *testing.T) {
		t.Parallel()
		w := newWorld(auth.Config{})
		w.Authenticate(bearer(w.staff))
		w.tables.change(func() { w.tables.projects = append(w.tables.projects, auth.ProjectRow{ID: 3, Slug: "gamma"}) })
		w.now = w.now.Add(time.Second)
		if who, err := w.Authenticate(bearer(w.staff)); err != nil || len(who.Projects) != 3 {
			t.Error(who.Projects, err)
		}
	})
}

func TestLookups(t *testing.T) {
	t.Parallel()
	t.Run("a known caller is not looked up for every request", func(t *testing.T) {
		t.Parallel()
		w := newWorld(auth.Config{})
		for range 1000 {
			if _, err := w.Authenticate(bearer(w.ingest)); err != nil {
				t.Fatal(err)
			}
			w.now = w.now.Add(10 * time.Millisecond)
		}
		if w.tables.lookups != 1 {
			t.Error(w.tables.lookups)
		}
	})
	t.Run("a known caller goes on while the database is away, for less than a minute", func(t *testing.T) {
		t.Parallel()
		w := newWorld(auth.Config{})
		w.Authenticate(bearer(w.ingest))
		w.tables.change(func() { w.tables.err = errors.New("refused") })
		w.now = w.now.Add(45 * time.Second)
		if _, err := w.Authenticate(bearer(w.ingest)); err != nil {
			t.Error(err)
		}
		w.now = w.now.Add(10 * time.Second)
		if _, err := w.Authenticate(bearer(w.ingest)); !errors.Is(err, auth.ErrUnavailable) || errors.Is(err, auth.ErrUnauthorized) {
			t.Error(err)
		}
	})
	t.Run("an unknown caller is not told to be wrong while the database is away", func(t *testing.T) {
		t.Parallel()
		w := newWorld(auth.Config{})
		w.tables.err = errors.New("refused")
		for range 30 { // nor does it count as a failure
			if _, err := w.Authenticate(bearer(w.ingest)); !errors.Is(err, auth.ErrUnavailable) {
				t.Fatal(err)
			}
		}
	})
	t.Run("many at once ask once", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			w := newWorld(auth.Config{})
			slow := &slowLookup{tables: w.tables}
			a := auth.New(slow, auth.Config{}, nil)
			var all sync.WaitGroup
			for range 50 {
				all.Go(func() {
					if _, err := a.Authenticate(bearer(w.ingest)); err != nil {
						t.Error(err)
					}
				})
			}
			all.Wait()
			if w.tables.lookups != 1 {
				t.Error(w.tables.lookups)
			}
		})
	})
	t.Run("a database that hangs is given up within a second", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			w := newWorld(auth.Config{})
			start := time.Now()
			_, err := auth.New(hangingLookup{w.tables}, auth.Config{}, nil).Authenticate(bearer(w.ingest))
			if !errors.Is(err, auth.ErrUnavailable) || time.Since(start) > time.Second {
				t.Error(err, time.Since(start))
			}
		})
	})
}

type slowLookup struct{ *tables }

func (s *slowLookup) IngestToken(ctx context.Context, prefix string) (auth.TokenRow, error) {
	<-time.After(100 * time.Millisecond)
	return s.tables.IngestToken(ctx, prefix)
}

type hangingLookup struct{ *tables }

func (hangingLookup) IngestToken(ctx context.Context, _ string) (auth.TokenRow, error) {
	<-ctx.Done()
	return auth.TokenRow{}, ctx.Err()
}

func TestNewToken(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for range 1000 {
		text, row := auth.NewToken(auth.IngestPrefix)
		parts := strings.SplitN(text, "_", 2)
		if len(text) != 56 || parts[0] != "ryi" || text[4:12] != row.Prefix || text[12] != '_' || seen[row.Prefix] {
			t.Fatal(text)
		}
		seen[row.Prefix] = true
	}
}

func FuzzAuthenticate(f *testing.F) {
	w := newWorld(auth.Config{})
	f.Add("Bearer "+w.ingest, "rynda=x", "127.0.0.1", "1.2.3.4:5")
	f.Add("Bearer ryi_________________", "__Host-rynda=;;", "[::1", "")
	f.Fuzz(func(t *testing.T, authorization, cookie, host, peer string) {
		r := request("Authorization", authorization, "Cookie", cookie)
		r.Host, r.RemoteAddr = host, peer
		if who, err := w.Authenticate(r); err == nil && who.ID != w.ingestRow.Prefix {
			t.Errorf("let in %+v", who)
		}
	})
}
