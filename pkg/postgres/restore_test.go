package postgres

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5/pgxpool"

	"rynda/pkg/eventlog"
	"rynda/pkg/journal"
	"rynda/pkg/localpg"
	"rynda/pkg/pgtest"
)

// worldOn is a world in a database of a server of the test's own.
func worldOn(t *testing.T, server *localpg.Server) *world {
	t.Helper()
	w := (&world{t: t, at: time.Now().UTC().Truncate(time.Microsecond)}).in(openPool(t, server.URL(""), 8, nil))
	w.makeProject()
	return w
}

func (w *world) makeProject() {
	w.t.Helper()
	err := w.pool.QueryRow(w.t.Context(), `insert into projects (slug, name) values ('acme', 'Acme') returning project_id, slug`).
		Scan(&w.project.ID, &w.project.Slug)
	if err == nil {
		err = w.store.EnsureOccurrencePartitions(w.t.Context())
	}
	if err != nil {
		w.t.Fatal(err)
	}
}

// in is the same world in another database; its clock goes on from now.
func (w *world) in(pool *pgxpool.Pool) *world {
	other := &world{t: w.t, pool: pool, at: w.at, project: w.project, log: eventlog.New(pool)}
	now := func() time.Time { return other.at }
	other.store = NewStore(pool, now)
	other.folder = NewFolder(pool, FoldConfig{}, now)
	other.store.Fold = other.folder.Fold
	other.recorder = NewRecorder(other.store, RecorderConfig{BodyRate: -1})
	return other
}

func (w *world) head() eventlog.Head {
	w.t.Helper()
	head, err := w.log.Head(w.t.Context())
	if err != nil {
		w.t.Fatal(err)
	}
	return head
}

// halfDone leaves a world in the middle of its work: a group that is folded, one
// whose last count is held back, a report, a repeat of one and a view that are
// accepted and not yet folded.
func (w *world) halfDone() (viewed journal.Group) {
	w.t.Helper()
	w.report(failure("folded"))
	viewed = w.only()
	w.report(failure("held"))
	w.at = w.at.Add(100 * time.Millisecond)
	w.report(failure("held")) // counted, and its event is due in 0.9 s
	key := journal.Report{Message: "keyed", ReportID: "r-1", OccurredAt: &w.at}
	w.record(key)
	w.record(failure("held"), failure("folded"), failure("never folded here"), key)
	w.store.Fold = nil // the view is accepted and nobody folds
	_, err := w.store.View(w.t.Context(), w.scope(), idOf(w.t, viewed), viewed.Version, "ann")
	if !errors.Is(err, journal.ErrUnavailable) {
		w.t.Fatalf("a view that nobody folds: %v", err)
	}
	if n := w.count(`select count(*) from inbox`); n < 5 {
		w.t.Fatalf("only %d rows are pending", n)
	}
	return viewed
}

// wantAllDone folds and looks whether all is there that halfDone accepted.
func (w *world) wantAllDone() {
	w.t.Helper()
	w.fold()
	w.at = w.at.Add(2 * time.Second)
	w.fold()
	page, err := w.store.Groups(w.t.Context(), w.scope(), journal.GroupQuery{})
	if err != nil {
		w.t.Fatal(err)
	}
	got := map[string]int64{}
	for _, g := range page.Groups {
		got[g.Title] = g.Count
		if g.Title == "folded" && (g.State != journal.Viewed || g.ViewedBy == nil || *g.ViewedBy != "ann") {
			w.t.Errorf("the view is lost: %+v", g)
		}
	}
	want := map[string]int64{"folded": 2, "held": 3, "keyed": 1, "never folded here": 1}
	if diff := cmp.Diff(want, got); diff != "" {
		w.t.Errorf("counts:\n%s", diff)
	}
	if f := w.feed(); f.ActiveTotal != 3 {
		w.t.Errorf("%d active, want 3", f.ActiveTotal)
	}
	if n := w.count(`select count(*) from inbox_dead`) + w.count(`select count(*) from inbox`) +
		w.count(`select count(*) from groups where version > published_version`); n != 0 {
		w.t.Errorf("%d things are left to do", n)
	}
	head := w.head()
	if n := w.count(`select count(*) from events where id between 1 and $1`, head.ID); int64(n) != head.ID {
		w.t.Errorf("%d events up to %d", n, head.ID)
	}
	// A repeat is still known, and a new report goes the whole way.
	at := w.at
	out := w.record(journal.Report{Message: "keyed", ReportID: "r-1", OccurredAt: new(at.Add(-2 * time.Second))})
	if !out[0].Duplicate {
		w.t.Error("a repeat counts again")
	}
	w.report(failure("later"))
	if after := w.head(); after.ID != head.ID+1 {
		w.t.Errorf("the next event has id %d after %d", after.ID, head.ID)
	}
}

// wantReset holds that whoever comes with a position is sent to a snapshot.
func (w *world) wantReset(positions ...eventlog.Position) {
	w.t.Helper()
	for _, p := range positions {
		page, err := w.log.Read(w.t.Context(), p, eventlog.Filter{}, 10)
		if err != nil || !page.Reset || len(page.Events) > 0 || page.Next != w.head().Position() {
			w.t.Errorf("a reader at %s: %+v, %v", p, page, err)
		}
	}
}

// program is a program beside postgres; without it the test is skipped, in CI
// failed.
func program(t *testing.T, server *localpg.Server, name string) string {
	t.Helper()
	path := filepath.Join(server.BinDir(), name)
	if _, err := os.Stat(path); err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal(err)
		}
		t.Skipf("no %s with these Postgres programs", name)
	}
	return path
}

func runProgram(t *testing.T, path string, arguments ...string) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), path, arguments...)
	var said bytes.Buffer
	cmd.Stdout, cmd.Stderr = &said, &said
	if err := cmd.Run(); err != nil {
		t.Fatalf("%s: %v\n%s", filepath.Base(path), err, said.Bytes())
	}
}

// restore dumps a database and restores it into an empty one.
func restore(t *testing.T, server *localpg.Server, from, to string) {
	t.Helper()
	dump, load := program(t, server, "pg_dump"), program(t, server, "pg_restore")
	file := filepath.Join(t.TempDir(), "dump")
	runProgram(t, dump, "--format=custom", "--file="+file, "--dbname="+from)
	runProgram(t, load, "--exit-on-error", "--dbname="+to, file)
}

func TestRestore(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("two servers")
	}
	first, second := pgtest.Server(t), pgtest.Server(t)
	t.Run("elsewhere, with a filled inbox, goes on where it was", func(t *testing.T) {
		w := worldOn(t, first)
		w.halfDone()
		before := w.head()

		admin := openPool(t, second.URL("postgres"), 1, nil) // a cluster with the role and without the tables
		if _, err := admin.Exec(t.Context(), `create database restored`); err != nil {
			t.Fatal(err)
		}
		restore(t, first, first.URL(""), second.URL("restored"))
		restored := w.in(openPool(t, second.URL("restored"), 8, nil))
		restored.wantAllDone()
		after := restored.head()
		if after.Epoch == before.Epoch || after.ID <= before.ID {
			t.Errorf("the head was %+v and is %+v", before, after)
		}
		restored.wantReset(before.Position(), eventlog.Position{Epoch: before.Epoch, ID: 1}, eventlog.Position{Epoch: before.Epoch, ID: after.ID})
		w.wantAllDone() // and the first did not learn of it
		if w.head().Epoch != before.Epoch {
			t.Error("the epoch of the first is another one")
		}
	})
	t.Run("beside the first, with a new epoch by command", func(t *testing.T) {
		w := worldOn(t, second)
		w.halfDone()
		if _, err := w.pool.Exec(t.Context(), `create database beside`); err != nil {
			t.Fatal(err)
		}
		restore(t, second, second.URL(""), second.URL("beside"))
		before := w.head()
		restored := w.in(openPool(t, second.URL("beside"), 8, nil))
		head, err := restored.store.NewEpoch(t.Context())
		if err != nil || head.Epoch == before.Epoch || head.ID != before.ID {
			t.Fatalf("%+v after %+v, %v", head, before, err)
		}
		restored.wantReset(before.Position())
		restored.wantAllDone()
		if got := restored.head(); got.Epoch != head.Epoch {
			t.Errorf("the epoch was renewed again: %+v after %+v", got, head)
		}
	})
}

// A replica that is promoted may lack the newest events, and will give their
// ids to others: readers that have seen them must not go on from there.
func TestPromotedReplicaHasAnotherEpoch(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("a server and a replica for it")
	}
	primary := pgtest.Server(t)
	w := worldOn(t, primary)
	w.halfDone()
	before := w.head()
	server := pgtest.Replica(t, primary)
	replica := w.in(openPool(t, server.URL(""), 8, nil))
	tr := &trial{t: t, pool: w.pool}
	tr.awaitReplica(replica.pool)
	if got := replica.head(); got != before {
		t.Errorf("the replica is at %+v, the primary at %+v", got, before)
	}
	if err := replica.folder.Fold(t.Context()); err == nil {
		t.Error("it folds on a replica")
	}

	w.report(failure("lost with the primary"), failure("and another"))
	lost := w.head() // was perhaps replicated, perhaps not
	if err := primary.StopImmediate(); err != nil {
		t.Fatal(err)
	}
	if _, err := replica.pool.Exec(t.Context(), `select pg_promote(true, 60)`); err != nil {
		t.Fatal(err)
	}
	replica.report(failure("after"))
	after := replica.head()
	if after.Epoch == before.Epoch {
		t.Errorf("the head was %+v and is %+v", before, after)
	}
	replica.wantReset(before.Position(), lost.Position())
	if n := replica.count(`select count(*) from events`); int64(n) != after.ID {
		t.Errorf("%d events up to %d", n, after.ID)
	}
}
