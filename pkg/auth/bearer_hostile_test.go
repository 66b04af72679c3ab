package auth_test

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/hmac"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"rynda/pkg/auth"
)

// signs gives a signature of the right length that is none.
func signs(string) []byte { return bytes.Repeat([]byte{1}, 64) }

// hmacWith signs as one does who takes a public key for a secret.
func hmacWith(key []byte) func(string) []byte {
	return func(text string) []byte {
		mac := hmac.New(sha256.New, key)
		mac.Write([]byte(text))
		return mac.Sum(nil)
	}
}

func TestBearerRefuses(t *testing.T) {
	t.Parallel()
	e := newEmbedded(t)
	at := func(d time.Duration) int64 { return e.now.Add(d).Unix() }
	public := must(x509.MarshalPKIXPublicKey(e.provider.PublicKey()))
	armored := pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: public})
	point := must(e.provider.PublicKey().(*ecdsa.PublicKey).Bytes())
	good := e.token(nil)
	parts := strings.Split(good, ".")
	own := newEmbedded(t) // an attacker with a provider, whose key has the same id

	for name, text := range map[string]string{
		"alg none":                            rawToken(`{"alg":"none"}`, e.claims(nil), nil),
		"alg None":                            rawToken(`{"alg":"None","kid":"key-1"}`, e.claims(nil), nil),
		"alg none with a signature":           rawToken(`{"alg":"none","kid":"key-1"}`, e.claims(nil), signs),
		"no alg":                              rawToken(`{"kid":"key-1"}`, e.claims(nil), signs),
		"HS256 with the public key, DER":      rawToken(`{"alg":"HS256","kid":"key-1"}`, e.claims(nil), hmacWith(public)),
		"HS256 with the public key, PEM":      rawToken(`{"alg":"HS256","kid":"key-1"}`, e.claims(nil), hmacWith(armored)),
		"HS256 with the public key, point":    rawToken(`{"alg":"HS256","kid":"key-1"}`, e.claims(nil), hmacWith(point)),
		"HS256 with nothing":                  rawToken(`{"alg":"HS256","kid":"key-1"}`, e.claims(nil), hmacWith(nil)),
		"another alg than the key's":          rawToken(`{"alg":"RS256","kid":"key-1"}`, e.claims(nil), signs),
		"a signature of ones":                 rawToken(`{"alg":"ES256","kid":"key-1"}`, e.claims(nil), signs),
		"a signature of zeros":                rawToken(`{"alg":"ES256","kid":"key-1"}`, e.claims(nil), func(string) []byte { return make([]byte, 64) }),
		"no signature":                        parts[0] + "." + parts[1] + ".",
		"the signature of another payload":    parts[0] + "." + strings.Split(e.token(map[string]any{"rynda_projects": "*"}), ".")[1] + "." + parts[2],
		"another key of the same id":          own.provider.Token(e.claims(nil)),
		"a key in the header":                 rawToken(`{"alg":"ES256","jwk":{"kty":"EC","crv":"P-256","x":"AA","y":"AA"}}`, e.claims(nil), signs),
		"a key at an address in the header":   rawToken(`{"alg":"ES256","kid":"key-1","jku":"https://evil.example/keys"}`, e.claims(nil), signs),
		"a header that must be understood":    rawToken(`{"alg":"ES256","kid":"key-1","crit":["x"],"x":1}`, e.claims(nil), signs),
		"an id that is a path":                rawToken(`{"alg":"ES256","kid":"../../key-1"}`, e.claims(nil), signs),
		"another audience":                    e.token(map[string]any{"aud": "other"}),
		"an audience that begins alike":       e.token(map[string]any{"aud": audience + "-2"}),
		"no audience":                         e.token(map[string]any{"aud": nil}),
		"an empty list of audiences":          e.token(map[string]any{"aud": []string{}}),
		"another issuer":                      e.token(map[string]any{"iss": "https://evil.example"}),
		"the issuer with a slash":             e.token(map[string]any{"iss": e.provider.URL + "/"}),
		"no issuer":                           e.token(map[string]any{"iss": nil}),
		"the issuer in another spelling":      e.token(map[string]any{"iss": nil, "ISS": e.provider.URL}),
		"expired":                             e.token(map[string]any{"exp": at(-11 * time.Second)}),
		"expired long ago":                    e.token(map[string]any{"exp": 1}),
		"no end":                              e.token(map[string]any{"exp": nil}),
		"an end that is a text":               e.token(map[string]any{"exp": "tomorrow"}),
		"an end at the end of time":           e.token(map[string]any{"exp": 1e18}),
		"not before a while":                  e.token(map[string]any{"nbf": at(12 * time.Second)}),
		"not before something":                e.token(map[string]any{"nbf": "soon"}),
		"issued in the future":                e.token(map[string]any{"iat": at(time.Hour)}),
		"of nobody":                           e.token(map[string]any{"sub": nil}),
		"of an empty somebody":                e.token(map[string]any{"sub": ""}),
		"of a number":                         e.token(map[string]any{"sub": 7}),
		"of somebody with a NUL":              e.token(map[string]any{"sub": "a\x00"}),
		"of somebody who looks like another":  e.token(map[string]any{"sub": "u-eve\u200b"}),
		"too long":                            e.token(map[string]any{"x": strings.Repeat("x", 16<<10)}),
		"four parts":                          good + ".x",
		"encrypted":                           "a.b.c.d.e",
		"a payload that is a list":            rawPayload(e, `[]`),
		"a payload that is nothing":           rawPayload(e, `null`),
		"a space in it":                       parts[0] + "." + parts[1] + ". " + parts[2],
		"a signature with padding":            good + "=",
		"JSON in place of three parts":        `{"payload":"` + parts[1] + `","protected":"` + parts[0] + `","signature":"` + parts[2] + `"}`,
		"a signature whose last bits do vary": parts[0] + "." + parts[1] + "." + parts[2] + "A",
	} {
		t.Run(name, func(t *testing.T) {
			r := bearer(text)
			r.RemoteAddr = "192.0.2.7:1000"
			who, err := freshAddresses(e).Authenticate(r)
			if !errors.Is(err, auth.ErrUnauthorized) || who.Kind != "" {
				t.Fatalf("%+v, %v", who, err)
			}
			for _, part := range strings.Split(text, ".") {
				if len(part) > 8 && strings.Contains(err.Error(), part) {
					t.Errorf("the error repeats it: %v", err)
				}
			}
		})
	}
	if _, err := e.Authenticate(bearer(good)); err != nil {
		t.Error("the good one:", err)
	}
	if own.provider.Asked["/keys"] != 0 {
		t.Error("keys of another provider were asked for")
	}
}

// freshAddresses is the same world to an address that has not guessed yet.
func freshAddresses(e *embedded) *auth.Authenticator {
	return auth.New(e.tables, auth.Config{Transport: e.provider.Transport(), JWT: auth.JWTConfig{
		Issuer: e.provider.URL, Audience: audience, JWKSURL: e.provider.URL + "/keys", ProjectsClaim: "rynda_projects",
	}}, func() time.Time { return e.now })
}

// rawPayload is a token with a real signature over any payload.
func rawPayload(e *embedded, payload string) string { return e.provider.Payload([]byte(payload)) }

func TestWrongSignedTokensAreGuesses(t *testing.T) {
	t.Parallel()
	e := newEmbedded(t)
	var limited *auth.LimitedError
	for i := range 30 {
		_, err := e.Authenticate(bearer(rawToken(`{"alg":"ES256","kid":"key-1"}`, e.claims(map[string]any{"jti": i}), signs)))
		if i < 10 && !errors.Is(err, auth.ErrUnauthorized) || i >= 10 && !errors.As(err, &limited) {
			t.Fatalf("guess %d: %v", i, err)
		}
	}
	if _, err := e.Authenticate(bearer(e.token(nil))); err != nil {
		t.Errorf("a good token from the same address: %v", err)
	}
	if _, err := e.Authenticate(bearer(e.token(map[string]any{"exp": 1}))); !errors.Is(err, auth.ErrUnauthorized) {
		t.Errorf("one that has expired is no guess: %v", err)
	}
}

// Keys that would let somebody else sign, and answers that would fill memory.
func TestKeysThatAreNotBelieved(t *testing.T) {
	t.Parallel()
	short := must(rsa.GenerateKey(rand.Reader, 1024))
	good := must(rsa.GenerateKey(rand.Reader, 2048))
	text := func(e *embedded, key crypto.Signer) string {
		e.provider.Use("rsa", key, true)
		return e.token(nil)
	}
	e := newEmbedded(t)
	if _, err := e.Authenticate(bearer(text(e, good))); err != nil {
		t.Error("2,048 bits:", err)
	}
	e = newEmbedded(t)
	if _, err := e.Authenticate(bearer(text(e, short))); !errors.Is(err, auth.ErrUnavailable) {
		t.Error("1,024 bits, and no other key:", err)
	}
	for name, answer := range map[string]http.HandlerFunc{
		"without an end": func(w http.ResponseWriter, r *http.Request) { io.Copy(w, io.LimitReader(zeros{}, 64<<20)) },
		"that is a page": func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, "<html>") },
		"with a status":  func(w http.ResponseWriter, r *http.Request) { w.WriteHeader(500) },
		"with no keys":   func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, `{"keys":[]}`) },
		"with a shared key": func(w http.ResponseWriter, r *http.Request) {
			io.WriteString(w, `{"keys":[{"kty":"oct","kid":"key-1","k":"AAAA"}]}`)
		},
		"that leads further": func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "https://evil.example/keys", http.StatusFound)
		},
	} {
		e := newEmbedded(t)
		calls := 0
		a := auth.New(e.tables, auth.Config{JWT: auth.JWTConfig{Issuer: e.provider.URL, Audience: audience, JWKSURL: "https://keys.example"}, Transport: handled(func(w http.ResponseWriter, r *http.Request) {
			calls++
			answer(w, r)
		})}, func() time.Time { return e.now })
		if _, err := a.Authenticate(bearer(e.token(nil))); !errors.Is(err, auth.ErrUnavailable) || calls != 1 {
			t.Errorf("an answer %s: %v after %d requests", name, err, calls)
		}
	}
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) { return copy(p, bytes.Repeat([]byte{'['}, len(p))), nil }

// handled is a transport to a function.
type handled http.HandlerFunc

func (h handled) RoundTrip(r *http.Request) (*http.Response, error) {
	in, out := io.Pipe()
	w := &piped{out: out, header: http.Header{}, begun: make(chan int, 1)}
	go func() {
		h(w, r)
		w.WriteHeader(200)
		out.Close()
	}()
	return &http.Response{StatusCode: <-w.begun, Header: w.header, Body: in, Request: r}, nil
}

type piped struct {
	out    *io.PipeWriter
	header http.Header
	begun  chan int
	done   bool
}

func (p *piped) Header() http.Header { return p.header }
func (p *piped) WriteHeader(status int) {
	if !p.done {
		p.done = true
		p.begun <- status
	}
}

func (p *piped) Write(b []byte) (int, error) {
	p.WriteHeader(200)
	return p.out.Write(b)
}

// Whatever stands behind Bearer, the answer is one of the errors that are known,
// and nobody is let in who was not signed for.
func FuzzBearer(f *testing.F) {
	e := newEmbedded(f)
	good := e.token(nil)
	f.Add(good)
	f.Add(rawToken(`{"alg":"none"}`, e.claims(nil), nil))
	f.Add(rawToken(`{"alg":"ES256","kid":"key-1","b64":false,"crit":["b64"]}`, e.claims(nil), signs))
	f.Add("a.b.c")
	f.Add(base64.RawURLEncoding.EncodeToString([]byte(`{"alg":"ES256"}`)) + "..")
	f.Add(e.staff)
	f.Fuzz(func(t *testing.T, text string) {
		if strings.TrimSpace(text) == good || strings.TrimSpace(text) == e.staff {
			return
		}
		var limited *auth.LimitedError
		who, err := e.Authenticate(bearer(text))
		if !errors.Is(err, auth.ErrUnauthorized) && !errors.As(err, &limited) || who.Kind != "" {
			t.Fatalf("%q: %+v, %v", text, who, err)
		}
	})
}

func FuzzKeys(f *testing.F) {
	for _, seed := range []string{`{"keys":[]}`, `{"keys":[{"kty":"RSA","n":"AQ","e":"AQAB"}]}`, `{"keys":[{"kty":"EC","crv":"P-256","x":"","y":""}]}`, `{"keys":{}}`} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		keys, err := auth.ParseKeys(text)
		if (err == nil) != (len(keys) > 0) || !json.Valid(text) && err == nil {
			t.Fatalf("%d keys, %v", len(keys), err)
		}
	})
}
