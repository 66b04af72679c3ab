package postgres

import (
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"rynda/pkg/journal"
)

// logHold is how long after an event of a log the next one waits: people watch
// it, so it is shorter than that of groups.
const logHold = 500 * time.Millisecond

// logNews is what a fold knows of one log.
type logNews struct {
	workID
	slug                      string
	version, publishedVersion int64
	publishedAt               time.Time
	fromSeq, toSeq            int64 // since the last event; from is 0 where only the end is new
	ended                     bool
}

func (w *foldWork) log(id workID) *logNews {
	l := w.logs[id]
	if l == nil {
		l = &logNews{workID: id}
		w.logs[id] = l
		w.logOrder = append(w.logOrder, l)
	}
	return l
}

// readLogNews finds what was told of the logs that have news, those whose event
// was held and is due, and when the next one is.
const readLogNews = `
select /* fold: read logs */ p.project_id, p.slug, a.work, a.work_id, coalesce(n.version, 0), coalesce(n.published_version, 0),
  n.published_at, coalesce(n.from_seq, 0), coalesce(n.to_seq, 0), coalesce(n.ended, false),
  (select min(published_at) from log_news where version > published_version and published_at > @log_before and published_at <= @log_ahead)
from (
  select * from unnest(@l_projects::bigint[], @l_works::text[], @l_ids::text[]) as a(project_id, work, work_id)
  union
  (select project_id, work, work_id from log_news
   where version > published_version and published_at <= @log_before order by published_at limit @held_most)
  union -- of a clock that was put back since
  (select project_id, work, work_id from log_news
   where version > published_version and published_at > @log_ahead order by published_at limit @held_most)
) a
join projects p on p.project_id = a.project_id
left join log_news n on n.project_id = a.project_id and n.work = a.work and n.work_id = a.work_id
union all
select null, '', '', '', 0, 0, null, 0, 0, false, (select min(published_at) from log_news
  where version > published_version and published_at > @log_before and published_at <= @log_ahead)`

func (w *foldWork) adoptLogs(rows pgx.Rows) error {
	var project *int64
	var id workID
	var was logNews
	var publishedAt, next *time.Time
	held := 0
	_, err := pgx.ForEachRow(rows, []any{&project, &was.slug, &id.work, &id.id, &was.version, &was.publishedVersion, &publishedAt,
		&was.fromSeq, &was.toSeq, &was.ended, &next}, func() error {
		if next != nil {
			w.holdUntil(next.Add(logHold))
		}
		if project == nil {
			return nil
		}
		id.project = *project
		fresh := w.logs[id] != nil
		l := w.log(id)
		l.slug, l.version, l.publishedVersion, l.publishedAt = was.slug, was.version, was.publishedVersion, or(publishedAt)
		if !fresh {
			held++
		} else {
			l.version++
		}
		if was.version > was.publishedVersion && was.fromSeq > 0 && (l.fromSeq == 0 || was.fromSeq < l.fromSeq) {
			l.fromSeq = was.fromSeq
		}
		l.toSeq, l.ended = max(l.toSeq, was.toSeq), l.ended || was.ended
		return nil
	})
	w.moreHeld = w.moreHeld || held >= heldMost
	return err
}

// publishLogs appends an event for each log that may tell its news now.
func (w *foldWork) publishLogs() {
	for _, l := range w.logOrder {
		if l.slug == "" || l.version == l.publishedVersion {
			continue
		}
		if since := w.now.Sub(l.publishedAt); 0 <= since && since < logHold {
			w.holdUntil(l.publishedAt.Add(logHold))
			continue
		}
		l.publishedVersion, l.publishedAt = l.version, w.now
		news := journal.Logged{FromSeq: l.fromSeq, ToSeq: l.toSeq, Ended: l.ended}
		var data any = journal.RunLogged{Project: l.slug, RunID: l.id, Logged: news}
		if l.work == journal.DeployWork {
			data = journal.DeployLogged{Project: l.slug, DeployID: l.id, Logged: news}
		}
		w.appendEvent(string(l.work)+".logged", l.project, l.version, []string{l.topic(l.slug)}, data)
		l.fromSeq = 0
	}
}

func (w *foldWork) logArgs(args pgx.NamedArgs) {
	logs := slices.DeleteFunc(slices.Clone(w.logOrder), func(l *logNews) bool { return l.slug == "" })
	column(args, "n_project", logs, func(l *logNews) int64 { return l.project })
	column(args, "n_work", logs, func(l *logNews) string { return string(l.work) })
	column(args, "n_id", logs, func(l *logNews) string { return l.id })
	column(args, "n_version", logs, func(l *logNews) int64 { return l.version })
	column(args, "n_published", logs, func(l *logNews) int64 { return l.publishedVersion })
	column(args, "n_at", logs, func(l *logNews) time.Time { return l.publishedAt })
	column(args, "n_from", logs, func(l *logNews) int64 { return l.fromSeq })
	column(args, "n_to", logs, func(l *logNews) int64 { return l.toSeq })
	column(args, "n_ended", logs, func(l *logNews) bool { return l.ended })
}
