// Package oidctest is a small OpenID Connect provider for tests: it signs tokens
// with real keys, gives out codes that work once, and checks the client's secret
// and PKCE as a real one does. What it says can be changed between two requests.
//
// It listens on this machine; [Provider.Transport] reaches it without a network,
// for tests in virtual time.
package oidctest

import (
	"cmp"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"sync"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
)

// What the provider knows Rynda by.
const (
	ClientID     = "rynda-client"
	ClientSecret = "the-secret-of-the-client"
)

// Provider is a running provider. Lock it to change its fields while it is used.
type Provider struct {
	sync.Mutex
	URL    string
	Claims map[string]any                                  // of whoever signs in, beside the usual ones
	Change func(claims map[string]any)                     // of an ID token, last of all; nil leaves it
	Sign   func(p *Provider, claims map[string]any) string // an ID token; nil is p.Token
	Away   string                                          // the one path that is answered 503
	Down   bool                                            // everything is answered 503
	Secret string                                          // of the client, where it has changed
	Method string                                          // how the client shows its secret; empty is client_secret_basic
	Now    func() time.Time                                // nil is time.Now
	Asked  map[string]int                                  // requests by path

	keys  map[string]crypto.Signer
	first string // id of the key that signs
	codes map[string]code
}

type code struct{ nonce, challenge, redirect string }

// New starts a provider that knows one key, of ECDSA.
func New(t testing.TB) *Provider {
	t.Helper()
	p := &Provider{
		Claims: map[string]any{"sub": "u-ada", "name": "Ada"}, Asked: map[string]int{},
		keys: map[string]crypto.Signer{}, codes: map[string]code{},
	}
	p.Rotate("key-1", false)
	server := httptest.NewServer(p)
	t.Cleanup(server.Close)
	p.URL = server.URL
	return p
}

// Rotate adds a key, which signs from now on, and takes the others away where
// only is set.
func (p *Provider) Rotate(id string, only bool) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		panic(err)
	}
	p.Use(id, key, only)
}

// Use is Rotate with a key of the test's.
func (p *Provider) Use(id string, key crypto.Signer, only bool) {
	p.Lock()
	defer p.Unlock()
	if only {
		clear(p.keys)
	}
	p.keys[id], p.first = key, id
}

// Transport reaches the provider without a network.
func (p *Provider) Transport() http.RoundTripper { return direct{p} }

type direct struct{ http.Handler }

func (d direct) RoundTrip(r *http.Request) (*http.Response, error) {
	if err := r.Context().Err(); err != nil {
		return nil, err
	}
	w := httptest.NewRecorder()
	d.ServeHTTP(w, r)
	return w.Result(), nil
}

// Token signs claims with the newest key.
func (p *Provider) Token(claims map[string]any) string {
	p.Lock()
	defer p.Unlock()
	return p.token(claims)
}

// Payload signs what need not be claims.
func (p *Provider) Payload(payload []byte) string {
	p.Lock()
	defer p.Unlock()
	return p.payload(payload)
}

func (p *Provider) token(claims map[string]any) string {
	payload, err := json.Marshal(claims)
	if err != nil {
		panic(err)
	}
	return p.payload(payload)
}

func (p *Provider) payload(payload []byte) string {
	algorithm := jose.ES256
	if _, ok := p.keys[p.first].(*rsa.PrivateKey); ok {
		algorithm = jose.RS256
	}
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: algorithm, Key: p.keys[p.first]},
		(&jose.SignerOptions{}).WithType("JWT").WithHeader("kid", p.first))
	if err != nil {
		panic(err)
	}
	signed, err := signer.Sign(payload)
	if err != nil {
		panic(err)
	}
	text, err := signed.CompactSerialize()
	if err != nil {
		panic(err)
	}
	return text
}

// Authorize is what a browser gets that follows the address and whose person
// agrees: the address of the callback with a code.
func (p *Provider) Authorize(t testing.TB, address string) *url.URL {
	t.Helper()
	client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	answer, err := client.Get(address)
	if err != nil {
		t.Fatal(err)
	}
	answer.Body.Close()
	back, err := answer.Location()
	if err != nil {
		t.Fatalf("the provider answered %d to %s", answer.StatusCode, address)
	}
	return back
}

// ServeHTTP implements http.Handler.
func (p *Provider) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	p.Lock()
	defer p.Unlock()
	p.Asked[r.URL.Path]++
	if p.Down || r.URL.Path == p.Away {
		http.Error(w, "away", http.StatusServiceUnavailable)
		return
	}
	switch r.Method + " " + r.URL.Path {
	case "GET /.well-known/openid-configuration":
		methods := []string{"client_secret_basic", "client_secret_post"}
		if p.Method != "" {
			methods = []string{p.Method}
		}
		answer(w, http.StatusOK, map[string]any{
			"issuer": p.URL, "authorization_endpoint": p.URL + "/authorize", "token_endpoint": p.URL + "/token",
			"jwks_uri": p.URL + "/keys", "response_types_supported": []string{"code"},
			"id_token_signing_alg_values_supported": []string{"ES256", "RS256", "HS256", "none"},
			"token_endpoint_auth_methods_supported": methods,
		})
	case "GET /keys":
		set := jose.JSONWebKeySet{}
		for id, key := range p.keys {
			set.Keys = append(set.Keys, jose.JSONWebKey{KeyID: id, Use: "sig", Key: key.Public()})
		}
		answer(w, http.StatusOK, set)
	case "GET /authorize":
		p.authorize(w, r)
	case "POST /token":
		p.exchange(w, r)
	default:
		http.NotFound(w, r)
	}
}

func (p *Provider) authorize(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	if q.Get("client_id") != ClientID || q.Get("response_type") != "code" || q.Get("code_challenge_method") != "S256" ||
		q.Get("code_challenge") == "" || q.Get("state") == "" || q.Get("nonce") == "" || q.Get("redirect_uri") == "" {
		http.Error(w, "not a request of this client", http.StatusBadRequest)
		return
	}
	text := rand.Text()
	p.codes[text] = code{q.Get("nonce"), q.Get("code_challenge"), q.Get("redirect_uri")}
	back := q.Get("redirect_uri") + "?" + url.Values{"code": {text}, "state": {q.Get("state")}, "iss": {p.URL}}.Encode()
	http.Redirect(w, r, back, http.StatusFound)
}

func (p *Provider) exchange(w http.ResponseWriter, r *http.Request) {
	id, secret, basic := r.BasicAuth()
	if !basic || p.Method == "client_secret_post" {
		id, secret = r.FormValue("client_id"), r.FormValue("client_secret")
	}
	if id != ClientID || secret != cmp.Or(p.Secret, ClientSecret) {
		answer(w, http.StatusUnauthorized, map[string]string{"error": "invalid_client"})
		return
	}
	c, known := p.codes[r.FormValue("code")]
	delete(p.codes, r.FormValue("code"))
	challenge := sha256.Sum256([]byte(r.FormValue("code_verifier")))
	if !known || r.FormValue("redirect_uri") != c.redirect || r.FormValue("grant_type") != "authorization_code" ||
		base64.RawURLEncoding.EncodeToString(challenge[:]) != c.challenge {
		answer(w, http.StatusBadRequest, map[string]string{"error": "invalid_grant", "error_description": r.FormValue("code")})
		return
	}
	now := time.Now
	if p.Now != nil {
		now = p.Now
	}
	claims := map[string]any{
		"iss": p.URL, "aud": ClientID, "iat": now().Unix(), "exp": now().Add(5 * time.Minute).Unix(), "nonce": c.nonce,
	}
	maps.Copy(claims, p.Claims)
	if p.Change != nil {
		p.Change(claims)
	}
	sign := (*Provider).token
	if p.Sign != nil {
		sign = p.Sign
	}
	answer(w, http.StatusOK, map[string]any{
		"access_token": rand.Text(), "token_type": "Bearer", "expires_in": 300, "id_token": sign(p, claims),
	})
}

func answer(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	json.NewEncoder(w).Encode(v)
}

// PublicKey is the newest key as the keys address has it.
func (p *Provider) PublicKey() crypto.PublicKey {
	p.Lock()
	defer p.Unlock()
	return p.keys[p.first].Public()
}
