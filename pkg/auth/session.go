package auth

import "net/http"

// Names of the cookie that holds a session. The first is bound to https and to
// this host by its prefix; the second is believed only on http from this
// machine to this machine, where browsers do not keep the first.
const (
	SecureCookie = "__Host-rynda"
	PlainCookie  = "rynda"
)

func sessionCookie(r *http.Request) string {
	if c, err := r.Cookie(SecureCookie); err == nil && c.Value != "" {
		return c.Value
	}
	if r.TLS != nil || direct(r) != nil {
		return ""
	}
	if c, err := r.Cookie(PlainCookie); err == nil {
		return c.Value
	}
	return ""
}
