package postgres

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5"

	"rynda/pkg/auth"
	"rynda/pkg/eventlog"
	"rynda/pkg/journal"
)

// viewManyLimit is how many groups one command marks viewed.
const viewManyLimit = 1000

// View marks a group viewed for everyone, by actor who saw it in the version
// through, and returns the group as it then is. A group that was raised after
// that version, or is not active, stays as it is: repeating is harmless and the
// first viewer is kept.
//
// It returns when the fold has applied it. journal.ErrNotFound: there is no
// such group in scope, and nothing was written; journal.ErrUnavailable: not
// within a second, and it may still be applied.
func (s *Store) View(ctx context.Context, scope []auth.Project, groupID, through int64, actor string) (journal.Group, error) {
	g, err := s.group(ctx, scope, groupID)
	if err == nil && g.State == journal.Active && through >= g.RaisedVersion {
		// Nobody has seen a version that is not there yet.
		view := viewOf{GroupID: g.GroupID, Through: min(through, g.Version)}
		if err = s.command(ctx, "view", g.projectID, command{Views: []viewOf{view}, Actor: actor}); err == nil {
			g, err = s.group(ctx, scope, groupID)
		}
	}
	if err != nil {
		return journal.Group{}, fmt.Errorf("mark group %d viewed: %w", groupID, err)
	}
	return g.Group, nil
}

// Undo takes a view back, for somebody who saw the viewed group in this version,
// and returns the group as it then is; it is where it was in the feed. A view
// that is newer than the version stays. Errors are those of View.
func (s *Store) Undo(ctx context.Context, scope []auth.Project, groupID, version int64, actor string) (journal.Group, error) {
	g, err := s.group(ctx, scope, groupID)
	if err == nil && g.State == journal.Viewed && version >= g.viewedVersion {
		undo := undoOf{GroupID: g.GroupID, Version: min(version, g.Version)}
		if err = s.command(ctx, "undo", g.projectID, command{Undos: []undoOf{undo}, Actor: actor}); err == nil {
			g, err = s.group(ctx, scope, groupID)
		}
	}
	if err != nil {
		return journal.Group{}, fmt.Errorf("undo the view of group %d: %w", groupID, err)
	}
	return g.Group, nil
}

func (s *Store) group(ctx context.Context, scope []auth.Project, id int64) (g groupRow, err error) {
	err = s.scoped(ctx, scope, func(tx pgx.Tx) error {
		g, err = groupIn(ctx, tx, scope, id)
		return err
	})
	return g, err
}

// What was raised up to the cursor, oldest raise first: in each project a walk
// up groups_active_newest. $where is filled in from the filter.
const selectRaised = `
select /* raised up to */ g.group_id, g.project_id, g.raised_version
from unnest(@projects::bigint[]) as p(project_id) cross join lateral (
  select * from groups g
  where g.project_id = p.project_id and g.state = 'active' and g.raised_event_id <= @through$where
  order by g.raised_event_id limit @limit
) g
order by g.raised_event_id limit @limit`

const selectRaisedAmong = `
select /* raised up to, among few */ g.group_id, g.project_id, g.raised_version
from groups g
where g.project_id = any (@projects) and g.group_id = any (@found)
  and g.state = 'active' and g.raised_event_id <= @through$where
order by g.raised_event_id limit @limit`

const countViewed = `
select /* viewed together */ count(*) from groups
where view_id = @view_id and state = 'viewed' and project_id = any (@projects)`

// ViewMany marks the groups viewed that q selects: those active in scope that
// were raised at or before its cursor, at most 1,000, the oldest raise first. A
// group that is raised again meanwhile stays active. The answer has the id to
// undo all of it by; it is empty when nothing was selected.
//
// A cursor that cannot be read is journal.ErrInvalid, one that is no position
// of the log any more journal.ErrConflict: load the feed again, then repeat.
func (s *Store) ViewMany(ctx context.Context, scope []auth.Project, q journal.ViewQuery, actor string) (journal.ViewMany, error) {
	through, ok := eventlog.ParsePosition(q.ThroughCursor)
	if !ok {
		return journal.ViewMany{}, invalid("through_cursor", "is not a cursor")
	}
	filter, err := filterOf(scope, q.GroupQuery)
	if err != nil {
		return journal.ViewMany{}, err
	}
	if len(q.Severities) > 0 {
		filter.clauses = append(filter.clauses, whereSeverity)
	}
	filter.args["through"], filter.args["limit"] = through.ID, viewManyLimit
	var views []viewOf
	var project int64
	var cursor string
	err = s.scoped(ctx, scope, func(tx pgx.Tx) error {
		var head eventlog.Head
		batch := &pgx.Batch{}
		batch.Queue(selectCursor).QueryRow(func(row pgx.Row) error { return row.Scan(&head.Epoch, &head.ID, &head.Floor) })
		filter.probe(batch)
		if err := tx.SendBatch(ctx, batch).Close(); err != nil {
			return filter.tooBroad(err)
		}
		if !head.Holds(through) {
			return &journal.FieldError{Field: "through_cursor", Kind: journal.ErrConflict,
				Reason: "is no position of the log any more: load the feed again and repeat with its cursor"}
		}
		cursor = head.Position().String()
		query := selectRaised
		if filter.few {
			query = selectRaisedAmong
		}
		rows, err := tx.Query(ctx, strings.ReplaceAll(query, "$where", filter.where()), filter.args)
		if err != nil {
			return filter.tooBroad(err)
		}
		var id, in, raisedVersion int64
		_, err = pgx.ForEachRow(rows, []any{&id, &in, &raisedVersion}, func() error {
			project = in
			views = append(views, viewOf{GroupID: idText(id), Through: raisedVersion})
			return nil
		})
		return filter.tooBroad(err)
	})
	if err != nil {
		return journal.ViewMany{}, fmt.Errorf("mark groups viewed: %w", err)
	}
	if len(views) == 0 {
		return journal.ViewMany{Cursor: cursor}, nil
	}
	many := journal.ViewMany{ViewID: newViewID()}
	err = s.command(ctx, "view", project, command{Views: views, Actor: actor, ViewID: many.ViewID})
	if err == nil {
		many.Viewed, many.Cursor, err = s.viewed(ctx, scope, many.ViewID)
	}
	if err != nil {
		return journal.ViewMany{}, fmt.Errorf("mark %d groups viewed: %w", len(views), err)
	}
	return many, nil
}

// viewed counts the groups that a command has marked viewed, and reads the head.
func (s *Store) viewed(ctx context.Context, scope []auth.Project, viewID string) (count int, cursor string, err error) {
	err = s.scoped(ctx, scope, func(tx pgx.Tx) error {
		batch := &pgx.Batch{}
		batch.Queue(countViewed, pgx.NamedArgs{"view_id": viewID, "projects": projectIDs(scope)}).
			QueryRow(func(row pgx.Row) error { return row.Scan(&count) })
		batch.Queue(selectCursor).QueryRow(scanCursor(&cursor))
		return tx.SendBatch(ctx, batch).Close()
	})
	return count, cursor, err
}

const selectViewed = `
select /* still viewed together */ group_id, project_id, viewed_version from groups
where view_id = @view_id and state = 'viewed' and project_id = any (@projects) order by group_id`

const selectViewKnown = `
select /* view known? */ exists (select from group_history
  where view_id = @view_id and action = 'viewed' and project_id = any (@projects))`

// UndoMany takes back what ViewMany did under this id, of the groups in scope
// that are still viewed by it; Viewed says how many became active again.
// Repeating it is harmless. An id that marked nothing in scope is
// journal.ErrNotFound.
func (s *Store) UndoMany(ctx context.Context, scope []auth.Project, viewID, actor string) (journal.ViewMany, error) {
	many := journal.ViewMany{ViewID: viewID}
	if len(viewID) != 32 || strings.Trim(viewID, "0123456789abcdef") != "" {
		return journal.ViewMany{}, fmt.Errorf("undo views: %w", journal.ErrNotFound)
	}
	var undos []undoOf
	var project int64
	err := s.scoped(ctx, scope, func(tx pgx.Tx) error {
		args := pgx.NamedArgs{"view_id": viewID, "projects": projectIDs(scope)}
		var known bool
		batch := &pgx.Batch{}
		batch.Queue(selectViewKnown, args).QueryRow(func(row pgx.Row) error { return row.Scan(&known) })
		batch.Queue(selectCursor).QueryRow(scanCursor(&many.Cursor))
		batch.Queue(selectViewed, args).Query(func(rows pgx.Rows) error {
			var id, in, version int64
			_, err := pgx.ForEachRow(rows, []any{&id, &in, &version}, func() error {
				project = in
				undos = append(undos, undoOf{GroupID: idText(id), Version: version})
				return nil
			})
			return err
		})
		if err := tx.SendBatch(ctx, batch).Close(); err != nil {
			return err
		}
		if !known {
			return journal.ErrNotFound
		}
		return nil
	})
	if err != nil {
		return journal.ViewMany{}, fmt.Errorf("undo views: %w", err)
	}
	if len(undos) == 0 {
		return many, nil
	}
	var left int
	err = s.command(ctx, "undo", project, command{Undos: undos, Actor: actor, ViewID: viewID})
	if err == nil {
		left, many.Cursor, err = s.viewed(ctx, scope, viewID)
	}
	if err != nil {
		return journal.ViewMany{}, fmt.Errorf("undo %d views: %w", len(undos), err)
	}
	many.Viewed = max(len(undos)-left, 0)
	return many, nil
}

func newViewID() string {
	var id [16]byte
	rand.Read(id[:]) // never fails
	return hex.EncodeToString(id[:])
}
