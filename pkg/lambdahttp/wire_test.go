package lambdahttp_test

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/google/go-cmp/cmp"

	"rynda/pkg/lambdahttp"
)

// The round trip cannot see what both ends do wrong alike: these are the two
// formats as AWS has them.

func TestNewEvent_as_AWS_makes_it(t *testing.T) {
	t.Parallel()
	r := httptest.NewRequest("PUT", "/v1/runs/a%2Fb?q=c&q=a%20b&project=shop", strings.NewReader(`{"message":"ü"}`))
	r.Host, r.RemoteAddr = "abcdefghij.lambda-url.eu-north-1.on.aws", "203.0.113.7:4711"
	r.Header = http.Header{
		"Content-Type": {"application/json"}, "User-Agent": {"curl/8.5.0"}, "X-Several": {"one", "two"},
		"Cookie": {"__Host-rynda=abc; theme=dark", "third=3"}, "Connection": {"keep-alive"}, "Te": {"trailers"},
	}
	got, err := lambdahttp.NewEvent(r, "the-id", time.Unix(1_795_719_600, 0))
	if err != nil {
		t.Fatal(err)
	}
	want := &lambdahttp.Event{
		Version: "2.0", RawPath: "/v1/runs/a%2Fb", RawQueryString: "q=c&q=a%20b&project=shop",
		Cookies: []string{"__Host-rynda=abc", "theme=dark", "third=3"},
		Headers: map[string]string{
			"content-type": "application/json", "user-agent": "curl/8.5.0", "x-several": "one,two", "content-length": "16",
			"host": "abcdefghij.lambda-url.eu-north-1.on.aws",
		},
		QueryStringParameters: map[string]string{"q": "c,a b", "project": "shop"},
		RequestContext: events.LambdaFunctionURLRequestContext{
			AccountID: "anonymous", RequestID: "the-id", APIID: "abcdefghij", DomainName: "abcdefghij.lambda-url.eu-north-1.on.aws", DomainPrefix: "abcdefghij",
			Time: "26/Nov/2026:19:00:00 +0000", TimeEpoch: 1_795_719_600_000,
			HTTP: events.LambdaFunctionURLRequestContextHTTPDescription{
				Method: "PUT", Path: "/v1/runs/a/b", Protocol: "HTTP/1.1", SourceIP: "203.0.113.7", UserAgent: "curl/8.5.0",
			},
		},
		Body: `{"message":"ü"}`,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestNewEvent_says_which_bodies_are_text(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		kind, encoding, body string
		base64               bool
	}{
		{"application/json", "", "{}", false}, {"text/csv; charset=utf-8", "", "a", false}, {"application/xml", "", "<a/>", false},
		{"application/json", "gzip", "looks like text", true}, {"application/json", "", "\xff", true},
		{"", "", "a", true}, {"application/octet-stream", "", "a", true}, {"application/x-ndjson", "", "{}", true},
	} {
		r := httptest.NewRequest("POST", "/", strings.NewReader(c.body))
		r.Header.Set("Content-Type", c.kind)
		if c.encoding != "" {
			r.Header.Set("Content-Encoding", c.encoding)
		}
		event, err := lambdahttp.NewEvent(r, "id", time.Now())
		if err != nil || event.IsBase64Encoded != c.base64 || (event.Body == c.body) == c.base64 {
			t.Errorf("%+v: %v %q, %v", c, event.IsBase64Encoded, event.Body, err)
		}
	}
	for size, want := range map[int]error{lambdahttp.MaxBuffered: nil, lambdahttp.MaxBuffered + 1: lambdahttp.ErrTooLarge} {
		if _, err := lambdahttp.NewEvent(httptest.NewRequest("POST", "/", bytes.NewReader(make([]byte, size))), "id", time.Now()); err != want {
			t.Errorf("%d bytes: %v", size, err)
		}
	}
}

// payload is what a function gives to Lambda, as it is.
func payload(t *testing.T, method string, h http.HandlerFunc) (out events.LambdaFunctionURLResponse) {
	t.Helper()
	event := golden(t, "function_url.json")
	event.RequestContext.HTTP.Method = method
	text, err := json.Marshal(event)
	if err != nil {
		t.Fatal(err)
	}
	answer, err := lambdahttp.NewBuffered(h, quiet).Invoke(t.Context(), text)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(answer, &out); err != nil {
		t.Fatal(err)
	}
	return out
}

func TestBuffered_as_AWS_takes_it(t *testing.T) {
	t.Parallel()
	busy := func(w http.ResponseWriter, _ *http.Request) {
		w.Header()["X-Several"] = []string{"one", "two"}
		w.Header().Set("Connection", "close")
		http.SetCookie(w, &http.Cookie{Name: "a", Value: "1"})
		http.SetCookie(w, &http.Cookie{Name: "b", Value: "2"})
		w.WriteHeader(http.StatusAccepted)
		io.WriteString(w, "{}")
	}
	want := events.LambdaFunctionURLResponse{
		StatusCode: 202, Headers: map[string]string{"x-several": "one, two", "content-type": "text/plain; charset=utf-8"},
		Cookies: []string{"a=1", "b=2"}, Body: "{}",
	}
	if diff := cmp.Diff(want, payload(t, "GET", busy)); diff != "" {
		t.Error(diff)
	}
	want.Body = ""
	if diff := cmp.Diff(want, payload(t, "HEAD", busy)); diff != "" {
		t.Errorf("to HEAD: %s", diff)
	}
	for _, c := range []struct {
		encoding, body string
		base64         bool
	}{{"", "text", false}, {"gzip", "looks like text", true}, {"", "\xff\xfe", true}} {
		got := payload(t, "GET", func(w http.ResponseWriter, _ *http.Request) {
			if c.encoding != "" {
				w.Header().Set("Content-Encoding", c.encoding)
			}
			io.WriteString(w, c.body)
		})
		if got.IsBase64Encoded != c.base64 || (got.Body == c.body) == c.base64 {
			t.Errorf("%+v: %+v", c, got)
		}
	}
}

// A stream for HEAD is a head and nothing else, whatever the handler writes.
func TestStreaming_to_HEAD(t *testing.T) {
	t.Parallel()
	event := golden(t, "function_url.json")
	event.RequestContext.HTTP.Method = "HEAD"
	answer, err := lambdahttp.NewStreaming(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Length", "5")
		if n, err := io.WriteString(w, "hello"); n != 5 || err != nil {
			t.Errorf("%d, %v", n, err)
		}
	}), quiet).Invoke(t.Context(), event)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Close()
	if rest, err := io.ReadAll(answer.Body); len(rest) > 0 || err != nil || answer.Headers["content-length"] != "5" {
		t.Errorf("%q, %v, %v", rest, answer.Headers, err)
	}
}

// A stream says where it ends: a length that the handler names would make a
// front wait for more, or cut it.
func TestStreaming_has_no_length(t *testing.T) {
	t.Parallel()
	answer, err := lambdahttp.NewStreaming(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Length", "2")
		io.WriteString(w, "hello")
	}), quiet).Invoke(t.Context(), golden(t, "function_url.json"))
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Close()
	if length, named := answer.Headers["content-length"]; named {
		t.Errorf("%q", length)
	}
}

// A flush says the status, as net/http's does, and the caller has the head
// before there is a body.
func TestFlush(t *testing.T) {
	t.Parallel()
	got := payload(t, "GET", func(w http.ResponseWriter, _ *http.Request) {
		w.(http.Flusher).Flush()
		w.WriteHeader(http.StatusNotFound)
	})
	if got.StatusCode != http.StatusOK {
		t.Errorf("a status after a flush: %d", got.StatusCode)
	}
	headSeen := make(chan bool)
	server := httptest.NewServer(through["streaming"](t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.(http.Flusher).Flush()
		select {
		case <-headSeen:
			io.WriteString(w, "seen")
		case <-r.Context().Done():
		}
	})))
	defer server.Close()
	client := &http.Client{Timeout: time.Minute}
	answer, err := client.Get(server.URL)
	if err != nil {
		t.Fatalf("no head before the body: %v", err)
	}
	defer answer.Body.Close()
	headSeen <- true
	if body, err := io.ReadAll(answer.Body); string(body) != "seen" || err != nil {
		t.Errorf("%q, %v", body, err)
	}
}
