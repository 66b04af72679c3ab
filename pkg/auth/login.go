package auth

import (
	"cmp"
	"context"
	"crypto/subtle"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"golang.org/x/oauth2"
)

// Names of the cookie of a login that has begun, as those of a session.
const (
	secureLoginCookie = "__Host-rynda-login"
	plainLoginCookie  = "rynda-login"
)

const (
	loginLife    = 10 * time.Minute // from the page of the provider and back
	loginsPerMin = 120              // of one address, which may be that of an office
	longestCode  = 4096             // bytes of a code
	longestNext  = 2000             // bytes of the path to go to afterwards
)

// LoginRow is a login that has begun, as it is stored.
type LoginRow struct {
	SHA256      [32]byte // of the value of its cookie
	StateSHA256 [32]byte // of the state that the provider sends back
	Nonce       string   // that the ID token must hold
	Verifier    string   // of PKCE
	Next        string   // local path to go to afterwards
	Redirect    string   // address of the callback, as the provider was told it
	CreatedAt   time.Time
	ExpiresAt   time.Time
}

// LoginStore keeps logins and sessions. TakeLogin removes what it returns, so
// that of many who ask for one at a time one gets it. ErrUnknown is for what is
// not there; a row that has expired may be returned.
type LoginStore interface {
	SaveLogin(ctx context.Context, row LoginRow) error
	TakeLogin(ctx context.Context, sha256 [32]byte) (LoginRow, error)
	SaveSession(ctx context.Context, row SessionRow) error
	RevokeSession(ctx context.Context, sha256 [32]byte) error
}

// Answer is where a browser goes next, and what it keeps.
type Answer struct {
	Location string
	Cookies  []*http.Cookie
}

// Login signs people in by OpenID Connect: the authorization code flow with
// PKCE. What the callback has to prove is kept in a row that the cookie of the
// browser finds, so it works once and in that browser alone, whichever process
// answers; see docs/decisions/0011-logins-are-rows.md. It is safe for concurrent
// use.
type Login struct {
	callers  *Authenticator
	store    LoginStore
	provider *provider
	lifetime time.Duration
	begun    *Limiter
}

// NewLogin returns the login that the configuration of the Authenticator
// describes, or nil where it describes none. It asks nobody: the provider may
// be away.
func NewLogin(callers *Authenticator, store LoginStore) *Login {
	config := callers.config.OIDC
	if config.Issuer == "" {
		return nil
	}
	return &Login{
		callers: callers, store: store, lifetime: cmp.Or(config.SessionLifetime, 12*time.Hour),
		provider: &provider{config: config, client: outbound(callers.config.Transport), now: callers.now},
		begun:    NewLimiter(loginsPerMin/60.0, loginsPerMin, remembered),
	}
}

// Begin sends a browser to the provider. next is where it shall come to in the
// end: a local path, or else the start page. redirect is the address of the
// callback.
//
// Errors: ErrForbidden when a browser does not go there itself; *LimitedError;
// ErrUnavailable when the provider or the database is away.
func (l *Login) Begin(r *http.Request, next, redirect string) (Answer, error) {
	if err := checkNavigation(r); err != nil {
		return Answer{}, err
	}
	found, err := l.provider.discover(r.Context())
	if err != nil {
		return Answer{}, err
	}
	a := l.callers
	address, now := a.config.address(r), a.now()
	if wait := l.begun.Wait(address, now); wait > 0 {
		return Answer{}, &LimitedError{After: wait}
	}
	l.begun.Spend(address, 1, now)
	value, state := chance(secretLength), chance(secretLength)
	row := LoginRow{
		SHA256: sha256Of(value), StateSHA256: sha256Of(state), Nonce: chance(secretLength), Verifier: oauth2.GenerateVerifier(),
		Next: localPath(next), Redirect: redirect, CreatedAt: now, ExpiresAt: now.Add(loginLife),
	}
	if err := l.store.SaveLogin(r.Context(), row); err != nil {
		return Answer{}, fmt.Errorf("keep a login: %w: %w", ErrUnavailable, err)
	}
	return Answer{
		Location: found.oauth.AuthCodeURL(state, oauth2.S256ChallengeOption(row.Verifier),
			oauth2.SetAuthURLParam("nonce", row.Nonce), oauth2.SetAuthURLParam("redirect_uri", redirect)),
		Cookies: []*http.Cookie{cookie(r, redirect, secureLoginCookie, plainLoginCookie, value, loginLife)},
	}, nil
}

// Finish takes what the provider sent back, makes a session and sends the
// browser to where it wanted to go.
//
// Errors: ErrSignIn when it does not hold together, which counts against the
// address; ErrForbidden, *LimitedError and ErrUnavailable as Begin.
func (l *Login) Finish(r *http.Request) (Answer, error) {
	if err := checkNavigation(r); err != nil {
		return Answer{}, err
	}
	a := l.callers
	if _, err := a.suspect(r, a.guesses); err != nil {
		return Answer{}, err
	}
	said, row, err := l.prove(r)
	if err != nil {
		if errors.Is(err, ErrSignIn) {
			a.guesses.byAddress.Spend(a.config.address(r), 1, a.now())
		}
		return Answer{}, err
	}
	value, session := NewSession()
	session.UserID, session.Name = said.subject(), said.name(l.provider.config.NameClaim)
	session.CreatedAt = a.now()
	session.ExpiresAt = session.CreatedAt.Add(l.lifetime)
	if session.Projects, err = l.reach(r.Context(), said); err != nil {
		return Answer{}, err
	}
	if err := l.store.SaveSession(r.Context(), session); err != nil {
		return Answer{}, fmt.Errorf("keep a session: %w: %w", ErrUnavailable, err)
	}
	return Answer{Location: row.Next, Cookies: []*http.Cookie{
		cookie(r, row.Redirect, SecureCookie, PlainCookie, value, l.lifetime),
		cookie(r, row.Redirect, secureLoginCookie, plainLoginCookie, "", -1),
	}}, nil
}

// prove checks that the callback is of the login that this browser began, and
// returns what the provider says of the person.
func (l *Login) prove(r *http.Request) (claims, LoginRow, error) {
	query := r.URL.Query()
	value := cookieValue(r, secureLoginCookie, plainLoginCookie)
	if value == "" || len(query["state"]) != 1 {
		return nil, LoginRow{}, fmt.Errorf("no login has begun in this browser: %w", ErrSignIn)
	}
	row, err := l.store.TakeLogin(r.Context(), sha256Of(value))
	state := sha256Of(query.Get("state"))
	switch {
	case err != nil && !errors.Is(err, ErrUnknown):
		return nil, row, fmt.Errorf("find a login: %w: %w", ErrUnavailable, err)
	case err != nil, !l.callers.now().Before(row.ExpiresAt):
		return nil, row, fmt.Errorf("no such login, or not any more: %w", ErrSignIn)
	case subtle.ConstantTimeCompare(state[:], row.StateSHA256[:]) != 1:
		return nil, row, fmt.Errorf("the state is of another login: %w", ErrSignIn)
	case query.Has("iss") && query.Get("iss") != l.provider.config.Issuer: // RFC 9207
		return nil, row, fmt.Errorf("the answer is of another provider: %w", ErrSignIn)
	case len(query["code"]) != 1 || query.Get("code") == "" || len(query.Get("code")) > longestCode || query.Has("error"):
		return nil, row, fmt.Errorf("the provider sent no code: %w", ErrSignIn)
	}
	said, err := l.provider.exchange(r.Context(), query.Get("code"), row)
	return said, row, err
}

// reach turns the claim into ids of projects; nil is every project.
func (l *Login) reach(ctx context.Context, said claims) ([]int64, error) {
	slugs, all := said.projects(l.provider.config.ProjectsClaim)
	if all {
		return nil, nil
	}
	who, err := l.callers.reached(ctx, proof{slugs: slugs})
	return who.ProjectIDs(), err
}

// End revokes the session of the cookie and sends the browser to the start page,
// without it. Without a session that lives it does the same.
//
// Errors: ErrForbidden when another origin had a browser send it;
// ErrUnavailable: the session still lives, and the browser keeps it.
func (l *Login) End(r *http.Request) (Answer, error) {
	if err := checkOrigin(r); err != nil {
		return Answer{}, err
	}
	if value := sessionCookie(r); value != "" {
		sum := sha256Of(value)
		if err := l.store.RevokeSession(r.Context(), sum); err != nil && !errors.Is(err, ErrUnknown) {
			return Answer{}, fmt.Errorf("revoke a session: %w: %w", ErrUnavailable, err)
		}
		l.callers.forget(sum)
	}
	gone := []*http.Cookie{cookie(r, "https:", SecureCookie, PlainCookie, "", -1)}
	if loopback(r) {
		gone = append(gone, cookie(r, "http:", SecureCookie, PlainCookie, "", -1))
	}
	return Answer{Location: "/", Cookies: gone}, nil
}

// localPath is next where it is a path of this server, else "/". What a browser
// reads as another host is none: "//host", "/\host", and the same with the tabs
// and line breaks that browsers drop.
func localPath(next string) string {
	u, err := url.Parse(next)
	switch {
	case err != nil, len(next) > longestNext, u.Scheme != "", u.Host != "", u.User != nil, u.Opaque != "",
		!strings.HasPrefix(next, "/"), strings.HasPrefix(next, "//"), strings.HasPrefix(u.Path, "//"),
		strings.ContainsFunc(next, func(r rune) bool { return r <= ' ' || r == '\\' || r == 0x7f || r > '~' }),
		strings.ContainsAny(u.Path, "\\\x00\r\n\t"),
		u.Path == "/auth" || strings.HasPrefix(u.Path, "/auth/"):
		return "/"
	}
	return next
}

func sameText(a, b string) bool {
	return subtle.ConstantTimeCompare([]byte(a), []byte(b)) == 1
}
