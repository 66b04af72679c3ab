package postgres

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"

	"rynda/pkg/auth"
	"rynda/pkg/journal"
)

// workID names a run, a deploy, or the log of one.
type workID struct {
	project int64
	work    journal.Work
	id      string
}

// workNews is what a fold knows of one run or deploy: its row, read without a
// lock, what was told of it, and the failure that was raised before.
type workNews struct {
	workID
	row     *inboxRow
	failure *workFailure // of the newest attempt that the inbox knows to have failed
	slug    string       // "" when the project does not exist
	view    string       // the body of the row; "" when it is not there any more
	rowVer  int64
	told    int64 // rowVer of the last event
	attempt int   // of the failure that was raised or joined; 0 for none
	group   int64 // that it raised or joined; 0 for none
	version int64 // of attempt and group
	beside  int64 // a group at error or worse that the run or deploy has; 0 for none
	changed bool  // attempt and group are others than before
}

// failedOccurrence is an occurrence that a failure made.
type failedOccurrence struct {
	project int64
	*workFailure
}

// takeWork sorts the rows that are about runs, deploys and logs. They may be
// taken in another order than they came in: rows of the inbox use the space of
// those before them.
func (w *foldWork) takeWork() {
	w.works, w.logs = map[workID]*workNews{}, map[workID]*logNews{}
	for i := range w.rows {
		r := &w.rows[i]
		switch r.Kind {
		case string(journal.RunWork), string(journal.DeployWork):
			var body workBody
			if json.Unmarshal([]byte(r.Body), &body) != nil || body.ID == "" {
				w.dead = append(w.dead, deadRow{*r, "the update cannot be read"})
				continue
			}
			id := workID{r.ProjectID, journal.Work(r.Kind), body.ID}
			n := w.works[id]
			if n == nil {
				n = &workNews{workID: id, row: r}
				w.works[id], w.workOrder = n, append(w.workOrder, n)
			}
			if f := body.Failure; f != nil && (n.failure == nil || f.Attempt > n.failure.Attempt) {
				n.row, n.failure = r, f
			}
		case "log":
			var body logBody
			if json.Unmarshal([]byte(r.Body), &body) != nil || body.ID == "" {
				w.dead = append(w.dead, deadRow{*r, "the news of a log cannot be read"})
				continue
			}
			l := w.log(workID{r.ProjectID, body.Work, body.ID})
			if body.FromSeq > 0 && (l.fromSeq == 0 || body.FromSeq < l.fromSeq) {
				l.fromSeq = body.FromSeq
			}
			l.toSeq, l.ended = max(l.toSeq, body.ToSeq), l.ended || body.Ended
		}
	}
}

// readWorks reads the runs and deploys that have news, what was told of them,
// and for those whose failure is news the newest group at error or worse that
// they have reported to in this attempt. What other failures raised is not meant.
const readWorks = `
select /* fold: read works */ a.project_id, a.work, a.work_id, p.slug, coalesce(r.version, d.version, 0), coalesce(r.body, d.body)::text,
  coalesce(f.told, 0), coalesce(f.attempt, 0), coalesce(f.group_id, 0), coalesce(f.version, 0),
  case when a.attempt > coalesce(f.attempt, 0) then coalesce((
    select g.group_id from (select group_id from group_refs
      where project_id = a.project_id and kind = a.work and value = a.work_id limit 1000) r
    join groups g on g.group_id = r.group_id
    where g.severity >= 3 and g.last_seen_at >= a.since and g.type not in ('RunFailure', 'DeployFailure')
    order by g.last_seen_at desc limit 1), 0) else 0 end
from unnest(@w_projects::bigint[], @w_works::text[], @w_ids::text[], @w_attempts::int[], @w_since::timestamptz[])
  as a(project_id, work, work_id, attempt, since)
join projects p on p.project_id = a.project_id
left join runs r on a.work = 'run' and r.project_id = a.project_id and r.run_id = a.work_id
left join deploys d on a.work = 'deploy' and d.project_id = a.project_id and d.deploy_id = a.work_id
left join work_news f on f.project_id = a.project_id and f.work = a.work and f.work_id = a.work_id`

// queueWork adds the reads of runs, deploys and logs to those of the fold.
func (w *foldWork) queueWork(batch *pgx.Batch) {
	if len(w.workOrder) > 0 {
		args := pgx.NamedArgs{}
		column(args, "w_projects", w.workOrder, func(n *workNews) int64 { return n.project })
		column(args, "w_works", w.workOrder, func(n *workNews) string { return string(n.work) })
		column(args, "w_ids", w.workOrder, func(n *workNews) string { return n.id })
		column(args, "w_attempts", w.workOrder, func(n *workNews) int {
			if n.failure == nil {
				return 0
			}
			return n.failure.Attempt
		})
		column(args, "w_since", w.workOrder, func(n *workNews) (since time.Time) {
			if n.failure != nil {
				since = n.failure.Since
			}
			return since
		})
		batch.Queue(readWorks, args).Query(w.adoptWorks)
	}
	args := pgx.NamedArgs{"log_before": w.now.Add(-logHold), "log_ahead": w.now.Add(logHold), "held_most": heldMost}
	column(args, "l_projects", w.logOrder, func(l *logNews) int64 { return l.project })
	column(args, "l_works", w.logOrder, func(l *logNews) string { return string(l.work) })
	column(args, "l_ids", w.logOrder, func(l *logNews) string { return l.id })
	batch.Queue(readLogNews, args).Query(w.adoptLogs)
}

func (w *foldWork) adoptWorks(rows pgx.Rows) error {
	var n workNews
	var view *string
	_, err := pgx.ForEachRow(rows, []any{&n.project, &n.work, &n.id, &n.slug, &n.rowVer, &view, &n.told, &n.attempt, &n.group,
		&n.version, &n.beside}, func() error {
		held := w.works[n.workID]
		n.row, n.failure, n.view = held.row, held.failure, or(view)
		*held = n
		return nil
	})
	return err
}

// holdUntil remembers when the earliest event that stays held is due.
func (w *foldWork) holdUntil(due time.Time) {
	if w.heldUntil.IsZero() || due.Before(w.heldUntil) {
		w.heldUntil = due
	}
}

// fail raises or joins a group for each run or deploy that has failed, once for
// an attempt. It is called when the reports of the fold are counted, so that a
// group which they made is joined.
func (w *foldWork) fail() {
	var reported map[workID]int64 // made when it is needed
	for _, n := range w.workOrder {
		f := n.failure
		if n.slug == "" {
			w.dead = append(w.dead, deadRow{*n.row, "the project does not exist"})
			continue
		}
		if f == nil || f.Attempt <= n.attempt || n.recovered(f.Attempt) {
			continue
		}
		if reported == nil {
			reported = w.reported()
		}
		n.attempt, n.changed = f.Attempt, true
		n.version++
		if n.group = n.beside; n.group == 0 {
			n.group = reported[n.workID]
		}
		if n.group == 0 {
			n.group = w.raiseFailure(n)
		}
	}
}

// reported lists the groups at error or worse that reports of this fold have
// linked to runs and deploys.
func (w *foldWork) reported() map[workID]int64 {
	found := map[workID]int64{}
	for key, value := range w.refs {
		id := workID{value.project, journal.Work(key.kind), key.value}
		t := w.things[key.group]
		if w.works[id] == nil || t == nil || t.Severity < journal.Error || strings.HasSuffix(t.Type, journal.FailureType) {
			continue
		}
		if was, held := found[id]; !held || t.ID < was {
			found[id] = t.ID
		}
	}
	return found
}

// recovered reports whether the row says by now that this attempt did not fail.
func (n *workNews) recovered(attempt int) bool {
	var row journal.Progress
	return json.Unmarshal([]byte(n.view), &row) == nil && row.Attempt == attempt && row.Status != journal.Failed
}

// letGo takes the links to groups away that this fold removes.
func (w *foldWork) letGo() {
	for _, n := range w.workOrder {
		if t := w.things[n.group]; t != nil && t.remove {
			n.group, n.changed = 0, true
			n.version++
		}
	}
}

func (w *foldWork) raiseFailure(n *workNews) int64 {
	f := n.failure
	p := w.projects[n.project]
	if p == nil {
		panic("the project of a failure was not read") // asks has its fingerprint
	}
	t := w.arrive(p, groupKey{n.project, f.Fingerprint}, journal.Arrival{
		Count: 1, Severity: f.Severity, Release: f.Look.Release, FirstAt: f.OccurredAt, LastAt: f.OccurredAt, Look: f.Look,
	})
	w.occurrences = append(w.occurrences, failedOccurrence{n.project, f})
	return t.ID
}

// publishWork appends an event for each run and deploy that has news.
func (w *foldWork) publishWork() {
	for _, n := range w.workOrder {
		if n.view == "" || n.rowVer == n.told && !n.changed {
			continue
		}
		n.told = n.rowVer
		group := ""
		if n.group != 0 {
			group = strconv.FormatInt(n.group, 10)
		}
		version := workVersion(n.rowVer, n.version)
		view, err := workView(n.work, n.slug, n.view, version, group)
		if err != nil {
			panic(err) // the row is at fault: it is set aside
		}
		kind, topic := string(n.work)+".changed", string(n.work)+"s/"+n.slug
		w.appendEvent(kind, n.project, version, []string{topic, "project/" + n.slug, n.topic(n.slug)}, view)
	}
}

func (id workID) topic(slug string) string { return string(id.work) + "/" + slug + "/" + id.id }

func workView(work journal.Work, slug, body string, version int64, group string) (any, error) {
	row := listedWork{project: auth.Project{Slug: slug}, version: version, group: group, body: body}
	if work == journal.RunWork {
		return row.run()
	}
	return row.deploy()
}

// workArgs makes the columns of what is written about runs, deploys and logs.
func (w *foldWork) workArgs(args pgx.NamedArgs) {
	works := slices.DeleteFunc(slices.Clone(w.workOrder), func(n *workNews) bool { return n.slug == "" })
	column(args, "f_project", works, func(n *workNews) int64 { return n.project })
	column(args, "f_work", works, func(n *workNews) string { return string(n.work) })
	column(args, "f_id", works, func(n *workNews) string { return n.id })
	column(args, "f_told", works, func(n *workNews) int64 { return n.told })
	column(args, "f_attempt", works, func(n *workNews) int { return n.attempt })
	column(args, "f_group", works, func(n *workNews) *int64 { return some(n.group) })
	column(args, "f_version", works, func(n *workNews) int64 { return n.version })
	column(args, "o_id", w.occurrences, func(o failedOccurrence) (id pgtype.UUID) {
		_ = id.Scan(o.OccurrenceID) // written by us
		return id
	})
	column(args, "o_day", w.occurrences, func(o failedOccurrence) time.Time { return o.Day })
	column(args, "o_project", w.occurrences, func(o failedOccurrence) int64 { return o.project })
	column(args, "o_fingerprint", w.occurrences, func(o failedOccurrence) string { return o.Fingerprint })
	column(args, "o_occurred", w.occurrences, func(o failedOccurrence) time.Time { return o.OccurredAt })
	column(args, "o_received", w.occurrences, func(o failedOccurrence) time.Time { return o.ReceivedAt })
	column(args, "o_severity", w.occurrences, func(o failedOccurrence) int16 { return int16(o.Severity) })
	column(args, "o_body", w.occurrences, func(o failedOccurrence) string { return string(o.Body) })
}

// The part of writeFold that is about runs, deploys and logs. An occurrence
// whose day has no partition is left out, its group counts it all the same: it
// must not stop the log.
const writeWork = `
uw as ( -- what is linked to a group that goes, beside the news of this fold
  update work_news n set group_id = null, version = n.version + 1 where n.group_id = any (@removed::bigint[])
    and not exists (select from unnest(@f_project::bigint[], @f_work::text[], @f_id::text[]) as f(project_id, work, work_id)
      where f.project_id = n.project_id and f.work = n.work and f.work_id = n.work_id)
),
fa as (
  insert into work_news (project_id, work, work_id, told, attempt, group_id, version)
  select * from unnest(@f_project::bigint[], @f_work::text[], @f_id::text[], @f_told::bigint[], @f_attempt::int[], @f_group::bigint[],
    @f_version::bigint[])
  on conflict (project_id, work, work_id) do update set told = excluded.told, attempt = excluded.attempt,
    group_id = excluded.group_id, version = excluded.version
),
ln as (
  insert into log_news (project_id, work, work_id, version, published_version, published_at, from_seq, to_seq, ended)
  select * from unnest(@n_project::bigint[], @n_work::text[], @n_id::text[], @n_version::bigint[], @n_published::bigint[],
    @n_at::timestamptz[], @n_from::bigint[], @n_to::bigint[], @n_ended::boolean[])
  on conflict (project_id, work, work_id) do update set version = excluded.version, published_version = excluded.published_version,
    published_at = excluded.published_at, from_seq = excluded.from_seq, to_seq = excluded.to_seq, ended = excluded.ended
),
oc as (
  insert into occurrences (occurrence_id, day, project_id, fingerprint, occurred_at, received_at, severity, body)
  select id, day, project_id, fingerprint, occurred_at, received_at, severity, body::json
  from unnest(@o_id::uuid[], @o_day::date[], @o_project::bigint[], @o_fingerprint::text[], @o_occurred::timestamptz[],
    @o_received::timestamptz[], @o_severity::smallint[], @o_body::text[])
  as o(id, day, project_id, fingerprint, occurred_at, received_at, severity, body)
  where to_regclass('occurrences_' || to_char(day, 'YYYYMMDD')) is not null
  on conflict do nothing
),`

// readAll runs the reads of a fold in one round trip.
func (w *foldWork) readAll(ctx context.Context, conn *pgx.Conn, query string, args pgx.NamedArgs) (found []standingRow, err error) {
	batch := &pgx.Batch{}
	batch.Queue(query, args).Query(func(rows pgx.Rows) error {
		found, err = pgx.CollectRows(rows, pgx.RowToStructByPos[standingRow])
		return err
	})
	w.queueWork(batch)
	if err := conn.SendBatch(ctx, batch).Close(); err != nil {
		return nil, fmt.Errorf("read for a fold: %w", err)
	}
	return found, nil
}
