package httpapi

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// What pages of other origins may send and read beyond what any page may.
const (
	sharedHeaders = "Authorization, Content-Type, Content-Encoding, Idempotency-Key, If-None-Match, Last-Event-ID"
	exposed       = "ETag, Retry-After, X-Request-Id"
	sharedFor     = "600" // seconds that a browser may remember a preflight
)

// share lets a page of an origin in the list read the answer, if it is one of
// the API or a file for embedding. Nothing else is shared, and nobody is told
// the list: an origin that is not in it gets the answer without a header that
// would let a browser show it.
//
// Credentials are never allowed. A bearer token or a ticket needs none, and a
// cookie is refused from another origin in any case (package auth), so the
// second lock costs nothing.
func (rt *router) share(w http.ResponseWriter, r *http.Request) {
	if len(rt.origins) == 0 || !shareable(r.URL.Path) {
		return
	}
	w.Header().Add("Vary", "Origin")
	if !rt.shared(r) {
		return
	}
	w.Header().Set("Access-Control-Allow-Origin", r.Header.Get("Origin"))
	w.Header().Set("Access-Control-Expose-Headers", exposed)
}

// preflight says to a page of an origin in the list what it may send.
func (rt *router) preflight(w http.ResponseWriter, r *http.Request, methods []string) {
	if !shareable(r.URL.Path) || !rt.shared(r) || r.Header.Get("Access-Control-Request-Method") == "" {
		return
	}
	header := w.Header()
	header.Add("Vary", "Access-Control-Request-Method, Access-Control-Request-Headers")
	header.Set("Access-Control-Allow-Methods", strings.Join(methods, ", "))
	header.Set("Access-Control-Allow-Headers", sharedHeaders)
	header.Set("Access-Control-Max-Age", sharedFor)
}

func (rt *router) shared(r *http.Request) bool {
	origins := r.Header.Values("Origin")
	return len(origins) == 1 && slices.Contains(rt.origins, origins[0])
}

func shareable(path string) bool {
	return strings.HasPrefix(path, "/v1/") || strings.HasPrefix(path, "/embed/")
}

// isOrigin reports whether s is an origin as browsers write it: scheme, host in
// lower case, a port where it is not the usual one, and nothing else.
func isOrigin(s string) bool {
	u, err := url.Parse(s)
	if err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Hostname() == "" || strings.ContainsAny(s, "*;, '\"") {
		return false
	}
	usual := map[string]string{"https": "443", "http": "80"}[u.Scheme]
	return s == u.Scheme+"://"+strings.ToLower(u.Host) && u.Port() != usual && !strings.HasSuffix(u.Host, ":")
}
