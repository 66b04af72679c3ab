package main

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"strings"
	"testing"
	"time"

	"rynda/pkg/auth"
	"rynda/pkg/auth/oidctest"
	"rynda/pkg/pgtest"
)

const (
	embedOrigin   = "https://app.example.com"
	embedAudience = "rynda-embed"
)

// newLoginSystem is a running server whose people sign in at a provider, whose
// signed tokens are believed, and one origin of which may embed it.
func newLoginSystem(t *testing.T) (*system, *oidctest.Provider) {
	t.Helper()
	provider := oidctest.New(t)
	provider.Claims["rynda_projects"] = []string{"acme"}
	s := newSystem(t, pgtest.New(t))
	s.env = append(append(loginEnv(provider), jwtEnv(provider)...),
		"RYNDA_ALLOWED_ORIGINS="+embedOrigin, "RYNDA_RELAY_RECHECK=1s", "RYNDA_LOG_LEVEL=debug")
	return s, provider
}

// loginEnv has people sign in at the provider.
func loginEnv(provider *oidctest.Provider) []string {
	return []string{"RYNDA_OIDC_ISSUER=" + provider.URL, "RYNDA_OIDC_CLIENT_ID=" + oidctest.ClientID, "RYNDA_OIDC_CLIENT_SECRET=" + oidctest.ClientSecret}
}

// jwtEnv has signed tokens of the provider believed.
func jwtEnv(provider *oidctest.Provider) []string {
	return []string{"RYNDA_JWT_ISSUER=" + provider.URL, "RYNDA_JWT_AUDIENCE=" + embedAudience, "RYNDA_JWT_JWKS_URL=" + provider.URL + "/keys"}
}

// browser is a client with cookies that does not follow by itself.
func browser(t *testing.T) *http.Client {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	return &http.Client{Jar: jar, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
}

type seen struct {
	status int
	header http.Header
	body   string
}

func (s *system) open(client *http.Client, method, address string, header ...string) seen {
	s.t.Helper()
	if strings.HasPrefix(address, "/") {
		address = s.url + address
	}
	r, err := http.NewRequestWithContext(s.t.Context(), method, address, nil)
	if err != nil {
		s.t.Fatal(err)
	}
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	answer, err := client.Do(r)
	if err != nil {
		s.t.Fatal(err)
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	if err != nil {
		s.t.Fatal(err)
	}
	return seen{answer.StatusCode, answer.Header, string(body)}
}

// signIn goes the whole way in a browser and returns where it ends.
func (s *system) signIn(client *http.Client, next string) string {
	s.t.Helper()
	at := "/auth/login?next=" + url.QueryEscape(next)
	for range 3 {
		got := s.open(client, "GET", at, "Sec-Fetch-Mode", "navigate", "Sec-Fetch-Dest", "document")
		if got.status != 302 && got.status != 303 {
			s.t.Fatalf("%s: %d %s", at, got.status, got.body)
		}
		at = got.header.Get("Location")
	}
	return at
}

// stream opens a stream and returns a channel that closes when it ends, and one
// that closes with its first frame.
func (s *system) stream(client *http.Client, path string, header ...string) (begun, ended chan struct{}) {
	s.t.Helper()
	begun, ended = make(chan struct{}), make(chan struct{})
	ctx, cancel := context.WithCancel(s.t.Context())
	s.t.Cleanup(cancel)
	r, err := http.NewRequestWithContext(ctx, "GET", s.url+path, nil)
	if err != nil {
		s.t.Fatal(err)
	}
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	answer, err := client.Do(r)
	if err != nil {
		s.t.Fatal(err)
	}
	if answer.StatusCode != 200 {
		body, _ := io.ReadAll(answer.Body)
		s.t.Fatalf("%s: %d %s", path, answer.StatusCode, body)
	}
	go func() {
		defer close(ended)
		defer answer.Body.Close()
		var text bytes.Buffer
		framesOf(answer.Body, &text, func(f frame) bool {
			if f.event == "hello" {
				close(begun)
			}
			return false
		})
	}()
	return begun, ended
}

func (s *system) waitFor(what string, c chan struct{}) {
	s.t.Helper()
	select {
	case <-c:
	case <-time.After(patience):
		s.t.Fatalf("%s: not within %v\n%s", what, patience, tailOf(s.log.String()))
	}
}

// The whole way of a person and of a page on another origin, through the real
// program, the real database and a provider that signs.
func TestSigningIn(t *testing.T) {
	t.Parallel()
	s, provider := newLoginSystem(t)
	provider.Lock()
	provider.Down = true // the service starts while the provider is away
	provider.Unlock()
	s.start()
	client := browser(t)

	refused := s.open(client, "GET", "/v1/me")
	if refused.status != 401 || !strings.Contains(refused.body, `"login_url":"/auth/login"`) {
		t.Fatal(refused.status, refused.body)
	}
	if got := s.open(client, "GET", "/auth/login"); got.status != 503 || got.header.Get("Retry-After") == "" {
		t.Fatal(got.status, got.header)
	}
	provider.Lock()
	provider.Down = false
	provider.Unlock()
	s.await("the provider is asked again", func() bool { return s.open(client, "GET", "/auth/login").status == 303 })

	if at := s.signIn(client, "/errors/17?project=acme"); at != "/errors/17?project=acme" {
		t.Fatal(at)
	}
	var me struct {
		User      struct{ ID, Name string }
		Kind      string
		Projects  []struct{ Project string }
		LogoutURL string `json:"logout_url"`
	}
	if got := s.open(client, "GET", "/v1/me", "Sec-Fetch-Site", "same-origin"); json.Unmarshal([]byte(got.body), &me) != nil || me.User.Name != "Ada" ||
		me.Kind != "session" || len(me.Projects) != 1 || me.Projects[0].Project != "acme" || me.LogoutURL != "/auth/logout" {
		t.Fatal(got.body)
	}
	if got := s.open(client, "GET", "/v1/me", "Sec-Fetch-Site", "cross-site", "Origin", embedOrigin); got.status != 403 {
		t.Error("a cookie from another origin, in the list or not:", got.status)
	}

	// A page elsewhere: preflight, a ticket for a signed token, a stream.
	elsewhere := []string{"Origin", embedOrigin, "Sec-Fetch-Site", "cross-site"}
	token := provider.Token(map[string]any{
		"iss": provider.URL, "aud": embedAudience, "sub": "u-eve", "name": "Eve", "rynda_projects": []string{"acme"},
		"exp": time.Now().Add(time.Hour).Unix(),
	})
	plain := &http.Client{Transport: systemTransport}
	if got := s.open(plain, "OPTIONS", "/v1/stream-tickets", append(elsewhere, "Access-Control-Request-Method", "POST",
		"Access-Control-Request-Headers", "authorization")...); got.status != 204 || got.header.Get("Access-Control-Allow-Origin") != embedOrigin {
		t.Error(got.status, got.header)
	}
	ticketBy := func(header ...string) string {
		t.Helper()
		got := s.open(plain, "POST", "/v1/stream-tickets", header...)
		var ticket struct {
			Ticket    string
			ExpiresAt time.Time `json:"expires_at"`
		}
		if got.status != 201 || json.Unmarshal([]byte(got.body), &ticket) != nil || time.Until(ticket.ExpiresAt) > 30*time.Second {
			t.Fatal(got.status, got.body)
		}
		return ticket.Ticket
	}
	ticket := ticketBy(append(elsewhere, "Authorization", "Bearer "+token)...)
	for _, path := range []string{"/v1/me", "/v1/feed", "/v1/events"} {
		if got := s.open(plain, "GET", path+"?ticket="+ticket, elsewhere...); got.status != 401 {
			t.Errorf("the ticket opens %s: %d", path, got.status)
		}
	}
	begun, _ := s.stream(plain, "/v1/events/stream?ticket="+ticket, elsewhere...)
	s.waitFor("the stream of a ticket", begun)
	if got := s.open(plain, "GET", "/v1/events/stream?ticket="+ticket, elsewhere...); got.status != 401 {
		t.Errorf("a second time: %d", got.status)
	}

	// The session is revoked: by the person, and by the operator.
	cookie := func(c *http.Client) string {
		at, _ := url.Parse(s.url)
		for _, one := range c.Jar.Cookies(at) {
			if one.Name == auth.PlainCookie {
				return one.Name + "=" + one.Value
			}
		}
		return ""
	}
	kept := cookie(client)
	if kept == "" {
		t.Fatal("no cookie of a session")
	}
	unused := ticketBy("Cookie", kept)
	begun, own := s.stream(plain, "/v1/events/stream", "Cookie", kept)
	s.waitFor("the stream of the session", begun)
	begun, lent := s.stream(plain, "/v1/events/stream?ticket="+ticketBy("Cookie", kept), elsewhere...)
	s.waitFor("the stream of its ticket", begun)
	if got := s.open(client, "POST", "/auth/logout", "Sec-Fetch-Site", "cross-site"); got.status != 403 {
		t.Error("another site signs people out:", got.status)
	}
	if got := s.open(client, "POST", "/auth/logout", "Sec-Fetch-Site", "same-origin"); got.status != 303 || cookie(client) != "" {
		t.Error(got.status, got.header)
	}
	if got := s.open(plain, "GET", "/v1/me", "Cookie", kept); got.status != 401 {
		t.Errorf("the cookie that a thief has kept: %d", got.status)
	}
	if got := s.open(plain, "GET", "/v1/events/stream?ticket="+unused, elsewhere...); got.status != 401 {
		t.Errorf("a ticket of a session that was signed out of: %d", got.status)
	}
	s.waitFor("the end of its stream", own)
	s.waitFor("the end of the stream of its ticket", lent)

	s.signIn(client, "/")
	begun, own = s.stream(plain, "/v1/events/stream", "Cookie", cookie(client))
	s.waitFor("another stream", begun)
	err := withStoreAt(t.Context(), s.dsn, func(st *stores) error {
		var list, done bytes.Buffer
		if err := listSessions(t.Context(), st, &list); err != nil {
			return err
		}
		value := strings.TrimPrefix(cookie(client), auth.PlainCookie+"=")
		if !strings.Contains(list.String(), "u-ada") || !strings.Contains(list.String(), "Ada") || !strings.Contains(list.String(), "revoked") || strings.Contains(list.String(), value) {
			t.Error(list.String())
		}
		err := revokeSessions(t.Context(), st, []string{"-user", "u-ada"}, &done)
		if done.String() != "revoked 1\n" {
			t.Error(done.String())
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	s.waitFor("the end of the stream that the operator cut", own)

	log := s.log.String()
	for what, secret := range map[string]string{
		"a ticket": "ryt_", "the signed token": token[:40], "the session": kept, "the client's secret": oidctest.ClientSecret, "a query": "ticket=", "a code": "code=",
	} {
		if strings.Contains(log, secret) {
			t.Errorf("%s is in the log:\n%s", what, tailOf(log))
		}
	}
	if !strings.Contains(log, `"operation":"finish-login"`) || !strings.Contains(log, `"who":"signed:u-eve"`) {
		t.Error("the log does not have the requests:", tailOf(log))
	}
}
