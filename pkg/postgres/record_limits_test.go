package postgres

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"rynda/pkg/journal"
)

// stalled is a world whose recorder is running and whose occurrences are locked
// until release.
func stalled(t *testing.T) (w *world, release func()) {
	w = newWorld(t)
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() { defer close(done); w.recorder.Run(ctx) }()
	t.Cleanup(func() { cancel(); <-done })
	tx, err := w.pool.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := tx.Exec(t.Context(), `lock table occurrences in exclusive mode`); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = tx.Rollback(context.Background()) })
	until(t, func() bool { return w.recorder.running.Load() > 0 })
	return w, func() {
		if err := tx.Rollback(context.Background()); err != nil && !errors.Is(err, pgx.ErrTxClosed) {
			t.Error(err)
		}
	}
}

// until waits until the condition holds.
func until(t *testing.T, condition func() bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for !condition() {
		select {
		case <-tick.C:
		case <-ctx.Done():
			t.Fatal("it does not come about")
		}
	}
}

func TestRecordWhileTheDatabaseIsSlow(t *testing.T) {
	t.Parallel()
	t.Run("the first call after a pause waits for a server that is at work", func(t *testing.T) {
		t.Parallel()
		w, release := stalled(t)
		result := make(chan error, 1)
		occurrences := w.accept(journal.Report{Message: "boom", ReportID: "one"}, journal.Report{Message: "boom", ReportID: "two"})
		go func() {
			_, err := w.recorder.Record(t.Context(), occurrences)
			result <- err
		}()
		select {
		case err := <-result:
			t.Fatalf("given up while the statement is under way: %v", err)
		case <-time.After(3 * patience):
		}
		release()
		if err := <-result; err != nil {
			t.Errorf("the statement went through, the caller got %v", err)
		}
	})
	t.Run("what waits is bounded in bytes, and what was given up is not stored", func(t *testing.T) {
		t.Parallel()
		w, release := stalled(t)
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		const size = 200 << 10
		big := func() []journal.Occurrence {
			reports := make([]journal.Report, 10)
			for i := range reports {
				reports[i] = journal.Report{Message: "boom", Payload: []byte(`"` + strings.Repeat("x", size) + `"`)}
			}
			return w.accept(reports...)
		}
		begun, occurrences := big(), big()
		first := make(chan error, 1)
		go func() {
			_, err := w.recorder.Record(t.Context(), begun)
			first <- err
		}()
		until(t, func() bool { return w.count(`select count(*) from pg_locks where not granted`) > 0 }) // it has begun
		refused, given := 0, make(chan error, 100)
		waiting := 0
		for range 60 { // 2 MB each
			before := w.recorder.room.Load()
			if before+10*size > bytesWaiting {
				if _, err := w.recorder.Record(ctx, occurrences); !errors.Is(err, journal.ErrUnavailable) {
					t.Fatalf("with %d bytes waiting got %v", before, err)
				}
				refused++
				break
			}
			waiting++
			go func() {
				_, err := w.recorder.Record(ctx, occurrences)
				given <- err
			}()
			until(t, func() bool { return w.recorder.room.Load() != before })
		}
		if refused == 0 {
			t.Errorf("%d calls wait and none was refused", waiting)
		}
		cancel()
		for range waiting {
			if err := <-given; !errors.Is(err, journal.ErrUnavailable) {
				t.Errorf("given up with %v", err)
			}
		}
		if n := w.recorder.room.Load(); n > 11*(size+2048) {
			t.Errorf("%d bytes are held for callers who have left", n)
		}
		release()
		if err := <-first; err != nil {
			t.Error(err)
		}
		if _, err := w.recorder.Record(t.Context(), w.accept(journal.Report{Message: "after"})); err != nil {
			t.Error(err)
		}
		if n := w.count(`select count(*) from occurrences`); n != 11 {
			t.Errorf("%d occurrences are stored, want the first ten and the last", n)
		}
	})
	t.Run("a repeat after midnight in the same transaction is a repeat", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t)
		midnight := w.at.Truncate(24 * time.Hour).Add(24 * time.Hour)
		report := journal.Report{Message: "boom", ReportID: "one"}
		w.at = midnight.Add(-200 * time.Millisecond)
		before := w.accept(report)
		w.at = midnight.Add(400 * time.Millisecond)
		out, err := w.recorder.Record(t.Context(), append(before, w.accept(report)...))
		if err != nil || out[0].Duplicate || !out[1].Duplicate || out[0].OccurrenceID != out[1].OccurrenceID {
			t.Errorf("got %+v, %v", out, err)
		}
		w.fold()
		if g := w.only(); g.Count != 1 {
			t.Errorf("count %d, want 1", g.Count)
		}
	})
}
