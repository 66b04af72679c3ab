package main

import (
	"fmt"
	"io"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"rynda/pkg/pgtest"
)

// A log of 100 MB moves nobody else: who watches errors is sent nothing of it,
// who watches the run is told at most twice a second, reports go on being
// stored and shown, and the memory of the server stays what it was.
func TestLargeLog(t *testing.T) {
	t.Parallel()
	requests := 100
	if testing.Short() {
		requests = 3
	}
	const perRequest = 5000 // lines of 200 bytes
	s := newSystem(t, pgtest.New(t))
	s.env = []string{"RYNDA_RATE_LIMIT=0"}
	s.start()
	errors := s.subscribe(s.staff, "?topics=errors/acme")
	run := s.subscribe(s.staff, "?topics=run/acme/large")
	s.must("POST", "/v1/reports", s.ingest, `{"message":"before"}`, nil)
	before := s.resident()
	text := strings.Repeat("moving one of the many rows of this table; ", 5)[:200]
	began := time.Now()
	for n := range requests {
		var body strings.Builder
		body.WriteString(`{"lines":[`)
		for i := range perRequest {
			if i > 0 {
				body.WriteByte(',')
			}
			fmt.Fprintf(&body, `{"seq":%d,"text":"%s"}`, n*perRequest+i+1, text)
		}
		fmt.Fprintf(&body, `],"ended":%v}`, n == requests-1)
		s.must("POST", "/v1/runs/large/log", s.ingest, body.String(), nil)
		if n == requests/2 {
			s.must("POST", "/v1/reports", s.ingest, `{"message":"in the middle"}`, nil)
		}
	}
	took := time.Since(began)
	s.folded()
	s.await("told", func() bool { return s.number(`select count(*) from log_news where version > published_version`) == 0 })
	grown := (s.resident() - before) >> 20
	t.Logf("%d MB in %v (%.1f MB/s), resident memory %+d MB", requests*perRequest*200>>20, took.Round(time.Millisecond),
		float64(requests*perRequest*200)/1e6/took.Seconds(), grown)
	if grown > 200 && !testing.Short() { // the race detector, which is run with -short, needs memory of its own
		t.Errorf("resident memory grew by %d MB", grown)
	}

	last := fmt.Sprint(s.number(`select max(id) from events where kind = 'run.logged'`))
	logged := run.until("the last news", func(f frame) bool { return strings.HasSuffix(f.id, "-"+last) })
	if most := 2 + 2*int(took/time.Second+1); len(logged) > most {
		t.Errorf("%d events of the log in %v, want at most %d", len(logged), took, most)
	}
	if text := logged[len(logged)-1].data; !strings.Contains(text, fmt.Sprintf(`"to_seq":%d,"ended":true`, requests*perRequest)) {
		t.Errorf("the last is %s", text)
	}
	newest := fmt.Sprint(s.number(`select max(id) from events where kind like 'group.%'`))
	for _, f := range errors.until("the newest group", func(f frame) bool { return strings.HasSuffix(f.id, "-"+newest) }) {
		if !strings.HasPrefix(f.event, "group.") {
			t.Errorf("who watches errors was sent %s", f.event)
		}
	}
	lines, after := 0, int64(0)
	for more := true; more; {
		var page struct {
			Lines   []struct{ Seq int64 }
			HasMore bool `json:"has_more"`
		}
		s.must("GET", fmt.Sprintf("/v1/runs/large/log?limit=1000&after_seq=%d", after), s.staff, nil, &page)
		for _, l := range page.Lines {
			if l.Seq != after+1 {
				t.Fatalf("line %d after %d", l.Seq, after)
			}
			after = l.Seq
			lines++
		}
		more = page.HasMore
	}
	if lines != requests*perRequest {
		t.Errorf("%d lines, want %d", lines, requests*perRequest)
	}
}

var residentBytes = regexp.MustCompile(`(?m)^process_resident_memory_bytes (\S+)$`)

// resident is the memory of the server process, in bytes.
func (s *system) resident() int64 {
	s.t.Helper()
	answer, err := http.Get(s.url + "/metrics")
	if err != nil {
		s.t.Fatal(err)
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		s.t.Fatal(err)
	}
	m := residentBytes.FindSubmatch(text)
	if m == nil {
		s.t.Skip("this platform does not tell the memory of a process")
	}
	n, err := strconv.ParseFloat(string(m[1]), 64)
	if err != nil {
		s.t.Fatal(err)
	}
	return int64(n)
}
