package postgres

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"

	"rynda/pkg/auth"
	"rynda/pkg/journal"
)

// logBody is the body of an inbox row that tells the fold of lines.
type logBody struct {
	Work    journal.Work `json:"work"`
	ID      string       `json:"id"`
	FromSeq int64        `json:"from_seq"` // lowest of the new lines; 0 where only the end is new
	ToSeq   int64        `json:"to_seq"`   // of the last line there is
	Ended   bool         `json:"ended"`
}

// Appending to one log is one transaction after the other, by the lock on its
// row: a line that is there stays as it is.
const (
	insertLog = `
insert /* log */ into logs (project_id, work, work_id, day, to_seq, ended, open)
values (@project, @work, @id, @day, 0, false, 0) on conflict do nothing`
	lockLog = `
select /* log for update */ day, coalesce(first_day, day), to_seq, ended, open from logs
where project_id = @project and work = @work and work_id = @id for update`
	insertLines = `
insert /* log lines */ into log_lines (day, project_id, work, work_id, seq, at, severity, marker, text)
select @day::date, @project::bigint, @work::text, @id::text, u.seq, u.at, nullif(u.severity, 0), u.marker, u.text
from unnest(@seqs::bigint[], @ats::timestamptz[], @severities::smallint[], @markers::boolean[], @texts::text[])
  as u(seq, at, severity, marker, text)
where not exists (
  select from unnest(@earlier::date[]) d(day) cross join lateral (
    select from log_lines where day = d.day and project_id = @project and work = @work and work_id = @id and seq = u.seq) l)
order by u.seq
on conflict do nothing returning seq`
	updateLog = `
update /* log */ logs set to_seq = @to_seq, ended = @ended, open = @open, day = @day::date, first_day = @first_day::date
where project_id = @project and work = @work and work_id = @id`
)

// AppendLog appends lines to the log of a run or deploy of the project, which
// need not be there yet. Lines that are there already, by their seq, count as
// duplicates, so repeating is harmless. It returns after the commit, with the
// event told where that took no longer than 250 ms; journal.ErrUnavailable
// says that nothing is known to be stored.
func (s *Store) AppendLog(ctx context.Context, project auth.Project, work journal.Work, id string, a journal.LogAppend) (out journal.LogAppended, err error) {
	within, cancel := context.WithTimeout(ctx, 15*time.Second)
	defer cancel()
	var told pgx.NamedArgs
	for range 2 {
		var day time.Time
		err = pgx.BeginFunc(within, s.pool, func(tx pgx.Tx) error {
			out, told, day, err = s.appendLog(within, tx, project, work, id, a)
			return err
		})
		if errors.Is(err, pgx.ErrNoRows) {
			continue // a sweep took the log between the two statements
		}
		if !isNoPartition(err) {
			break
		}
		// Nobody has swept for days, or the clock was put back.
		if _, err := s.ensure(within, logDays, dayNumber(day), dayNumber(day)); err != nil {
			return journal.LogAppended{}, fmt.Errorf("append to a log: %w", err)
		}
	}
	if err != nil {
		return journal.LogAppended{}, fmt.Errorf("append to a log: %w", unavailable(err))
	}
	if told != nil {
		short, cancel := context.WithTimeout(ctx, foldPatience)
		defer cancel()
		_ = s.awaitFold(short, foldPatience, told)
	}
	return out, nil
}

// enterLog is enterUpdate with time for redacting while the row is locked.
const enterLog = `select /* log: enter */ set_config('lock_timeout', '5s', true), set_config('statement_timeout', '10s', true),
  set_config('idle_in_transaction_session_timeout', '10s', true)`

// The lines right before the first new one: what they begin may go on in it.
const selectBefore = `
select /* lines before */ text from (
  select l.seq, l.text from unnest(@days::date[]) d(day) cross join lateral (
    select seq, text from log_lines
    where day = d.day and project_id = @project and work = @work and work_id = @id and seq < @first
    order by seq desc limit 2) l
  order by l.seq desc limit 2) l
order by seq`

// logDays are the days that a log has lines of, oldest first: from that of its
// first line, or the oldest that is kept, to that of its last.
func (s *Store) logDays(first, last time.Time) (days []time.Time) {
	oldest := dayOf(dayNumber(s.now().Add(-s.Retention.logs())))
	if first.Before(oldest) {
		first = oldest
	}
	for first.Before(last) {
		days = append(days, first)
		first = first.AddDate(0, 0, 1)
	}
	return append(days, last)
}

func (s *Store) appendLog(ctx context.Context, tx pgx.Tx, project auth.Project, work journal.Work, id string, a journal.LogAppend) (
	out journal.LogAppended, told pgx.NamedArgs, day time.Time, err error,
) {
	today := s.now().UTC().Truncate(24 * time.Hour)
	key := pgx.NamedArgs{"project": project.ID, "work": string(work), "id": id, "day": today}
	var firstDay time.Time
	var open int
	var wasEnded bool
	batch := &pgx.Batch{}
	batch.Queue(enterLog)
	batch.Queue(insertLog, key)
	batch.Queue(lockLog, key).QueryRow(func(row pgx.Row) error { return row.Scan(&day, &firstDay, &out.ToSeq, &wasEnded, &open) })
	if err := tx.SendBatch(ctx, batch).Close(); err != nil {
		return out, nil, day, err
	}
	follows := out.ToSeq
	if today.After(day) {
		day = today
	}
	days := s.logDays(firstDay, day)
	key["days"], key["first"] = days, a.First()
	found, err := tx.Query(ctx, selectBefore, key)
	if err != nil {
		return out, nil, day, err
	}
	before, err := pgx.CollectRows(found, pgx.RowTo[string])
	if err != nil {
		return out, nil, day, err
	}
	lines, left := a.Redact(before, follows, open)
	news := logBody{Work: work, ID: id, ToSeq: follows}
	args := pgx.NamedArgs{"project": project.ID, "work": string(work), "id": id, "day": day, "earlier": days[:len(days)-1]}
	column(args, "seqs", lines, func(l journal.LogLine) int64 { return l.Seq })
	column(args, "ats", lines, func(l journal.LogLine) *time.Time { return l.At })
	column(args, "severities", lines, func(l journal.LogLine) int16 { return int16(l.Severity()) })
	column(args, "markers", lines, func(l journal.LogLine) bool { return l.Marker })
	column(args, "texts", lines, func(l journal.LogLine) string { return l.Text })
	rows, err := tx.Query(ctx, insertLines, args)
	if err != nil {
		return out, nil, day, err
	}
	var seq int64
	_, err = pgx.ForEachRow(rows, []any{&seq}, func() error {
		out.Accepted++
		news.ToSeq = max(news.ToSeq, seq)
		if news.FromSeq == 0 || seq < news.FromSeq {
			news.FromSeq = seq
		}
		return nil
	})
	if err != nil {
		return out, nil, day, err
	}
	out.Duplicates = len(lines) - out.Accepted
	out.ToSeq, out.Ended = news.ToSeq, wasEnded || a.Ended()
	news.Ended = out.Ended
	if out.Accepted == 0 && out.Ended == wasEnded {
		return out, nil, day, nil
	}
	update := pgx.NamedArgs{"project": project.ID, "work": string(work), "id": id, "to_seq": out.ToSeq, "ended": out.Ended, "open": left,
		"day": day, "first_day": days[0]}
	text, err := json.Marshal(news)
	if err != nil {
		return out, nil, day, err
	}
	var place pgtype.TID
	batch = &pgx.Batch{}
	batch.Queue(updateLog, update)
	batch.Queue(insertWorkNews, pgx.NamedArgs{"kind": "log", "project": project.ID, "inbox": string(text)}).
		QueryRow(func(row pgx.Row) error { return row.Scan(&seq, &place) })
	if err := tx.SendBatch(ctx, batch).Close(); err != nil {
		return out, nil, day, err
	}
	return out, pgx.NamedArgs{"ctid": place, "seq": seq}, day, nil
}

const selectLines = `
select /* log lines */ l.* from unnest(@days::date[]) d(day) cross join lateral (
  select seq, at, coalesce(severity, 0), marker, text from log_lines
  where day = d.day and project_id = @project and project_id = any (@projects) and work = @work and work_id = @id and seq > @after$where
  order by seq limit @limit) l
order by l.seq limit @limit`

const selectLogs = `
select /* logs of an id */ project_id, day, coalesce(first_day, day), to_seq, ended from logs
where project_id = any (@projects) and work = @work and work_id = @id order by project_id limit 2`

// logBytes is how much text a page of lines carries before it ends early.
const logBytes = 1 << 20

// Log returns the lines of a log behind a seq, at most limit (1 to 1,000), or
// fewer when their text is large; with markers only those that are markers.
// Errors are those of RunDetail: a log whose run or deploy nobody has told of
// yet can be read too.
func (s *Store) Log(ctx context.Context, scope []auth.Project, work journal.Work, id string, after int64, limit int, markers bool) (journal.LogPage, error) {
	page := journal.LogPage{Lines: []journal.LogLine{}}
	err := s.scoped(ctx, scope, func(tx pgx.Tx) error {
		args := pgx.NamedArgs{"projects": projectIDs(scope), "work": string(work), "id": id, "after": after, "limit": limit + 1}
		found, err := tx.Query(ctx, selectLogs, args)
		if err != nil {
			return err
		}
		in := map[int64]bool{} // projects that have the log, or the run or deploy
		logs := 0
		var project int64
		var day, firstDay time.Time
		if _, err = pgx.ForEachRow(found, []any{&project, &day, &firstDay, &page.ToSeq, &page.Ended}, func() error {
			in[project] = true
			logs++
			return nil
		}); err != nil {
			return err
		}
		works, err := queryWorks(ctx, tx, scope, workTable(work, selectWork), args)
		if err != nil {
			return err
		}
		for _, one := range works {
			in[one.project.ID] = true
		}
		switch {
		case len(in) > 1:
			return fmt.Errorf("several projects have this id: %w", journal.ErrConflict)
		case len(in) == 0:
			return journal.ErrNotFound
		case logs == 0:
			return nil
		}
		args["project"], args["days"] = project, s.logDays(firstDay, day)
		where := ""
		if markers {
			where = " and marker"
		}
		return readLines(ctx, tx, where, args, limit, &page)
	})
	if err != nil {
		return journal.LogPage{}, fmt.Errorf("read a log: %w", err)
	}
	return page, nil
}

func readLines(ctx context.Context, tx pgx.Tx, where string, args pgx.NamedArgs, limit int, page *journal.LogPage) error {
	rows, err := tx.Query(ctx, strings.Replace(selectLines, "$where", where, 1), args)
	if err != nil {
		return err
	}
	defer rows.Close()
	for size := 0; rows.Next(); {
		if len(page.Lines) == limit || size > logBytes {
			page.HasMore = true
			break
		}
		var l journal.LogLine
		var severity journal.Severity
		if err := rows.Scan(&l.Seq, &l.At, &severity, &l.Marker, &l.Text); err != nil {
			return err
		}
		if severity != 0 {
			l.Level = severity.String()
		}
		l.At = inUTC(l.At)
		size += len(l.Text) + 64
		page.Lines = append(page.Lines, l)
	}
	rows.Close()
	return rows.Err()
}
