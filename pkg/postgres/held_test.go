package postgres

import (
	"strconv"
	"testing"
	"time"

	"rynda/pkg/journal"
)

func reportsOf(prefix string, n int) []journal.Report {
	reports := make([]journal.Report, n)
	for i := range reports {
		reports[i] = journal.Report{Message: "boom", Fingerprint: []string{prefix + strconv.Itoa(i)}}
	}
	return reports
}

// Held events go out when they are due, however many there are, in whichever
// order they were held, and also when another process held them.
func TestHeldEvents(t *testing.T) {
	t.Parallel()
	t.Run("more than one fold reads go out without a tick", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t)
		reports := reportsOf("", 2*heldMost+100)
		w.report(reports...)
		w.at = w.at.Add(100 * time.Millisecond)
		w.report(reports...)
		if n := len(w.events()); n != len(reports) {
			t.Fatalf("%d events within the second, want %d", n, len(reports))
		}
		w.at = w.at.Add(time.Second)
		w.fold()
		if n := len(w.events()); n != 2*len(reports) {
			t.Errorf("%d events after one call of Fold, want %d", n, 2*len(reports))
		}
		if due := w.folder.Due(); !due.IsZero() {
			t.Errorf("something is due at %v after all went out", due)
		}
	})
	t.Run("the next one is known after the first went out", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t)
		start := w.at
		one, two := reportsOf("a", 1), reportsOf("b", 1)
		w.report(one...)
		w.at = start.Add(600 * time.Millisecond)
		w.report(two...)
		w.at = start.Add(800 * time.Millisecond)
		w.report(append(one, two...)...) // both are held, until 1 s and 1.6 s
		w.at = start.Add(1100 * time.Millisecond)
		w.fold()
		if n := len(w.events()); n != 3 {
			t.Fatalf("%d events after the first is due, want 3", n)
		}
		if due, want := w.folder.Due(), start.Add(1600*time.Millisecond); !due.Equal(want) {
			t.Errorf("the second is due at %v, want %v", due, want)
		}
	})
	t.Run("one that another process held is known after the first fold", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t)
		start := w.at
		w.report(reportsOf("a", 1)...)
		w.at = start.Add(200 * time.Millisecond)
		w.report(reportsOf("a", 1)...)
		other := NewFolder(w.pool, FoldConfig{}, func() time.Time { return w.at })
		if err := other.Fold(t.Context()); err != nil {
			t.Fatal(err)
		}
		if due, want := other.Due(), start.Add(time.Second); !due.Equal(want) {
			t.Errorf("due at %v, want %v", due, want)
		}
	})
}
