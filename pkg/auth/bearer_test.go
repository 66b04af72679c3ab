package auth_test

import (
	"errors"
	"maps"
	"net/http"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"rynda/pkg/auth"
	"rynda/pkg/auth/oidctest"
)

const audience = "rynda-embed"

// embedded is a world that believes the tokens of a provider.
type embedded struct {
	*world
	provider *oidctest.Provider
}

func newEmbedded(t testing.TB) *embedded {
	t.Helper()
	p := oidctest.New(t)
	config := auth.Config{Transport: p.Transport(), JWT: auth.JWTConfig{
		Issuer: p.URL, Audience: audience, JWKSURL: p.URL + "/keys", ProjectsClaim: "rynda_projects",
	}}
	if err := config.Check(); err != nil {
		t.Fatal(err)
	}
	return &embedded{newWorld(config), p}
}

// claims are those of a good token, with changes; nil takes one away.
func (e *embedded) claims(change map[string]any) map[string]any {
	all := map[string]any{
		"iss": e.provider.URL, "aud": audience, "sub": "u-eve", "name": "Eve", "iat": e.now.Unix(), "exp": e.now.Add(5 * time.Minute).Unix(),
		"rynda_projects": []string{"beta", "gone"},
	}
	maps.Copy(all, change)
	for name, value := range change {
		if value == nil {
			delete(all, name)
		}
	}
	return all
}

func (e *embedded) token(change map[string]any) string { return e.provider.Token(e.claims(change)) }

func TestBearer(t *testing.T) {
	t.Parallel()
	t.Run("a signed token names a person and the projects in reach", func(t *testing.T) {
		t.Parallel()
		e := newEmbedded(t)
		who, err := e.Authenticate(bearer(e.token(nil)))
		if err != nil {
			t.Fatal(err)
		}
		want := auth.Identity{Kind: auth.Bearer, ID: "u-eve", Name: "Eve", Projects: []auth.Project{beta}, Expires: e.now.Add(5*time.Minute + 10*time.Second)}
		want.Expires = want.Expires.Truncate(time.Second)
		if !who.Expires.Equal(want.Expires) {
			t.Errorf("until %v, want %v", who.Expires, want.Expires)
		}
		who.Expires = want.Expires
		if diff := cmp.Diff(want, who); diff != "" {
			t.Error(diff)
		}
	})
	t.Run("it works for one of several audiences, a star, and a clock that is a little ahead", func(t *testing.T) {
		t.Parallel()
		e := newEmbedded(t)
		for _, change := range []map[string]any{
			{"aud": []string{"other", audience}}, {"rynda_projects": "*"}, {"nbf": e.now.Add(9 * time.Second).Unix()}, {"iat": e.now.Add(9 * time.Second).Unix()},
			{"exp": e.now.Add(-9 * time.Second).Unix()}, {"iat": nil}, {"name": nil},
		} {
			if who, err := e.Authenticate(bearer(e.token(change))); err != nil || len(who.Projects) == 0 || who.Name == "" {
				t.Errorf("%v: %+v, %v", change, who, err)
			}
		}
	})
	t.Run("other tokens work beside it", func(t *testing.T) {
		t.Parallel()
		e := newEmbedded(t)
		for _, text := range []string{e.staff, e.ingest} {
			if _, err := e.Authenticate(bearer(text)); err != nil {
				t.Error(err)
			}
		}
	})
	t.Run("without the configuration no signed token is believed", func(t *testing.T) {
		t.Parallel()
		e := newEmbedded(t)
		if _, err := newWorld(auth.Config{}).Authenticate(bearer(e.token(nil))); !errors.Is(err, auth.ErrUnauthorized) {
			t.Error(err)
		}
	})
	t.Run("it ends when it expires, also for who goes on using it", func(t *testing.T) {
		t.Parallel()
		e := newEmbedded(t)
		text := e.token(nil)
		for range 31 {
			if _, err := e.Authenticate(bearer(text)); err != nil {
				t.Fatal(err)
			}
			e.now = e.now.Add(10 * time.Second)
		}
		for _, ask := range []func(*http.Request) (auth.Identity, error){e.Authenticate, e.Confirm} {
			if who, err := ask(bearer(text)); !errors.Is(err, auth.ErrUnauthorized) || who.Kind != "" {
				t.Errorf("%+v, %v", who, err)
			}
		}
	})
}

func TestKeysOfTheProvider(t *testing.T) {
	t.Parallel()
	asked := func(e *embedded) int {
		e.provider.Lock()
		defer e.provider.Unlock()
		return e.provider.Asked["/keys"]
	}
	t.Run("are asked for once for many callers", func(t *testing.T) {
		t.Parallel()
		e := newEmbedded(t)
		for i := range 100 {
			if _, err := e.Authenticate(bearer(e.token(map[string]any{"jti": i}))); err != nil {
				t.Fatal(err)
			}
		}
		if n := asked(e); n != 1 {
			t.Errorf("asked %d times", n)
		}
	})
	t.Run("a new one works as soon as it is published", func(t *testing.T) {
		t.Parallel()
		e := newEmbedded(t)
		e.Authenticate(bearer(e.token(nil)))
		e.now = e.now.Add(16 * time.Second)
		e.provider.Rotate("key-2", false)
		if _, err := e.Authenticate(bearer(e.token(nil))); err != nil || asked(e) != 2 {
			t.Errorf("asked %d times, %v", asked(e), err)
		}
	})
	t.Run("inventing ids asks the provider four times a minute, and is guessing", func(t *testing.T) {
		t.Parallel()
		e := newEmbedded(t)
		var limited *auth.LimitedError
		refused := 0
		for second := range 60 {
			for i := range 20 {
				e.provider.Rotate("key-1", true) // signs, and is not the one that is known by then
				_, err := e.Authenticate(bearer(rawToken(`{"alg":"ES256","kid":"invented"}`, e.claims(map[string]any{"jti": []int{second, i}}), signs)))
				switch {
				case errors.As(err, &limited):
					refused++
				case !errors.Is(err, auth.ErrUnauthorized):
					t.Fatal(err)
				}
			}
			e.now = e.now.Add(time.Second)
		}
		if n := asked(e); n != 4 || refused < 1100 {
			t.Errorf("asked %d times, told %d to wait", n, refused)
		}
	})
	t.Run("one that was withdrawn is believed for five minutes", func(t *testing.T) {
		t.Parallel()
		e := newEmbedded(t)
		text := e.token(map[string]any{"exp": e.now.Add(time.Hour).Unix()})
		if _, err := e.Authenticate(bearer(text)); err != nil {
			t.Fatal(err)
		}
		e.provider.Rotate("key-2", true)
		e.now = e.now.Add(4 * time.Minute)
		if _, err := e.Confirm(bearer(text)); err != nil {
			t.Error(err)
		}
		e.now = e.now.Add(61 * time.Second)
		if _, err := e.Confirm(bearer(text)); !errors.Is(err, auth.ErrUnauthorized) {
			t.Error(err)
		}
	})
	t.Run("are believed for an hour while the provider is away, and not longer", func(t *testing.T) {
		t.Parallel()
		e := newEmbedded(t)
		text := e.token(map[string]any{"exp": e.now.Add(3 * time.Hour).Unix()})
		if _, err := e.Authenticate(bearer(text)); err != nil {
			t.Fatal(err)
		}
		e.provider.Down = true
		e.now = e.now.Add(59 * time.Minute)
		if _, err := e.Authenticate(bearer(text)); err != nil {
			t.Error(err)
		}
		e.now = e.now.Add(2 * time.Minute)
		if _, err := e.Authenticate(bearer(text)); !errors.Is(err, auth.ErrUnavailable) {
			t.Error(err)
		}
		e.provider.Down = false
		e.now = e.now.Add(16 * time.Second)
		if _, err := e.Authenticate(bearer(text)); err != nil {
			t.Error(err)
		}
	})
	t.Run("that were never there make nobody guilty", func(t *testing.T) {
		t.Parallel()
		e := newEmbedded(t)
		e.provider.Down = true
		for range 30 {
			if _, err := e.Authenticate(bearer(e.token(nil))); !errors.Is(err, auth.ErrUnavailable) {
				t.Fatal(err)
			}
		}
		if n := asked(e); n != 1 {
			t.Errorf("asked %d times in one moment", n)
		}
	})
}
