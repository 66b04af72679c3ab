package site

import (
	"bytes"
	"compress/gzip"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/fstest"
)

func pack(text string) []byte {
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	_, _ = z.Write([]byte(text))
	_ = z.Close()
	return b.Bytes()
}

func TestFiles(t *testing.T) {
	t.Parallel()
	script := strings.Repeat("console.log('bell');", 50)
	handler := Files(fstest.MapFS{
		"index.html": {Data: []byte("<p>page</p>")}, "index.html.gz": {Data: pack("<p>page</p>")},
		"assets/a-1.js": {Data: []byte(script)}, "assets/a-1.js.gz": {Data: pack(script)},
		"small.svg": {Data: []byte("<svg/>")}, "stamp": {Data: []byte("x")},
	})
	for _, c := range []struct {
		path, accept, rang string
		status             int
		kind, text         string
		packed             bool
	}{
		{"/assets/a-1.js", "gzip, deflate, br", "", 200, "text/javascript; charset=utf-8", script, true},
		{"/assets/a-1.js", "br;q=1.0, GZIP;q=0.5", "", 200, "text/javascript; charset=utf-8", script, true},
		{"/assets/a-1.js", "gzip;q=0, br", "", 200, "text/javascript; charset=utf-8", script, false},
		{"/assets/a-1.js", "gzip;q=0.000", "", 200, "text/javascript; charset=utf-8", script, false},
		{"/assets/a-1.js", "x-gzipped", "", 200, "text/javascript; charset=utf-8", script, false},
		{"/assets/a-1.js", "", "", 200, "text/javascript; charset=utf-8", script, false},
		{"/assets/a-1.js", "gzip", "bytes=0-6", 206, "text/javascript; charset=utf-8", "console", false},
		{"/", "gzip", "", 200, "text/html; charset=utf-8", "<p>page</p>", true},
		{"/errors/12", "gzip", "", 200, "text/html; charset=utf-8", "<p>page</p>", true},
		{"/errors/12", "", "", 200, "text/html; charset=utf-8", "<p>page</p>", false},
		{"/small.svg", "gzip", "", 200, "image/svg+xml", "<svg/>", false},
		{"/assets/a-1.js.gz", "gzip", "", 404, "", "", false},
		{"/assets/none.js", "gzip", "", 404, "", "", false},
		{"/stamp", "gzip", "", 404, "", "", false},
		{"/assets/", "gzip", "", 404, "", "", false},
	} {
		r := httptest.NewRequest("GET", c.path, nil)
		for name, value := range map[string]string{"Accept-Encoding": c.accept, "Range": c.rang} {
			if value != "" {
				r.Header.Set(name, value)
			}
		}
		w := httptest.NewRecorder()
		handler.ServeHTTP(w, r)
		answer := w.Result()
		var body io.Reader = answer.Body
		if answer.Header.Get("Content-Encoding") == "gzip" {
			var err error
			if body, err = gzip.NewReader(answer.Body); err != nil {
				t.Fatal(err)
			}
		}
		text, err := io.ReadAll(body)
		told := []any{c.path, c.accept, answer.Status, answer.Header}
		switch {
		case err != nil || answer.StatusCode != c.status:
			t.Error(told...)
		case c.status == http.StatusNotFound:
		case string(text) != c.text || answer.Header.Get("Content-Type") != c.kind || (answer.Header.Get("Content-Encoding") == "gzip") != c.packed:
			t.Error(append(told, string(text))...)
		case c.path != "/small.svg" && answer.Header.Get("Vary") != "Accept-Encoding":
			t.Error("a cache is not told:", told)
		}
		if strings.HasPrefix(c.path, "/assets/a") != strings.Contains(answer.Header.Get("Cache-Control"), "immutable") && c.status != 404 {
			t.Error("kept for how long:", told)
		}
	}
}
