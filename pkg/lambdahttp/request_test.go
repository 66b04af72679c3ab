package lambdahttp_test

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"rynda/pkg/lambdahttp"
)

// seen is what a handler can tell of a request.
type seen struct {
	Method, URI, Path, Query, Proto, Host, Remote, Body string
	Length                                              int64
	Header                                              http.Header
	Cookies                                             map[string]string
}

func look(t testing.TB, r *http.Request) seen {
	t.Helper()
	body, err := io.ReadAll(r.Body)
	if err != nil {
		t.Fatal(err)
	}
	out := seen{
		Method: r.Method, URI: r.RequestURI, Path: r.URL.Path, Query: r.URL.RawQuery, Proto: r.Proto, Host: r.Host,
		Remote: r.RemoteAddr, Body: string(body), Length: r.ContentLength, Header: r.Header, Cookies: map[string]string{},
	}
	for _, cookie := range r.Cookies() {
		out.Cookies[cookie.Name] = cookie.Value
	}
	return out
}

func golden(t testing.TB, name string) lambdahttp.Event {
	t.Helper()
	text, err := os.ReadFile("testdata/" + name)
	if err != nil {
		t.Fatal(err)
	}
	var event lambdahttp.Event
	if err := json.Unmarshal(text, &event); err != nil {
		t.Fatal(err)
	}
	return event
}

func TestNewRequest(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]seen{
		"function_url.json": {
			Method: "PUT", URI: "/v1/runs/a%2Fb?project=shop&q=a%20b&q=c", Path: "/v1/runs/a/b", Query: "project=shop&q=a%20b&q=c",
			Proto: "HTTP/1.1", Host: "abcdefghij.lambda-url.eu-north-1.on.aws", Remote: "203.0.113.7:0",
			Body: "\x1f\x8b\x08\x00\x00\x00\x00\x00", Length: 8,
			Header: http.Header{
				"Accept": {"application/json"}, "Content-Encoding": {"gzip"}, "Content-Type": {"application/json"},
				"Cookie": {"__Host-rynda=abc; theme=dark"}, "User-Agent": {"curl/8.5.0"},
				"X-Amzn-Trace-Id": {"Root=1-65000000-000000000000000000000000"}, "X-Forwarded-For": {"203.0.113.7"},
				"X-Forwarded-Port": {"443"}, "X-Forwarded-Proto": {"https"}, "X-Several": {"one,two"},
			},
			Cookies: map[string]string{"__Host-rynda": "abc", "theme": "dark"},
		},
		"http_api.json": {
			Method: "POST", URI: "/v1/groups/the%20one", Path: "/v1/groups/the one", Proto: "HTTP/2.0",
			Host: "k1l2m3n4.execute-api.eu-north-1.amazonaws.com", Remote: "[2001:db8::7]:0", Body: `{"through":12}`, Length: 14,
			Header: http.Header{
				"Content-Type": {"application/json"}, "X-Forwarded-For": {"2001:db8::7"}, "X-Forwarded-Port": {"443"}, "X-Forwarded-Proto": {"https"},
			},
			Cookies: map[string]string{},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			event := golden(t, name)
			r, err := lambdahttp.NewRequest(t.Context(), &event)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(want, look(t, r)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestNewRequest_refuses(t *testing.T) {
	t.Parallel()
	for name, spoil := range map[string]func(*lambdahttp.Event){
		"an event of a schedule":           func(e *lambdahttp.Event) { *e = lambdahttp.Event{} },
		"a method with a blank":            func(e *lambdahttp.Event) { e.RequestContext.HTTP.Method = "GET /secret" },
		"a path without a slash":           func(e *lambdahttp.Event) { e.RawPath = "secret" },
		"a query with a line break":        func(e *lambdahttp.Event) { e.RawQueryString = "secret\r\nX: 1" },
		"a body that is said to be base64": func(e *lambdahttp.Event) { e.Body, e.IsBase64Encoded = "secret!", true },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			event := golden(t, "http_api.json")
			spoil(&event)
			r, err := lambdahttp.NewRequest(t.Context(), &event)
			if !errors.Is(err, lambdahttp.ErrEvent) || r != nil {
				t.Fatalf("%v, %v", r, err)
			}
			if strings.Contains(err.Error(), "secret") {
				t.Errorf("the error repeats the event: %v", err)
			}
		})
	}
}

func TestNewRequest_leaves_out_what_no_server_would_give(t *testing.T) {
	t.Parallel()
	event := golden(t, "http_api.json")
	event.Headers["x-broken"] = "a\r\nX-Forged: 1"
	event.Headers["bad name"] = "1"
	event.Headers["transfer-encoding"] = "chunked"
	event.Headers["content-length"] = "999"
	event.Cookies = []string{"a=1\r\nX-Forged: 1"}
	event.RequestContext.HTTP.SourceIP = "nobody"
	r, err := lambdahttp.NewRequest(t.Context(), &event)
	if err != nil {
		t.Fatal(err)
	}
	got := look(t, r)
	for _, name := range []string{"X-Broken", "Bad Name", "bad name", "Transfer-Encoding", "Content-Length", "Cookie", "X-Forged"} {
		if _, there := got.Header[name]; there {
			t.Errorf("%s is there: %v", name, got.Header)
		}
	}
	if got.Remote != "0.0.0.0:0" || got.Length != 14 {
		t.Errorf("%+v", got)
	}
}

func FuzzNewRequest(f *testing.F) {
	for _, name := range []string{"function_url.json", "http_api.json"} {
		text, err := os.ReadFile("testdata/" + name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		var event lambdahttp.Event
		if json.Unmarshal(text, &event) != nil {
			return
		}
		r, err := lambdahttp.NewRequest(t.Context(), &event)
		if err != nil {
			if r != nil || !errors.Is(err, lambdahttp.ErrEvent) {
				t.Fatalf("%v, %v", r, err)
			}
			return
		}
		if got := look(t, r); got.Length != int64(len(got.Body)) || !strings.HasPrefix(r.URL.Path, "/") {
			t.Fatalf("%+v", got)
		}
		// What is made can be sent over a real connection.
		var b strings.Builder
		if err := r.Write(&b); err != nil && r.Host != "" {
			t.Logf("cannot be written: %v", err)
		}
	})
}
