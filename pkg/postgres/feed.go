package postgres

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"rynda/pkg/auth"
	"rynda/pkg/eventlog"
	"rynda/pkg/journal"
)

// feedLimit is how many alerts a person is shown at once.
const feedLimit = 5

// groupColumns are what scanGroup reads, of a groups row named g.
const groupColumns = `g.group_id, g.project_id, g.fingerprint, g.version, g.raised_version, g.state, g.severity,
	g.type, g.title, g.culprit, g.source, g.environment, g.release, g.count, g.first_seen_at, g.last_seen_at,
	g.raised_at, g.raised_reason, g.viewed_at, g.viewed_by, g.refs`

// One index probe per project, five rows each, merged: the cost grows with the
// projects in reach and not with the groups.
const selectFeedNewest = `
select /* feed, newest first */ ` + groupColumns + `
from unnest(@projects::bigint[]) as p(project_id) cross join lateral (
  select * from groups where project_id = p.project_id and state = 'active'
  order by raised_event_id desc limit @limit
) g
order by g.raised_event_id desc limit @limit`

const selectFeedWorst = `
select /* feed, worst first */ ` + groupColumns + `
from unnest(@projects::bigint[]) as p(project_id) cross join lateral (
  select * from groups where project_id = p.project_id and state = 'active'
  order by severity desc, raised_event_id desc limit @limit
) g
order by g.severity desc, g.raised_event_id desc limit @limit`

const selectTotals = `
select /* feed totals */ project_id, version, critical, error, warning, info
from feed_totals where project_id = any (@projects) order by project_id`

const selectCursor = `select /* cursor */ epoch, id, floor from log_head`

// Feed returns the at most five active groups of scope that were raised last
// (order "newest" or ""), or the worst and of these the newest ("severity"),
// and how many are active in all. Totals has one entry per project of scope.
// The cursor was read before the rows: applying the events after it to the
// answer gives the present. Another order is journal.ErrInvalid.
func (s *Store) Feed(ctx context.Context, scope []auth.Project, order string) (journal.Feed, error) {
	query := selectFeedNewest
	switch order {
	case "", "newest":
	case "severity":
		query = selectFeedWorst
	default:
		return journal.Feed{}, invalid("order", "must be newest or severity")
	}
	feed := journal.Feed{Groups: []journal.Group{}, ActiveBySeverity: journal.BySeverity{}}
	totals := map[int64]journal.Totals{}
	err := s.scoped(ctx, scope, func(tx pgx.Tx) error {
		args := pgx.NamedArgs{"projects": projectIDs(scope), "limit": feedLimit}
		batch := &pgx.Batch{}
		batch.Queue(selectCursor).QueryRow(scanCursor(&feed.Cursor))
		batch.Queue(selectTotals, args).Query(func(rows pgx.Rows) error {
			for rows.Next() {
				var project int64
				var t journal.Totals
				if err := rows.Scan(&project, &t.Version, &t.Critical, &t.Error, &t.Warning, &t.Info); err != nil {
					return err
				}
				totals[project] = t
			}
			return rows.Err()
		})
		batch.Queue(query, args).Query(collectGroups(scope, &feed.Groups))
		return tx.SendBatch(ctx, batch).Close()
	})
	if err != nil {
		return journal.Feed{}, fmt.Errorf("read the feed: %w", err)
	}
	var sum journal.Totals
	feed.Totals = make([]journal.Totals, 0, len(scope))
	for _, p := range scope {
		t := totals[p.ID]
		t.Project = p.Slug
		feed.Totals = append(feed.Totals, t)
		sum.Critical += t.Critical
		sum.Error += t.Error
		sum.Warning += t.Warning
		sum.Info += t.Info
	}
	feed.ActiveTotal = sum.Critical + sum.Error + sum.Warning + sum.Info
	feed.ActiveBySeverity[journal.Critical.String()] = sum.Critical
	feed.ActiveBySeverity[journal.Error.String()] = sum.Error
	feed.ActiveBySeverity[journal.Warning.String()] = sum.Warning
	feed.ActiveBySeverity[journal.Info.String()] = sum.Info
	return feed, nil
}

// scanCursor reads the answer of selectCursor into the text of a position.
func scanCursor(cursor *string) func(pgx.Row) error {
	return func(row pgx.Row) error {
		var h eventlog.Head
		if err := row.Scan(&h.Epoch, &h.ID, &h.Floor); err != nil {
			return err
		}
		*cursor = h.Position().String()
		return nil
	}
}

// collectGroups appends every row, of groupColumns, to groups.
func collectGroups(scope []auth.Project, groups *[]journal.Group) func(pgx.Rows) error {
	return func(rows pgx.Rows) error {
		for rows.Next() {
			g, err := scanGroup(rows, scope)
			if err != nil {
				return err
			}
			*groups = append(*groups, g)
		}
		return rows.Err()
	}
}

// scanGroup reads one row of groupColumns, and whatever columns follow them
// into more. The name of the project is looked up in scope, which is where the
// row came from.
func scanGroup(row pgx.Row, scope []auth.Project, more ...any) (journal.Group, error) {
	var g journal.Group
	var id, project int64
	into := append([]any{&id, &project, &g.Fingerprint, &g.Version, &g.RaisedVersion, &g.State, &g.Severity,
		&g.Type, &g.Title, &g.Culprit, &g.Source, &g.Environment, &g.Release, &g.Count, &g.FirstSeenAt, &g.LastSeenAt,
		&g.RaisedAt, &g.RaisedReason, &g.ViewedAt, &g.ViewedBy, &g.Refs}, more...)
	if err := row.Scan(into...); err != nil {
		return journal.Group{}, err
	}
	g.GroupID = idText(id)
	for _, p := range scope {
		if p.ID == project {
			g.Project = p.Slug
		}
	}
	g.FirstSeenAt, g.LastSeenAt = g.FirstSeenAt.UTC(), g.LastSeenAt.UTC()
	g.RaisedAt, g.ViewedAt = inUTC(g.RaisedAt), inUTC(g.ViewedAt)
	if g.State != journal.Viewed { // the row remembers the last view for the raise policy
		g.ViewedAt, g.ViewedBy = nil, nil
	}
	if g.Refs == nil {
		g.Refs = []journal.Ref{}
	}
	return g, nil
}

func inUTC(t *time.Time) *time.Time {
	if t == nil {
		return nil
	}
	u := t.UTC()
	return &u
}

// projectIDs is never nil, so that an empty scope finds nothing.
func projectIDs(scope []auth.Project) []int64 {
	ids := make([]int64, len(scope))
	for i, p := range scope {
		ids[i] = p.ID
	}
	return ids
}

// invalid says which part of a request is at fault, in our own words.
func invalid(field, reason string) error {
	return &journal.FieldError{Field: field, Reason: reason, Kind: journal.ErrInvalid}
}
