package postgres

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"

	"rynda/pkg/auth"
	"rynda/pkg/journal"
)

// historyLimit is how many lines of its audit a group shows.
const historyLimit = 50

// groupRow is a group with what only this package needs of it.
type groupRow struct {
	journal.Group
	id, projectID int64
	viewedVersion int64 // 0 when it was never viewed
	grouping      json.RawMessage
}

const selectGroup = `
select /* group */ ` + groupColumns + `, g.project_id, coalesce(g.viewed_version, 0), g.grouping
from groups g where g.group_id = @group and g.project_id = any (@projects)`

const selectGroupHistory = `
select /* group history */ at, action, reason, actor, version
from group_history where group_id = @group and project_id = any (@projects)
order by history_id desc limit @limit`

// The newest occurrence that has its text, among the newest 5,000 of each key:
// in a storm the sampler keeps a few per second.
const selectNewestWhole = `
select /* newest whole occurrence */ o.occurrence_id, o.occurred_at, o.received_at, o.severity, o.fingerprint, o.body
from (
  select fingerprint from group_keys where project_id = any (@projects) and group_id = @group
  order by mapped_until desc, fingerprint limit @keys
) k cross join lateral (
  select * from (
    select * from occurrences
    where project_id = @project and fingerprint = k.fingerprint and day between @first_day and @last_day
    order by occurred_at desc, occurrence_id desc limit 5000
  ) newest
  where body is not null
  order by occurred_at desc, occurrence_id desc limit 1
) o
order by o.occurred_at desc, o.occurrence_id desc limit 1`

// Detail returns a group with its newest occurrence, why it was grouped, the
// newest 50 lines of its history, and the newest deploy to its environment that
// had started when it was first seen. The occurrence is the newest whose text
// was kept, else the newest as Occurrences shows it, else null when retention
// has taken them. The cursor was read before the rows. A group that is not in
// scope is journal.ErrNotFound.
func (s *Store) Detail(ctx context.Context, scope []auth.Project, groupID int64) (journal.Detail, error) {
	detail := journal.Detail{History: []journal.HistoryEntry{}}
	err := s.scoped(ctx, scope, func(tx pgx.Tx) (err error) {
		args := pgx.NamedArgs{"group": groupID, "projects": projectIDs(scope), "limit": historyLimit}
		var g groupRow
		var found bool
		batch := &pgx.Batch{}
		batch.Queue(selectCursor).QueryRow(scanCursor(&detail.Cursor))
		batch.Queue(selectGroup, args).QueryRow(func(row pgx.Row) (err error) {
			g, found, err = scanGroupRow(row, scope, groupID)
			return err
		})
		batch.Queue(selectGroupHistory, args).Query(func(rows pgx.Rows) error {
			for rows.Next() {
				var h journal.HistoryEntry
				if err := rows.Scan(&h.At, &h.Action, &h.Reason, &h.Actor, &h.Version); err != nil {
					return err
				}
				h.At = h.At.UTC()
				detail.History = append(detail.History, h)
			}
			return rows.Err()
		})
		if err := tx.SendBatch(ctx, batch).Close(); err != nil {
			return err
		}
		if !found {
			return journal.ErrNotFound
		}
		detail.Group, detail.Grouping = g.Group, g.grouping
		if detail.Deploy, err = deployRef(ctx, tx, selectDeployOfGroup, projectIn(scope, g.projectID), pgx.NamedArgs{
			"project": g.projectID, "projects": projectIDs(scope), "environment": g.Environment, "at": g.FirstSeenAt,
		}); err != nil {
			return err
		}
		newest := occurrenceArgs(scope, g, 1)
		for _, query := range []string{selectNewestWhole, selectOccurrences} {
			var o occurrenceRow
			switch err := o.scan(tx.QueryRow(ctx, query, newest)); {
			case err == nil:
				detail.Occurrence = o.json(g.Project)
				return nil
			case !errors.Is(err, pgx.ErrNoRows):
				return err
			}
		}
		return nil
	})
	if err != nil {
		return journal.Detail{}, fmt.Errorf("read group %d: %w", groupID, err)
	}
	return detail, nil
}

// groupIn reads a group of scope, or returns journal.ErrNotFound.
func groupIn(ctx context.Context, tx pgx.Tx, scope []auth.Project, id int64) (groupRow, error) {
	row := tx.QueryRow(ctx, selectGroup, pgx.NamedArgs{"group": id, "projects": projectIDs(scope)})
	g, found, err := scanGroupRow(row, scope, id)
	if err == nil && !found {
		err = journal.ErrNotFound
	}
	return g, err
}

func scanGroupRow(row pgx.Row, scope []auth.Project, id int64) (g groupRow, found bool, err error) {
	g.id = id
	g.Group, err = scanGroup(row, scope, &g.projectID, &g.viewedVersion, &g.grouping)
	if errors.Is(err, pgx.ErrNoRows) {
		return groupRow{}, false, nil
	}
	return g, err == nil, err
}
