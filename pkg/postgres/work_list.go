package postgres

import (
	"context"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/jackc/pgx/v5"

	"rynda/pkg/auth"
	"rynda/pkg/journal"
)

// workColumns are a run or deploy as answers have it: its body, with the version
// and the group that the fold has put beside it.
const workColumns = `w.project_id, w.version, coalesce(f.version, 0), coalesce(f.group_id::text, ''), w.body::text`

const joinNews = `
  left join work_news f on f.project_id = w.project_id and f.work = '$work' and f.work_id = w.$id`

// A page: in each project a walk down the index that has the order, merged.
const selectWorks = `
select /* $works */ ` + workColumns + `, w.at, w.$id
from unnest(@projects::bigint[]) as p(project_id) cross join lateral (
  select * from $works w
  where w.project_id = p.project_id$where
  order by w.at desc, w.$id desc limit @limit
) w` + joinNews + `
order by ` + orderOfWorks + ` limit @limit`

// Total: an id may be in several projects, and have begun at the same time.
const orderOfWorks = `w.at desc, w.$id desc, w.project_id desc`

const selectWork = `
select /* $work */ ` + workColumns + `, w.at, w.$id
from $works w` + joinNews + `
where w.project_id = any (@projects) and w.$id = @id order by w.project_id limit 100`

// countNewGroups counts for each deploy the groups at error or worse that were
// first seen in its project and environment from it to the next deploy.
const countNewGroups = `
select /* new groups */ d.project_id, d.deploy_id, (select count(*) from (
  select from groups g
  where g.project_id = d.project_id and g.environment = d.environment and g.severity >= 3
    and g.first_seen_at >= d.at and g.first_seen_at < coalesce((
      select n.at from deploys n where n.project_id = d.project_id and n.environment = d.environment
        and (n.at, n.deploy_id) > (d.at, d.deploy_id) order by n.at, n.deploy_id limit 1), 'infinity')
  limit 1000) found)
from deploys d where d.project_id = any (@projects) and d.deploy_id = any (@ids)`

// workVersion joins the version of a row, which updates raise, and that of the
// news beside it, which the fold raises: any change makes it greater, and no two
// states have the same. Behind 999 changes of the news, one for each attempt that
// failed, one does not show until the next update.
func workVersion(row, news int64) int64 { return 1000*row + min(news, 999) }

// listedWork is a row of a list.
type listedWork struct {
	project auth.Project
	version int64
	group   string
	body    string
	at      time.Time
	id      string
}

func (r listedWork) run() (run journal.Run, err error) {
	if err = json.Unmarshal([]byte(r.body), &run); err != nil {
		return run, fmt.Errorf("read a stored run: %w", err)
	}
	run.Project, run.Version, run.GroupID = r.project.Slug, r.version, r.group
	return run, nil
}

func (r listedWork) deploy() (deploy journal.Deploy, err error) {
	if err = json.Unmarshal([]byte(r.body), &deploy); err != nil {
		return deploy, fmt.Errorf("read a stored deploy: %w", err)
	}
	deploy.Project, deploy.Version, deploy.GroupID = r.project.Slug, r.version, r.group
	return deploy, nil
}

// Runs returns a page of the runs of scope, newest first by when they started.
// Faults of the query are *journal.FieldError.
func (s *Store) Runs(ctx context.Context, scope []auth.Project, q journal.WorkQuery) (journal.RunPage, error) {
	page := journal.RunPage{Runs: []journal.Run{}}
	rows, next, err := s.works(ctx, scope, journal.RunWork, q, &page.Cursor)
	for i := 0; i < len(rows) && err == nil; i++ {
		var run journal.Run
		run, err = rows[i].run()
		page.Runs = append(page.Runs, run)
	}
	if err != nil {
		return journal.RunPage{}, fmt.Errorf("read a page of runs: %w", err)
	}
	page.NextPage = next
	return page, nil
}

// Deploys returns a page of the deploys of scope, each with how many groups
// were new after it. Otherwise as Runs.
func (s *Store) Deploys(ctx context.Context, scope []auth.Project, q journal.WorkQuery) (journal.DeployPage, error) {
	page := journal.DeployPage{Deploys: []journal.Deploy{}}
	rows, next, err := s.works(ctx, scope, journal.DeployWork, q, &page.Cursor)
	var counts map[string]int
	if err == nil {
		counts, err = s.newGroups(ctx, scope, rows)
	}
	for i := 0; i < len(rows) && err == nil; i++ {
		var deploy journal.Deploy
		deploy, err = rows[i].deploy()
		deploy.NewGroupCount = new(counts[workKey(rows[i].project.ID, rows[i].id)])
		page.Deploys = append(page.Deploys, deploy)
	}
	if err != nil {
		return journal.DeployPage{}, fmt.Errorf("read a page of deploys: %w", err)
	}
	page.NextPage = next
	return page, nil
}

func workKey(project int64, id string) string { return strconv.FormatInt(project, 10) + " " + id }

func (s *Store) newGroups(ctx context.Context, scope []auth.Project, rows []listedWork) (map[string]int, error) {
	counts := make(map[string]int, len(rows))
	if len(rows) == 0 {
		return counts, nil
	}
	ids := make([]string, len(rows))
	for i, r := range rows {
		ids[i] = r.id
	}
	err := s.scoped(ctx, scope, func(tx pgx.Tx) error {
		found, err := tx.Query(ctx, countNewGroups, pgx.NamedArgs{"projects": projectIDs(scope), "ids": ids})
		if err != nil {
			return err
		}
		var project int64
		var id string
		var n int
		_, err = pgx.ForEachRow(found, []any{&project, &id, &n}, func() error {
			counts[workKey(project, id)] = n
			return nil
		})
		return err
	})
	return counts, err
}

func (s *Store) works(ctx context.Context, scope []auth.Project, work journal.Work, q journal.WorkQuery, cursor *string) (rows []listedWork, next string, err error) {
	limit, err := pageLimit(q.Limit)
	if err != nil {
		return nil, "", err
	}
	where, args, err := workWhere(scope, work, q)
	if err != nil {
		return nil, "", err
	}
	args["limit"] = limit + 1
	err = s.scoped(ctx, scope, func(tx pgx.Tx) error {
		batch := &pgx.Batch{}
		batch.Queue(planForValues)
		batch.Queue(selectCursor).QueryRow(scanCursor(cursor))
		if err := tx.SendBatch(ctx, batch).Close(); err != nil {
			return err
		}
		if q.Q != "" {
			rows, err = searchWorks(ctx, tx, scope, work, q.Q, where, args)
		} else {
			rows, err = queryWorks(ctx, tx, scope, workTable(work, strings.ReplaceAll(selectWorks, "$where", where)), args)
		}
		return tooBroad(err, q)
	})
	if len(rows) > limit {
		rows = rows[:limit]
		last := rows[limit-1]
		next = encodePage(pageToken{Sort: string(work), Value: strconv.FormatInt(last.at.UnixMicro(), 10), ID: last.id, Project: last.project.ID})
	}
	return rows, next, err
}

func queryWorks(ctx context.Context, tx pgx.Tx, scope []auth.Project, query string, args pgx.NamedArgs) (found []listedWork, err error) {
	rows, err := tx.Query(ctx, query, args)
	if err != nil {
		return nil, err
	}
	var r listedWork
	var project, version, news int64
	_, err = pgx.ForEachRow(rows, []any{&project, &version, &news, &r.group, &r.body, &r.at, &r.id}, func() error {
		r.project, r.version = projectIn(scope, project), workVersion(version, news)
		found = append(found, r)
		return nil
	})
	return found, err
}

func projectIn(scope []auth.Project, id int64) auth.Project {
	for _, p := range scope {
		if p.ID == id {
			return p
		}
	}
	return auth.Project{ID: id}
}

// workWhere turns a query into the rest of a where clause.
func workWhere(scope []auth.Project, work journal.Work, q journal.WorkQuery) (string, pgx.NamedArgs, error) {
	args := pgx.NamedArgs{"projects": projectIDs(scope)}
	var b strings.Builder
	and := func(clause, name string, value any) {
		b.WriteString("\n    and " + clause)
		args[name] = value
	}
	if len(q.Statuses) > 0 {
		words := make([]string, len(q.Statuses))
		for i, s := range q.Statuses {
			words[i] = string(s)
		}
		and("w.status = any (@statuses)", "statuses", words)
	}
	texts := []struct{ field, value string }{{"name", q.Name}, {"actor", q.Actor}}
	if work == journal.RunWork {
		texts = append(texts, struct{ field, value string }{"deploy_id", q.DeployID})
	} else {
		texts = append(texts, []struct{ field, value string }{
			{"environment", q.Environment}, {"namespace", q.Namespace}, {"service", q.Service}}...)
	}
	for _, t := range append(texts, struct{ field, value string }{"q", q.Q}) {
		switch {
		case t.value == "":
		case len(t.value) > longestFilter || !utf8.ValidString(t.value) || strings.Contains(t.value, "\x00"):
			return "", nil, invalid(t.field, "is too long or not valid text")
		case t.field == "q": // see searchWorks
		default:
			and("w."+t.field+" = @"+t.field, t.field, t.value)
		}
	}
	if !q.Since.IsZero() {
		and("w.at >= @since", "since", q.Since)
	}
	if !q.Until.IsZero() {
		and("w.at < @until", "until", q.Until)
	}
	if q.Page != "" {
		token, ok := decodePage(q.Page, string(work))
		micro, err := strconv.ParseInt(token.Value, 10, 64)
		if !ok || err != nil || micro < 0 || micro > latestMicro || !utf8.ValidString(token.ID) || strings.Contains(token.ID, "\x00") {
			return "", nil, invalid("page", "is not the next_page of this query")
		}
		and(`(w.at, w.$id) <= (@after, @after_id) and ((w.at, w.$id) < (@after, @after_id) or w.project_id < @after_in)`,
			"after", time.UnixMicro(micro).UTC())
		args["after_id"], args["after_in"] = token.ID, token.Project
	}
	return b.String(), args, nil
}

// findRuns returns the runs of this id in scope, of which there is at most one
// in a project.
func (s *Store) findRuns(ctx context.Context, scope []auth.Project, id string) (runs []journal.Run, err error) {
	rows, err := s.findWorks(ctx, scope, journal.RunWork, id)
	for i := 0; i < len(rows) && err == nil; i++ {
		var run journal.Run
		run, err = rows[i].run()
		runs = append(runs, run)
	}
	return runs, err
}

func (s *Store) findDeploys(ctx context.Context, scope []auth.Project, id string) (deploys []journal.Deploy, err error) {
	rows, err := s.findWorks(ctx, scope, journal.DeployWork, id)
	for i := 0; i < len(rows) && err == nil; i++ {
		var deploy journal.Deploy
		deploy, err = rows[i].deploy()
		deploys = append(deploys, deploy)
	}
	return deploys, err
}

func (s *Store) findWorks(ctx context.Context, scope []auth.Project, work journal.Work, id string) (rows []listedWork, err error) {
	err = s.scoped(ctx, scope, func(tx pgx.Tx) error {
		rows, err = queryWorks(ctx, tx, scope, workTable(work, selectWork), pgx.NamedArgs{"projects": projectIDs(scope), "id": id})
		return err
	})
	return rows, err
}
