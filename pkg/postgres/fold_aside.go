package postgres

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// The row that could not be folded by itself goes to inbox_dead with the reason,
// in the words of the server and never with a value of the row. It is named by
// its seq: what lies first by now may be another.
const setRowAside = `with d as (
  delete /* fold: set aside */ from inbox
  where current_setting('rynda.folds') = 'true' and seq = $2 returning *
)
insert into inbox_dead (seq, kind, project_id, fingerprint, severity, release, count, first_at, last_at, at, body, reason)
select seq, kind, project_id, fingerprint, severity, release, count, first_at, last_at, at, body, $1 from d
returning coalesce((select slug from projects p where p.project_id = inbox_dead.project_id), ''), kind`

func (f *Folder) setAside(ctx context.Context, cause error) error {
	reason := "fold failed"
	var pg *pgconn.PgError
	if errors.As(cause, &pg) {
		reason = "SQLSTATE " + pg.Code + " " + pg.ConstraintName
	}
	return pgx.BeginFunc(ctx, f.pool, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, enterFold); err != nil {
			return err
		}
		var project, kind string
		err := tx.QueryRow(ctx, setRowAside, strings.TrimSpace(reason), f.alone).Scan(&project, &kind)
		if errors.Is(err, pgx.ErrNoRows) {
			return nil
		}
		if err == nil {
			f.stats.dead.Add(1)
			if f.OnDead != nil {
				f.OnDead(project, kind, reason)
			}
		}
		return err
	})
}

// isDataError reports whether the rows themselves may be at fault: classes 22
// (data exception) and 23 (integrity), and a Go panic over a row. A missing
// partition is not.
func isDataError(err error) bool {
	var fault *rowFault
	if errors.As(err, &fault) {
		return true
	}
	var pg *pgconn.PgError
	return errors.As(err, &pg) && (strings.HasPrefix(pg.Code, "22") || strings.HasPrefix(pg.Code, "23")) && !isNoPartition(err)
}

// isNoPartition: the parent table has no partition for a row. The code is that
// of a check constraint, but no constraint is named.
func isNoPartition(err error) bool {
	var pg *pgconn.PgError
	return errors.As(err, &pg) && pg.Code == "23514" && pg.ConstraintName == ""
}

// isRetryable: deadlock, serialization, lock not available.
func isRetryable(err error) bool {
	var pg *pgconn.PgError
	return errors.As(err, &pg) && (pg.Code == "40P01" || pg.Code == "40001" || pg.Code == "55P03")
}

// rowFault is a panic over the rows of a fold, treated as a fault of the rows.
type rowFault struct{ cause any }

func (e *rowFault) Error() string { return fmt.Sprintf("fold: a row cannot be applied: %v", e.cause) }
