package auth_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"rynda/pkg/auth"
	"rynda/pkg/auth/oidctest"
)

func (t *tables) SaveLogin(_ context.Context, row auth.LoginRow) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.logins == nil {
		t.logins = map[[32]byte]auth.LoginRow{}
	}
	t.logins[row.SHA256] = row
	return t.err
}

func (t *tables) TakeLogin(_ context.Context, sum [32]byte) (auth.LoginRow, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	row, ok := t.logins[sum]
	if !ok && t.err == nil {
		return row, auth.ErrUnknown
	}
	delete(t.logins, sum)
	return row, t.err
}

func (t *tables) SaveSession(_ context.Context, row auth.SessionRow) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.err == nil {
		t.sessions[row.SHA256] = row
	}
	return t.err
}

func (t *tables) RevokeSession(_ context.Context, sum [32]byte) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	row, ok := t.sessions[sum]
	if !ok && t.err == nil {
		return auth.ErrUnknown
	}
	row.RevokedAt = time.Unix(1, 0)
	if ok && t.err == nil {
		t.sessions[sum] = row
	}
	return t.err
}

// signIn is a world with a provider, and one browser.
type signIn struct {
	*world
	t        *testing.T
	login    *auth.Login
	provider *oidctest.Provider
	cookies  map[string]*http.Cookie
	https    bool
}

const callback = "https://rynda.example.com/auth/callback"

func newSignIn(t *testing.T, change ...func(*auth.Config)) *signIn {
	t.Helper()
	s := &signIn{t: t, provider: oidctest.New(t), cookies: map[string]*http.Cookie{}, https: true}
	config := auth.Config{OIDC: auth.OIDCConfig{
		Issuer: s.provider.URL, ClientID: oidctest.ClientID, ClientSecret: oidctest.ClientSecret, ProjectsClaim: "rynda_projects", NameClaim: "name",
	}}
	for _, c := range change {
		c(&config)
	}
	if err := config.Check(); err != nil {
		t.Fatal(err)
	}
	s.world = newWorld(config)
	s.provider.Now = func() time.Time { return s.now }
	s.login = auth.NewLogin(s.Authenticator, s.tables)
	return s
}

// request is what the browser sends when it opens a page.
func (s *signIn) request(method, path string) *http.Request {
	r := httptest.NewRequest(method, "https://rynda.example.com"+path, nil)
	r.RemoteAddr = "192.0.2.7:1000"
	if !s.https {
		r = httptest.NewRequest(method, "http://127.0.0.1:8700"+path, nil)
		r.RemoteAddr = "127.0.0.1:1000"
	}
	r.Header.Set("Sec-Fetch-Mode", "navigate")
	r.Header.Set("Sec-Fetch-Dest", "document")
	for _, c := range s.cookies {
		r.AddCookie(&http.Cookie{Name: c.Name, Value: c.Value})
	}
	return r
}

func (s *signIn) keep(a auth.Answer) {
	for _, c := range a.Cookies {
		if c.MaxAge < 0 {
			delete(s.cookies, c.Name)
		} else {
			s.cookies[c.Name] = c
		}
	}
}

// begin opens the login and returns the address at the provider.
func (s *signIn) begin(next string) string {
	s.t.Helper()
	redirect := callback
	if !s.https {
		redirect = "http://127.0.0.1:8700/auth/callback"
	}
	answer, err := s.login.Begin(s.request("GET", "/auth/login"), next, redirect)
	if err != nil {
		s.t.Fatal(err)
	}
	s.keep(answer)
	return answer.Location
}

// finish opens the callback with this query.
func (s *signIn) finish(query string) (auth.Answer, error) {
	answer, err := s.login.Finish(s.request("GET", "/auth/callback?"+query))
	s.keep(answer)
	return answer, err
}

// whole signs in and returns where the browser ends.
func (s *signIn) whole(next string) string {
	s.t.Helper()
	answer, err := s.finish(s.provider.Authorize(s.t, s.begin(next)).RawQuery)
	if err != nil {
		s.t.Fatal(err)
	}
	return answer.Location
}

func (s *signIn) who() (auth.Identity, error) {
	r := s.request("GET", "/v1/me")
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	return s.Authenticate(r)
}

func TestLogin(t *testing.T) {
	t.Parallel()
	t.Run("leads to the provider, back, and to where the person wanted to go", func(t *testing.T) {
		t.Parallel()
		s := newSignIn(t)
		s.provider.Claims["rynda_projects"] = []string{"beta", "gone"}
		address, err := url.Parse(s.begin("/errors/17?project=beta#stack"))
		if err != nil {
			t.Fatal(err)
		}
		q := address.Query()
		if q.Get("redirect_uri") != callback || q.Get("scope") != "openid" || q.Get("code_challenge_method") != "S256" || len(q.Get("state")) != 43 || len(q.Get("nonce")) != 43 {
			t.Errorf("asked the provider %v", q)
		}
		answer, err := s.finish(s.provider.Authorize(t, address.String()).RawQuery)
		if err != nil || answer.Location != "/errors/17?project=beta#stack" {
			t.Fatalf("%+v, %v", answer, err)
		}
		who, err := s.who()
		if err != nil {
			t.Fatal(err)
		}
		want := auth.Identity{Kind: auth.Session, ID: "u-ada", Name: "Ada", Projects: []auth.Project{beta}, Expires: s.now.Add(12 * time.Hour)}
		if diff := cmp.Diff(want, who); diff != "" {
			t.Error(diff)
		}
		if len(s.cookies) != 1 || len(s.tables.logins) != 0 {
			t.Errorf("left over: cookies %v, %d logins", s.cookies, len(s.tables.logins))
		}
	})
	t.Run("keeps a session in a cookie that only this host over https gets", func(t *testing.T) {
		t.Parallel()
		s := newSignIn(t)
		s.whole("/")
		c := s.cookies["__Host-rynda"]
		if c == nil || !c.Secure || !c.HttpOnly || c.SameSite != http.SameSiteLaxMode || c.Path != "/" || c.Domain != "" || c.MaxAge != 12*3600 || len(c.Value) != 43 {
			t.Errorf("%+v", c)
		}
	})
	t.Run("uses plain names on http from this machine to this machine", func(t *testing.T) {
		t.Parallel()
		s := newSignIn(t)
		s.https = false
		s.provider.Claims["rynda_projects"] = "*"
		s.begin("/")
		if c := s.cookies["rynda-login"]; c == nil || c.Secure || !c.HttpOnly || c.MaxAge != 600 {
			t.Errorf("%+v", s.cookies)
		}
		s.whole("/")
		if c := s.cookies["rynda"]; c == nil || c.Secure || !c.HttpOnly || c.SameSite != http.SameSiteLaxMode {
			t.Errorf("%+v", s.cookies)
		}
		if who, err := s.who(); err != nil || len(who.Projects) != 2 {
			t.Errorf("%+v, %v", who, err)
		}
	})
	t.Run("uses the secure names where people come by https, whatever a proxy leaves unsaid", func(t *testing.T) {
		t.Parallel()
		s := newSignIn(t)
		r := s.request("GET", "/auth/login")
		r.Host, r.RemoteAddr, r.TLS = "127.0.0.1:8700", "127.0.0.1:1000", nil
		answer, err := s.login.Begin(r, "/", callback)
		if err != nil || answer.Cookies[0].Name != "__Host-rynda-login" || !answer.Cookies[0].Secure {
			t.Errorf("%+v, %v", answer, err)
		}
	})
	for name, c := range map[string]struct {
		claim  string
		value  any
		reach  []auth.Project
		ofAll  bool
		client string
	}{
		"a list of slugs is the reach":             {"rynda_projects", []string{"beta"}, []auth.Project{beta}, false, ""},
		"a text with commas is a list too":         {"rynda_projects", "beta, alpha", []auth.Project{alpha, beta}, false, ""},
		"a star reaches all":                       {"rynda_projects", []string{"*"}, []auth.Project{alpha, beta}, true, ""},
		"no claim reaches nothing":                 {"rynda_projects", nil, []auth.Project{}, false, ""},
		"a claim of another kind reaches nothing":  {"rynda_projects", map[string]any{"beta": true}, []auth.Project{}, false, ""},
		"a number reaches nothing":                 {"rynda_projects", 1, []auth.Project{}, false, ""},
		"a star as the name of the claim is all":   {"*", nil, []auth.Project{alpha, beta}, true, ""},
		"an empty name of the claim is no claim":   {"", []string{"*"}, []auth.Project{}, false, ""},
		"a provider that wants the secret as form": {"rynda_projects", "beta", []auth.Project{beta}, false, "client_secret_post"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newSignIn(t, func(config *auth.Config) { config.OIDC.ProjectsClaim = c.claim })
			s.provider.Claims["rynda_projects"], s.provider.Method = c.value, c.client
			s.whole("/")
			who, err := s.who()
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(c.reach, who.Projects); diff != "" {
				t.Error(diff)
			}
			for _, row := range s.tables.sessions {
				if row.UserID == "u-ada" && (row.Projects == nil) != c.ofAll {
					t.Errorf("stored %v", row.Projects)
				}
			}
			if s.provider.Asked["/token"] != 1 {
				t.Errorf("the code was sent %d times", s.provider.Asked["/token"])
			}
		})
	}
	t.Run("shows a name that can be read", func(t *testing.T) {
		t.Parallel()
		s := newSignIn(t, func(config *auth.Config) { config.OIDC.NameClaim = "nick" })
		s.provider.Claims["nick"] = "  A\u202eda\r\n\x00 " + strings.Repeat("ä", 300)
		s.whole("/")
		who, err := s.who()
		if err != nil || !strings.HasPrefix(who.Name, "Ada ä") || len(who.Name) > 200 || strings.ToValidUTF8(who.Name, "") != who.Name {
			t.Errorf("%q, %v", who.Name, err)
		}
	})
	t.Run("ends after its lifetime, used or not", func(t *testing.T) {
		t.Parallel()
		s := newSignIn(t, func(config *auth.Config) { config.OIDC.SessionLifetime = time.Hour })
		s.whole("/")
		for range 6 {
			if _, err := s.who(); err != nil {
				t.Fatal(err)
			}
			s.now = s.now.Add(10 * time.Minute)
		}
		if _, err := s.who(); !errors.Is(err, auth.ErrUnauthorized) {
			t.Error(err)
		}
	})
	t.Run("ends when the person signs out, here at once", func(t *testing.T) {
		t.Parallel()
		s := newSignIn(t)
		s.whole("/")
		if _, err := s.who(); err != nil {
			t.Fatal(err)
		}
		session := s.cookies["__Host-rynda"]
		r := s.request("POST", "/auth/logout")
		r.Header.Set("Sec-Fetch-Site", "same-origin")
		answer, err := s.login.End(r)
		if err != nil || answer.Location != "/" || answer.Cookies[0].Name != "__Host-rynda" || answer.Cookies[0].MaxAge >= 0 || answer.Cookies[0].Value != "" {
			t.Fatalf("%+v, %v", answer, err)
		}
		s.cookies["__Host-rynda"] = session // a thief has kept it
		if _, err := s.who(); !errors.Is(err, auth.ErrUnauthorized) {
			t.Error(err)
		}
	})
	t.Run("ends nothing when the database is away, so that it can be tried again", func(t *testing.T) {
		t.Parallel()
		s := newSignIn(t)
		s.whole("/")
		s.tables.err = errors.New("away")
		if answer, err := s.login.End(s.request("POST", "/auth/logout")); !errors.Is(err, auth.ErrUnavailable) || len(answer.Cookies) != 0 {
			t.Errorf("%+v, %v", answer, err)
		}
	})
}

func TestLoginWhileTheProviderIsAway(t *testing.T) {
	t.Parallel()
	s := newSignIn(t)
	s.provider.Down = true
	const discovery = "/.well-known/openid-configuration"
	for range 20 {
		if _, err := s.login.Begin(s.request("GET", "/auth/login"), "/", callback); !errors.Is(err, auth.ErrUnavailable) {
			t.Fatal(err)
		}
	}
	if n := s.provider.Asked[discovery]; n != 1 {
		t.Errorf("asked %d times in one moment", n)
	}
	s.provider.Down = false
	s.now = s.now.Add(6 * time.Second)
	address := s.begin("/")
	s.provider.Down = true
	if _, err := s.finish(url.Values{"code": {"x"}, "state": {must(url.Parse(address)).Query().Get("state")}}.Encode()); !errors.Is(err, auth.ErrUnavailable) {
		t.Errorf("the code could not be exchanged: %v", err)
	}
	s.now = s.now.Add(2 * time.Hour)
	s.begin("/") // by what was known before
	s.provider.Down = false
	s.now = s.now.Add(6 * time.Second)
	if s.whole("/errors") != "/errors" {
		t.Error("not signed in when the provider is back")
	}
}

func TestConfigCheck(t *testing.T) {
	t.Parallel()
	whole := auth.OIDCConfig{Issuer: "https://login.example.com", ClientID: "c", ClientSecret: "sesame"}
	signed := auth.JWTConfig{Issuer: "https://login.example.com", Audience: "rynda", JWKSURL: "https://login.example.com/keys"}
	for name, c := range map[string]struct {
		config auth.Config
		fault  string
	}{
		"nothing":                      {auth.Config{}, ""},
		"all":                          {auth.Config{OIDC: whole, JWT: signed}, ""},
		"no secret":                    {auth.Config{OIDC: auth.OIDCConfig{Issuer: whole.Issuer, ClientID: "c"}}, "RYNDA_OIDC_CLIENT_SECRET"},
		"no issuer":                    {auth.Config{OIDC: auth.OIDCConfig{ClientID: "c", ClientSecret: "sesame"}}, "RYNDA_OIDC_ISSUER"},
		"an issuer over http":          {auth.Config{OIDC: auth.OIDCConfig{Issuer: "http://login.example.com", ClientID: "c", ClientSecret: "sesame"}}, "RYNDA_OIDC_ISSUER"},
		"keys over http":               {auth.Config{JWT: auth.JWTConfig{Issuer: "i", Audience: "a", JWKSURL: "http://example.com/keys"}}, "RYNDA_JWT_JWKS_URL"},
		"keys without an audience":     {auth.Config{JWT: auth.JWTConfig{Issuer: "i", JWKSURL: signed.JWKSURL}}, "RYNDA_JWT_AUDIENCE"},
		"keys at an address with user": {auth.Config{JWT: auth.JWTConfig{Issuer: "i", Audience: "a", JWKSURL: "https://u:sesame@example.com/"}}, "RYNDA_JWT_JWKS_URL"},
	} {
		err := c.config.Check()
		if (err == nil) != (c.fault == "") || err != nil && (!strings.Contains(err.Error(), c.fault) || strings.Contains(err.Error(), "sesame")) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}
