// Package site serves the built web page, wherever its files are: on disk, in
// the binary, or beside a function in its package.
package site

import (
	"io/fs"
	"mime"
	"net/http"
	"path"
	"strings"
)

// packed is the ending of a file that lies beside another as gzip. The build
// packs (web/tools/pack.mjs), so that nothing is packed while somebody waits.
const packed = ".gz"

// Files serves a built page. Names with a hash never change; everything else
// is asked for again each time. Addresses of the app, which have no dot in
// their last part, get the app. Whoever takes gzip is sent what is packed.
func Files(files fs.FS) http.Handler {
	server := http.FileServerFS(files)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		name := strings.TrimPrefix(r.URL.Path, "/")
		switch {
		case strings.HasPrefix(name, "assets/"):
			w.Header().Set("Cache-Control", "public, max-age=31536000, immutable")
		default:
			w.Header().Set("Cache-Control", "no-cache")
		}
		last := name[strings.LastIndexByte(name, '/')+1:]
		if name == "stamp" || strings.HasSuffix(name, "/") || strings.HasSuffix(name, packed) || strings.HasPrefix(name, "assets/") && last == "" {
			http.NotFound(w, r)
			return
		}
		to := r.URL.Path
		if !strings.Contains(last, ".") {
			to, name = "/", "index.html"
		}
		if _, err := fs.Stat(files, name+packed); err == nil {
			w.Header().Set("Vary", "Accept-Encoding")
			if takesGzip(r) {
				w.Header().Set("Content-Type", mime.TypeByExtension(path.Ext(name)))
				w.Header().Set("Content-Encoding", "gzip")
				to = "/" + name + packed
			}
		}
		r = r.Clone(r.Context())
		r.URL.Path = to
		server.ServeHTTP(w, r)
	})
}

// takesGzip reads Accept-Encoding. A part of a file is a part of the file itself,
// so who asks for one is not sent a packed one.
func takesGzip(r *http.Request) bool {
	if r.Header.Get("Range") != "" {
		return false
	}
	for part := range strings.SplitSeq(strings.Join(r.Header.Values("Accept-Encoding"), ","), ",") {
		coding, weight, _ := strings.Cut(part, ";")
		if strings.EqualFold(strings.TrimSpace(coding), "gzip") {
			quality := strings.TrimSpace(weight)
			return strings.Trim(strings.TrimPrefix(quality, "q="), "0.") != "" || quality == ""
		}
	}
	return false
}
