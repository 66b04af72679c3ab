package postgres

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"rynda/pkg/eventlog"
)

// Retention says for how long things are kept.
type Retention struct {
	// Events is for how long events of the log are kept, by which a reader can
	// resume; 0 is 7 days.
	Events time.Duration `envconfig:"RYNDA_KEEP_EVENTS" default:"168h"`
	// Occurrences is for how long occurrences are kept with their text, in whole
	// days of UTC; 0 is 30 days.
	Occurrences time.Duration `envconfig:"RYNDA_KEEP_OCCURRENCES" default:"720h"`
	// Groups is for how long groups are kept after their last occurrence, and their
	// counts per hour; 0 is 90 days.
	Groups time.Duration `envconfig:"RYNDA_KEEP_GROUPS" default:"2160h"`
	// Works is for how long runs and deploys are kept after their last update; 0 is
	// 90 days.
	Works time.Duration `envconfig:"RYNDA_KEEP_RUNS" default:"2160h"`
	// Logs is for how long logs of runs and deploys are kept, each line after
	// the day that it came on and the log after its last, in whole days of UTC; 0 is 7 days.
	Logs time.Duration `envconfig:"RYNDA_KEEP_LOGS" default:"168h"`
}

const day = 24 * time.Hour

func (r Retention) events() time.Duration      { return orDefault(r.Events, 7*day) }
func (r Retention) occurrences() time.Duration { return orDefault(r.Occurrences, 30*day) }
func (r Retention) groups() time.Duration      { return orDefault(r.Groups, 90*day) }
func (r Retention) works() time.Duration       { return orDefault(r.Works, 90*day) }
func (r Retention) logs() time.Duration        { return orDefault(r.Logs, 7*day) }

func orDefault(d, usual time.Duration) time.Duration {
	if d <= 0 {
		return usual
	}
	return d
}

const (
	sweepLock = 7003 // advisory: one process sweeps at a time
	trimRows  = 5000 // of one delete
	trimTurns = 20   // deletes of one kind and sweep
	removeAt  = 1000 // groups of one command to the fold
	// floorRest is how long a partition of events lies below the floor before it
	// is dropped: readers that were just there learn of the floor first.
	floorRest = time.Minute
)

// Swept counts what one sweep did.
type Swept struct {
	PartitionsMade    int
	PartitionsDropped int
	PartitionsPending int // to be dropped, and left to a later sweep because somebody reads them
	EventsBelowFloor  int64
	GroupsRemoved     int
	HoursDropped      int64
	MinutesDropped    int64
	KeysUnmapped      int64
	SessionsEnded     int64
	RunsDropped       int64
	DeploysDropped    int64
	LogsDropped       int64
	LoginsExpired     int64
	TicketsExpired    int64
	// Elsewhere is true when another process was sweeping, so this one did nothing.
	Elsewhere bool
}

// Sweep makes the partitions that will be needed and lets go of what retention
// does not keep: partitions of occurrences and events, groups, counts, expired
// mappings, sessions, logins and tickets. Call it about once a minute from any number of
// processes. It is bounded, so much to do takes several sweeps; it waits for
// nobody long and lets nobody wait. What fails does not keep the rest from
// being done; the errors come back joined. The pool must have two connections:
// on one the sweep's turn is held, on the other it works.
func (s *Store) Sweep(ctx context.Context) (swept Swept, err error) {
	if s.pool.Config().MaxConns < 2 {
		return swept, errors.New("sweep: a pool of one connection, two are needed")
	}
	lock, err := s.pool.Begin(ctx)
	if err != nil {
		return swept, fmt.Errorf("sweep: %w", unavailable(err))
	}
	defer lock.Rollback(context.WithoutCancel(ctx))
	// By the simple protocol: the extended one leaves a portal, and with it a
	// snapshot, in the open transaction, and a detach waits for older snapshots.
	const enter = `select /* sweep: enter */ pg_try_advisory_xact_lock($1), set_config('idle_in_transaction_session_timeout', '120s', true)`
	var ours bool
	if err := lock.QueryRow(ctx, enter, pgx.QueryExecModeSimpleProtocol, sweepLock).Scan(&ours, nil); err != nil {
		return swept, fmt.Errorf("sweep: %w", unavailable(err))
	}
	if !ours {
		return Swept{Elsewhere: true}, nil
	}
	now := s.now().UTC()
	var faults []error
	for _, step := range []struct {
		name string
		do   func(context.Context, time.Time, *Swept) error
	}{
		{"partitions", s.makePartitions}, {"occurrences", s.sweepOccurrences}, {"events", s.sweepEvents},
		{"logs", s.sweepLogs}, {"groups", s.sweepGroups}, {"rows", s.sweepRows},
	} {
		if err := step.do(ctx, now, &swept); err != nil {
			faults = append(faults, fmt.Errorf("sweep %s: %w", step.name, unavailable(err)))
		}
	}
	return swept, errors.Join(faults...)
}

func (s *Store) makePartitions(ctx context.Context, now time.Time, swept *Swept) error {
	days, err := s.ensureDays(ctx, now)
	swept.PartitionsMade += days
	if err != nil {
		return err
	}
	millions, err := s.ensureEvents(ctx)
	swept.PartitionsMade += millions
	return err
}

// sweepOccurrences drops the days before the oldest one that reports are
// accepted for.
func (s *Store) sweepOccurrences(ctx context.Context, now time.Time, swept *Swept) error {
	oldest := dayNumber(now.Add(-s.Retention.occurrences()))
	return s.dropExpired(ctx, occurrenceDays, now, 0, swept, func(p partition) bool { return p.n < oldest })
}

// sweepLogs forgets lines that are older than is kept, and logs with their last
// line: one that is written to for longer keeps its place.
func (s *Store) sweepLogs(ctx context.Context, now time.Time, swept *Swept) error {
	oldest := dayNumber(now.Add(-s.Retention.logs()))
	if err := s.trim(ctx, deleteLogs, dayOf(oldest), &swept.LogsDropped); err != nil {
		return err
	}
	return s.dropExpired(ctx, logDays, now, floorRest, swept, func(p partition) bool { return p.n < oldest })
}

// sweepEvents raises the floor, then drops partitions that have been below it
// for a while.
func (s *Store) sweepEvents(ctx context.Context, now time.Time, swept *Swept) error {
	head, raised, err := s.raiseFloor(ctx, now.Add(-s.Retention.events()))
	swept.EventsBelowFloor = raised
	if err != nil {
		return err
	}
	return s.dropExpired(ctx, eventMillions, now, floorRest, swept, func(p partition) bool {
		return (p.n+1)*eventPartition < head.Floor && p.n < head.ID/eventPartition
	})
}

func (s *Store) head(ctx context.Context) (h eventlog.Head, err error) {
	err = s.pool.QueryRow(ctx, selectCursor).Scan(&h.Epoch, &h.ID, &h.Floor)
	return h, unavailable(err)
}

const selectEventAge = `select /* age of an event */ at < @before from events where id = @id`

const updateFloor = `update /* raise the floor */ log_head set floor = @floor where floor < @floor and @floor <= id + 1`

// raiseFloor moves the floor to the first event that is not before the time.
// Ids have no gap and times grow with them, so it looks at about twenty events.
func (s *Store) raiseFloor(ctx context.Context, before time.Time) (head eventlog.Head, raised int64, err error) {
	if head, err = s.head(ctx); err != nil {
		return head, 0, err
	}
	old := func(id int64) (is bool, err error) {
		err = s.pool.QueryRow(ctx, selectEventAge, pgx.NamedArgs{"before": before, "id": id}).Scan(&is)
		if errors.Is(err, pgx.ErrNoRows) {
			return true, nil
		}
		return is, err
	}
	floor, end := head.Floor, head.ID+1
	for probe := floor; floor < end; probe = floor + (end-floor)/2 { // the floor itself first: mostly it stays
		is, err := old(probe)
		switch {
		case err != nil:
			return head, 0, err
		case is:
			floor = probe + 1
		default:
			end = probe
		}
	}
	if floor == head.Floor {
		return head, 0, nil
	}
	tag, err := s.pool.Exec(ctx, updateFloor, pgx.NamedArgs{"floor": floor})
	if err != nil || tag.RowsAffected() == 0 {
		return head, 0, err
	}
	raised, head.Floor = floor-head.Floor, floor
	return head, raised, nil
}

const selectExpiredGroups = `
select /* expired groups */ g.group_id, g.project_id
from projects p cross join lateral (
  select * from groups
  where project_id = p.project_id and last_seen_at < @before
  order by last_seen_at, group_id limit @limit
) g
limit @limit`

// sweepGroups removes groups that were not seen for long. The fold does it, so
// that the log tells of it and the totals stay right; it keeps a group that was
// seen again meanwhile.
func (s *Store) sweepGroups(ctx context.Context, now time.Time, swept *Swept) error {
	before := now.Add(-s.Retention.groups())
	for range trimTurns {
		rows, err := s.pool.Query(ctx, selectExpiredGroups, pgx.NamedArgs{"before": before, "limit": removeAt})
		if err != nil {
			return err
		}
		var ids []string
		var id, project int64
		if _, err := pgx.ForEachRow(rows, []any{&id, &project}, func() error {
			ids = append(ids, idText(id))
			return nil
		}); err != nil || len(ids) == 0 {
			return err
		}
		if err := s.command(ctx, "remove", project, command{Remove: ids, Before: &before}); err != nil {
			return err
		}
		swept.GroupsRemoved += len(ids)
	}
	return nil
}

// Rows that somebody else has locked are left for the next sweep.
const (
	deleteHours = `
delete /* old hours */ from group_hours where ctid = any (array(
  select ctid from group_hours where hour < @before limit @limit for update skip locked))`
	deleteMinutes = `
delete /* old minutes */ from group_minutes where ctid = any (array(
  select ctid from group_minutes where minute < @before limit @limit for update skip locked))`
	deleteMappings = `
delete /* expired mappings */ from group_keys where ctid = any (array(
  select ctid from group_keys where mapped_until < @before limit @limit for update skip locked))`
	deleteSessions = `
delete /* expired sessions */ from sessions where ctid = any (array(
  select ctid from sessions where expires_at < @before limit @limit for update skip locked))`
	// With a run or deploy goes what the fold knows of it. The locks are those of
	// the rows alone; the fold's own are written by nobody else for a thing so old.
	deleteRuns = `
with w as (delete /* old runs */ from runs where ctid = any (array(
  select ctid from runs where changed_at < @before limit @limit for update skip locked)) returning project_id, run_id)
, f as (delete from work_news f using w where f.project_id = w.project_id and f.work = 'run' and f.work_id = w.run_id)
select from w`
	deleteDeploys = `
with w as (delete /* old deploys */ from deploys where ctid = any (array(
  select ctid from deploys where changed_at < @before limit @limit for update skip locked)) returning project_id, deploy_id)
, f as (delete from work_news f using w where f.project_id = w.project_id and f.work = 'deploy' and f.work_id = w.deploy_id)
select from w`
	deleteLogs = `
with l as (delete /* old logs */ from logs where ctid = any (array(
  select ctid from logs where day < @before limit @limit for update skip locked)) returning project_id, work, work_id)
, n as (delete from log_news n using l where n.project_id = l.project_id and n.work = l.work and n.work_id = l.work_id)
select from l`
	deleteLogins = `
delete /* expired logins */ from logins where ctid = any (array(
  select ctid from logins where expires_at < @before limit @limit for update skip locked))`
	deleteTickets = `
delete /* expired tickets */ from tickets where ctid = any (array(
  select ctid from tickets where expires_at < @before limit @limit for update skip locked))`
)

func (s *Store) sweepRows(ctx context.Context, now time.Time, swept *Swept) error {
	for _, trim := range []struct {
		query  string
		before time.Time
		count  *int64
	}{
		{deleteHours, now.Add(-s.Retention.groups()), &swept.HoursDropped},
		{deleteMinutes, now.Add(-minutesKept), &swept.MinutesDropped},
		{deleteMappings, now, &swept.KeysUnmapped},
		{deleteSessions, now, &swept.SessionsEnded},
		{deleteRuns, now.Add(-s.Retention.works()), &swept.RunsDropped},
		{deleteDeploys, now.Add(-s.Retention.works()), &swept.DeploysDropped},
		{deleteLogins, now, &swept.LoginsExpired},
		{deleteTickets, now, &swept.TicketsExpired},
	} {
		if err := s.trim(ctx, trim.query, trim.before, trim.count); err != nil {
			return err
		}
	}
	return nil
}

// trim repeats a delete while it finds as many rows as it may take.
func (s *Store) trim(ctx context.Context, query string, before time.Time, count *int64) error {
	for range trimTurns {
		tag, err := s.pool.Exec(ctx, query, pgx.NamedArgs{"before": before, "limit": trimRows})
		if err != nil {
			return err
		}
		*count += tag.RowsAffected()
		if tag.RowsAffected() < trimRows {
			break
		}
	}
	return nil
}
