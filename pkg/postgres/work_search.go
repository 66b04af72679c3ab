package postgres

import (
	"context"
	"errors"
	"strings"
	"unicode/utf8"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"rynda/pkg/auth"
	"rynda/pkg/journal"
)

// A search has two ways. Where few runs or deploys have the text, the index of
// their words names them, and only they are read. Where many have it, or it is
// too short for the index, or the index takes longer than half a second, all
// that the other filters leave are walked, newest first, until a page is full.
const (
	// fewWorks is up to how many are read by what the index names.
	fewWorks = 2000
	// shortestIndexed is how many letters the trigrams of the index need.
	shortestIndexed = 3
)

const (
	whereText = `(fold_words(w.$id || E'\n' || w.name) collate "C") like (fold_words(@pattern) collate "C")`

	enterProbe        = `savepoint probe`
	limitProbe        = `select /* settings of a probe */ set_config('statement_timeout', '500ms', true)`
	selectByWorkWords = `
select /* probe words of $works */ coalesce(array_agg(project_id), '{}'), coalesce(array_agg(work_id), '{}')
from search_works('$work', @pattern, @most)`
	leaveProbe = `release savepoint probe`
	abortProbe = `rollback to savepoint probe`

	// offset 0 keeps the planner at the keys that were named: it takes the rows
	// for many, and would walk the index of the newest instead.
	selectFoundWorks = `
select /* found $works */ ` + workColumns + `, w.at, w.$id
from unnest(@found_in::bigint[], @found::text[]) as o(project_id, id) cross join lateral (
  select * from $works w where w.project_id = o.project_id and w.$id = o.id$where offset 0
) w` + joinNews + `
order by ` + orderOfWorks + ` limit @limit`
)

// searchWorks reads a page of what has the text of q. args are those of where,
// which is without the text.
func searchWorks(ctx context.Context, tx pgx.Tx, scope []auth.Project, work journal.Work, text, where string, args pgx.NamedArgs) ([]listedWork, error) {
	args["pattern"] = "%" + escapeLike(text) + "%"
	named, err := probeWorks(ctx, tx, work, text, args)
	if err != nil {
		return nil, err
	}
	query := selectFoundWorks
	if !named {
		query, where = selectWorks, where+"\n    and "+whereText
	}
	return queryWorks(ctx, tx, scope, workTable(work, strings.ReplaceAll(query, "$where", where)), args)
}

// probeWorks puts the keys of all that have the text into args, and returns false if
// there are too many or the index is not of use.
func probeWorks(ctx context.Context, tx pgx.Tx, work journal.Work, text string, args pgx.NamedArgs) (bool, error) {
	if utf8.RuneCountInString(text) < shortestIndexed {
		return false, nil
	}
	var projects []int64
	var ids []string
	batch := &pgx.Batch{}
	batch.Queue(enterProbe)
	batch.Queue(limitProbe)
	batch.Queue(workTable(work, selectByWorkWords), pgx.NamedArgs{"pattern": args["pattern"], "most": fewWorks + 1}).
		QueryRow(func(row pgx.Row) error { return row.Scan(&projects, &ids) })
	batch.Queue(leaveProbe)
	batch.Queue(planForValues)
	err := tx.SendBatch(ctx, batch).Close()
	if timedOut(err) {
		_, err = tx.Exec(ctx, abortProbe)
		return false, err
	}
	if err != nil || len(ids) > fewWorks {
		return false, err
	}
	args["found_in"], args["found"] = projects, ids
	return true, nil
}

// timedOut says whether the statement took longer than its limit.
func timedOut(err error) bool {
	var pg *pgconn.PgError
	return errors.As(err, &pg) && pg.Code == "57014" && strings.Contains(pg.Message, "timeout")
}

// tooBroad turns a statement timeout of a narrowed read into advice: a repeat
// would end alike.
func tooBroad(err error, q journal.WorkQuery) error {
	switch {
	case !timedOut(err):
		return err
	case q.Q == "":
		return invalid("since", "the other filters match too rarely to be looked through in time: narrow the time")
	case utf8.RuneCountInString(q.Q) < shortestIndexed:
		return invalid("q", "is too short to be looked for in time: make it longer, or narrow the time with since")
	}
	return invalid("q", "cannot be looked for in time: narrow the time with since")
}
