package httpapi

import (
	"net/http"
	"path"
	"strings"
	"unicode/utf8"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"
)

// bulk is where commands over many groups live. They have a mux of their own,
// because "/v1/groups/viewed/{view_id}" and "/v1/groups/{id}/viewed" meet in
// one path and neither is the more specific, which http.ServeMux refuses. Ids
// of groups are numbers, so the prefix belongs to the first alone.
const bulk = "/v1/groups/viewed"

// router finds the operation of a request. It is huma's adapter as well.
type router struct {
	single, many *http.ServeMux
	static       http.Handler
	origins      []string // others than ours whose pages may read answers
}

func newRouter(static http.Handler, origins []string) *router {
	rt := &router{single: http.NewServeMux(), many: http.NewServeMux(), static: static, origins: origins}
	rt.single.HandleFunc("/", rt.elsewhere(rt.single))
	rt.many.HandleFunc("/", rt.elsewhere(rt.many))
	return rt
}

// Handle implements huma.Adapter.
func (rt *router) Handle(op *huma.Operation, handler func(huma.Context)) {
	rt.handle(op.Method, op.Path, op.OperationID, func(w http.ResponseWriter, r *http.Request) {
		handler(humago.NewContext(op, r, w))
	})
}

func (rt *router) handle(method, pattern, operation string, handler http.HandlerFunc) {
	rt.muxOf(pattern).HandleFunc(method+" "+pattern, func(w http.ResponseWriter, r *http.Request) {
		callOf(r.Context()).operation = operation
		handler(w, r)
	})
}

func (rt *router) muxOf(p string) *http.ServeMux {
	if p == bulk || strings.HasPrefix(p, bulk+"/") {
		return rt.many
	}
	return rt.single
}

// ServeHTTP answers paths that are not in their plain form as unknown: the mux
// would redirect, with an address that the caller wrote.
func (rt *router) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if !plain(r.URL.Path) {
		notFound().write(w, r)
		return
	}
	rt.share(w, r)
	if ofAPI(r.URL.Path) {
		w.Header().Set("Cache-Control", "no-store")
		w.Header().Set("Cross-Origin-Resource-Policy", "same-origin")
		// A position that is garbage is a reset, so events look at theirs themselves.
		if !strings.HasPrefix(r.URL.Path, eventsPath) && !textQuery(r) {
			newProblem(http.StatusUnprocessableEntity, "The query is not text.", Fault{"query", "is not valid"}).write(w, r)
			return
		}
	}
	rt.muxOf(r.URL.Path).ServeHTTP(w, r)
}

func plain(p string) bool {
	if p == "" || p[0] != '/' || !isText(p) {
		return false
	}
	clean := path.Clean(p)
	return clean == p || len(clean) > 1 && clean+"/" == p
}

// isText reports whether Postgres can hold s as text.
func isText(s string) bool { return utf8.ValidString(s) && strings.IndexByte(s, 0) < 0 }

func textQuery(r *http.Request) bool {
	raw := r.URL.RawQuery
	if !strings.ContainsRune(raw, '%') {
		return isText(raw)
	}
	for name, values := range r.URL.Query() {
		if !isText(name) {
			return false
		}
		for _, value := range values {
			if !isText(value) {
				return false
			}
		}
	}
	return true
}

func ofAPI(p string) bool {
	return p == "/v1" || strings.HasPrefix(p, "/v1/") || p == "/auth" || strings.HasPrefix(p, "/auth/")
}

func notFound() *Problem {
	return newProblem(http.StatusNotFound, "There is nothing at this address.")
}

var methods = []string{http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete}

// elsewhere answers what no operation of the mux answers: another method of a
// known path, a file of the web page, or nothing.
func (rt *router) elsewhere(mux *http.ServeMux) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		var allowed []string
		for _, method := range methods {
			if _, pattern := mux.Handler(&http.Request{Method: method, URL: r.URL, Host: r.Host}); pattern != "/" {
				allowed = append(allowed, method)
			}
		}
		reading := r.Method == http.MethodGet || r.Method == http.MethodHead
		page := len(allowed) == 0 && rt.static != nil && !ofAPI(r.URL.Path)
		if page && reading {
			callOf(r.Context()).operation = "static"
			rt.static.ServeHTTP(w, r)
			return
		}
		if page {
			allowed = []string{http.MethodGet, http.MethodHead}
		}
		switch {
		case len(allowed) == 0:
			notFound().write(w, r)
		case r.Method == http.MethodOptions:
			w.Header().Set("Allow", strings.Join(append(allowed, http.MethodOptions), ", "))
			rt.preflight(w, r, allowed)
			w.WriteHeader(http.StatusNoContent)
		case page:
			notFound().write(w, r)
		default:
			newProblem(http.StatusMethodNotAllowed, "The address does not know this method; Allow names those it knows.").
				with("Allow", strings.Join(append(allowed, http.MethodOptions), ", ")).write(w, r)
		}
	}
}
