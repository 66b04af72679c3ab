package postgres

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"rynda/pkg/journal"
)

func TestFold(t *testing.T) {
	t.Parallel()
	t.Run("a report becomes an active group and one event that carries it whole", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t)
		w.report(failure("disk full on node-7"))
		g := w.only()
		if g.State != journal.Active || g.Count != 1 || g.RaisedReason == nil || *g.RaisedReason != journal.New {
			t.Errorf("got %+v", g)
		}
		events := w.events()
		if len(events) != 1 || events[0].ID != 1 || events[0].Kind != "group.changed" {
			t.Fatalf("events %+v", events)
		}
		var data journal.GroupEvent
		if err := json.Unmarshal(events[0].Data, &data); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(g, data.Group); diff != "" {
			t.Errorf("event and row differ:\n%s", diff)
		}
		want := journal.Totals{Project: "acme", Version: 1, Error: 1}
		if data.Totals != want {
			t.Errorf("totals %+v, want %+v", data.Totals, want)
		}
		if diff := cmp.Diff([]string{"errors/acme", "project/acme"}, events[0].Topics); diff != "" {
			t.Error(diff)
		}
	})
	t.Run("any number of reports of one cause is one update and one event", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t)
		for i := range 20 {
			w.record(failure(fmt.Sprintf("user %d not found", i)), failure(fmt.Sprintf("user %d not found", 1000+i)))
		}
		w.fold()
		if g := w.only(); g.Count != 40 {
			t.Errorf("count %d, want 40", g.Count)
		}
		if n := len(w.events()); n != 1 {
			t.Errorf("%d events, want 1", n)
		}
	})
	t.Run("changes within a second are held and the last count arrives", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t)
		w.report(failure("boom"))
		for range 5 {
			w.at = w.at.Add(100 * time.Millisecond)
			w.report(failure("boom"))
		}
		if n := len(w.events()); n != 1 {
			t.Fatalf("%d events within the second, want 1", n)
		}
		if due := w.folder.Due(); due.IsZero() || due.Sub(w.at) > time.Second {
			t.Errorf("due %v", due)
		}
		w.at = w.at.Add(time.Second)
		w.fold()
		events := w.events()
		if len(events) != 2 {
			t.Fatalf("%d events after the second, want 2", len(events))
		}
		var data journal.Group
		_ = json.Unmarshal(events[1].Data, &data)
		if data.Count != 6 {
			t.Errorf("the last event says %d, want 6", data.Count)
		}
		w.at = w.at.Add(time.Minute)
		w.fold()
		if n := len(w.events()); n != 2 {
			t.Errorf("%d events when nothing is due, want 2", n)
		}
	})
	t.Run("a view takes it out of the feed and keeps the first viewer", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t)
		w.report(failure("boom"))
		seen := w.only()
		g := w.view(seen)
		if g.State != journal.Viewed || g.ViewedBy == nil || *g.ViewedBy != "ann" {
			t.Errorf("got %+v", g)
		}
		again, err := w.store.View(t.Context(), w.scope(), idOf(t, g), g.Version, "bob")
		if err != nil || *again.ViewedBy != "ann" || again.Version != g.Version {
			t.Errorf("second view: %+v, %v", again, err)
		}
		if f := w.feed(); len(f.Groups) != 0 || f.ActiveTotal != 0 {
			t.Errorf("feed %+v", f)
		}
		events := w.events()
		if last := events[len(events)-1]; last.Kind != "group.viewed" {
			t.Errorf("last event is %s", last.Kind)
		}
	})
	t.Run("a click on what was seen does not hide what was raised since", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t)
		w.report(journal.Report{Message: "boom", Level: "error"})
		old := w.only()
		w.report(journal.Report{Message: "boom", Level: "fatal"})
		g := w.view(old)
		if g.State != journal.Active || g.Severity != journal.Critical || *g.RaisedReason != journal.Escalated {
			t.Errorf("got %+v", g)
		}
	})
	t.Run("undo brings it back with the raise that it had", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t)
		w.report(failure("boom"))
		before := w.only()
		viewed := w.view(before)
		g, err := w.store.Undo(t.Context(), w.scope(), idOf(t, viewed), viewed.Version, "ann")
		if err != nil {
			t.Fatal(err)
		}
		if g.State != journal.Active || !g.RaisedAt.Equal(*before.RaisedAt) || g.ViewedAt != nil {
			t.Errorf("got %+v", g)
		}
		if f := w.feed(); f.ActiveTotal != 1 || len(f.Groups) != 1 {
			t.Errorf("feed %+v", f)
		}
		detail, err := w.store.Detail(t.Context(), w.scope(), idOf(t, g))
		if err != nil {
			t.Fatal(err)
		}
		var actions []string
		for _, h := range detail.History {
			actions = append(actions, h.Action)
		}
		if diff := cmp.Diff([]string{"undone", "viewed", "raised"}, actions); diff != "" {
			t.Error(diff)
		}
	})
	t.Run("a repeat is counted once, with the id of the first", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t)
		at := w.at.Add(-time.Hour)
		r := journal.Report{Message: "boom", ReportID: "r-1", OccurredAt: &at}
		first := w.record(r)
		w.at = w.at.Add(26 * time.Hour)
		second := w.record(r)
		if !second[0].Duplicate || second[0].OccurrenceID != first[0].OccurrenceID {
			t.Errorf("first %+v, second %+v", first, second)
		}
		w.fold()
		if g := w.only(); g.Count != 1 {
			t.Errorf("count %d", g.Count)
		}
	})
	t.Run("a repeat without a time is found across midnight", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t)
		w.at = w.at.Truncate(24 * time.Hour).Add(24*time.Hour - time.Minute)
		r := journal.Report{Message: "boom", ReportID: "r-1"}
		first := w.record(r)
		w.at = w.at.Add(2 * time.Minute)
		second := w.record(r)
		if first[0].Duplicate || !second[0].Duplicate || second[0].OccurrenceID != first[0].OccurrenceID {
			t.Errorf("first %+v, second %+v", first, second)
		}
	})
	t.Run("the same key twice in one request is one occurrence", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t)
		r := journal.Report{Message: "boom", ReportID: "r-1"}
		out := w.record(r, r, failure("other"))
		if out[0].Duplicate || !out[1].Duplicate || out[2].Duplicate {
			t.Errorf("got %+v", out)
		}
		if n := w.count(`select count(*) from occurrences`); n != 2 {
			t.Errorf("%d rows", n)
		}
	})
	t.Run("hours and minutes add up to the count", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t)
		var reports []journal.Report
		for i := range 50 {
			at := w.at.Add(-time.Duration(i) * 7 * time.Minute)
			reports = append(reports, journal.Report{Message: "boom", OccurredAt: &at})
		}
		w.report(reports...)
		if n := w.count(`select sum(count) from group_hours`); n != 50 {
			t.Errorf("hours: %d", n)
		}
		if n := w.count(`select sum(count) from group_minutes`); n != 50 {
			t.Errorf("minutes: %d", n)
		}
		if n := w.count(`select count(*) from group_minutes`); n != 50 {
			t.Errorf("%d minutes", n)
		}
	})
	t.Run("a flood of new causes ends in one overflow group with exact counts", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t)
		w.folder.config.NewGroups = 3 // a burst of 30
		var reports []journal.Report
		for i := range 100 {
			reports = append(reports, journal.Report{Message: "boom", Fingerprint: []string{fmt.Sprint("cause ", i)}})
		}
		w.report(reports...)
		w.report(reports...)
		if n := w.count(`select count(*) from groups`); n != 31 {
			t.Errorf("%d groups, want 30 and the overflow", n)
		}
		if n := w.count(`select sum(count) from groups`); n != 200 {
			t.Errorf("counted %d of 200", n)
		}
		if n := w.count(`select count from groups where fingerprint = $1`, overflowFingerprint); n != 140 {
			t.Errorf("overflow counted %d, want 140", n)
		}
		if n := w.count(`select count(*) from group_keys where mapped_until is not null`); n != 70 {
			t.Errorf("%d fingerprints mapped, want 70", n)
		}
	})
	t.Run("the epoch is renewed when the cluster is another one", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t)
		w.report(failure("boom"))
		before, _ := w.log.Head(t.Context())
		if _, err := w.pool.Exec(t.Context(), `update log_head set system_identifier = 'another'`); err != nil {
			t.Fatal(err)
		}
		w.report(failure("bang"))
		after, _ := w.log.Head(t.Context())
		if before.Epoch == after.Epoch || after.ID != 2 {
			t.Errorf("before %+v, after %+v", before, after)
		}
	})
}

func TestFoldSetsAside(t *testing.T) {
	t.Parallel()
	put := func(w *world, kind, body string) {
		_, err := w.pool.Exec(w.t.Context(), `insert into inbox (kind, project_id, fingerprint, severity, count, first_at, last_at, body)
			values ($1, $2, 'v1:0123456789abcdef0123456789abcdef', 3, 1, now(), now(), $3)`, kind, w.project.ID, body)
		if err != nil {
			w.t.Fatal(err)
		}
	}
	for name, poison := range map[string]func(w *world){
		"a report that cannot be read":  func(w *world) { put(w, "report", `[1]`) },
		"a command that cannot be read": func(w *world) { put(w, "view", `"x"`) },
		"a report of no project":        func(w *world) { w.project.ID += 999; put(w, "report", `{}`); w.project.ID -= 999 },
		"a text that the database refuses": func(w *world) {
			put(w, "report", `{"title":"\u0000"}`) // json may hold it, text may not
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.record(failure("before"))
			poison(w)
			w.record(failure("after"))
			w.fold()
			if n := w.count(`select count(*) from inbox`); n != 0 {
				t.Errorf("%d rows still in the inbox", n)
			}
			if n := w.count(`select count(*) from inbox_dead where reason <> ''`); n != 1 {
				t.Errorf("%d rows set aside, want 1", n)
			}
			if n := w.count(`select sum(count) from groups`); n != 2 {
				t.Errorf("counted %d, want 2", n)
			}
		})
	}
}

func TestFoldersTakeTurns(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ctx := t.Context()
	tx, err := w.pool.Begin(ctx)
	if err != nil {
		t.Fatal(err)
	}
	defer tx.Rollback(context.Background())
	if _, err := tx.Exec(ctx, `select pg_advisory_xact_lock(7001)`); err != nil {
		t.Fatal(err)
	}
	w.report(failure("boom")) // returns at once, with nothing done
	if n := w.count(`select count(*) from groups`); n != 0 {
		t.Fatalf("%d groups while another folds", n)
	}
	if err := tx.Rollback(ctx); err != nil {
		t.Fatal(err)
	}
	w.fold()
	if g := w.only(); g.Count != 1 {
		t.Errorf("count %d", g.Count)
	}
	ids := []int64{}
	for _, e := range w.events() {
		ids = append(ids, e.ID)
	}
	if !slices.Equal(ids, []int64{1}) {
		t.Errorf("ids %v", ids)
	}
}
