package httpapi_test

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"rynda/pkg/auth"
	"rynda/pkg/httpapi"
)

// door is a login that remembers what it was asked.
type door struct {
	next, redirect string
	err            error
}

func (d *door) Begin(_ *http.Request, next, redirect string) (auth.Answer, error) {
	d.next, d.redirect = next, redirect
	return d.answer("https://login.test/authorize?state=s")
}
func (d *door) Finish(*http.Request) (auth.Answer, error) { return d.answer("/errors") }
func (d *door) End(*http.Request) (auth.Answer, error)    { return d.answer("/") }

func (d *door) answer(location string) (auth.Answer, error) {
	if d.err != nil {
		return auth.Answer{}, d.err
	}
	return auth.Answer{Location: location, Cookies: []*http.Cookie{
		{Name: auth.SecureCookie, Value: "one", Path: "/", Secure: true, HttpOnly: true}, {Name: "other", Value: "two"},
	}}, nil
}

func withLogin(f *fixture) { f.deps.Login = &door{} }

func TestLogin(t *testing.T) {
	t.Parallel()
	t.Run("sends a browser on with its cookies, and nobody keeps the answer", func(t *testing.T) {
		t.Parallel()
		d := &door{}
		f := newFixture(t, func(f *fixture) { f.deps.Login, f.config.PublicURL = d, "https://rynda.example.com/" })
		for _, c := range []struct{ method, path, to string }{
			{"GET", "/auth/login?next=%2Ferrors%3Fa%3Db", "https://login.test/authorize?state=s"},
			{"GET", "/auth/callback?code=c&state=s", "/errors"},
			{"POST", "/auth/logout", "/"},
		} {
			got := f.do(c.method, c.path, "", "")
			if got.status != 303 || got.header.Get("Location") != c.to || got.body != "" || len(got.header.Values("Set-Cookie")) != 2 ||
				got.header.Get("Cache-Control") != "no-store" || got.header.Get("Referrer-Policy") != "no-referrer" {
				t.Errorf("%s: %d %v %s", c.path, got.status, got.header, got.body)
			}
		}
		if d.next != "/errors?a=b" || d.redirect != "https://rynda.example.com/auth/callback" {
			t.Errorf("%+v", d)
		}
	})
	t.Run("comes back to the address that was used where none is configured", func(t *testing.T) {
		t.Parallel()
		d := &door{}
		f := newFixture(t, func(f *fixture) { f.deps.Login = d })
		f.get("/auth/login", "", "X-Forwarded-Proto", "https")
		if d.redirect != "https://rynda.test/auth/callback" {
			t.Error(d.redirect)
		}
	})
	t.Run("does nothing for a HEAD, and knows no other method", func(t *testing.T) {
		t.Parallel()
		f := newFixture(t, withLogin)
		for _, c := range []struct {
			method, path string
			status       int
		}{
			{"HEAD", "/auth/login", 200}, {"HEAD", "/auth/callback", 200}, {"HEAD", "/auth/logout", 405}, {"GET", "/auth/logout", 405},
			{"POST", "/auth/login", 405}, {"POST", "/auth/callback", 405}, {"GET", "/auth/", 404}, {"GET", "/auth/login/x", 404}, {"DELETE", "/auth/logout", 405},
		} {
			if got := f.do(c.method, c.path, "", ""); got.status != c.status || got.header.Get("Set-Cookie") != "" || got.header.Get("Location") != "" {
				t.Errorf("%s %s: %d %v", c.method, c.path, got.status, got.header)
			}
		}
	})
	t.Run("tells what is wrong and repeats nothing", func(t *testing.T) {
		t.Parallel()
		d := &door{}
		f := newFixture(t, func(f *fixture) { f.deps.Login = d })
		for _, c := range []struct {
			err    error
			status int
		}{
			{fmt.Errorf("the state is of another login: %w", auth.ErrSignIn), 400},
			{auth.ErrForbidden, 403},
			{&auth.LimitedError{After: time.Minute}, 429},
			{fmt.Errorf("the provider did not answer: %w", auth.ErrUnavailable), 503},
			{errors.New("a fault"), 500},
		} {
			d.err = c.err
			for _, path := range []string{"/auth/login?next=planted", "/auth/callback?code=planted&state=planted&error=planted&error_description=planted"} {
				got := f.get(path, "", "Cookie", "__Host-rynda-login=planted")
				if got.status != c.status || strings.Contains(got.body, "planted") || got.header.Get("Set-Cookie") != "" {
					t.Errorf("%v: %d %s", c.err, got.status, got.body)
				}
				if (c.status == 429 || c.status == 503) && got.header.Get("Retry-After") == "" {
					t.Errorf("%d without Retry-After", c.status)
				}
				checkProblem(t, got)
			}
		}
		if strings.Contains(f.lines.String(), "planted") {
			t.Error("the log repeats what was sent")
		}
	})
	t.Run("is not there where nobody can sign in", func(t *testing.T) {
		t.Parallel()
		f := newFixture(t)
		for _, c := range []string{"GET /auth/login", "GET /auth/callback", "POST /auth/logout"} {
			method, path, _ := strings.Cut(c, " ")
			if got := f.do(method, path, "", ""); got.status != 404 {
				t.Errorf("%s: %d", c, got.status)
			}
		}
		if got := f.get("/v1/me", ""); got.status != 401 || strings.Contains(got.body, "login_url") {
			t.Error(got.status, got.body)
		}
		if me := decode[httpapi.Me](t, f.get("/v1/me", staffToken)); me.LoginURL != "" || me.LogoutURL != "" {
			t.Errorf("%+v", me)
		}
	})
	t.Run("is told of to who is not known, and the way out to who has a session", func(t *testing.T) {
		t.Parallel()
		f := newFixture(t, withLogin)
		for _, path := range []string{"/v1/me", "/v1/feed", "/v1/events/stream"} {
			if got := f.get(path, ""); got.status != 401 || decode[httpapi.Problem](t, got).LoginURL != "/auth/login" {
				t.Error(path, got.status, got.body)
			}
		}
		if got := f.get("/v1/feed", ingestToken); strings.Contains(got.body, "login_url") {
			t.Error("to who is known:", got.body)
		}
		if me := decode[httpapi.Me](t, f.get("/v1/me", staffToken)); me.LoginURL != "/auth/login" || me.LogoutURL != "" {
			t.Errorf("a script: %+v", me)
		}
		if me := decode[httpapi.Me](t, f.get("/v1/me", sessionToken)); me.LogoutURL != "/auth/logout" {
			t.Errorf("a person: %+v", me)
		}
	})
}
