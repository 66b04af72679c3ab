// Package storage measures the storage step alone: how fast one-row
// transactions of many connections are stored and folded, against bare inserts
// of the same rows and against the usual way of doing it, an upsert of the
// group in every report's transaction.
package storage

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"rynda/bench/figure"
	"rynda/pkg/journal"
	"rynda/pkg/postgres"
)

const (
	connections = 64
	causes      = 20_000
)

// Run measures on the database behind url, which must be empty and migrated.
// Each cell takes about as long as each; the cells are run in turns, so that a
// noisy moment falls on all of them, and the middle of three is kept.
func Run(ctx context.Context, url string, each time.Duration) ([]figure.Figure, error) {
	config, err := pgxpool.ParseConfig(url)
	if err != nil {
		return nil, err
	}
	config.MaxConns = connections + 4
	postgres.TuneForWriting(config)
	pool, err := pgxpool.NewWithConfig(ctx, config)
	if err != nil {
		return nil, err
	}
	defer pool.Close()
	b := &bench{pool: pool, store: postgres.NewStore(pool, nil)}
	if err := b.prepare(ctx); err != nil {
		return nil, err
	}
	var rates [5][]float64
	for range 3 {
		for i, cell := range []func(context.Context, time.Duration) (float64, error){
			func(ctx context.Context, d time.Duration) (float64, error) { return b.bare(ctx, d, 0.95) },
			func(ctx context.Context, d time.Duration) (float64, error) { return b.rynda(ctx, d, 0.95) },
			func(ctx context.Context, d time.Duration) (float64, error) { return b.upsert(ctx, d, 0.95) },
			func(ctx context.Context, d time.Duration) (float64, error) { return b.rynda(ctx, d, 0) },
			func(ctx context.Context, d time.Duration) (float64, error) { return b.stored(ctx, d, 0.95) },
		} {
			if err := b.clear(ctx); err != nil {
				return nil, err
			}
			rate, err := cell(ctx, each)
			if err != nil {
				return nil, err
			}
			rates[i] = append(rates[i], rate)
		}
	}
	bare, storm, upsert, spread, stored := middle(rates[0]), middle(rates[1]), middle(rates[2]), middle(rates[3]), middle(rates[4])
	return []figure.Figure{
		figure.AtLeast("storage: stored, 64 connections, one row each, 95 % one cause; limit: bare inserts", stored, "reports/s", bare, 0.70),
		figure.AtLeast("storage: stored and folded meanwhile; limit: upsert per report", storm, "reports/s", upsert, 4),
		figure.AtLeast("storage: stored and folded meanwhile, no target; limit: bare inserts", storm, "reports/s", bare, 0),
		figure.AtLeast("storage: the same with 20,000 causes evenly, no target; limit: bare inserts", spread, "reports/s", bare, 0),
	}, nil
}

func middle(v []float64) float64 {
	a, b, c := v[0], v[1], v[2]
	return max(min(a, b), min(max(a, b), c))
}

type bench struct {
	pool    *pgxpool.Pool
	store   *postgres.Store
	project int64
}

func (b *bench) prepare(ctx context.Context) error {
	const project = `insert into projects (slug, name) values ('bench', 'Bench')
		on conflict (slug) do update set name = excluded.name returning project_id`
	if err := b.pool.QueryRow(ctx, project).Scan(&b.project); err != nil {
		return err
	}
	return b.store.EnsureOccurrencePartitions(ctx)
}

func (b *bench) clear(ctx context.Context) error {
	for _, sql := range []string{
		`truncate occurrences, inbox, groups, group_keys, group_words, group_refs, group_hours, group_minutes, group_history, work_news,
			feed_totals, group_budgets, events`,
		`update log_head set id = 0, floor = 1`, `checkpoint`,
	} {
		if _, err := b.pool.Exec(ctx, sql); err != nil {
			return fmt.Errorf("clear: %w", err)
		}
	}
	return nil
}

// rows makes occurrences ahead of time: decoding and redaction are not part of
// the storage step. share is that of the one cause.
func (b *bench) rows(n int, share float64) ([]journal.Occurrence, error) {
	chance := rand.New(rand.NewPCG(1, 2))
	out := make([]journal.Occurrence, n)
	payload := json.RawMessage(`{"timeout_ms":3000,"host":"db.internal","attempt":2,"region":"eu-north-1"}`)
	for i := range out {
		cause := 0
		if chance.Float64() >= share {
			cause = 1 + chance.IntN(causes)
		}
		r := journal.Report{
			Message: fmt.Sprintf("dial tcp 10.0.0.7:5432: connect: connection refused (%d)", i), Level: "error", Type: "ConnectError",
			Source: "billing-worker", Environment: "production", Release: "2026.11.3", Payload: payload,
			Fingerprint: []string{fmt.Sprint("cause ", cause)},
		}
		o, err := r.Accept(journal.Options{ProjectID: b.project, Project: "bench", Now: time.Now()})
		if err != nil {
			return nil, err
		}
		out[i] = o
	}
	return out, nil
}

// load runs one goroutine per connection until the time is over and returns how
// many calls a second succeeded, all the time until done was over included.
func load(ctx context.Context, d time.Duration, call func(ctx context.Context, n int64) error, done func() error) (float64, error) {
	var next, ok atomic.Int64
	var wait sync.WaitGroup
	var failed atomic.Pointer[error]
	start := time.Now()
	for range connections {
		wait.Go(func() {
			for time.Since(start) < d && ctx.Err() == nil {
				if err := call(ctx, next.Add(1)-1); err != nil {
					failed.Store(&err)
					return
				}
				ok.Add(1)
			}
		})
	}
	wait.Wait()
	if err := failed.Load(); err != nil {
		return 0, *err
	}
	if err := done(); err != nil {
		return 0, err
	}
	return float64(ok.Load()) / time.Since(start).Seconds(), ctx.Err()
}

const pregenerated = 150_000

// rynda is the product's own path, each call its own transaction, with one
// folder at work beside it; the time ends when everything is folded.
func (b *bench) rynda(ctx context.Context, d time.Duration, share float64) (float64, error) {
	rows, err := b.rows(pregenerated, share)
	if err != nil {
		return 0, err
	}
	recorder := postgres.NewRecorder(b.store, postgres.RecorderConfig{BodyRate: -1})
	folder := postgres.NewFolder(b.pool, postgres.FoldConfig{NewGroups: -1}, nil)
	folding, stop := context.WithCancel(ctx)
	defer stop()
	recorder.OnCommit = func(int) { folder.Kick() }
	ended := make(chan struct{})
	go func() { defer close(ended); folder.Run(folding, time.Second, nil) }()
	var stored atomic.Int64
	rate, err := load(ctx, d, func(ctx context.Context, n int64) error {
		out, err := recorder.Record(ctx, rows[n%pregenerated:n%pregenerated+1])
		if err == nil && !out[0].Duplicate {
			stored.Add(1)
		}
		return err
	}, func() error {
		stop()
		<-ended
		// A fold that was cut off may still hold the lock for a moment.
		for left := 1; left > 0; {
			if err := folder.Fold(ctx); err != nil {
				return err
			}
			if err := b.pool.QueryRow(ctx, `select count(*) from inbox`).Scan(&left); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return 0, err
	}
	var counted int64
	if err := b.pool.QueryRow(ctx, `select coalesce(sum(count), 0) from groups`).Scan(&counted); err != nil {
		return 0, err
	}
	if counted != stored.Load() {
		return 0, fmt.Errorf("counted %d of %d stored", counted, stored.Load())
	}
	return rate, nil
}

// stored is the storage step alone: what must be done before a report is
// acknowledged.
func (b *bench) stored(ctx context.Context, d time.Duration, share float64) (float64, error) {
	rows, err := b.rows(pregenerated, share)
	if err != nil {
		return 0, err
	}
	recorder := postgres.NewRecorder(b.store, postgres.RecorderConfig{BodyRate: -1})
	return load(ctx, d, func(ctx context.Context, n int64) error {
		if n >= pregenerated {
			return errors.New("more rows are needed for so long a time")
		}
		_, err := recorder.Record(ctx, rows[n:n+1])
		return err
	}, func() error { return nil })
}

const bareInsert = `insert into occurrences (occurrence_id, day, project_id, fingerprint, occurred_at, received_at, severity, body)
	values ($1, $2, $3, $4, $5, $6, $7, $8)`

func (b *bench) bare(ctx context.Context, d time.Duration, share float64) (float64, error) {
	rows, err := b.rows(pregenerated, share)
	if err != nil {
		return 0, err
	}
	return load(ctx, d, func(ctx context.Context, n int64) error {
		row, _ := rows[n%pregenerated].Row()
		if n >= pregenerated { // the same rows again need ids of their own
			row.ID[15] ^= byte(n / pregenerated)
			row.ID[14] ^= byte(n / pregenerated >> 8)
		}
		_, err := b.pool.Exec(ctx, bareInsert, [16]byte(row.ID), row.Day, row.ProjectID, row.Fingerprint, row.OccurredAt, row.ReceivedAt, int16(row.Severity), string(row.Body))
		return err
	}, func() error { return nil })
}

// upsertGroup is how a journal is usually built: the report's transaction
// updates the row of its group and appends an event with a sequence.
const upsertGroup = `
with o as (insert into occurrences (occurrence_id, day, project_id, fingerprint, occurred_at, received_at, severity, body)
  values ($1, $2, $3, $4, $5, $6, $7, $8)),
g as (insert into bench_groups as g (fingerprint, project_id, count, title, last_seen_at) values ($4, $3, 1, $9, $6)
  on conflict (fingerprint) do update set count = g.count + 1, last_seen_at = excluded.last_seen_at returning count)
insert into bench_events (fingerprint, data) select $4, json_build_object('count', count, 'title', $9::text) from g`

func (b *bench) upsert(ctx context.Context, d time.Duration, share float64) (float64, error) {
	rows, err := b.rows(pregenerated, share)
	if err != nil {
		return 0, err
	}
	const tables = `drop table if exists bench_groups, bench_events;
		create table bench_groups (fingerprint text primary key, project_id bigint, count bigint, title text, last_seen_at timestamptz) with (fillfactor = 70);
		create table bench_events (id bigserial primary key, fingerprint text, data json)`
	if _, err := b.pool.Exec(ctx, tables); err != nil {
		return 0, err
	}
	defer b.pool.Exec(context.WithoutCancel(ctx), `drop table if exists bench_groups, bench_events`)
	return load(ctx, d, func(ctx context.Context, n int64) error {
		row, _ := rows[n%pregenerated].Row()
		if n >= pregenerated {
			row.ID[15] ^= byte(n / pregenerated)
			row.ID[14] ^= byte(n / pregenerated >> 8)
		}
		_, err := b.pool.Exec(ctx, upsertGroup, [16]byte(row.ID), row.Day, row.ProjectID, row.Fingerprint, row.OccurredAt, row.ReceivedAt,
			int16(row.Severity), string(row.Body), row.Inbox.Title)
		return err
	}, func() error { return nil })
}
