package postgres

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"rynda/pkg/auth"
	"rynda/pkg/journal"
	"rynda/pkg/pgtest"
)

// People view, undo and view in bulk what jobs report at the same moment, in
// sets that overlap and in any order, while two processes fold and a sweep
// goes by. Nobody is told of a deadlock, and all adds up afterwards.
// RYNDA_LONG=1 makes it a minute.
func TestViewingAndReportingAtOnce(t *testing.T) {
	t.Parallel()
	long := 10 * time.Second
	switch {
	case os.Getenv("RYNDA_LONG") == "1":
		long = time.Minute
	case testing.Short():
		long = 2 * time.Second
	}
	tr := newTrial(t, pgtest.New(t))
	policy := *tr.fold.Policy
	policy.Quiet = map[journal.Severity]time.Duration{} // what is viewed comes back with the next report
	tr.fold.Policy = &policy
	c := &contest{trial: tr, scope: tr.projects}
	c.stores = []*Store{c.process(), c.process()}
	everyone := tr.everyReader("")
	watching := []*reader{everyone[0], everyone[3]} // one of pages, one of the stream

	ctx, stop := context.WithTimeout(t.Context(), 3*time.Minute)
	defer stop()
	begun := time.Now()
	c.enough = func() {
		if time.Since(begun) >= long && c.done.Load()-c.late.Load() >= 200 && c.viewed.Load() > 0 && c.undone.Load() > 0 {
			stop()
		}
	}
	var running, recording sync.WaitGroup
	awaitReaders := tr.startReaders(watching)
	recorder, stopRecorder := context.WithCancel(t.Context())
	recording.Go(func() { tr.recorder.Run(recorder) })
	for i := range 4 {
		running.Go(func() { c.keep(ctx, i, c.reports) })
	}
	for i := range 6 {
		running.Go(func() { c.keep(ctx, 10+i, c.clicks) })
	}
	for i := range 2 {
		running.Go(func() { c.keep(ctx, 20+i, c.bulk) })
	}
	running.Go(func() { c.keep(ctx, 30, c.sweeps) })
	running.Wait()
	stopRecorder()
	recording.Wait()
	tr.settle()
	awaitReaders()
	tr.compare(watching)

	wrong := func(what, query string) {
		t.Helper()
		var n int
		if err := tr.pool.QueryRow(t.Context(), query).Scan(&n); err != nil || n != 0 {
			t.Errorf("%d %s, %v", n, what, err)
		}
	}
	wrong("projects whose totals are not those of their groups", `
		select count(*) from feed_totals t cross join lateral (
			select count(*) filter (where severity = 4) as critical, count(*) filter (where severity = 3) as error,
				count(*) filter (where severity = 2) as warning, count(*) filter (where severity = 1) as info
			from groups g where g.project_id = t.project_id and g.state = 'active'
		) c where t.critical <> c.critical or t.error <> c.error or t.warning <> c.warning or t.info <> c.info`)
	wrong("groups whose last entry of the audit is not their state", `
		select count(*) from groups g where g.state <> (
			select case action when 'viewed' then 'viewed' else 'active' end from group_history h
			where h.group_id = g.group_id order by history_id desc limit 1)`)
	busy, late := c.done.Load(), c.late.Load()
	t.Logf("%d calls, %d of them not in time", busy, late)
	if busy-late < 200 {
		t.Errorf("of %d calls %d were not answered in time", busy, late)
	}
	if c.viewed.Load() == 0 || c.undone.Load() == 0 {
		t.Errorf("%d views and %d undos in bulk", c.viewed.Load(), c.undone.Load())
	}
}

// contest is what the callers share.
type contest struct {
	*trial
	scope  []auth.Project
	stores []*Store // of two processes
	enough func()   // ends the contest when enough was done

	done, late, viewed, undone atomic.Int64
}

// process is a process of its own: a pool, a folder, a store.
func (c *contest) process() *Store {
	pool := openPool(c.t, c.dsn, 12, nil)
	store := NewStore(pool, nil)
	store.Fold = NewFolder(pool, c.fold, nil).Fold
	return store
}

// keep repeats a call until ctx ends and looks at its errors.
func (c *contest) keep(ctx context.Context, seed int, call func(ctx context.Context, rnd *rand.Rand, s *Store) error) {
	rnd := rand.New(rand.NewPCG(uint64(seed), 21))
	for n := 0; ctx.Err() == nil; n++ {
		// A call that has begun is finished: only then may its error be judged.
		err := call(context.WithoutCancel(ctx), rnd, c.stores[n%len(c.stores)])
		c.done.Add(1)
		c.enough()
		switch {
		case err == nil:
		case strings.Contains(err.Error(), "40P01"), strings.Contains(err.Error(), "40001"):
			c.t.Errorf("a caller is told of a deadlock: %v", err)
			return
		case errors.Is(err, journal.ErrUnavailable): // the machine is slow
			if c.late.Add(1) <= 3 {
				c.t.Logf("not in time: %v", err)
			}
		default:
			c.t.Error(err)
			return
		}
		pause(ctx, rnd, 3*time.Millisecond)
	}
}

func (c *contest) reports(ctx context.Context, rnd *rand.Rand, s *Store) error {
	reports := make([]journal.Occurrence, 1+rnd.IntN(20))
	for i := range reports {
		reports[i] = c.occurrence(rnd, fmt.Sprint(rnd.Uint64()))
	}
	if !c.recordSurely(reports, rnd) {
		return nil
	}
	c.kept.Add(int64(len(reports)))
	return s.Fold(ctx)
}

// clicks views or undoes one group after the other, in any order.
func (c *contest) clicks(ctx context.Context, rnd *rand.Rand, s *Store) error {
	page, err := s.Groups(ctx, c.scope, journal.GroupQuery{})
	if err != nil || len(page.Groups) == 0 {
		return err
	}
	for _, i := range rnd.Perm(len(page.Groups))[:1+rnd.IntN(min(4, len(page.Groups)))] {
		g := page.Groups[i]
		if g.State == journal.Viewed {
			_, err = s.Undo(ctx, c.scope, idOf(c.t, g), g.Version, "bob")
		} else {
			_, err = s.View(ctx, c.scope, idOf(c.t, g), g.Version, "ann")
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// bulk views all that is in the feed, or what is worst of it, and mostly
// undoes it.
func (c *contest) bulk(ctx context.Context, rnd *rand.Rand, s *Store) error {
	feed, err := s.Feed(ctx, c.scope, "newest")
	if err != nil {
		return err
	}
	query := journal.ViewQuery{ThroughCursor: feed.Cursor}
	scope := c.scope
	if rnd.IntN(2) == 0 {
		scope = scope[:1]
	}
	many, err := s.ViewMany(ctx, scope, query, "eve")
	if err != nil || many.ViewID == "" {
		return err
	}
	c.viewed.Add(int64(many.Viewed))
	if rnd.IntN(3) == 0 {
		return nil
	}
	undone, err := s.UndoMany(ctx, scope, many.ViewID, "eve")
	if errors.Is(err, journal.ErrNotFound) { // others were first with every group
		return nil
	}
	c.undone.Add(int64(undone.Viewed))
	return err
}

func (c *contest) sweeps(ctx context.Context, rnd *rand.Rand, s *Store) error {
	_, err := s.Sweep(ctx)
	pause(ctx, rnd, 500*time.Millisecond)
	return err
}
