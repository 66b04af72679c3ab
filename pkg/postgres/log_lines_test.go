package postgres

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"rynda/pkg/auth"
	"rynda/pkg/journal"
)

func (w *world) appendLog(id, text string) journal.LogAppended {
	w.t.Helper()
	a, err := journal.AcceptLog([]byte(text), false)
	if err != nil {
		w.t.Fatal(err)
	}
	out, err := w.store.AppendLog(w.t.Context(), w.project, journal.RunWork, id, a)
	if err != nil {
		w.t.Fatal(err)
	}
	return out
}

func lines(from, to int) string {
	var b []string
	for i := from; i <= to; i++ {
		b = append(b, fmt.Sprintf(`{"seq":%d,"text":"line %d","marker":%v,"level":"info"}`, i, i, i%10 == 0))
	}
	return `{"lines":[` + strings.Join(b, ",") + `]}`
}

type logged struct {
	RunID   string `json:"run_id"`
	FromSeq int64  `json:"from_seq"`
	ToSeq   int64  `json:"to_seq"`
	Ended   bool
}

func TestLog(t *testing.T) {
	t.Parallel()
	t.Run("is appended by seq, and repeats are harmless", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t)
		w.appendLog("r", lines(1, 50))
		if out := w.appendLog("r", lines(41, 60)); out.Accepted != 10 || out.Duplicates != 10 || out.ToSeq != 60 || out.Ended {
			t.Errorf("%+v", out)
		}
		if out := w.appendLog("r", `{"lines":[],"ended":true}`); !out.Ended || out.ToSeq != 60 {
			t.Errorf("%+v", out)
		}
		var got []int64
		for after := int64(0); ; {
			page, err := w.store.Log(t.Context(), w.scope(), journal.RunWork, "r", after, 25, false)
			if err != nil || page.ToSeq != 60 || !page.Ended {
				t.Fatal(page, err)
			}
			for _, l := range page.Lines {
				got = append(got, l.Seq)
				after = l.Seq
			}
			if !page.HasMore {
				break
			}
		}
		if len(got) != 60 || !slices.IsSorted(got) {
			t.Errorf("%v", got)
		}
		page, err := w.store.Log(t.Context(), w.scope(), journal.RunWork, "r", 0, 100, true)
		if err != nil || len(page.Lines) != 6 || page.Lines[0].Seq != 10 || page.Lines[0].Level != "info" {
			t.Errorf("markers: %+v, %v", page, err)
		}
		if _, err := w.store.Log(t.Context(), w.scope(), journal.RunWork, "other", 0, 100, false); !errors.Is(err, journal.ErrNotFound) {
			t.Error(err)
		}
		if _, err := w.store.Log(t.Context(), []auth.Project{{ID: 999, Slug: "x"}}, journal.RunWork, "r", 0, 100, false); !errors.Is(err, journal.ErrNotFound) {
			t.Error(err)
		}
	})
	t.Run("is told at most twice a second, the last always, on its own topic alone", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t)
		for i := range 45 {
			w.appendLog("r", lines(i*10+1, i*10+10))
			w.at = w.at.Add(20 * time.Millisecond)
		}
		w.appendLog("r", `{"ended":true}`)
		if due := w.folder.Due(); due.IsZero() || due.Sub(w.at) > logHold {
			t.Errorf("due %v, now %v", due, w.at)
		}
		w.at = w.at.Add(logHold)
		w.fold()
		all := told[logged](w, "run.logged")
		if len(all) < 2 || len(all) > 4 {
			t.Errorf("%d events in a second", len(all))
		}
		next := int64(1)
		for _, l := range all {
			if l.FromSeq != next {
				t.Errorf("%+v, want it to begin at %d", l, next)
			}
			next = l.ToSeq + 1
		}
		if last := all[len(all)-1]; last.ToSeq != 450 || !last.Ended {
			t.Errorf("the last is %+v", last)
		}
		for _, e := range w.events() {
			if !slices.Equal(e.Topics, []string{"run/acme/r"}) {
				t.Errorf("topics %v", e.Topics)
			}
		}
		versions := map[int64]bool{}
		for _, e := range w.events() {
			versions[e.Version] = true
		}
		if len(versions) != len(all) {
			t.Errorf("versions %v", versions)
		}
	})
	t.Run("a log whose day has no partition gets one", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t)
		w.at = w.at.Add(20 * 24 * time.Hour)
		if out := w.appendLog("r", lines(1, 3)); out.Accepted != 3 {
			t.Errorf("%+v", out)
		}
	})
	t.Run("a log that is written to for longer than logs are kept keeps its place and its younger lines", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t)
		w.store.Retention.Events = 90 * 24 * time.Hour // all that was told is looked at
		sweep := func() {
			t.Helper()
			for range 2 { // a day is dropped a while after it was marked
				if _, err := w.store.Sweep(t.Context()); err != nil {
					t.Fatal(err)
				}
				w.at = w.at.Add(2 * floorRest)
			}
		}
		const days = 12
		for i := range days {
			text := lines(i*10+1, i*10+10)
			w.appendLog("r", text)
			if out := w.appendLog("r", text); out.Accepted != 0 || out.Duplicates != 10 || out.ToSeq != int64(i*10+10) {
				t.Fatalf("day %d, the same again: %+v", i, out)
			}
			if i > 0 { // a line of the day before is known on the next
				if out := w.appendLog("r", lines(i*10, i*10)); out.Accepted != 0 || out.Duplicates != 1 {
					t.Fatalf("day %d, a line of yesterday: %+v", i, out)
				}
			}
			w.at = w.at.Add(24 * time.Hour)
			sweep()
		}
		all := told[logged](w, "run.logged")
		if last := all[len(all)-1]; last != (logged{"r", days*10 - 9, days * 10, false}) {
			t.Errorf("the last news is %+v", last)
		}
		version := int64(0)
		for _, e := range w.events() {
			if e.Version <= version {
				t.Errorf("version %d after %d", e.Version, version)
			}
			version = e.Version
		}
		page, err := w.store.Log(t.Context(), w.scope(), journal.RunWork, "r", 0, 1000, false)
		if err != nil || len(page.Lines) != 70 || page.Lines[0].Seq != 51 || page.Lines[69].Seq != days*10 || page.ToSeq != days*10 {
			t.Fatalf("%d lines, to %d, %v", len(page.Lines), page.ToSeq, err)
		}
		w.at = w.at.Add(8 * 24 * time.Hour)
		sweep()
		if _, err := w.store.Log(t.Context(), w.scope(), journal.RunWork, "r", 0, 10, false); !errors.Is(err, journal.ErrNotFound) {
			t.Errorf("a log that nobody writes to any more is still there: %v", err)
		}
	})
	t.Run("a line that comes late is told by its own seq", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t)
		w.appendLog("r", lines(10, 20))
		w.at = w.at.Add(time.Second)
		w.appendLog("r", lines(5, 6))
		if all := told[logged](w, "run.logged"); len(all) != 2 || all[1] != (logged{"r", 5, 20, false}) {
			t.Errorf("%+v", all)
		}
	})
	t.Run("a key over two requests is taken out of both", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t)
		w.appendLog("r", `{"lines":[{"seq":1,"text":"-----BEGIN PRIVATE KEY-----"},{"seq":2,"text":"MIIEvQIBADANBgkqhkiG9w0BAQEF"}]}`)
		w.appendLog("r", `{"lines":[{"seq":3,"text":"MIIEvQIBADANBgkqhkiG9w0BAQEG"},{"seq":4,"text":"-----END PRIVATE KEY-----"},{"seq":5,"text":"all done"}]}`)
		page, err := w.store.Log(t.Context(), w.scope(), journal.RunWork, "r", 0, 100, false)
		text, _ := json.Marshal(page)
		if err != nil || strings.Contains(string(text), "MIIE") || page.Lines[4].Text != "all done" {
			t.Errorf("%s, %v", text, err)
		}
	})
}
