package main

import (
	"fmt"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"rynda/pkg/pgtest"
)

// An independent reader, npm's eventsource-parser, understands the stream and
// goes on after a cut exactly where it was.
func TestEventsourceParserReadsAndResumes(t *testing.T) {
	needWeb(t)
	t.Parallel()
	if _, err := testWeb(); err != nil { // installs node_modules
		t.Fatal(err)
	}
	root, err := checkout()
	if err != nil {
		t.Fatal(err)
	}
	s := newSystem(t, pgtest.New(t))
	s.start()
	for n := range 7 {
		s.must("POST", "/v1/reports", s.ingest, fmt.Sprintf(`{"message":"line one\nline two","fingerprint":["cause %d"]}`, n), nil)
	}
	s.folded()
	var epoch string
	s.query(`select epoch from log_head`, &epoch)
	head := s.number(`select id from log_head`)
	if head < 7 {
		t.Fatalf("the head is %d", head)
	}
	read := func(position string, count int64) []string {
		out, err := exec.Command("node", filepath.Join(root, "web", "e2e", "parser.mjs"), s.url, s.staff, position, fmt.Sprint(count)).CombinedOutput()
		if err != nil {
			t.Fatalf("%v: %s", err, out)
		}
		return strings.Fields(strings.ReplaceAll(string(out), "hello ", "hello:"))
	}
	first := read(epoch+"-0", 3)
	rest := read(first[len(first)-1], head-3)
	got := append(first[1:], rest[1:]...)
	for i, id := range got {
		if want := fmt.Sprintf("%s-%d", epoch, i+1); id != want {
			t.Errorf("event %d has id %s, want %s", i+1, id, want)
		}
	}
	if int64(len(got)) != head {
		t.Errorf("%d events, want %d", len(got), head)
	}
}
