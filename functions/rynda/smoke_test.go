package main

import (
	"bytes"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strings"
	"testing"

	"rynda/pkg/pgtest"
)

func TestSmoke(t *testing.T) {
	t.Parallel()
	s := newSystem(t, pgtest.New(t))
	s.start()
	run := func(base string) (string, error) {
		var out bytes.Buffer
		err := runSmoke(t.Context(), []string{"-ingest", s.ingest, "-staff", s.staff, base}, &out)
		return out.String(), err
	}
	for range 2 { // what one leaves behind does not disturb the next
		if out, err := run(s.url); err != nil || !strings.Contains(out, "all 20 checks passed") {
			t.Errorf("%v\n%s", err, out)
		}
	}
	target, err := url.Parse(s.url)
	if err != nil {
		t.Fatal(err)
	}
	t.Run("a proxy that forgets views is found out", func(t *testing.T) {
		proxy := httputil.NewSingleHostReverseProxy(target)
		proxy.FlushInterval = -1
		front := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if strings.HasSuffix(r.URL.Path, "/viewed") {
				w.WriteHeader(http.StatusOK)
				return
			}
			proxy.ServeHTTP(w, r)
		}))
		defer front.Close()
		var out bytes.Buffer
		err := runSmoke(t.Context(), []string{"-ingest", s.ingest, "-staff", s.staff, "-within", "2s", front.URL}, &out)
		if err == nil || !strings.Contains(out.String(), "FAIL") || !strings.Contains(out.String(), "dismissing it is told to everybody") {
			t.Errorf("%v\n%s", err, out.String())
		}
	})
	if _, err := run(""); err == nil || !strings.Contains(err.Error(), "usage") {
		t.Errorf("without an address: %v", err)
	}
}
