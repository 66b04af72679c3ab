package lambdahttp_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"strings"
	"testing"
	"time"

	"rynda/pkg/lambdahttp"
)

func escape(s string) string { return url.PathEscape(s) }

func invoke(t testing.TB, h http.HandlerFunc) (status int, body string) {
	t.Helper()
	event, err := os.ReadFile("testdata/function_url.json")
	if err != nil {
		t.Fatal(err)
	}
	encoded, err := lambdahttp.NewBuffered(h, quiet).Invoke(t.Context(), event)
	if err != nil {
		t.Fatal(err)
	}
	if len(encoded) > lambdahttp.MaxBuffered {
		t.Errorf("%d bytes", len(encoded))
	}
	w := httptest.NewRecorder()
	if err := lambdahttp.WriteAnswer(w, encoded); err != nil {
		t.Fatal(err)
	}
	return w.Code, w.Body.String()
}

func TestBuffered(t *testing.T) {
	t.Parallel()
	t.Run("a panic is an answer of 500 without what was said before it", func(t *testing.T) {
		t.Parallel()
		status, body := invoke(t, func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(http.StatusOK)
			io.WriteString(w, "half")
			panic("secret")
		})
		if status != 500 || strings.Contains(body, "secret") || strings.Contains(body, "half") || !strings.Contains(body, "about:blank") {
			t.Errorf("%d %s", status, body)
		}
	})
	t.Run("what is larger than 6 MB as it is encoded is an answer of 500", func(t *testing.T) {
		t.Parallel()
		for _, piece := range []string{"a", "\x01", "\xff"} {
			status, _ := invoke(t, func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, strings.Repeat(piece, 5<<20)) })
			if want := map[string]int{"a": 200, "\x01": 500, "\xff": 500}[piece]; status != want {
				t.Errorf("%q: %d, want %d", piece, status, want)
			}
		}
	})
	t.Run("the handler's context ends before the function does", func(t *testing.T) {
		t.Parallel()
		event, _ := os.ReadFile("testdata/function_url.json")
		end := time.Now().Add(time.Hour)
		ctx, cancel := context.WithDeadline(t.Context(), end)
		defer cancel()
		_, err := lambdahttp.NewBuffered(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
			if at, ok := r.Context().Deadline(); !ok || end.Sub(at) != 500*time.Millisecond {
				t.Errorf("%v, %v", at, ok)
			}
		}), quiet).Invoke(ctx, event)
		if err != nil {
			t.Error(err)
		}
	})
	t.Run("what is no event is an error that does not repeat it", func(t *testing.T) {
		t.Parallel()
		for _, payload := range []string{"", "secret", `{"source":"aws.events","detail":"secret"}`, `{"body":secret}`} {
			_, err := lambdahttp.NewBuffered(http.NotFoundHandler(), quiet).Invoke(t.Context(), []byte(payload))
			if !errors.Is(err, lambdahttp.ErrEvent) || strings.Contains(err.Error(), "secret") {
				t.Errorf("%q: %v", payload, err)
			}
		}
	})
}

func stream(t testing.TB, ctx context.Context, h http.HandlerFunc) io.ReadCloser {
	t.Helper()
	answer, err := lambdahttp.NewStreaming(h, quiet).Invoke(ctx, golden(t, "function_url.json"))
	if err != nil {
		t.Fatal(err)
	}
	if answer.ContentType() != lambdahttp.StreamType {
		t.Errorf("%s", answer.ContentType())
	}
	t.Cleanup(func() { answer.Close() })
	return answer
}

func TestStreaming(t *testing.T) {
	t.Parallel()
	t.Run("each write can be read before the next is made", func(t *testing.T) {
		t.Parallel()
		step := make(chan bool)
		answer := stream(t, t.Context(), func(w http.ResponseWriter, _ *http.Request) {
			for _, piece := range []string{"one", "two", "three"} {
				io.WriteString(w, piece)
				<-step
			}
		})
		prelude := make([]byte, 4096)
		var got strings.Builder
		for !strings.Contains(got.String(), "\x00\x00\x00\x00\x00\x00\x00\x00") {
			n, err := answer.Read(prelude)
			if err != nil {
				t.Fatal(err)
			}
			got.Write(prelude[:n])
		}
		for _, want := range []string{"one", "two", "three"} {
			piece := make([]byte, 100)
			n, err := answer.Read(piece)
			if err != nil || string(piece[:n]) != want {
				t.Fatalf("%q, %v", piece[:n], err)
			}
			step <- true
		}
		if n, err := answer.Read(prelude); n != 0 || err != io.EOF {
			t.Errorf("%d, %v", n, err)
		}
	})
	t.Run("the body does not end before the handler has returned", func(t *testing.T) {
		t.Parallel()
		returned, leave := false, make(chan bool)
		answer := stream(t, t.Context(), func(w http.ResponseWriter, _ *http.Request) {
			io.WriteString(w, "all of it")
			<-leave
			returned = true
		})
		go func() { leave <- true }()
		if _, err := io.ReadAll(answer); err != nil || !returned {
			t.Errorf("%v, returned %v", err, returned)
		}
	})
	t.Run("closing the body ends the handler and waits for it", func(t *testing.T) {
		t.Parallel()
		var failed error
		returned := false
		answer := stream(t, t.Context(), func(w http.ResponseWriter, r *http.Request) {
			w.(http.Flusher).Flush()
			<-r.Context().Done()
			_, failed = io.WriteString(w, "to nobody")
			returned = true
		})
		answer.Close()
		if !returned || failed == nil {
			t.Errorf("returned %v, %v", returned, failed)
		}
		answer.Close() // once more does no harm
	})
	t.Run("a write that nobody takes ends at its deadline", func(t *testing.T) {
		t.Parallel()
		failed := make(chan error, 1)
		stream(t, t.Context(), func(w http.ResponseWriter, _ *http.Request) {
			if err := http.NewResponseController(w).SetWriteDeadline(time.Now().Add(-time.Second)); err != nil {
				t.Error(err)
			}
			_, err := io.WriteString(w, "late")
			failed <- err
		})
		if err := <-failed; !errors.Is(err, os.ErrDeadlineExceeded) {
			t.Error(err)
		}
	})
	t.Run("a panic before the status is an answer of 500", func(t *testing.T) {
		t.Parallel()
		w := httptest.NewRecorder()
		if _, err := lambdahttp.WriteStream(w, stream(t, t.Context(), func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("X-Half", "1")
			panic("secret")
		}), 1<<20); err != nil || w.Code != 500 || w.Header().Get("X-Half") != "" || strings.Contains(w.Body.String(), "secret") {
			t.Errorf("%d %v %s, %v", w.Code, w.Header(), w.Body, err)
		}
	})
	t.Run("a panic later leaves an answer that is seen to be broken", func(t *testing.T) {
		t.Parallel()
		for _, p := range []any{"secret", http.ErrAbortHandler} {
			body, err := io.ReadAll(stream(t, t.Context(), func(w http.ResponseWriter, _ *http.Request) {
				io.WriteString(w, "half")
				panic(p)
			}))
			if err == nil || strings.Contains(err.Error(), "secret") || !bytes.HasSuffix(body, []byte("half")) {
				t.Errorf("%q, %v", body, err)
			}
		}
	})
	t.Run("what is no event is an error", func(t *testing.T) {
		t.Parallel()
		if _, err := lambdahttp.NewStreaming(http.NotFoundHandler(), quiet).Invoke(t.Context(), lambdahttp.Event{}); !errors.Is(err, lambdahttp.ErrEvent) {
			t.Error(err)
		}
	})
}

func TestWriteAnswer(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		payload string
		status  int
		body    string
		kind    string
		err     error
	}{
		"a body alone is an answer of 200 in JSON": {`{"hello":"you"}`, 200, `{"hello":"you"}`, "application/json", nil},
		"a text alone too":                         {`"hello"`, 200, `"hello"`, "application/json", nil},
		"without a type it is JSON":                {`{"statusCode":201,"body":"{}"}`, 201, "{}", "application/json", nil},
		"a wrong length is put right":              {`{"statusCode":200,"headers":{"content-length":"99"},"body":"abc"}`, 200, "abc", "application/json", nil},
		"204 has no body":                          {`{"statusCode":204,"body":"abc"}`, 204, "", "", nil},
		"broken JSON":                              {`{"statusCode":`, 0, "", "", lambdahttp.ErrAnswer},
		"broken base64":                            {`{"statusCode":200,"body":"!","isBase64Encoded":true}`, 0, "", "", lambdahttp.ErrAnswer},
		"a status that is none":                    {`{"statusCode":42,"body":"x"}`, 0, "", "", lambdahttp.ErrAnswer},
		"headers that would forge another": {
			`{"statusCode":200,"headers":{"x-a":"1\r\nX-Forged: 1","content-type":"text/plain"},"body":"x","cookies":["a=1\r\nX-Forged: 1"]}`, 200, "x", "text/plain", nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				err := lambdahttp.WriteAnswer(w, []byte(c.payload))
				if !errors.Is(err, c.err) {
					t.Error(err)
				}
				if err != nil {
					w.WriteHeader(http.StatusBadGateway)
				}
			}))
			defer server.Close()
			answer, err := http.Get(server.URL)
			if err != nil {
				t.Fatal(err)
			}
			defer answer.Body.Close()
			body, err := io.ReadAll(answer.Body)
			if err != nil {
				t.Fatal(err)
			}
			want := c.status
			if c.err != nil {
				want = http.StatusBadGateway
			}
			if answer.StatusCode != want || string(body) != c.body || answer.Header.Get("X-Forged") != "" || answer.Header.Get("X-A") != "" {
				t.Errorf("%d %v %q", answer.StatusCode, answer.Header, body)
			}
			if got := answer.Header.Get("Content-Type"); c.kind != "" && got != c.kind {
				t.Errorf("%q", got)
			}
		})
	}
}

func TestWriteStream(t *testing.T) {
	t.Parallel()
	zeros := strings.Repeat("\x00", 8)
	for name, c := range map[string]struct {
		from  string
		limit int64
		body  string
		sent  int64
		err   error
	}{
		"prelude and body":                     {`{"statusCode":200}` + zeros + "abc", 100, "abc", 3, nil},
		"a body of zeros":                      {`{"statusCode":200}` + zeros + zeros + "\x00", 100, zeros + "\x00", 9, nil},
		"no body":                              {`{}` + zeros, 100, "", 0, nil},
		"a body over the limit is cut":         {`{"statusCode":200}` + zeros + "abcdef", 4, "abcd", 6, nil},
		"no prelude":                           {"abc", 100, "", 0, lambdahttp.ErrAnswer},
		"seven zeros":                          {`{"statusCode":200}` + zeros[1:], 100, "", 0, lambdahttp.ErrAnswer},
		"a prelude that is no JSON":            {"abc" + zeros, 100, "", 0, lambdahttp.ErrAnswer},
		"a prelude without an end, of 2 MB":    {strings.Repeat("a", 2<<20), 100, "", 0, lambdahttp.ErrAnswer},
		"a prelude of 2 MB":                    {`{"statusCode":200` + strings.Repeat(" ", 2<<20) + "}" + zeros + "abc", 100, "", 0, lambdahttp.ErrAnswer},
		"a prelude that says it goes on later": {`{"statusCode":103}` + zeros, 100, "", 0, lambdahttp.ErrAnswer},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := httptest.NewRecorder()
			sent, err := lambdahttp.WriteStream(w, strings.NewReader(c.from), c.limit)
			if !errors.Is(err, c.err) || sent != c.sent || w.Body.String() != c.body {
				t.Errorf("%d, %v, %q", sent, err, w.Body)
			}
		})
	}
}

func FuzzWriteAnswer(f *testing.F) {
	f.Add([]byte(`{"statusCode":200,"headers":{"a":"b"},"cookies":["a=1"],"body":"YQ==","isBase64Encoded":true}`))
	f.Fuzz(func(t *testing.T, payload []byte) {
		w := httptest.NewRecorder()
		if err := lambdahttp.WriteAnswer(w, payload); errors.Is(err, lambdahttp.ErrAnswer) && w.Body.Len() > 0 {
			t.Error("something was written")
		}
		w = httptest.NewRecorder()
		if _, err := lambdahttp.WriteStream(w, bytes.NewReader(payload), 1<<10); errors.Is(err, lambdahttp.ErrAnswer) && w.Body.Len() > 0 {
			t.Error("something was streamed")
		}
		_ = json.Valid(payload)
	})
}
