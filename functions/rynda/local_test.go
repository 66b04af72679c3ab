package main

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"rynda/functions/internal/wiring"
	"rynda/pkg/auth"
	"rynda/pkg/httpapi"
	"rynda/pkg/pgtest"
)

// The local user of a development start is for who sits at this machine: not
// for what came through a proxy, by another name, or from another site.
func TestLocalUserIsLocal(t *testing.T) {
	t.Parallel()
	for _, local := range []bool{true, false} {
		config := wiring.Config{DatabaseURL: wiring.Secret(pgtest.New(t))}
		app, err := wiring.New(t.Context(), config, wiring.Options{Local: local, LocalName: "ann", Logger: wiring.NewLogger(io.Discard, wiring.ParseLevel("error"))})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(app.Close)
		server := httptest.NewServer(app.Handler)
		t.Cleanup(server.Close)
		port := server.Listener.Addr().String()[strings.LastIndex(server.Listener.Addr().String(), ":"):]
		for _, test := range []struct {
			header, value string
			want          int
		}{
			{"", "", 200}, {"Host", "localhost" + port, 200}, {"Host", "127.0.0.1", 200}, {"Host", "[::1]" + port, 200}, {"Host", "LOCALHOST", 200},
			{"Sec-Fetch-Site", "same-origin", 200}, {"Sec-Fetch-Site", "none", 200}, {"Origin", "http://127.0.0.1" + port, 200},
			{"Forwarded", "for=192.0.2.1", 401}, {"Forwarded", "", 401}, {"X-Forwarded-For", "127.0.0.1", 401}, {"X-Forwarded-Host", "localhost", 401},
			{"X-Forwarded-Proto", "https", 401}, {"X-Forwarded-Anything", "x", 401}, {"Via", "1.1 proxy", 401}, {"X-Real-Ip", "127.0.0.1", 401},
			{"Host", "rynda.example", 401}, {"Host", "localhost.rynda.example", 401}, {"Host", "127.0.0.1.rynda.example" + port, 401}, {"Host", "0.0.0.0", 401},
			{"Sec-Fetch-Site", "cross-site", 403}, {"Sec-Fetch-Site", "same-site", 403}, {"Origin", "https://rynda.example", 403}, {"Origin", "null", 403},
		} {
			for _, op := range httpapi.Operations() {
				if op.Need != auth.ToBeStaff {
					continue
				}
				want := test.want
				if !local {
					want = 401 // there is no such user, whoever asks
				}
				ctx, cancel := context.WithTimeout(t.Context(), patience)
				path := strings.NewReplacer("{id}", "1", "{view_id}", "1").Replace(op.Path)
				if op.ID == "stream-events" && want == 200 {
					op.Method = http.MethodHead // its headers are the answer
				}
				r, err := http.NewRequestWithContext(ctx, op.Method, server.URL+path, nil)
				if err != nil {
					t.Fatal(err)
				}
				switch {
				case test.header == "Host":
					r.Host = test.value
				case test.header != "":
					r.Header[test.header] = []string{test.value}
				}
				got, err := http.DefaultTransport.RoundTrip(r)
				if err != nil {
					t.Fatal(err)
				}
				body, _ := io.ReadAll(got.Body)
				got.Body.Close()
				cancel()
				known := got.StatusCode != 401 && got.StatusCode != 403
				if known != (want == 200) || !known && got.StatusCode != want {
					t.Errorf("local user %v, %s: %s with %s %q: %d, want %d: %s", local, op.ID, path, test.header, test.value, got.StatusCode, want, body)
				}
				var me struct{ Kind string }
				if op.ID == "get-me" && want == 200 && (json.Unmarshal(body, &me) != nil || me.Kind != "local") {
					t.Errorf("%s", body)
				}
			}
		}
	}
}
