package postgres

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"rynda/pkg/eventlog"
	"rynda/pkg/journal"
)

// FoldConfig sets how the inbox is folded.
type FoldConfig struct {
	// Batch is how many inbox rows one fold takes at most; 0 is 5000.
	Batch int `envconfig:"RYNDA_FOLD_BATCH" default:"5000"`
	// NewGroups is how many groups a project may make per hour once it has used
	// up a burst of ten times as many; what is beyond goes into one overflow
	// group. 0 is 200, negative is no limit.
	NewGroups int `envconfig:"RYNDA_NEW_GROUPS" default:"200"`
	// QuietBell leaves NOTIFY out; readers then find new events by looking.
	QuietBell bool `envconfig:"RYNDA_QUIET_BELL" default:"false"`
	// Policy is when groups are raised; nil is journal.DefaultPolicy.
	Policy *journal.Policy `ignored:"true"`
}

// FoldStats counts what a Folder did since it was made.
type FoldStats struct {
	Folds, Rows, Events, Dead, Failures, Overflowed int64
}

// Folder turns inbox rows into groups and events. Any number of processes may
// have one: a transaction lock lets one of them work at a time and the others
// return at once. It is safe for concurrent use.
type Folder struct {
	pool   *pgxpool.Pool
	config FoldConfig
	policy journal.Policy
	now    func() time.Time
	// OnHead is told of the head after a fold that appended events; it must not
	// block. Nil for nobody.
	OnHead func(eventlog.Head)
	// OnDead is told of rows that were set aside, with the slug of their project,
	// empty where that does not exist; nil for nobody.
	OnDead func(project, kind, reason string)
	// OnPartition is called when the newest partition of events is half full,
	// after the commit; nil leaves that to the sweep.
	OnPartition func(context.Context) error

	refs  refMemory
	taken int         // rows since the last vacuum
	busy  sync.Mutex  // one fold of this process at a time
	asked atomic.Bool // for another one, by somebody who found it busy
	kick  chan struct{}
	due   atomic.Int64 // Unix ns when a held event may go out; 0 for none
	batch int          // rows that the next fold takes at most; for who is busy
	most  int          // what batch may grow to: less than what failed, and slowly more
	alone int64        // seq of the row when the last fold took a single one
	look  atomic.Int64 // Unix ns when to look for held events of other processes
	stats struct{ folds, rows, events, dead, failures, overflowed atomic.Int64 }
}

// NewFolder returns a folder over pool, which must lead to the primary. A nil
// now is time.Now.
func NewFolder(pool *pgxpool.Pool, config FoldConfig, now func() time.Time) *Folder {
	if config.Batch <= 0 {
		config.Batch = 5000
	}
	if config.NewGroups == 0 {
		config.NewGroups = 200
	}
	policy := journal.DefaultPolicy
	if config.Policy != nil {
		policy = *config.Policy
	}
	if now == nil {
		now = time.Now
	}
	return &Folder{pool: pool, config: config, batch: config.Batch, most: config.Batch, policy: policy, now: now, kick: make(chan struct{}, 1)}
}

// Kick asks Run to fold soon. It never blocks.
func (f *Folder) Kick() {
	select {
	case f.kick <- struct{}{}:
	default:
	}
}

// Stats returns the counters.
func (f *Folder) Stats() FoldStats {
	return FoldStats{f.stats.folds.Load(), f.stats.rows.Load(), f.stats.events.Load(), f.stats.dead.Load(),
		f.stats.failures.Load(), f.stats.overflowed.Load()}
}

// Run folds when kicked, when a held event becomes due, and every tick, until
// ctx ends. Errors are counted and told to report; the next tick tries again.
func (f *Folder) Run(ctx context.Context, tick time.Duration, report func(error)) {
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-f.kick:
		case <-timer.C:
		}
		if err := f.fold(ctx, true); err != nil && ctx.Err() == nil && report != nil {
			report(err)
		}
		wait := tick
		if due := f.due.Load(); due > 0 {
			wait = min(wait, max(time.Until(time.Unix(0, due)), time.Millisecond))
		}
		timer.Reset(wait)
	}
}

// Fold folds until nothing is left, another process folds, or ctx ends. The
// rows that were in the inbox when Fold was called are folded when it returns
// nil, or whoever holds the lock will fold them: when it has given the lock
// back, whether or not it had folded anything, a folder looks again.
func (f *Folder) Fold(ctx context.Context) error { return f.fold(ctx, false) }

// longFold is what a fold may take before the next one takes fewer rows; well
// below the limits of [enterFold], which end it.
const longFold = time.Second

// pace is how long at most Run lets the inbox fill between two folds.
const pace = 100 * time.Millisecond

// fold, when paced, rests after each fold for as long as that took, so that
// under load a fold finds more rows and takes at most half of a core. A report
// that comes alone is folded at once.
func (f *Folder) fold(ctx context.Context, paced bool) error {
	for {
		f.asked.Store(true)
		if !f.busy.TryLock() {
			f.Kick() // for the case that the one at work is cut off
			return nil
		}
		f.asked.Store(false)
		err := f.foldAll(ctx, paced)
		f.busy.Unlock()
		if err != nil || !f.asked.Load() {
			return err
		}
	}
}

func (f *Folder) foldAll(ctx context.Context, paced bool) error {
	failures := 0
	for ctx.Err() == nil {
		start := time.Now()
		again, err := f.once(ctx, f.batch)
		took := time.Since(start)
		switch {
		case err == nil:
			failures = 0
			if f.most += f.most/16 + 1; took > longFold {
				f.batch = max(f.batch/2, 1)
			} else if took < longFold/4 {
				f.batch = 2 * f.batch
			}
			f.most = min(f.most, f.config.Batch)
			f.batch = min(f.batch, f.most)
			if !again {
				return nil
			}
			if paced {
				rest(ctx, min(took, pace))
			}
		case isNoPartition(err) && f.OnPartition != nil && failures < 3:
			failures++
			if err := f.OnPartition(ctx); err != nil {
				return fmt.Errorf("fold: %w", err)
			}
		case isDataError(err) && f.batch > 1:
			f.batch = max(f.batch/8, 1)
		case isDataError(err):
			if err := f.setAside(ctx, err); err != nil {
				return err
			}
		case isRetryable(err):
			f.stats.failures.Add(1)
			if failures++; failures > 3 {
				return fmt.Errorf("fold: %w", err)
			}
		default:
			// Perhaps it was too much for one of the limits of time. The next
			// fold tries less, so that it cannot fail for ever over the same rows.
			f.stats.failures.Add(1)
			f.most = max(f.batch/2, 1)
			f.batch = max(f.batch/8, 1)
			return fmt.Errorf("fold: %w", err)
		}
	}
	return ctx.Err()
}

func rest(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-timer.C:
	}
}

// Due returns when a held event may be published; zero when none is held that
// this process knows of.
func (f *Folder) Due() time.Time {
	if due := f.due.Load(); due > 0 {
		return time.Unix(0, due)
	}
	return time.Time{}
}

// once runs one fold, four statements in three round trips, and reports whether
// there is something to fold again.
func (f *Folder) once(ctx context.Context, batch int) (again bool, err error) {
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	conn, err := f.pool.Acquire(ctx)
	if err != nil {
		return false, err
	}
	defer conn.Release()
	defer func() {
		if err != nil && !conn.Conn().IsClosed() {
			_, _ = conn.Exec(context.WithoutCancel(ctx), "rollback")
		}
	}()

	start := &pgx.Batch{}
	start.Queue("begin")
	start.Queue(enterFold)
	start.Queue(takeInbox, batch, takeBytes)
	start.Queue(`select current_setting('rynda.folds') = 'true'`)
	results := conn.SendBatch(ctx, start)
	rows, locked, err := readTaken(results)
	if closeErr := results.Close(); err == nil {
		err = closeErr
	}
	if err != nil {
		return false, err
	}
	if f.alone = 0; len(rows) == 1 {
		f.alone = rows[0].Seq
	}
	now := f.now().UTC().Truncate(time.Microsecond)
	due := f.due.Load()
	if !locked {
		_, err = conn.Exec(ctx, "rollback")
		return false, err
	}
	ahead := func(at int64) bool { // and not only because the clock was put back
		d := time.Duration(at - now.UnixNano())
		return 0 < d && d <= f.policy.Hold
	}
	if len(rows) == 0 && (due == 0 || ahead(due)) && ahead(f.look.Load()) {
		leave := &pgx.Batch{}
		leave.Queue("rollback")
		leave.Queue(selectPending).QueryRow(func(row pgx.Row) error { return row.Scan(&again) })
		err = conn.SendBatch(ctx, leave).Close()
		return again, err
	}
	// Reading looks for held events of others too. A process knows only of
	// those that it held itself, so it looks now and then without need.
	f.look.Store(now.Add(f.policy.Hold).UnixNano())
	w := newFoldWork(f, now, rows)
	if err := w.read(ctx, conn.Conn()); err != nil {
		return false, err
	}
	if err := w.decide(); err != nil {
		return false, err
	}
	if again, err = w.write(ctx, conn.Conn()); err != nil {
		return false, err
	}
	f.finished(ctx, w)
	f.tidy(ctx, conn.Conn(), len(rows))
	return again || w.moreHeld, nil
}

func (f *Folder) finished(ctx context.Context, w *foldWork) {
	f.stats.folds.Add(1)
	f.stats.rows.Add(int64(len(w.rows)))
	f.stats.events.Add(int64(len(w.events)))
	f.stats.overflowed.Add(w.overflowed)
	f.stats.dead.Add(int64(len(w.dead)))
	switch {
	case w.moreHeld:
		f.due.Store(w.now.UnixNano())
	case w.heldUntil.IsZero():
		f.due.Store(0)
	default:
		f.due.Store(w.heldUntil.UnixNano())
	}
	for _, d := range w.dead {
		if f.OnDead != nil {
			project := ""
			if p := w.projects[d.row.ProjectID]; p != nil {
				project = p.slug
			}
			f.OnDead(project, d.row.Kind, d.reason)
		}
	}
	if len(w.events) == 0 && !w.renewed {
		return
	}
	if f.OnHead != nil {
		f.OnHead(w.head)
	}
	const half = eventPartition / 2
	before := w.head.ID - int64(len(w.events))
	if f.OnPartition != nil && before/half != w.head.ID/half {
		_ = f.OnPartition(ctx) // the sweep makes it otherwise
	}
}
