package postgres

import (
	"testing"
	"time"
)

func TestSweep_runs_and_logs(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.putRun("old", `{"name":"a","status":"failed"}`)
	w.appendLog("old", lines(1, 3))
	w.at = w.at.Add(8 * 24 * time.Hour)
	w.putRun("new", `{"name":"b"}`)
	for range 2 {
		if _, err := w.store.Sweep(t.Context()); err != nil {
			t.Fatal(err)
		}
		w.at = w.at.Add(2 * time.Minute)
	}
	if logs, parts := w.count(`select count(*) from logs`), w.count(`select count(*) from log_lines`); logs != 0 || parts != 0 {
		t.Errorf("%d logs, %d lines after eight days", logs, parts)
	}
	w.at = w.at.Add(83 * 24 * time.Hour)
	if _, err := w.store.Sweep(t.Context()); err != nil {
		t.Fatal(err)
	}
	if n := w.count(`select count(*) from work_words`); n != 1 {
		t.Errorf("words of %d runs after 91 days", n)
	}
	if runs, failures := w.count(`select count(*) from runs`), w.count(`select count(*) from work_news`); runs != 1 || failures != 1 {
		t.Errorf("%d runs, %d failures after 91 days", runs, failures)
	}
	w.appendLog("old", lines(1, 3)) // begins anew
}
