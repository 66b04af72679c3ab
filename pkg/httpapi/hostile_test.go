package httpapi_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"testing"
	"time"

	"rynda/pkg/httpapi"
	"rynda/pkg/journal"
)

// planted is what must never come back, nor be logged.
const planted = "hunter2-PLANTED-sk_live_51H"

func TestNothingSentIsRepeated(t *testing.T) {
	t.Parallel()
	deep := strings.Repeat(`{"`+planted+`":`, 40) + "1" + strings.Repeat("}", 40)
	type request struct{ name, method, path, token, body, header, value string }
	requests := []request{
		{"unknown path", "GET", "/v1/" + planted, staffToken, "", "", ""},
		{"path that is not plain", "GET", "//" + planted, staffToken, "", "", ""},
		{"unknown path of the page's", "POST", "/" + planted, staffToken, "x", "", ""},
		{"unknown method", planted, "/v1/feed", staffToken, "", "", ""},
		{"wrong method", "PUT", "/v1/groups/" + planted, staffToken, "", "", ""},
		{"group id", "GET", "/v1/groups/" + planted, staffToken, "", "", ""},
		{"group id that is too long", "GET", "/v1/groups/" + strings.Repeat(planted, 3), staffToken, "", "", ""},
		{"view id that is too long", "DELETE", "/v1/groups/viewed/" + strings.Repeat(planted, 9), staffToken, "", "", ""},
		{"project", "GET", "/v1/feed?project=" + planted, staffToken, "", "", ""},
		{"order", "GET", "/v1/feed?order=" + planted, staffToken, "", "", ""},
		{"severity", "GET", "/v1/groups?severity=error," + planted, staffToken, "", "", ""},
		{"limit", "GET", "/v1/groups?limit=" + planted, staffToken, "", "", ""},
		{"since", "GET", "/v1/groups?since=" + planted, staffToken, "", "", ""},
		{"search that is too long", "GET", "/v1/groups?q=" + strings.Repeat(planted, 9), staffToken, "", "", ""},
		{"query that is not text", "GET", "/v1/groups?q=%00" + planted, staffToken, "", "", ""},
		{"step", "GET", "/v1/groups/1/histogram?step=" + planted, staffToken, "", "", ""},
		{"wait", "GET", "/v1/events?wait=" + planted, staffToken, "", "", ""},
		{"bearer token", "GET", "/v1/feed", planted, "", "", ""},
		{"other authorization", "GET", "/v1/feed", "", "", "Authorization", planted + " " + planted},
		{"cookie", "GET", "/v1/feed", "", "", "Cookie", "rynda=" + planted},
		{"request id of the caller", "GET", "/v1/" + planted, staffToken, "", "X-Request-Id", planted},
		{"host", "GET", "/nothing", staffToken, "", "Host", planted},
		{"view, broken JSON", "POST", "/v1/groups/1/viewed", staffToken, `{"through":"` + planted, "", ""},
		{"view, wrong type", "POST", "/v1/groups/1/viewed", staffToken, `{"through":"` + planted + `"}`, "", ""},
		{"view, unknown member", "POST", "/v1/groups/1/viewed", staffToken, `{"through":1,"` + planted + `":1}`, "", ""},
		{"view, number too large", "POST", "/v1/groups/1/viewed", staffToken, `{"through":1e99` + "}" + planted, "", ""},
		{"view, wrong content type", "POST", "/v1/groups/1/viewed", staffToken, planted, "Content-Type", "text/" + planted},
		{"view, content type of rubbish", "POST", "/v1/groups/1/viewed", staffToken, planted, "Content-Type", ";" + planted + "+"},
		{"view many, wrong severity", "POST", "/v1/groups/viewed", staffToken, `{"through_cursor":"x","severity":"` + planted + `"}`, "", ""},
		{"view many, wrong since", "POST", "/v1/groups/viewed", staffToken, `{"through_cursor":"x","since":"` + planted + `"}`, "", ""},
		{"view many, wrong list", "POST", "/v1/groups/viewed", staffToken, `{"through_cursor":"x","severity":{"` + planted + `":1}}`, "", ""},
		{"view many, foreign project", "POST", "/v1/groups/viewed", staffToken, `{"through_cursor":"x","project":"` + planted + `"}`, "", ""},
		{"report, broken JSON", "POST", "/v1/reports", ingestToken, `{"message":"` + planted, "", ""},
		{"report, not an object", "POST", "/v1/reports", ingestToken, `"` + planted + `"`, "", ""},
		{"report, wrong types", "POST", "/v1/reports", ingestToken, `{"message":{"` + planted + `":1}}`, "", ""},
		{"report, wrong time", "POST", "/v1/reports", ingestToken, `{"message":"a","occurred_at":"` + planted + `"}`, "", ""},
		{"report, wrong tags", "POST", "/v1/reports", ingestToken, `{"message":"a","tags":{"` + planted + `":["` + planted + `"]}}`, "", ""},
		{"report, wrong links", "POST", "/v1/reports", ingestToken, `{"message":"a","links":[{"url":["` + planted + `"]}]}`, "", ""},
		{"report, wrong frames", "POST", "/v1/reports", ingestToken, `{"message":"a","frames":[{"line":"` + planted + `"}]}`, "", ""},
		{"report, repeated key", "POST", "/v1/reports", ingestToken, `{"message":"a","` + planted + `":1,"` + planted + `":2}`, "", ""},
		{"report, too deep", "POST", "/v1/reports", ingestToken, `{"message":"a","x":` + deep + `}`, "", ""},
		{"report, no message", "POST", "/v1/reports", ingestToken, `{"` + planted + `":"` + planted + `"}`, "", ""},
		{"report, envelope", "POST", "/v1/reports", ingestToken, `{"reports":[{"x":"` + planted + `"}],"y":` + planted + `}`, "", ""},
		{"report, content type", "POST", "/v1/reports", ingestToken, planted, "Content-Type", "text/" + planted},
		{"report, content encoding", "POST", "/v1/reports", ingestToken, planted, "Content-Encoding", planted},
		{"report, idempotency key", "POST", "/v1/reports", ingestToken, planted, "Idempotency-Key", strings.Repeat(planted, 10)},
		{"report, gzip of rubbish", "POST", "/v1/reports", ingestToken, planted, "Content-Encoding", "gzip"},
	}
	for _, c := range requests {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			f := newFixture(t)
			method := c.method
			if method == planted {
				method = "HUNTER2-PLANTED"
			}
			r := httptest.NewRequest("GET", "/", strings.NewReader(c.body))
			r.Method = method
			r.URL.Path, r.URL.RawQuery, _ = strings.Cut(c.path, "?")
			r.Header.Set("Content-Type", "application/json")
			if c.token != "" {
				r.Header.Set("Authorization", "Bearer "+c.token)
			}
			if c.header == "Host" {
				r.Host = c.value
			} else if c.header != "" {
				r.Header.Set(c.header, c.value)
			}
			got := f.serve(r)
			if got.status < 400 && c.header != "Host" {
				t.Errorf("status %d: this was to fail: %s", got.status, got.body)
			}
			if got.status >= 500 {
				t.Errorf("status %d", got.status)
			}
			checkProblem(t, got)
			all := got.body + fmt.Sprint(got.header) + f.lines.String()
			for _, piece := range []string{"PLANTED", "hunter2", "sk_live"} {
				if strings.Contains(all, piece) {
					t.Errorf("%s comes back: %s\n%v\n%s", piece, got.body, got.header, f.lines)
				}
			}
			if !strings.Contains(f.lines.String(), `"request_id"`) {
				t.Error("the request is not in the log")
			}
		})
	}
}

func TestHostileJSON(t *testing.T) {
	t.Parallel()
	// In the manner of JSONTestSuite: i_ may go either way, n_ must not be stored.
	wrap := func(v string) string { return `{"message":"m","payload":` + v + `}` }
	for name, body := range map[string]string{
		"y_nul_escape":            wrap(`"\u0000"`),
		"y_number_huge":           wrap(strings.Repeat("9", 400)),
		"y_number_exponent":       wrap(`1e99999`),
		"y_number_minus_zero":     wrap(`-0`),
		"y_invalid_utf8":          "{\"message\":\"\xff\xfe \xc3\x28\"}",
		"y_lone_surrogate":        wrap(`"\ud800"`),
		"y_overlong_utf8":         wrap("\"\xc0\xaf\""),
		"y_bom_inside":            wrap("\"\xef\xbb\xbf\""),
		"y_escaped_key":           `{"\u006dessage":"m"}`,
		"y_32_levels":             `{"message":"m","payload":` + strings.Repeat("[", 30) + strings.Repeat("]", 30) + `}`,
		"n_bom_utf16":             "\xfe\xff\x00{\x00}",
		"n_single_quotes":         `{'message':'m'}`,
		"n_comment":               `{"message":"m"/**/}`,
		"n_trailing_comma":        `{"message":"m",}`,
		"n_trailing_comma_list":   wrap(`[1,]`),
		"n_leading_comma":         wrap(`[,1]`),
		"n_double_comma":          wrap(`[1,,2]`),
		"n_number_leading_zero":   wrap(`01`),
		"n_number_plus":           wrap(`+1`),
		"n_number_dot":            wrap(`1.`),
		"n_number_bare_exponent":  wrap(`1e`),
		"n_number_hex":            wrap(`0x1`),
		"n_nan":                   wrap(`NaN`),
		"n_infinity":              wrap(`-Infinity`),
		"n_capital_true":          wrap(`True`),
		"n_raw_newline_in_string": "{\"message\":\"a\nb\"}",
		"n_raw_tab_in_string":     "{\"message\":\"a\tb\"}",
		"n_raw_nul":               "{\"message\":\"m\"}\x00",
		"n_bad_escape":            `{"message":"\x"}`,
		"n_cut_escape":            `{"message":"\u00"}`,
		"n_mixed_brackets":        wrap(`[1}`) + `]`,
		"n_unclosed_deep":         strings.Repeat(`[`, 100_000),
		"n_open_objects":          strings.Repeat(`{"":`, 100_000),
		"n_deep_closed":           wrap(strings.Repeat("[", 50_000) + strings.Repeat("]", 50_000)),
		"n_duplicate_key":         `{"message":"a","m":1,"m":2}`,
		"n_duplicate_escaped":     `{"message":"a","\u006dessage":"b"}`,
		"n_duplicate_deep":        wrap(`{"a":{"b":1,"b":2}}`),
		"n_garbage_after":         `{"message":"m"}]`,
		"n_unquoted_key":          `{message:"m"}`,
		"n_star_inside":           wrap(`*`),
		"n_form_feed":             "{\"message\":\"m\"\f}",
		"n_empty_value":           `{"message":}`,
		"n_key_without_value":     `{"message"}`,
		"n_many_keys":             `{"message":"m","x":[` + strings.Repeat(`{},`, 20_000) + `{}]}`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newFixture(t)
			got := f.post(body)
			checkProblem(t, got)
			good := got.status == 202 && len(f.store.recorded) == 1
			// Behind a whole report rubbish is one more report, which is refused.
			if refused := got.status < 500 && len(f.store.recorded) == 0 ||
				got.status == 202 && len(decode[httpapi.Accepted](t, got).Rejected) == 1; name[0] == 'n' && !refused {
				t.Errorf("status %d with %d stored: %s", got.status, len(f.store.recorded), got.body)
			}
			if name[0] == 'y' && !good {
				t.Errorf("status %d: %s", got.status, got.body)
			}
			for _, o := range f.store.recorded {
				if row, _ := o.Row(); strings.ContainsRune(string(row.Body), 0) || strings.Contains(string(row.Body), `\u0000`) {
					t.Errorf("NUL is kept, which Postgres cannot hold: %s", row.Body)
				}
			}
		})
	}
}

func TestBombsCostWhatHonestBodiesCost(t *testing.T) {
	// Not parallel: it measures.
	f := newFixture(t)
	bombs := map[string][]byte{"gzip": gzipped(t, make([]byte, 64<<20)), "zstd": zstded(t, make([]byte, 64<<20))}
	for encoding, bomb := range bombs {
		f.post(string(bomb), "Content-Encoding", encoding) // fills the pool
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		for range 3 {
			if got := f.post(string(bomb), "Content-Encoding", encoding); got.status != 413 {
				t.Fatalf("%s: %d", encoding, got.status)
			}
		}
		runtime.ReadMemStats(&after)
		if each := (after.TotalAlloc - before.TotalAlloc) / 3; each > 48<<20 {
			t.Errorf("a %s bomb of 64 MiB allocated %d MiB", encoding, each>>20)
		}
	}
}

func TestSlowAndBrokenBodies(t *testing.T) {
	t.Parallel()
	f := newFixture(t, func(f *fixture) {
		f.config.BodyTimeout = time.Second
		f.deps.Store = slowStore{f.store}
	})
	server := httptest.NewServer(f.handler)
	defer server.Close()
	send := func(t *testing.T, head string) (string, *bufio.Reader, net.Conn) {
		conn, err := net.Dial("tcp", server.Listener.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { conn.Close() })
		conn.SetDeadline(time.Now().Add(time.Minute))
		fmt.Fprintf(conn, "POST /v1/reports HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer %s\r\n%s", ingestToken, head)
		r := bufio.NewReader(conn)
		line, _ := r.ReadString('\n')
		return line, r, conn
	}
	t.Run("a body that stalls is 408", func(t *testing.T) {
		if line, _, _ := send(t, "Content-Length: 100\r\n\r\n{"); !strings.Contains(line, "408") {
			t.Error(line)
		}
	})
	t.Run("a body that is announced too large is 413 before it is sent", func(t *testing.T) {
		if line, _, _ := send(t, "Content-Length: 99999999\r\n\r\n"); !strings.Contains(line, "413") {
			t.Error(line)
		}
	})
	t.Run("a chunked body that is too large is 413", func(t *testing.T) {
		patient := httptest.NewServer(newFixture(t).handler)
		defer patient.Close()
		r, err := http.NewRequest("POST", patient.URL+"/v1/reports", io.LimitReader(zeros{}, 9<<20))
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Authorization", "Bearer "+ingestToken)
		got, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal("the caller did not see the answer: ", err)
		}
		got.Body.Close()
		if got.StatusCode != 413 {
			t.Error(got.StatusCode)
		}
	})
	t.Run("the time for a body is not that for its work, nor for the next request", func(t *testing.T) {
		line, r, conn := send(t, "Content-Length: 15\r\n\r\n{\"message\":\"a\"}")
		if !strings.Contains(line, "202") {
			t.Fatal(line)
		}
		got, err := http.ReadResponse(bufio.NewReader(io.MultiReader(strings.NewReader(line), r)), nil)
		if err != nil {
			t.Fatal(err)
		}
		io.Copy(io.Discard, got.Body)
		fmt.Fprintf(conn, "GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
		if line, _ := r.ReadString('\n'); !strings.Contains(line, "200") {
			t.Errorf("the next request on it got %q", line)
		}
	})
}

// slowStore works longer than a body may take.
type slowStore struct{ *store }

func (s slowStore) Record(ctx context.Context, o []journal.Occurrence) ([]journal.Recorded, error) {
	<-time.After(1500 * time.Millisecond)
	return s.store.Record(ctx, o)
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) { clear(p); return len(p), nil }

func TestPanics(t *testing.T) {
	t.Parallel()
	f := newFixture(t, func(f *fixture) {
		f.deps.Static = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			switch r.URL.Path {
			case "/late":
				io.WriteString(w, "half")
				panic(planted)
			case "/abort":
				panic(http.ErrAbortHandler)
			}
			panic(errors.New(planted))
		})
	})
	got := f.get("/early", "")
	checkProblem(t, got)
	if got.status != 500 || strings.Contains(got.body+f.lines.String(), "PLANTED") || strings.Contains(got.body, "goroutine") {
		t.Errorf("status %d: %s\n%s", got.status, got.body, f.lines)
	}
	if !strings.Contains(f.lines.String(), "a handler panicked") || !strings.Contains(f.lines.String(), "hostile_test.go") {
		t.Errorf("the log does not say where: %s", f.lines)
	}
	for _, path := range []string{"/late", "/abort"} {
		func() {
			defer func() {
				if recover() != http.ErrAbortHandler {
					t.Errorf("%s: the connection would end as if the answer were whole", path)
				}
			}()
			f.get(path, "")
		}()
	}
	if strings.Contains(f.lines.String(), "PLANTED") {
		t.Error("the log repeats what was panicked with")
	}
}

func TestCallerWhoLeavesDoesNotStopTheStore(t *testing.T) {
	t.Parallel()
	ctx, leave := context.WithCancel(context.Background())
	store := &leftStore{leave: leave}
	f := newFixture(t, func(f *fixture) { store.store, f.deps.Store = f.store, store })
	r := httptest.NewRequest("POST", "/v1/reports", strings.NewReader(`{"message":"a"}`)).WithContext(ctx)
	r.Header.Set("Authorization", "Bearer "+ingestToken)
	f.serve(r)
	if store.err != nil || len(f.store.recorded) != 1 {
		t.Errorf("the transaction ended with the caller: %v", store.err)
	}
}

// leftStore is asked by a caller who leaves while it works.
type leftStore struct {
	*store
	leave func()
	err   error
}

func (s *leftStore) Record(ctx context.Context, o []journal.Occurrence) ([]journal.Recorded, error) {
	s.leave()
	s.err = ctx.Err()
	return s.store.Record(ctx, o)
}
