package httpapi

import (
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"rynda/pkg/auth"
)

// Where a browser goes to sign in, comes back to, and posts to sign out.
const (
	loginPath    = "/auth/login"
	callbackPath = "/auth/callback"
	logoutPath   = "/auth/logout"
)

// loginOperations adds what browsers open as pages, and what a page posts to end
// a session. They answer by redirects, so huma does not run them.
func (s *server) loginOperations(routes *router) {
	text := func(name, doc string) *huma.Param {
		return &huma.Param{Name: name, In: "query", Description: doc, Schema: &huma.Schema{Type: huma.TypeString}}
	}
	none := "Nobody can sign in here."
	s.describeRedirect(routes, spec{
		Operation: Operation{ID: "begin-login", Method: http.MethodGet, Path: loginPath, Need: auth.Nobody},
		tag:       "Service",
		summary:   "Sign in",
		description: "Open it as a page: it leads to the provider (OpenID Connect, authorization code with PKCE), back to " +
			"`/auth/callback`, and from there to `next` with the cookie of a session.",
		problems: map[int]string{
			http.StatusForbidden:          "A browser asked for it otherwise than as a page.",
			http.StatusNotFound:           none,
			http.StatusTooManyRequests:    "Too many logins from this address. Repeat after `Retry-After` seconds.",
			http.StatusServiceUnavailable: "The provider or the database is away. Repeat after `Retry-After` seconds.",
		},
	}, "To the provider.", func(r *http.Request) (auth.Answer, error) {
		return s.Login.Begin(r, r.URL.Query().Get("next"), s.publicURL(r)+callbackPath)
	}, text("next", "Local path to go to afterwards; anything else is the start page."))
	s.describeRedirect(routes, spec{
		Operation:   Operation{ID: "finish-login", Method: http.MethodGet, Path: callbackPath, Need: auth.Nobody},
		tag:         "Service",
		summary:     "Come back from the provider",
		description: "What the provider sends a browser to. It works once, and only in the browser that began.",
		problems: map[int]string{
			http.StatusBadRequest:         "What came back does not make a session: begin anew.",
			http.StatusForbidden:          "A browser asked for it otherwise than as a page.",
			http.StatusNotFound:           none,
			http.StatusTooManyRequests:    "Too many failed from this address. Repeat after `Retry-After` seconds.",
			http.StatusServiceUnavailable: "The provider or the database is away. Begin anew after `Retry-After` seconds.",
		},
	}, "To the path that was asked for, with the cookie of a session.", func(r *http.Request) (auth.Answer, error) {
		return s.Login.Finish(r)
	}, text("code", "Of the provider."), text("state", "Of this server, by way of the provider."))
	s.describeRedirect(routes, spec{
		Operation:   Operation{ID: "end-session", Method: http.MethodPost, Path: logoutPath, Need: auth.Nobody},
		tag:         "Service",
		summary:     "Sign out",
		description: "Revokes the session of the cookie; its open streams end within 60 seconds. The session at the provider is left alone.",
		problems: map[int]string{
			http.StatusForbidden: "Another site had a browser send this.",
			http.StatusNotFound:  none,
		},
	}, "To the start page, without the cookie.", func(r *http.Request) (auth.Answer, error) {
		return s.Login.End(r)
	})
}

// describeRedirect adds an operation that sends a browser elsewhere. A HEAD asks
// whether it is there, and does nothing.
func (s *server) describeRedirect(routes *router, sp spec, where string,
	handler func(*http.Request) (auth.Answer, error), parameters ...*huma.Param,
) {
	s.describe(sp, http.StatusSeeOther, &huma.Response{
		Description: where,
		Headers:     map[string]*huma.Header{"Location": {Schema: &huma.Schema{Type: huma.TypeString}}},
	}, parameters...)
	routes.handle(sp.Method, sp.Path, sp.ID, func(w http.ResponseWriter, r *http.Request) {
		if s.Login == nil {
			notFound().write(w, r)
			return
		}
		if r.Method == http.MethodHead {
			return
		}
		answer, err := handler(r)
		if err != nil {
			problemOf(err).write(w, r)
			return
		}
		for _, cookie := range answer.Cookies {
			http.SetCookie(w, cookie)
		}
		w.Header().Set("Location", answer.Location)
		w.WriteHeader(http.StatusSeeOther)
	})
}
