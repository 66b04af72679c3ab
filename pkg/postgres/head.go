package postgres

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"rynda/pkg/eventlog"
)

const renewEpoch = `update /* new epoch */ log_head set epoch = $1 returning epoch, id, floor`

// NewEpoch gives the log a new identity, so that every reader starts from a
// snapshot: for after a restore. It waits for a fold that is going on.
func (s *Store) NewEpoch(ctx context.Context) (eventlog.Head, error) {
	var head eventlog.Head
	err := pgx.BeginFunc(ctx, s.pool, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, `select pg_advisory_xact_lock(7001)`); err != nil {
			return err
		}
		var old string
		if err := tx.QueryRow(ctx, `select epoch from log_head`).Scan(&old); err != nil {
			return err
		}
		if err := tx.QueryRow(ctx, renewEpoch, newEpoch(old)).Scan(&head.Epoch, &head.ID, &head.Floor); err != nil {
			return err
		}
		_, err := tx.Exec(ctx, `select pg_notify($1, $2)`, eventlog.Channel, head.Position().String())
		return err
	})
	if err != nil {
		return eventlog.Head{}, fmt.Errorf("renew the epoch: %w", unavailable(err))
	}
	return head, nil
}

// Backlog says how much is accepted and not yet folded.
type Backlog struct {
	Rows          int64
	OldestSeconds float64 // age of the oldest row; 0 when there is none
	Dead          int64   // rows set aside, ever
	DeadTuples    int64   // of the inbox, as the statistics have it: high under a long snapshot
}

const selectBacklog = `select /* backlog */ count(*), coalesce(extract(epoch from clock_timestamp() - min(at)), 0)::float8,
  (select count(*) from inbox_dead), coalesce((select n_dead_tup from pg_stat_user_tables where relname = 'inbox'), 0)
from inbox`

// Backlog reads the state of the inbox, for metrics and readiness.
func (s *Store) Backlog(ctx context.Context) (Backlog, error) {
	var b Backlog
	err := s.pool.QueryRow(ctx, selectBacklog).Scan(&b.Rows, &b.OldestSeconds, &b.Dead, &b.DeadTuples)
	if err != nil {
		return Backlog{}, fmt.Errorf("read the backlog: %w", unavailable(err))
	}
	return b, nil
}
