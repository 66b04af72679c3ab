package postgres

import (
	"fmt"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"rynda/pkg/auth"
	"rynda/pkg/eventlog"
	"rynda/pkg/journal"
	"rynda/pkg/pgtest"
)

// world is a database with everything that writes to it, on a clock that the
// test moves.
type world struct {
	t        testing.TB
	pool     *pgxpool.Pool
	store    *Store
	recorder *Recorder
	folder   *Folder
	log      *eventlog.Log
	at       time.Time
	project  auth.Project
}

func newWorld(t testing.TB) *world {
	t.Helper()
	w := &world{t: t, pool: pgtest.Pool(t), at: time.Now().UTC().Truncate(time.Microsecond)}
	now := func() time.Time { return w.at }
	w.store = NewStore(w.pool, now)
	w.folder = NewFolder(w.pool, FoldConfig{}, now)
	w.folder.OnPartition = w.store.EnsureEventPartitions
	w.store.Fold = w.folder.Fold
	w.recorder = NewRecorder(w.store, RecorderConfig{BodyRate: -1})
	w.log = eventlog.New(w.pool)
	err := w.pool.QueryRow(t.Context(), `insert into projects (slug, name) values ('acme', 'Acme') returning project_id, slug`).
		Scan(&w.project.ID, &w.project.Slug)
	if err != nil {
		t.Fatal(err)
	}
	if err := w.store.EnsureOccurrencePartitions(t.Context()); err != nil {
		t.Fatal(err)
	}
	return w
}

func (w *world) accept(reports ...journal.Report) []journal.Occurrence {
	w.t.Helper()
	out := make([]journal.Occurrence, len(reports))
	for i, r := range reports {
		o, err := r.Accept(journal.Options{ProjectID: w.project.ID, Project: w.project.Slug, Index: i, Now: w.at})
		if err != nil {
			w.t.Fatal(err)
		}
		out[i] = o
	}
	return out
}

func (w *world) record(reports ...journal.Report) []journal.Recorded {
	w.t.Helper()
	out, err := w.recorder.Record(w.t.Context(), w.accept(reports...))
	if err != nil {
		w.t.Fatal(err)
	}
	return out
}

func (w *world) fold() {
	w.t.Helper()
	if err := w.folder.Fold(w.t.Context()); err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) report(reports ...journal.Report) { w.t.Helper(); w.record(reports...); w.fold() }

func (w *world) scope() []auth.Project { return []auth.Project{w.project} }

func (w *world) feed() journal.Feed {
	w.t.Helper()
	f, err := w.store.Feed(w.t.Context(), w.scope(), "newest")
	if err != nil {
		w.t.Fatal(err)
	}
	return f
}

// only is the one group there is.
func (w *world) only() journal.Group {
	w.t.Helper()
	page, err := w.store.Groups(w.t.Context(), w.scope(), journal.GroupQuery{})
	if err != nil {
		w.t.Fatal(err)
	}
	if len(page.Groups) != 1 {
		w.t.Fatalf("%d groups, want 1", len(page.Groups))
	}
	return page.Groups[0]
}

func (w *world) view(g journal.Group) journal.Group {
	w.t.Helper()
	out, err := w.store.View(w.t.Context(), w.scope(), idOf(w.t, g), g.Version, "ann")
	if err != nil {
		w.t.Fatal(err)
	}
	return out
}

func idOf(t testing.TB, g journal.Group) (id int64) {
	t.Helper()
	if _, err := fmt.Sscan(g.GroupID, &id); err != nil {
		t.Fatal(err)
	}
	return id
}

func (w *world) events() []eventlog.Event {
	w.t.Helper()
	head, err := w.log.Head(w.t.Context())
	if err != nil {
		w.t.Fatal(err)
	}
	page, err := w.log.Read(w.t.Context(), eventlog.Position{Epoch: head.Epoch}, eventlog.Filter{}, 5000)
	if err != nil {
		w.t.Fatal(err)
	}
	return page.Events
}

func (w *world) count(query string, args ...any) (n int) {
	w.t.Helper()
	if err := w.pool.QueryRow(w.t.Context(), query, args...).Scan(&n); err != nil {
		w.t.Fatal(err)
	}
	return n
}

func failure(message string) journal.Report { return journal.Report{Message: message, Source: "job"} }
