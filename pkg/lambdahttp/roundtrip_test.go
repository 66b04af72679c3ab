package lambdahttp_test

import (
	"bytes"
	"encoding/json"
	"io"
	"log"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"sort"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"rynda/pkg/lambdahttp"
)

var quiet = slog.New(slog.DiscardHandler)

// through are the ways to a handler: straight, and through both kinds of
// function with the front before them, over the wire format.
var through = map[string]func(t testing.TB, h http.Handler) http.Handler{
	"net/http": func(_ testing.TB, h http.Handler) http.Handler { return h },
	"buffered": func(t testing.TB, h http.Handler) http.Handler {
		function := lambdahttp.NewBuffered(h, quiet)
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			answer, err := function.Invoke(r.Context(), encoded(t, r))
			if err == nil {
				err = lambdahttp.WriteAnswer(w, answer)
			}
			if err != nil {
				t.Errorf("%s %s: %v", r.Method, r.URL, err)
			}
		})
	},
	"streaming": func(t testing.TB, h http.Handler) http.Handler {
		function := lambdahttp.NewStreaming(h, quiet)
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			var event lambdahttp.Event
			if err := json.Unmarshal(encoded(t, r), &event); err != nil {
				t.Error(err)
				return
			}
			answer, err := function.Invoke(r.Context(), event)
			if err != nil {
				t.Errorf("%s %s: %v", r.Method, r.URL, err)
				return
			}
			defer answer.Close()
			if _, err := lambdahttp.WriteStream(w, answer, 1<<30); err != nil {
				panic(http.ErrAbortHandler) // as the emulator does
			}
		})
	},
}

func encoded(t testing.TB, r *http.Request) []byte {
	event, err := lambdahttp.NewEvent(r, "11111111-2222-3333-4444-555555555555", time.Unix(1_795_719_600, 0))
	if err != nil {
		t.Error(err)
		return nil
	}
	text, err := json.Marshal(event)
	if err != nil {
		t.Error(err)
	}
	return text
}

// answered is what a client can tell of an answer.
type answered struct {
	Status  int
	Header  http.Header
	Body    string
	Cookies []string
	Broken  bool
}

func call(t testing.TB, url string, r *http.Request) answered {
	t.Helper()
	client := &http.Client{
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		Transport:     &http.Transport{DisableCompression: true, DisableKeepAlives: true},
	}
	answer, err := client.Do(r)
	if err != nil {
		return answered{Broken: true}
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	out := answered{Status: answer.StatusCode, Header: answer.Header, Body: string(body), Broken: err != nil}
	out.Cookies = out.Header["Set-Cookie"]
	for _, name := range []string{"Set-Cookie", "Date", "Content-Length", "Transfer-Encoding", "Connection"} {
		out.Header.Del(name)
	}
	for name, values := range out.Header {
		out.Header[name] = []string{strings.Join(values, ", ")} // the format has one value a name
	}
	return out
}

// What handlers do and what net/http makes of it.
var habits = map[string]http.HandlerFunc{
	"says nothing":          func(http.ResponseWriter, *http.Request) {},
	"writes without status": func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "<html><body>hello") },
	"writes nothing first":  func(w http.ResponseWriter, _ *http.Request) { w.Write(nil); w.WriteHeader(404) },
	"says two statuses":     func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(404); w.WriteHeader(200) },
	"announces first": func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Link", "</a.css>; rel=preload")
		w.WriteHeader(http.StatusEarlyHints)
		w.Header().Del("Link")
		w.WriteHeader(http.StatusAccepted)
	},
	"changes headers too late": func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("X-Early", "1")
		io.WriteString(w, "a")
		w.Header().Set("X-Late", "1")
	},
	"sets cookies": func(w http.ResponseWriter, _ *http.Request) {
		http.SetCookie(w, &http.Cookie{Name: "a", Value: "1", Path: "/", HttpOnly: true, Expires: time.Unix(1_900_000_000, 0)})
		http.SetCookie(w, &http.Cookie{Name: "b", Value: "2"})
		w.WriteHeader(http.StatusNoContent)
	},
	"repeats a header": func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Add("Vary", "Origin")
		w.Header().Add("Vary", "Accept")
	},
	"redirects": func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, "/elsewhere?a=1", http.StatusSeeOther)
	},
	"answers bytes":      func(w http.ResponseWriter, _ *http.Request) { w.Write([]byte{0xff, 0xfe, 0, 1, 2}) },
	"answers zero bytes": func(w http.ResponseWriter, _ *http.Request) { w.Write(bytes.Repeat([]byte{0}, 4096)) },
	"compresses": func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/plain") // a front gives one to what has none
		w.Header().Set("Content-Encoding", "gzip")
		w.Write([]byte("looks like text"))
	},
	"has a type of its own": func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/problem+json")
		w.WriteHeader(422)
		io.WriteString(w, `{"status":422,"detail":"не то \u0000 <>&"}`)
	},
	"flushes first": func(w http.ResponseWriter, _ *http.Request) {
		w.Header()["Content-Type"] = []string{"text/event-stream"}
		w.(http.Flusher).Flush()
		io.WriteString(w, "data: 1\n\n")
	},
	"writes to 304": func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("ETag", `"1"`)
		w.WriteHeader(http.StatusNotModified)
		if _, err := io.WriteString(w, "x"); err != http.ErrBodyNotAllowed {
			panic(err)
		}
	},
	"writes in pieces": func(w http.ResponseWriter, _ *http.Request) {
		c := http.NewResponseController(w)
		for range 20 {
			if err := c.SetWriteDeadline(time.Now().Add(time.Minute)); err != nil {
				panic(err)
			}
			io.WriteString(w, strings.Repeat("piece ", 1000))
			if err := c.Flush(); err != nil {
				panic(err)
			}
		}
		if err := c.SetReadDeadline(time.Time{}); err != nil {
			panic(err)
		}
	},
}

func TestHandlersCannotTell(t *testing.T) {
	t.Parallel()
	for name, habit := range habits {
		for _, method := range []string{"GET", "HEAD", "POST"} {
			t.Run(name+" to "+method, func(t *testing.T) {
				t.Parallel()
				got := map[string]answered{}
				for way, wrap := range through {
					server := httptest.NewUnstartedServer(wrap(t, habit))
					server.Config.ErrorLog = log.New(io.Discard, "", 0) // it speaks of second statuses
					server.Start()
					r, err := http.NewRequest(method, server.URL+"/x", nil)
					if err != nil {
						t.Fatal(err)
					}
					got[way] = call(t, server.URL, r)
					server.Close()
				}
				if got["net/http"].Status == 0 {
					t.Fatalf("%+v", got)
				}
				for way, answer := range got {
					want := got["net/http"]
					if answer.Body == "" && want.Body == "" { // a type is given to bodies that are empty, or not
						answer.Header.Del("Content-Type")
						want.Header = want.Header.Clone()
						want.Header.Del("Content-Type")
					}
					if diff := cmp.Diff(want, answer); diff != "" {
						t.Errorf("%s: %s", way, diff)
					}
				}
			})
		}
	}
}

// What goes in at the front comes out at the handler, whatever it is.
func TestRequestsGoThrough(t *testing.T) {
	t.Parallel()
	got := make(chan seen, 1)
	servers := map[string]*httptest.Server{}
	for way, wrap := range through {
		servers[way] = httptest.NewServer(wrap(t, http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { got <- look(t, r) })))
		t.Cleanup(servers[way].Close)
	}
	text := rapid.StringMatching(`[a-zA-Z0-9 äя%/?&=+;,_.~-]{0,12}`)
	name := rapid.StringMatching(`X-[A-Z][a-z]{1,6}`)
	value := rapid.StringMatching(`[!-~]([ -~]{0,10}[!-~])?`)
	rapid.Check(t, func(rt *rapid.T) {
		target := httpURL(rapid.SliceOfN(text, 0, 4).Draw(rt, "path"), rapid.MapOfN(text, text, 0, 3).Draw(rt, "query"))
		method := rapid.SampledFrom([]string{"GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "OPTIONS"}).Draw(rt, "method")
		body := rapid.SliceOfN(rapid.Byte(), 0, 200).Draw(rt, "body")
		if method == "GET" || method == "HEAD" {
			body = nil
		}
		header := http.Header{"User-Agent": {"test"}}
		for k, v := range rapid.MapOfN(name, value, 0, 4).Draw(rt, "header") {
			header.Set(k, v)
		}
		if kind := rapid.SampledFrom([]string{"", "application/json", "text/plain; charset=utf-8", "application/x-www-form-urlencoded", "image/png"}).Draw(rt, "type"); kind != "" {
			header.Set("Content-Type", kind)
		}
		cookies := rapid.SliceOfN(rapid.StringMatching(`[a-z]{1,5}=[a-zA-Z0-9_.-]{0,8}`), 0, 3).Draw(rt, "cookies")
		if len(cookies) > 0 {
			header.Set("Cookie", strings.Join(cookies, "; "))
		}
		all := map[string]seen{}
		for way, server := range servers {
			r, err := http.NewRequest(method, server.URL+target, bytes.NewReader(body))
			if err != nil {
				rt.Fatal(err)
			}
			r.Host, r.Header = "rynda.test", header.Clone()
			if answer := call(t, server.URL, r); answer.Status != http.StatusOK {
				rt.Fatalf("%s: %+v", way, answer)
			}
			one := <-got
			one.Remote = ""
			if len(body) == 0 {
				one.Length = 0
			}
			one.Header.Del("Content-Length")
			one.Header.Del("Accept-Encoding")
			one.Header.Del("Connection")
			all[way] = one
		}
		for way, one := range all {
			if diff := cmp.Diff(all["net/http"], one); diff != "" {
				rt.Fatalf("%s: %s", way, diff)
			}
		}
	})
}

func httpURL(path []string, query map[string]string) string {
	var b strings.Builder
	b.WriteString("/")
	for i, part := range path {
		if i > 0 {
			b.WriteString("/")
		}
		b.WriteString(escape(part))
	}
	names := make([]string, 0, len(query))
	for k := range query {
		names = append(names, k)
	}
	sort.Strings(names)
	for i, k := range names {
		b.WriteString(map[bool]string{true: "?", false: "&"}[i == 0])
		b.WriteString(escape(k) + "=" + escape(query[k]))
	}
	return b.String()
}
