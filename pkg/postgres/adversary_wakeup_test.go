package postgres

import (
	"context"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
)

// watched calls before and after with the parts of a fold: take, read, write,
// and leave when there was nothing to do. Either may block the folder there.
type watched struct{ before, after func(stage string) }

type stageKey struct{}

func (w *watched) start(ctx context.Context, stage string) context.Context {
	if w.before != nil {
		w.before(stage)
	}
	return context.WithValue(ctx, stageKey{}, stage)
}

func (w *watched) end(ctx context.Context) {
	if stage, ok := ctx.Value(stageKey{}).(string); ok && w.after != nil {
		w.after(stage)
	}
}

func (w *watched) TraceQueryStart(ctx context.Context, _ *pgx.Conn, data pgx.TraceQueryStartData) context.Context {
	switch {
	case strings.Contains(data.SQL, "fold: read"):
		return w.start(ctx, "read")
	case data.SQL == "rollback":
		return w.start(ctx, "leave")
	}
	return ctx
}

func (w *watched) TraceQueryEnd(ctx context.Context, _ *pgx.Conn, _ pgx.TraceQueryEndData) {
	w.end(ctx)
}

func (w *watched) TraceBatchStart(ctx context.Context, _ *pgx.Conn, data pgx.TraceBatchStartData) context.Context {
	stage := stageOf(data.Batch)
	if data.Batch.QueuedQueries[0].SQL == "rollback" {
		stage = "leave"
	}
	return w.start(ctx, stage)
}

func (w *watched) TraceBatchQuery(context.Context, *pgx.Conn, pgx.TraceBatchQueryData) {}

func (w *watched) TraceBatchEnd(ctx context.Context, _ *pgx.Conn, _ pgx.TraceBatchEndData) {
	w.end(ctx)
}

// rivals are two folders of two processes; one of them is watched.
func rivals(t *testing.T, w *watched) (world *world, watched, other *Folder) {
	t.Helper()
	world = newWorld(t)
	pool := openPool(t, world.pool.Config().ConnString(), 2, w)
	return world, NewFolder(pool, FoldConfig{}, world.store.now), world.folder
}

// once makes hook be called the first time that the stage is met.
func once(stage string, hook func()) func(string) {
	var done sync.Once
	return func(s string) {
		if s == stage {
			done.Do(hook)
		}
	}
}

// Whoever finds the lock taken leaves. So the one who holds it must see, when
// he has given it back, what was committed while he held it.
func TestFolderLeavesNothingToNobody(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		stage  string
		before int  // reports before the fold
		same   bool // the second call is of the same process
	}{
		"that came while it folded":                             {stage: "write", before: 1},
		"that came while it folded, from its own process":       {stage: "write", before: 1, same: true},
		"that came while it looked for held events":             {stage: "write"},
		"that came when it had found nothing":                   {stage: "leave"},
		"that came when it had found nothing, from its process": {stage: "leave", same: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := &watched{}
			world, folder, other := rivals(t, w)
			if c.same {
				other = folder
			}
			if c.stage == "leave" { // it has looked for held events a moment ago
				if err := folder.Fold(t.Context()); err != nil {
					t.Fatal(err)
				}
			}
			met := false
			w.before = once(c.stage, func() {
				met = true
				world.record(failure("late"))
				if err := other.Fold(t.Context()); err != nil {
					t.Error(err)
				}
				if n := world.count(`select count(*) from inbox`); n == 0 {
					t.Error("the second folder folded in spite of the lock")
				}
			})
			if c.before > 0 {
				world.record(failure("early"))
			}
			if err := folder.Fold(t.Context()); err != nil {
				t.Fatal(err)
			}
			if !met {
				t.Fatalf("the folder did not come to %s", c.stage)
			}
			if n := world.count(`select count(*) from inbox`); n != 0 {
				t.Error("the row stays until somebody folds by chance")
			}
			if n := world.count(`select coalesce(sum(count), 0)::int from groups`); n != 1+c.before {
				t.Errorf("counted %d, want %d", n, 1+c.before)
			}
		})
	}
}

// A process may be frozen or die at any moment: others go on, at the latest
// with their next tick.
func TestFolderThatStopsDoesNotStopTheLog(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		stage string
		after bool          // it stops when the stage is done
		most  time.Duration // until others have folded
		slow  bool
	}{
		"between its commit and its next look": {stage: "write", after: true, most: time.Minute},
		// The server ends its transaction after five seconds.
		"with the lock, before it writes": {stage: "write", most: time.Minute, slow: true},
		"with the lock, before it reads":  {stage: "read", most: time.Minute, slow: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if c.slow && testing.Short() {
				t.Skip("waits for a timeout of the server")
			}
			w := &watched{}
			world, folder, other := rivals(t, w)
			stopped, released := make(chan struct{}), make(chan struct{})
			hold := once(c.stage, func() {
				close(stopped)
				<-released
			})
			if c.after {
				w.before = once(c.stage, func() { // too late for this fold
					world.record(failure("late"))
					if err := other.Fold(t.Context()); err != nil {
						t.Error(err)
					}
				})
				w.after = hold
			} else {
				w.before = hold
			}
			world.record(failure("early"))
			gone := make(chan error, 1)
			go func() { gone <- folder.Fold(t.Context()) }()
			<-stopped
			if !c.after {
				world.record(failure("late"))
			}
			if n := world.count(`select count(*) from inbox`); n == 0 {
				t.Fatal("nothing is left to fold")
			}

			ctx, stop := context.WithTimeout(t.Context(), c.most)
			defer stop()
			var folding sync.WaitGroup
			folding.Go(func() { other.Run(ctx, 10*time.Millisecond, func(err error) { t.Errorf("fold: %v", err) }) })
			for left := 1; left > 0; pause(ctx, nil, 5*time.Millisecond) {
				if ctx.Err() != nil {
					t.Errorf("still not folded after %v", c.most)
					break
				}
				left = world.count(`select count(*) from inbox`)
			}
			stop()
			folding.Wait()
			close(released)
			if err := <-gone; (err != nil) == c.after {
				t.Errorf("the folder that had stopped returned %v", err)
			}
			world.fold()
			if n := world.count(`select sum(count) from groups`); n != 2 {
				t.Errorf("counted %d, want 2", n)
			}
			if n := len(world.events()); n != 2 {
				t.Errorf("%d events, want 2", n)
			}
		})
	}
}

// A frozen writer keeps its own rows back and nobody else's.
func TestFrozenWriterHoldsUpNobody(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	frozen, err := w.pool.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer frozen.Rollback(context.WithoutCancel(t.Context()))
	if _, err := w.pool.Exec(t.Context(), makeTruth); err != nil {
		t.Fatal(err)
	}
	if err := putInbox(t.Context(), frozen, "frozen", w.project, 1, 5); err != nil {
		t.Fatal(err)
	}
	w.report(failure("boom"))
	if g := w.only(); g.Count != 1 {
		t.Errorf("count %d", g.Count)
	}
	if err := frozen.Commit(t.Context()); err != nil {
		t.Fatal(err)
	}
	w.fold()
	if n := w.count(`select sum(count) from groups`); n != 6 {
		t.Errorf("counted %d, want 6", n)
	}
	if events := w.events(); len(events) != 2 || events[1].ID != 2 {
		t.Errorf("events %+v", events)
	}
}

// Looking at an empty inbox is cheap: nothing is read and written but once in
// the time for which an event may be held.
func TestFoldOfNothingDoesNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.report(failure("boom"))
	before := w.folder.Stats().Folds
	for range 5 {
		w.fold()
	}
	if n := w.folder.Stats().Folds - before; n > 0 {
		t.Errorf("%d of 5 looks at an empty inbox read and wrote", n)
	}
	w.at = w.at.Add(w.folder.policy.Hold)
	w.fold()
	if n := w.folder.Stats().Folds - before; n != 1 {
		t.Errorf("looked %d times for the held events of others, want once", n)
	}
}
