package auth

import (
	"net/http"
	"strings"
	"time"
)

// Names of the cookie that holds a session. The first is bound to https and to
// this host by its prefix; the second is believed only on http from this
// machine to this machine, where browsers do not keep the first.
const (
	SecureCookie = "__Host-rynda"
	PlainCookie  = "rynda"
)

func sessionCookie(r *http.Request) string { return cookieValue(r, SecureCookie, PlainCookie) }

// cookieValue is that of the secure name, else, where that is believed, of the
// plain one.
func cookieValue(r *http.Request, secure, plain string) string {
	if c, err := r.Cookie(secure); err == nil && c.Value != "" {
		return c.Value
	}
	if !loopback(r) {
		return ""
	}
	if c, err := r.Cookie(plain); err == nil {
		return c.Value
	}
	return ""
}

// cookie makes one for the browser behind the request: under the secure name,
// but on http from this machine to this machine. Where the address that people
// use is known to be https, a request that only looks so came through a proxy
// that says nothing of it. A negative life takes the cookie away.
func cookie(r *http.Request, address, secure, plain, value string, life time.Duration) *http.Cookie {
	c := &http.Cookie{
		Name: secure, Value: value, Path: "/", MaxAge: int(life / time.Second),
		Secure: true, HttpOnly: true, SameSite: http.SameSiteLaxMode,
	}
	if life < 0 {
		c.MaxAge = -1
	}
	if loopback(r) && !strings.HasPrefix(address, "https:") {
		c.Name, c.Secure = plain, false
	}
	return c
}

func loopback(r *http.Request) bool { return r.TLS == nil && Direct(r) == nil }
