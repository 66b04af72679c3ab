package main

import (
	"bytes"
	"strings"
	"testing"

	"rynda/pkg/pgtest"
)

// The demo plays its platform against a real server: everything is accepted,
// something fails and is linked to its group, and no secret is seen again.
func TestDemo(t *testing.T) {
	t.Parallel()
	s := newSystem(t, pgtest.New(t))
	s.start()
	var out bytes.Buffer
	err := runDemo(t.Context(), []string{"-url", s.url, "-token", s.ingest, "-rate", "500", "-count", "300", "-seed", "5"}, &out)
	if err != nil || strings.Contains(out.String(), "not a") {
		t.Fatalf("%v: %s", err, out.String())
	}
	s.folded()
	for what, least := range map[string]int64{
		`select count(*) from runs`:                                         8,
		`select count(*) from runs where status in ('succeeded', 'failed')`: 3,
		`select count(*) from deploys`:                                      2,
		`select count(*) from work_news where group_id is not null`:         1,
		`select count(*) from logs where ended`:                             3,
		`select count(*) from log_lines where marker and severity = 3`:      1,
		`select count(*) from log_lines where text like '%[redacted:%'`:     20,
	} {
		if n := s.number(what); n < least {
			t.Errorf("%s: %d, want at least %d", what, n, least)
		}
	}
	if n := s.number(`select count(*) from log_lines where text like '%hunter2%'`); n != 0 {
		t.Errorf("%d lines with a secret", n)
	}
	if n := s.number(`select count(*) from runs r join work_news n on n.work = 'run' and n.work_id = r.run_id where n.told <> r.version`); n != 0 {
		t.Errorf("%d runs whose newest state was not told", n)
	}
}
