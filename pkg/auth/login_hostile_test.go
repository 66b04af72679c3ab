package auth_test

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"rynda/pkg/auth"
	"rynda/pkg/auth/oidctest"
)

// What an attacker may try with a login. None makes a session, none is told
// anything that was sent.
func TestLoginRefuses(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		provider func(*oidctest.Provider)
		browser  func(s *signIn, back url.Values)
		want     error
	}{
		"a state of another login":   {nil, func(s *signIn, back url.Values) { back.Set("state", strings.Repeat("A", 43)) }, auth.ErrSignIn},
		"no state":                   {nil, func(s *signIn, back url.Values) { back.Del("state") }, auth.ErrSignIn},
		"two states":                 {nil, func(s *signIn, back url.Values) { back.Add("state", back.Get("state")) }, auth.ErrSignIn},
		"another browser":            {nil, func(s *signIn, back url.Values) { clear(s.cookies) }, auth.ErrSignIn},
		"a cookie of somebody's own": {nil, func(s *signIn, back url.Values) { s.cookies["__Host-rynda-login"].Value = "mine" }, auth.ErrSignIn},
		"the cookie of another login": {nil, func(s *signIn, back url.Values) {
			s.begin("/")
		}, auth.ErrSignIn},
		"a code of nobody":            {nil, func(s *signIn, back url.Values) { back.Set("code", "mine") }, auth.ErrSignIn},
		"no code":                     {nil, func(s *signIn, back url.Values) { back.Del("code") }, auth.ErrSignIn},
		"a long code":                 {nil, func(s *signIn, back url.Values) { back.Set("code", strings.Repeat("c", 5000)) }, auth.ErrSignIn},
		"an error of the provider":    {nil, func(s *signIn, back url.Values) { back.Set("error", "access_denied") }, auth.ErrSignIn},
		"an answer of another issuer": {nil, func(s *signIn, back url.Values) { back.Set("iss", "https://evil.example") }, auth.ErrSignIn},
		"a login of long ago":         {nil, func(s *signIn, back url.Values) { s.now = s.now.Add(11 * time.Minute) }, auth.ErrSignIn},
		"the code of another login": {nil, func(s *signIn, back url.Values) {
			code := s.provider.Authorize(s.t, s.begin("/")).Query().Get("code")
			again := must(url.Parse(s.begin("/"))).Query()
			back.Set("code", code)
			back.Set("state", again.Get("state"))
		}, auth.ErrSignIn},
		"a token of another client":  {func(p *oidctest.Provider) { p.Change = func(c map[string]any) { c["aud"] = "other" } }, nil, auth.ErrSignIn},
		"a token for another party":  {func(p *oidctest.Provider) { p.Change = func(c map[string]any) { c["azp"] = "other" } }, nil, auth.ErrSignIn},
		"a token of another issuer":  {func(p *oidctest.Provider) { p.Change = func(c map[string]any) { c["iss"] = "https://evil.example" } }, nil, auth.ErrSignIn},
		"a token of another login":   {func(p *oidctest.Provider) { p.Change = func(c map[string]any) { c["nonce"] = "other" } }, nil, auth.ErrSignIn},
		"a token without a nonce":    {func(p *oidctest.Provider) { p.Change = func(c map[string]any) { delete(c, "nonce") } }, nil, auth.ErrSignIn},
		"a token of nobody":          {func(p *oidctest.Provider) { p.Change = func(c map[string]any) { delete(c, "sub") } }, nil, auth.ErrSignIn},
		"a subject with a NUL":       {func(p *oidctest.Provider) { p.Change = func(c map[string]any) { c["sub"] = "a\x00b" } }, nil, auth.ErrSignIn},
		"an expired token":           {func(p *oidctest.Provider) { p.Change = func(c map[string]any) { c["exp"] = 1 } }, nil, auth.ErrSignIn},
		"a token without an end":     {func(p *oidctest.Provider) { p.Change = func(c map[string]any) { delete(c, "exp") } }, nil, auth.ErrSignIn},
		"a token that nobody signed": {func(p *oidctest.Provider) { p.Sign = unsigned }, nil, auth.ErrSignIn},
		"a token of another key": {func(p *oidctest.Provider) {
			stranger := oidctest.New(t) // whose key has the same id
			p.Sign = func(_ *oidctest.Provider, c map[string]any) string { return stranger.Token(c) }
		}, nil, auth.ErrSignIn},
		"no token":                          {func(p *oidctest.Provider) { p.Sign = func(*oidctest.Provider, map[string]any) string { return "" } }, nil, auth.ErrSignIn},
		"a provider that went away":         {nil, func(s *signIn, back url.Values) { s.provider.Down = true }, auth.ErrUnavailable},
		"keys that cannot be had":           {nil, func(s *signIn, back url.Values) { s.provider.Away = "/keys" }, auth.ErrUnavailable},
		"a secret that is not the client's": {func(p *oidctest.Provider) { p.Secret = "changed" }, nil, auth.ErrUnavailable},
		"a callback in a frame": {nil, func(s *signIn, back url.Values) {
			r := s.request("GET", "/auth/callback?"+back.Encode())
			r.Header.Set("Sec-Fetch-Dest", "iframe")
			if _, err := s.login.Finish(r); !errors.Is(err, auth.ErrForbidden) {
				s.t.Error(err)
			}
			back.Del("code")
		}, auth.ErrSignIn},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newSignIn(t)
			if c.provider != nil {
				c.provider(s.provider)
			}
			back := s.provider.Authorize(t, s.begin("/")).Query()
			if c.browser != nil {
				c.browser(s, back)
			}
			sessions := len(s.tables.sessions)
			answer, err := s.finish(back.Encode())
			if !errors.Is(err, c.want) || answer.Location != "" || len(answer.Cookies) != 0 || len(s.tables.sessions) != sessions {
				t.Fatalf("%+v, %v", answer, err)
			}
			if n := s.provider.Asked["/token"]; n > 1 {
				t.Errorf("the code was sent %d times", n)
			}
			for name, values := range back {
				if values[0] != "" && strings.Contains(err.Error(), values[0]) {
					t.Errorf("the error repeats %s: %v", name, err)
				}
			}
		})
	}
}

func unsigned(_ *oidctest.Provider, claims map[string]any) string {
	return rawToken(`{"alg":"none"}`, claims, nil)
}

// rawToken puts a token together without asking whether it makes sense.
func rawToken(header string, claims map[string]any, sign func(text string) []byte) string {
	payload := must(json.Marshal(claims))
	text := base64.RawURLEncoding.EncodeToString([]byte(header)) + "." + base64.RawURLEncoding.EncodeToString(payload)
	var signature []byte
	if sign != nil {
		signature = sign(text)
	}
	return text + "." + base64.RawURLEncoding.EncodeToString(signature)
}

func TestLoginWorksOnce(t *testing.T) {
	t.Parallel()
	t.Run("a callback that is played again, cookie and all, makes no second session", func(t *testing.T) {
		t.Parallel()
		s := newSignIn(t)
		query := s.provider.Authorize(t, s.begin("/")).RawQuery
		kept := *s.cookies["__Host-rynda-login"]
		if _, err := s.finish(query); err != nil {
			t.Fatal(err)
		}
		clear(s.cookies)
		s.cookies[kept.Name] = &kept
		if _, err := s.finish(query); !errors.Is(err, auth.ErrSignIn) {
			t.Error(err)
		}
		if n := s.provider.Asked["/token"]; n != 1 {
			t.Errorf("the provider was asked %d times", n)
		}
	})
	t.Run("a code that is played again in a login of its own makes none", func(t *testing.T) {
		t.Parallel()
		s := newSignIn(t)
		back := s.provider.Authorize(t, s.begin("/")).Query()
		if _, err := s.finish(back.Encode()); err != nil {
			t.Fatal(err)
		}
		back.Set("state", must(url.Parse(s.begin("/"))).Query().Get("state"))
		if _, err := s.finish(back.Encode()); !errors.Is(err, auth.ErrSignIn) {
			t.Error(err)
		}
	})
	t.Run("a state that was tried with a wrong code is used up", func(t *testing.T) {
		t.Parallel()
		s := newSignIn(t)
		back := s.provider.Authorize(t, s.begin("/")).Query()
		good := back.Get("code")
		back.Set("code", "mine")
		if _, err := s.finish(back.Encode()); !errors.Is(err, auth.ErrSignIn) {
			t.Error(err)
		}
		back.Set("code", good)
		if _, err := s.finish(back.Encode()); !errors.Is(err, auth.ErrSignIn) {
			t.Error(err)
		}
	})
}

func TestLoginIsBegunAsAPage(t *testing.T) {
	t.Parallel()
	s := newSignIn(t)
	for _, c := range []struct{ mode, destination string }{
		{"no-cors", "image"}, {"navigate", "iframe"}, {"cors", "empty"}, {"", "embed"}, {"navigate", "object"}, {"cors", ""},
	} {
		r := s.request("GET", "/auth/login")
		r.Header.Set("Sec-Fetch-Mode", c.mode)
		r.Header.Set("Sec-Fetch-Dest", c.destination)
		if _, err := s.login.Begin(r, "/", callback); !errors.Is(err, auth.ErrForbidden) {
			t.Errorf("%+v: %v", c, err)
		}
	}
	old := s.request("GET", "/auth/login")
	old.Header = http.Header{}
	if _, err := s.login.Begin(old, "/", callback); err != nil {
		t.Errorf("a browser that says nothing: %v", err)
	}
	link := s.request("GET", "/auth/login") // in a mail, or on another site
	link.Header.Set("Sec-Fetch-Site", "cross-site")
	if _, err := s.login.Begin(link, "/", callback); err != nil {
		t.Errorf("a link: %v", err)
	}
}

func TestSigningOutIsNotForOtherSites(t *testing.T) {
	t.Parallel()
	s := newSignIn(t)
	s.whole("/")
	for _, header := range []http.Header{
		{"Sec-Fetch-Site": {"cross-site"}}, {"Sec-Fetch-Site": {"same-site"}}, {"Origin": {"https://evil.example"}}, {"Origin": {"null"}},
	} {
		r := s.request("POST", "/auth/logout")
		for name, values := range header {
			r.Header[name] = values
		}
		if answer, err := s.login.End(r); !errors.Is(err, auth.ErrForbidden) || len(answer.Cookies) != 0 {
			t.Errorf("%v: %+v, %v", header, answer, err)
		}
	}
	if _, err := s.who(); err != nil {
		t.Error("signed out:", err)
	}
}

func TestFloodsOfLogins(t *testing.T) {
	t.Parallel()
	t.Run("an address begins a bounded number", func(t *testing.T) {
		t.Parallel()
		var limited *auth.LimitedError
		s := newSignIn(t)
		for range 500 {
			_, err := s.login.Begin(s.request("GET", "/auth/login"), "/", callback)
			if err != nil && !errors.As(err, &limited) {
				t.Fatal(err)
			}
		}
		if n := len(s.tables.logins); n != 120 {
			t.Errorf("%d rows", n)
		}
	})
	t.Run("callbacks that fail count as guesses, and good ones still come through", func(t *testing.T) {
		t.Parallel()
		var limited *auth.LimitedError
		s := newSignIn(t)
		for range 50 {
			if _, err := s.finish("code=x&state=y"); !errors.Is(err, auth.ErrSignIn) && !errors.As(err, &limited) {
				t.Fatal(err)
			}
		}
		if _, err := s.Authenticate(func() *http.Request {
			r := bearer(s.staff + "x")
			r.RemoteAddr = "192.0.2.7:1000"
			return r
		}()); !errors.As(err, &limited) {
			t.Errorf("a wrong token from the same address: %v", err)
		}
		s.whole("/")
	})
}

// Where a person ends after signing in is a path of this server, whatever the
// link said that they followed.
func TestNextIsLocal(t *testing.T) {
	t.Parallel()
	s := newSignIn(t)
	for next, want := range map[string]string{
		"":                              "/",
		"/":                             "/",
		"/errors?project=a&q=x%20y":     "/errors?project=a&q=x%20y",
		"errors":                        "/",
		"https://evil.example/":         "/",
		"//evil.example/":               "/",
		"///evil.example/":              "/",
		"/\\evil.example/":              "/",
		"\\\\evil.example/":             "/",
		"/\t/evil.example/":             "/",
		"/\n/evil.example/":             "/",
		"\t//evil.example/":             "/",
		" //evil.example/":              "/",
		"/%2f/evil.example/":            "/",
		"/%5cevil.example/":             "/",
		"/%09/evil.example/":            "/", // a control character, however it is written
		"javascript:alert(1)":           "/",
		"data:text/html,x":              "/",
		"//user@evil.example":           "/",
		"/a\r\nSet-Cookie: x=y":         "/",
		"/auth/login":                   "/",
		"/auth/logout":                  "/",
		"/ключ":                         "/",
		"/" + strings.Repeat("a", 2001): "/",
	} {
		s.now = s.now.Add(time.Minute)
		s.begin(next)
		for _, row := range s.tables.logins {
			if row.Next != want {
				t.Errorf("%q leads to %q, want %q", next, row.Next, want)
			}
		}
		clear(s.tables.logins)
	}
}

func FuzzNext(f *testing.F) {
	for _, seed := range []string{"/errors", "//evil.example", "/\\evil", "/%2f%2fevil", "/a?b=//c#d", "\x00"} {
		f.Add(seed)
	}
	base := must(url.Parse("https://rynda.example.com/auth/callback"))
	f.Fuzz(func(t *testing.T, next string) {
		got := auth.LocalPath(next)
		if got != next && got != "/" {
			t.Fatalf("%q became %q", next, got)
		}
		to, err := base.Parse(got)
		if err != nil || to.Host != base.Host || to.Scheme != base.Scheme || got[0] != '/' || strings.ContainsAny(got, "\\\r\n\t\x00 ") || strings.HasPrefix(got, "//") {
			t.Fatalf("%q leads to %v, %v", next, to, err)
		}
	})
}

// Whatever comes back, in the query or in the cookie, ends in one of the errors
// that are known.
func FuzzCallback(f *testing.F) {
	f.Add("state=a&code=b", "c")
	f.Add("state=a&state=b&code=%00&iss=x", "__Host-rynda=1; rynda=2")
	f.Add("%zz;", "\x00")
	f.Fuzz(func(t *testing.T, query, cookie string) {
		w := newWorld(auth.Config{OIDC: auth.OIDCConfig{Issuer: "http://127.0.0.1:1", ClientID: "c", ClientSecret: "s"}, Transport: silent{}})
		login := auth.NewLogin(w.Authenticator, w.tables)
		r := request("Cookie", "rynda-login="+cookie)
		r.URL.RawQuery = query
		answer, err := login.Finish(r)
		if !errors.Is(err, auth.ErrSignIn) || len(answer.Cookies) != 0 {
			t.Fatalf("%+v, %v", answer, err)
		}
	})
}

// silent is a provider that is never reached.
type silent struct{}

func (silent) RoundTrip(*http.Request) (*http.Response, error) { return nil, errors.New("away") }

func TestSecretIsNeverShown(t *testing.T) {
	t.Parallel()
	const text = "sesame"
	config := auth.OIDCConfig{ClientSecret: text}
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d", "%T%v"} {
		for _, v := range []any{config, &config, config.ClientSecret, []auth.Secret{text}, map[string]auth.Secret{"a": text}} {
			shown := fmt.Sprintf(verb, v)
			if strings.Contains(shown, text) || strings.Contains(shown, "736573616d65") {
				t.Errorf("%s: %s", verb, shown)
			}
		}
	}
	if shown := string(must(json.Marshal(config))); strings.Contains(shown, text) {
		t.Error(shown)
	}
}
