package postgres

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"

	"rynda/pkg/auth"
	"rynda/pkg/journal"
)

// writing is a crowd of writers with transactions of their own.
type writing struct {
	writers int
	each    int           // transactions of one writer
	most    time.Duration // it dawdles before and after it writes
}

const causes = 6 // of each project

// putting writes one thing in an open transaction, which has a key.
type putting func(ctx context.Context, tx pgx.Tx, key string, project auth.Project, cause, count int) error

// write runs one writer: interactive transactions that dawdle before and after
// they write, take their number early or late, write under savepoints that are
// kept or rolled back, and are committed or not.
func (w writing) write(tr *trial, writer int, rnd *rand.Rand, put putting) {
	ctx := tr.t.Context()
	for n := range w.each {
		key := fmt.Sprintf("%d-%d", writer, n)
		kept, err := w.transaction(ctx, tr, rnd, key, put)
		switch {
		case kept > 0:
			tr.acknowledged(key)
		case err == nil:
		case tr.rough && ctx.Err() == nil:
			pause(ctx, rnd, 50*time.Millisecond)
		default:
			tr.t.Errorf("writer %d: %v", writer, err)
			return
		}
	}
}

// transaction returns how many rows of it are committed for certain.
func (w writing) transaction(ctx context.Context, tr *trial, rnd *rand.Rand, key string, put putting) (kept int, err error) {
	tx, err := tr.pool.Begin(ctx)
	if err != nil {
		return 0, err
	}
	defer tx.Rollback(context.WithoutCancel(ctx))
	if rnd.IntN(2) == 0 { // a transaction with an early number that writes late
		if _, err := tx.Exec(ctx, `select pg_current_xact_id()`); err != nil {
			return 0, err
		}
	}
	pause(ctx, rnd, w.most)
	one := func(tx pgx.Tx) error {
		return put(ctx, tx, key, tr.projects[rnd.IntN(len(tr.projects))], rnd.IntN(causes), 1+rnd.IntN(5))
	}
	for range 1 + rnd.IntN(3) {
		switch rnd.IntN(4) {
		case 0, 1: // under a savepoint, kept or rolled back
			keep := rnd.IntN(2) == 0
			err := pgx.BeginFunc(ctx, tx, func(inner pgx.Tx) error {
				if err := one(inner); err != nil || keep {
					return err
				}
				return errThoughtBetter
			})
			if err != nil && !errors.Is(err, errThoughtBetter) {
				return 0, err
			}
			if keep {
				kept++
			}
		default:
			if err := one(tx); err != nil {
				return 0, err
			}
			kept++
		}
	}
	pause(ctx, rnd, w.most)
	if rnd.IntN(5) == 0 {
		return 0, tx.Rollback(ctx)
	}
	if err := tx.Commit(ctx); err != nil {
		return 0, err
	}
	return kept, nil
}

var errThoughtBetter = errors.New("thought better of it")

// putInbox writes an inbox row and, for the comparison, the truth.
func putInbox(ctx context.Context, tx pgx.Tx, key string, project auth.Project, cause, count int) error {
	_, err := tx.Exec(ctx, `
		with t as (insert into truth values (@project, @fingerprint, @count, @key))
		insert into inbox (kind, project_id, fingerprint, severity, count, first_at, last_at, body)
		values ('report', @project, @fingerprint, 3, @count, clock_timestamp(), clock_timestamp(), json_build_object('title', @title::text))`,
		pgx.NamedArgs{"key": key, "project": project.ID, "fingerprint": fingerprint(int64(1000 + cause)), "count": count,
			"title": fmt.Sprintf("cause %d", cause)})
	return err
}

// record has eight callers report through the recorder, as jobs do: each
// repeats a report until it is acknowledged, and some even then.
func (tr *trial) record(w writing, rnd *rand.Rand) {
	var callers sync.WaitGroup
	for c := range 8 {
		seed := rnd.Uint64()
		callers.Go(func() {
			rnd := rand.New(rand.NewPCG(seed, 15))
			for n := range w.each {
				reports := make([]journal.Occurrence, 1+rnd.IntN(3))
				for i := range reports {
					reports[i] = tr.occurrence(rnd, fmt.Sprintf("%d-%d-%d", c, n, i))
				}
				if !tr.recordSurely(reports, rnd) {
					return
				}
				tr.kept.Add(int64(len(reports)))
				if rnd.IntN(5) == 0 && !tr.recordSurely(reports, rnd) {
					return
				}
				pause(tr.t.Context(), rnd, w.most)
			}
		})
	}
	callers.Wait()
}

func (tr *trial) recordSurely(reports []journal.Occurrence, rnd *rand.Rand) bool {
	ctx := tr.t.Context()
	for {
		_, err := tr.recorder.Record(ctx, reports)
		if err == nil {
			return true
		}
		if !errors.Is(err, journal.ErrUnavailable) || ctx.Err() != nil {
			tr.t.Errorf("record: %v", err)
			return false
		}
		pause(ctx, rnd, 20*time.Millisecond)
	}
}

func (tr *trial) occurrence(rnd *rand.Rand, id string) journal.Occurrence {
	project := tr.projects[rnd.IntN(len(tr.projects))]
	now := time.Now().UTC()
	r := journal.Report{Message: "it fails", ReportID: id, OccurredAt: &now, Fingerprint: []string{fmt.Sprint("cause ", rnd.IntN(causes))}}
	o, err := r.Accept(journal.Options{ProjectID: project.ID, Project: project.Slug, Now: now})
	if err != nil {
		panic(err)
	}
	return o
}

// mortals traces the connections of folders and ends some of their folds: by
// cutting them off before a statement or in it, or by ending their backend.
type mortals struct {
	trial   *trial
	percent int                       // of statements after the first at which a folder dies
	end     func(ctx context.Context) // ends the backend that holds the lock of the fold

	mu     sync.Mutex
	rnd    *rand.Rand
	deaths map[string]int
}

func (m *mortals) total() (n int) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, deaths := range m.deaths {
		n += deaths
	}
	return n
}

func (m *mortals) TraceQueryStart(ctx context.Context, _ *pgx.Conn, data pgx.TraceQueryStartData) context.Context {
	if strings.Contains(data.SQL, "fold: read") {
		return m.meet(ctx, "read")
	}
	return ctx
}

func (m *mortals) TraceBatchStart(ctx context.Context, _ *pgx.Conn, data pgx.TraceBatchStartData) context.Context {
	return m.meet(ctx, stageOf(data.Batch))
}

func (*mortals) TraceQueryEnd(context.Context, *pgx.Conn, pgx.TraceQueryEndData) {}

func (*mortals) TraceBatchQuery(context.Context, *pgx.Conn, pgx.TraceBatchQueryData) {}

func (*mortals) TraceBatchEnd(context.Context, *pgx.Conn, pgx.TraceBatchEndData) {}

// stageOf names the part of a fold that a batch is: take, write or another.
func stageOf(batch *pgx.Batch) string {
	for _, q := range batch.QueuedQueries {
		switch {
		case strings.Contains(q.SQL, "fold: read"):
			return "read"
		case strings.Contains(q.SQL, "fold: take"):
			return "take"
		case strings.Contains(q.SQL, "fold: write"):
			return "write"
		}
	}
	return "other"
}

// meet decides what becomes of a folder that is about to run a stage.
func (m *mortals) meet(ctx context.Context, stage string) context.Context {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.rnd == nil {
		m.rnd, m.deaths = rand.New(rand.NewPCG(2, 16)), map[string]int{}
	}
	percent := m.percent
	if stage == "take" { // where most only find that they are too many
		percent /= 8
	}
	if m.rnd.IntN(100) >= percent {
		return ctx
	}
	how := []string{"cut before", "cut in", "backend ended before"}[m.rnd.IntN(3)]
	if how == "backend ended before" && stage == "take" {
		how = "cut in" // it has no lock yet
	}
	m.deaths[how+" "+stage]++
	switch how {
	case "cut before":
		ctx, cancel := context.WithCancel(ctx)
		cancel()
		return ctx
	case "cut in":
		ctx, cancel := context.WithCancel(ctx)
		time.AfterFunc(time.Duration(m.rnd.Int64N(int64(3*time.Millisecond))), cancel)
		return ctx
	default:
		m.end(ctx)
		return ctx
	}
}

// holder is the backend that holds the lock of the fold in this database.
const holder = `select pid from pg_locks where locktype = 'advisory' and objid = 7001 and granted
	and database = (select oid from pg_database where datname = current_database())`

func (tr *trial) terminate(ctx context.Context) {
	if _, err := tr.pool.Exec(ctx, `select pg_terminate_backend(pid) from (`+holder+`) h`); err != nil && !tr.rough && ctx.Err() == nil {
		tr.t.Errorf("end a backend: %v", err)
	}
}
