package httpapi_test

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/klauspost/compress/zstd"

	"rynda/pkg/httpapi"
	"rynda/pkg/journal"
)

func TestReports(t *testing.T) {
	t.Parallel()
	const one = `{"message":"disk full"}`
	for _, c := range []struct {
		name   string
		body   string
		header []string
		status int
		stored int
	}{
		{"one report is stored", one, nil, 202, 1},
		{"a form type, as curl -d sends, is taken for JSON", one, []string{"Content-Type", "application/x-www-form-urlencoded"}, 202, 1},
		{"no type is taken for JSON", one, []string{"Content-Type", ""}, 202, 1},
		{"plain text is taken for JSON", one, []string{"Content-Type", "text/plain; charset=UTF-8"}, 202, 1},
		{"a type that ends in +json is JSON", one, []string{"Content-Type", "application/vnd.acme+json"}, 202, 1},
		{"another type is refused", one, []string{"Content-Type", "application/xml"}, 415, 0},
		{"another charset is refused", one, []string{"Content-Type", "application/json; charset=koi8-r"}, 415, 0},
		{"a type that cannot be read is refused", one, []string{"Content-Type", "no/such/type"}, 415, 0},
		{"another encoding is refused", one, []string{"Content-Encoding", "br"}, 415, 0},
		{"two encodings are refused", one, []string{"Content-Encoding", "gzip, gzip"}, 415, 0},
		{"identity is no encoding", one, []string{"Content-Encoding", "identity"}, 202, 1},
		{"a byte order mark is passed over", "\xef\xbb\xbf" + one, nil, 202, 1},
		{"a list under reports is several", `{"reports":[` + one + `,` + one + `]}`, nil, 202, 2},
		{"other members of the envelope are passed over", `{"sdk":{"name":"x"},"reports":[` + one + `]}`, nil, 202, 1},
		{"a report may have a member called reports", `{"message":"a","reports":[{"message":"b"},{"message":"c"}]}`, nil, 202, 1},
		{"an empty list is nothing that could be accepted", `{"reports":[]}`, nil, 422, 0},
		{"several values, one after the other", one + "\n" + one + " " + one, nil, 202, 3},
		{"one per line", one + "\n\n" + one + "\r\n", []string{"Content-Type", "application/x-ndjson"}, 202, 2},
		{"a bare list is told how to do it", `[` + one + `]`, nil, 400, 0},
		{"nothing is refused", ``, nil, 400, 0},
		{"white space is nothing", " \n\t", nil, 400, 0},
		{"no line is nothing", "\n\n", []string{"Content-Type", "application/x-ndjson"}, 400, 0},
		{"broken JSON is refused", `{"message":"a"`, nil, 400, 0},
		{"a broken envelope is refused whole", `{"reports":[` + one + `,]}`, nil, 400, 0},
		{"an envelope without commas is refused whole", `{"reports":[` + one + one + `]}`, nil, 400, 0},
		{"two lists in an envelope are refused", `{"reports":[` + one + `],"reports":[]}`, nil, 400, 0},
		{"a broken member beside the list is refused", `{"reports":[` + one + `],"x":tru}`, nil, 400, 0},
		{"a message is required", `{"type":"E"}`, nil, 422, 0},
		{"a message of white space is none", `{"message":"  "}`, nil, 422, 0},
		{"a repeated key is refused", `{"message":"a","message":"b"}`, nil, 422, 0},
		{"a field of another type is refused", `{"message":7}`, nil, 422, 0},
		{"a number is no report", `7`, nil, 422, 0},
		{"a batch of nothing but bad reports is refused", `{"reports":[{},7,"x"]}`, nil, 422, 0},
		{"lines of nothing but broken JSON are refused", "{\n{\n", []string{"Content-Type", "application/x-ndjson"}, 422, 0},
		{"500 reports are a batch", `{"reports":[` + strings.Repeat(one+",", 499) + one + `]}`, nil, 202, 500},
		{"501 reports are not", `{"reports":[` + strings.Repeat(one+",", 500) + one + `]}`, nil, 413, 0},
		{"501 lines are not", strings.Repeat(one+"\n", 501), []string{"Content-Type", "application/x-ndjson"}, 413, 0},
		{"a report of 1 MiB is refused", `{"message":"` + strings.Repeat("a", 1<<20) + `"}`, nil, 413, 0},
		{"5 MiB are refused", strings.Repeat(" ", 5<<20) + one, nil, 413, 0},
		{"a deep report is refused", `{"message":"a","payload":` + strings.Repeat("[", 40) + strings.Repeat("]", 40) + `}`, nil, 413, 0},
		{"a wide report is refused", `{"message":"a","payload":[` + strings.Repeat("0,", 10_000) + `0]}`, nil, 413, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			f := newFixture(t)
			got := f.post(c.body, c.header...)
			if got.status != c.status || len(f.store.recorded) != c.stored {
				t.Fatalf("status %d with %d stored, want %d with %d: %s", got.status, len(f.store.recorded), c.status, c.stored, got.body)
			}
			checkProblem(t, got)
		})
	}
}

func TestReportsResults(t *testing.T) {
	t.Parallel()
	t.Run("each report of a batch has its own", func(t *testing.T) {
		t.Parallel()
		f := newFixture(t)
		got := f.post(`{"message":"a"}`+"\n"+`{"message":`+"\n"+`{"message":"a","report_id":"r"}`+"\n"+`{}`+"\n"+`{"message":"a","report_id":"r"}`,
			"Content-Type", "application/x-ndjson")
		a := decode[httpapi.Accepted](t, got)
		if got.status != 202 || a.Accepted != 2 || a.Duplicates != 1 || len(a.Occurrences) != 3 || len(a.Rejected) != 2 {
			t.Fatalf("status %d: %s", got.status, got.body)
		}
		indices := []int{a.Occurrences[0].Index, a.Occurrences[1].Index, a.Occurrences[2].Index}
		if diff := cmp.Diff([]int{0, 2, 4}, indices); diff != "" {
			t.Error(diff)
		}
		if a.Occurrences[1].OccurrenceID != a.Occurrences[2].OccurrenceID {
			t.Error("the repeat has another id")
		}
		if r := a.Rejected; r[0].Index != 1 || r[0].Problem.Status != 400 || r[1].Index != 3 || r[1].Problem.Status != 422 ||
			r[1].Problem.Errors[0].Location != "message" {
			t.Errorf("rejected: %+v", a.Rejected)
		}
	})
	t.Run("lists are never null", func(t *testing.T) {
		t.Parallel()
		if got := newFixture(t).post(`{"message":"a"}`); !strings.Contains(got.body, `"rejected":[]`) {
			t.Error(got.body)
		}
	})
	t.Run("a refused batch names all that was refused", func(t *testing.T) {
		t.Parallel()
		p := decode[httpapi.Problem](t, newFixture(t).post(`{"reports":[{},{"message":1}]}`))
		if p.Status != 422 || len(p.Rejected) != 2 || p.RequestID == "" {
			t.Errorf("%+v", p)
		}
	})
	t.Run("a repeat with the same Idempotency-Key is a duplicate", func(t *testing.T) {
		t.Parallel()
		f := newFixture(t)
		first := decode[httpapi.Accepted](t, f.post(`{"message":"a"}`, "Idempotency-Key", "k"))
		second := decode[httpapi.Accepted](t, f.post(`{"message":"a"}`, "Idempotency-Key", "k"))
		other := decode[httpapi.Accepted](t, f.post(`{"message":"a"}`, "Idempotency-Key", "l"))
		if first.Accepted != 1 || second.Duplicates != 1 || other.Accepted != 1 ||
			first.Occurrences[0].OccurrenceID != second.Occurrences[0].OccurrenceID {
			t.Errorf("%+v, %+v, %+v", first, second, other)
		}
	})
	t.Run("an Idempotency-Key that is too long is refused", func(t *testing.T) {
		t.Parallel()
		if got := newFixture(t).post(`{"message":"a"}`, "Idempotency-Key", strings.Repeat("k", 201)); got.status != 422 {
			t.Error(got.status)
		}
	})
	t.Run("a database that is away is 503 with a pause", func(t *testing.T) {
		t.Parallel()
		f := newFixture(t)
		f.store.err = fmt.Errorf("connect: %w", journal.ErrUnavailable)
		got := f.post(`{"message":"a"}`)
		if after, err := strconv.Atoi(got.header.Get("Retry-After")); got.status != 503 || err != nil || after < 1 {
			t.Errorf("status %d, Retry-After %q", got.status, got.header.Get("Retry-After"))
		}
		checkProblem(t, got)
	})
	t.Run("a store that answers for fewer than it got is a fault", func(t *testing.T) {
		t.Parallel()
		f := newFixture(t)
		f.store.err = fmt.Errorf("odd")
		if got := f.post(`{"message":"a"}`); got.status != 500 {
			t.Error(got.status)
		}
	})
}

func TestReportsRate(t *testing.T) {
	t.Parallel()
	now := noon
	f := newFixture(t, func(f *fixture) {
		f.config.RateLimit = 2
		f.deps.Now = func() time.Time { return now }
	})
	post := func() answer {
		return f.post(`{"reports":[{"message":"a"},{"message":"b"},{"message":"c"},{"message":"d"}]}`)
	}
	if got := post(); got.status != 202 {
		t.Fatalf("the first batch: %d", got.status)
	}
	limited := post()
	after, err := strconv.Atoi(limited.header.Get("Retry-After"))
	if limited.status != 429 || err != nil || after < 1 || len(f.store.recorded) != 4 {
		t.Fatalf("over the rate: %d, Retry-After %q, %d stored", limited.status, limited.header.Get("Retry-After"), len(f.store.recorded))
	}
	checkProblem(t, limited)
	now = now.Add(time.Duration(after) * time.Second)
	if got := post(); got.status != 202 {
		t.Errorf("after the pause that was asked for: %d", got.status)
	}
	if got := newFixture(t, func(f *fixture) { f.config.RateLimit = 0 }).post(`{"message":"a"}`); got.status != 202 {
		t.Errorf("without a limit: %d", got.status)
	}
}

func TestReportsEncodings(t *testing.T) {
	t.Parallel()
	const body = `{"message":"disk full"}`
	for _, c := range []struct {
		name, encoding string
		body           []byte
		status         int
	}{
		{"gzip", "gzip", gzipped(t, []byte(body)), 202},
		{"x-gzip", "X-GZIP", gzipped(t, []byte(body)), 202},
		{"zstd", "zstd", zstded(t, []byte(body)), 202},
		{"gzip in two members", "gzip", append(gzipped(t, []byte(body[:5])), gzipped(t, []byte(body[5:]))...), 202},
		{"what is not gzip", "gzip", []byte(body), 400},
		{"what is not zstd", "zstd", []byte(body), 400},
		{"gzip that is cut", "gzip", gzipped(t, []byte(body))[:20], 400},
		{"zstd that is cut", "zstd", zstded(t, []byte(body))[:15], 400},
		{"a gzip bomb", "gzip", gzipped(t, make([]byte, 8<<20)), 413},
		{"a zstd bomb", "zstd", zstded(t, make([]byte, 8<<20)), 413},
		{"a zstd frame that asks for a window of 512 MiB", "zstd", []byte{0x28, 0xb5, 0x2f, 0xfd, 0x00, 0x98, 0x01, 0x00, 0x00}, 413},
	} {
		t.Run(c.name+" is "+http.StatusText(c.status), func(t *testing.T) {
			t.Parallel()
			f := newFixture(t)
			got := f.post(string(c.body), "Content-Encoding", c.encoding)
			if got.status != c.status {
				t.Errorf("status %d: %s", got.status, got.body)
			}
			checkProblem(t, got)
		})
	}
}

func gzipped(t testing.TB, b []byte) []byte {
	t.Helper()
	var out bytes.Buffer
	w := gzip.NewWriter(&out)
	if _, err := w.Write(b); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func zstded(t testing.TB, b []byte) []byte {
	t.Helper()
	w, err := zstd.NewWriter(nil)
	if err != nil {
		t.Fatal(err)
	}
	return w.EncodeAll(b, nil)
}

// checkProblem holds what is true of every failure.
func checkProblem(t testing.TB, a answer) {
	t.Helper()
	if a.status < 400 {
		return
	}
	p := decode[httpapi.Problem](t, a)
	if a.header.Get("Content-Type") != "application/problem+json" || p.Status != a.status || p.Title != http.StatusText(a.status) ||
		p.RequestID == "" || p.RequestID != a.header.Get("X-Request-Id") || p.Type != "about:blank" {
		t.Errorf("not a whole problem: %d %s %s", a.status, a.header.Get("Content-Type"), a.body)
	}
}

func FuzzReports(f *testing.F) {
	for _, seed := range []string{
		`{"message":"a"}`, `{"reports":[{"message":"a"},7]}`, "{}\n{}", `{"reports":[`, `[[[`, `"\u0000"`, "\xff\xfe", `{"a":{"b":"c\"}"}}`,
		`{"reports":{"message":1}}`, `{"reports":[1,2,]}`, `{"reports" :[ ] , "x":"y"}`, "nul", `{"message":"a"}garbage`, `{"":1e999}`,
	} {
		f.Add([]byte(seed), "application/json", "")
		f.Add([]byte(seed), "application/x-ndjson", "")
		f.Add(gzipped(f, []byte(seed)), "", "gzip")
		f.Add(zstded(f, []byte(seed)), "", "zstd")
	}
	fx := newFixture(f)
	f.Fuzz(func(t *testing.T, body []byte, media, encoding string) {
		r := httptest.NewRequest(http.MethodPost, "/v1/reports", bytes.NewReader(body))
		r.Header = http.Header{"Authorization": {"Bearer " + ingestToken}, "Content-Type": {media}, "Content-Encoding": {encoding}}
		w := httptest.NewRecorder()
		fx.handler.ServeHTTP(w, r)
		got := answer{w.Code, w.Result().Header, w.Body.String()}
		switch got.status {
		case 202:
			a := decode[httpapi.Accepted](t, got)
			if a.Accepted+a.Duplicates != len(a.Occurrences) || len(a.Occurrences)+len(a.Rejected) > 500 {
				t.Errorf("counts do not add up: %s", got.body)
			}
			seen := map[int]bool{}
			for _, o := range a.Occurrences {
				seen[o.Index] = true
			}
			for _, r := range a.Rejected {
				seen[r.Index] = true
			}
			for i := range len(a.Occurrences) + len(a.Rejected) {
				if !seen[i] {
					t.Errorf("report %d has no result: %s", i, got.body)
				}
			}
			// What is taken as one whole value is JSON as everybody knows it.
			if encoding == "" && media == "application/json" && len(a.Occurrences) == 1 && len(a.Rejected) == 0 &&
				!json.Valid(bytes.TrimPrefix(body, []byte("\xef\xbb\xbf"))) {
				t.Errorf("stored what is not JSON: %q", body)
			}
		case 400, 413, 415, 422:
			checkProblem(t, got)
		default:
			t.Errorf("status %d: %s", got.status, got.body)
		}
		fx.store.recorded = nil
		clear(fx.store.seen)
	})
}
