package postgres

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"
)

// enterFold takes the lock and bounds how long this transaction may hold it:
// a folder that is frozen between two statements is ended by the server. It is
// a statement of its own, so that the next one has a snapshot taken after the
// lock; with both in one, rows of the fold before would be counted twice.
//
// The fold looks up a known number of keys. A planner that saw the tables when
// they were empty would scan and hash them whole, and keep that plan while they
// grow; without these ways it has only the indexes.
const enterFold = `select /* fold: enter */ set_config('rynda.folds', pg_try_advisory_xact_lock(7001)::text, true),
  set_config('lock_timeout', '2s', true), set_config('statement_timeout', '15s', true),
  set_config('idle_in_transaction_session_timeout', '5s', true), set_config('synchronize_seqscans', 'off', true),
  set_config('enable_seqscan', 'off', true), set_config('enable_hashjoin', 'off', true), set_config('enable_mergejoin', 'off', true),
  set_config('jit', 'off', true)`

// takeInbox takes what is pending, when the lock was had, up to a number of rows
// and of bytes, at least one. That rows are deleted is what keeps them from being
// counted twice, not the lock alone.
const takeInbox = `delete /* fold: take */ from inbox
where current_setting('rynda.folds') = 'true' and ctid = any (array(
  select ctid from (
    select ctid, bytes, sum(bytes) over (rows unbounded preceding) as total
    from (select ctid, octet_length(body::text) + case when kind in ('run', 'deploy') then 12000 else 0 end as bytes
      from inbox limit $1) pending
  ) summed where total - bytes < $2))
returning seq, kind, project_id, fingerprint, severity, release, count, first_at, last_at, at, body::text`

// takeBytes bounds the bodies of one fold. What becomes of them in groups and
// events is a few times as much. That of a run or deploy is read from its row.
const takeBytes = 4 << 20

type inboxRow struct {
	Seq             int64
	Kind            string
	ProjectID       int64
	Fingerprint     string
	Severity        int16
	Release         string
	Count           int32
	FirstAt, LastAt *time.Time
	At              time.Time
	Body            string
}

// selectPending is run when the lock is given back, in the same round trip.
// Whoever brought a row before and found the lock taken has left, so his row is
// seen here; whoever brings one later gets the lock himself.
const selectPending = `select /* fold: more? */ exists (select from inbox)`

func readTaken(results pgx.BatchResults) (rows []inboxRow, locked bool, err error) {
	if _, err = results.Exec(); err != nil {
		return nil, false, err
	}
	if _, err = results.Exec(); err != nil {
		return nil, false, err
	}
	taken, err := results.Query()
	if err != nil {
		return nil, false, err
	}
	rows, err = pgx.CollectRows(taken, pgx.RowToStructByPos[inboxRow])
	if err != nil {
		return nil, false, err
	}
	err = results.QueryRow().Scan(&locked)
	return rows, locked, err
}

// tidyAfter is how many rows are taken between two vacuums of the inbox.
const tidyAfter = 5000

// tidy vacuums the inbox now and then: it is read whole, and walking over what
// earlier folds deleted would soon cost more than the fold (50 ms a fold after
// a storm of 200,000, until autovacuum came by). It waits for no lock.
func (f *Folder) tidy(ctx context.Context, conn *pgx.Conn, rows int) {
	if f.taken += rows; f.taken < tidyAfter {
		return
	}
	f.taken = 0
	_, _ = conn.Exec(ctx, `vacuum (skip_locked) inbox`) // without it the fold is slower and not wrong
}
