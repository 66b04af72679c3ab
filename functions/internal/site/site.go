// Package site serves the built web page, wherever its files are: on disk, in
// the binary, or beside a function in its package.
package site

import (
	"io/fs"
	"net/http"
	"strings"
)

// Files serves a built page. Names with a hash never change; everything else
// is asked for again each time. Addresses of the app, which have no dot in
// their last part, get the app.
func Files(files fs.FS) http.Handler {
	server := http.FileServerFS(files)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		path := strings.TrimPrefix(r.URL.Path, "/")
		switch {
		case strings.HasPrefix(path, "assets/"):
			w.Header().Set("Cache-Control", "public, max-age=31536000, immutable")
		default:
			w.Header().Set("Cache-Control", "no-cache")
		}
		last := path[strings.LastIndexByte(path, '/')+1:]
		if path == "stamp" || strings.HasSuffix(path, "/") || strings.HasPrefix(path, "assets/") && last == "" {
			http.NotFound(w, r)
			return
		}
		if !strings.Contains(last, ".") {
			r = r.Clone(r.Context())
			r.URL.Path = "/"
		}
		server.ServeHTTP(w, r)
	})
}
