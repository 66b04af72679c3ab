package postgres

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

const (
	aheadDays = 7 // partitions of occurrences that are made before their day comes
	// detachPatience is how long one detach waits for those who read the table.
	// It blocks nobody meanwhile, and what it leaves is finished by a later sweep.
	detachPatience = 2 * time.Second
	partitionLock  = 7002 // advisory: one process makes partitions at a time
)

// partitioned is a table in partitions, with what tells them apart: a number
// that grows, the day or the millions of the id.
type partitioned struct {
	table  string
	daily  bool           // the number is of a day
	number *regexp.Regexp // finds it in the name of a partition
	name   func(n int64) string
	bounds func(n int64) string
}

var occurrenceDays = partitioned{
	table: "occurrences", daily: true, number: regexp.MustCompile(`^occurrences_([0-9]{8})$`),
	name:   func(n int64) string { return "occurrences_" + dayOf(n).Format("20060102") },
	bounds: boundsOfDay,
}

var logDays = partitioned{
	table: "log_lines", daily: true, number: regexp.MustCompile(`^log_lines_([0-9]{8})$`),
	name:   func(n int64) string { return "log_lines_" + dayOf(n).Format("20060102") },
	bounds: boundsOfDay,
}

func boundsOfDay(n int64) string {
	return fmt.Sprintf("from ('%s') to ('%s')", dayOf(n).Format(time.DateOnly), dayOf(n+1).Format(time.DateOnly))
}

var eventMillions = partitioned{
	table: "events", number: regexp.MustCompile(`^events_p([0-9]{1,12})$`),
	name: func(n int64) string { return "events_p" + strconv.FormatInt(n, 10) },
	bounds: func(n int64) string {
		return fmt.Sprintf("from (%d) to (%d)", n*eventPartition+1, (n+1)*eventPartition+1)
	},
}

// dayNumber counts days since 1970 in UTC.
func dayNumber(t time.Time) int64 { return t.UTC().Truncate(24*time.Hour).Unix() / 86400 }
func dayOf(n int64) time.Time     { return time.Unix(n*86400, 0).UTC() }

// partition is one that exists.
type partition struct {
	partitioned
	n       int64
	pending bool   // its detaching was interrupted
	loose   bool   // it is detached and not dropped yet
	mark    string // the comment on it, see markForm
}

func (p partition) String() string { return p.name(p.n) }

func (p partitioned) numberIn(name string) (int64, bool) {
	m := p.number.FindStringSubmatch(name)
	if m == nil {
		return 0, false
	}
	if p.daily {
		day, err := time.Parse("20060102", m[1])
		return dayNumber(day), err == nil
	}
	n, err := strconv.ParseInt(m[1], 10, 64)
	return n, err == nil
}

const selectPartitions = `
select /* partitions */ c.relname, coalesce(i.inhdetachpending, false), i.inhrelid is null, coalesce(obj_description(c.oid, 'pg_class'), '')
from pg_class c left join pg_inherits i on i.inhrelid = c.oid and i.inhparent = to_regclass(@table)
where c.relnamespace = (select relnamespace from pg_class where oid = to_regclass(@table)) and c.relkind = 'r'
  and c.relname like @table || '\_%' and (i.inhrelid is not null or not c.relispartition)
order by c.relname`

// partitions lists those of a table, detached ones too; tables that were not
// named by us are not among them.
func (s *Store) partitions(ctx context.Context, of partitioned) ([]partition, error) {
	rows, err := s.pool.Query(ctx, selectPartitions, pgx.NamedArgs{"table": of.table})
	if err != nil {
		return nil, err
	}
	var found []partition
	p := partition{partitioned: of}
	var name string
	_, err = pgx.ForEachRow(rows, []any{&name, &p.pending, &p.loose, &p.mark}, func() error {
		n, ours := of.numberIn(name)
		if ours && of.name(n) == name {
			p.n = n
			found = append(found, p)
		}
		return nil
	})
	return found, err
}

// EnsureOccurrencePartitions makes the partitions of occurrences that accepted
// reports may need, from the oldest day that retention keeps to a week ahead,
// and those of the lines of logs, from yesterday.
// It may be called at any time by any number of processes, and does nothing
// when they are there. It blocks neither readers nor writers.
func (s *Store) EnsureOccurrencePartitions(ctx context.Context) error {
	now := s.now()
	_, err := s.ensureDays(ctx, now)
	return err
}

func (s *Store) ensureDays(ctx context.Context, now time.Time) (made int, err error) {
	made, err = s.ensure(ctx, occurrenceDays, dayNumber(now.Add(-s.Retention.occurrences())), dayNumber(now)+aheadDays)
	if err != nil {
		return made, err
	}
	lines, err := s.ensure(ctx, logDays, dayNumber(now)-1, dayNumber(now)+aheadDays)
	return made + lines, err
}

// EnsureEventPartitions makes the partition of events that comes next once the
// newest one is half full. Otherwise as EnsureOccurrencePartitions.
func (s *Store) EnsureEventPartitions(ctx context.Context) error {
	_, err := s.ensureEvents(ctx)
	return err
}

func (s *Store) ensureEvents(ctx context.Context) (made int, err error) {
	head, err := s.head(ctx)
	if err != nil {
		return 0, err
	}
	return s.ensure(ctx, eventMillions, head.ID/eventPartition, (head.ID+eventPartition/2)/eventPartition)
}

// ensure makes the partitions from first to last that are missing.
func (s *Store) ensure(ctx context.Context, of partitioned, first, last int64) (made int, err error) {
	existing, err := s.partitions(ctx, of)
	if err != nil {
		return 0, fmt.Errorf("look at the partitions of %s: %w", of.table, unavailable(err))
	}
	there := map[int64]bool{}
	for _, p := range existing {
		there[p.n] = true
	}
	for n := first; n <= last; n++ {
		if there[n] {
			continue
		}
		if err := s.attach(ctx, of, n); err != nil {
			return made, fmt.Errorf("make %s: %w", of.name(n), unavailable(err))
		}
		made++
	}
	return made, nil
}

// attach makes one partition. "create table … partition of" would lock the
// table against everybody; attaching an empty table locks it against vacuum and
// other changes of it only.
func (s *Store) attach(ctx context.Context, of partitioned, n int64) error {
	return pgx.BeginFunc(ctx, s.pool, func(tx pgx.Tx) error {
		const enter = `select /* partitions: enter */ pg_advisory_xact_lock(@lock), set_config('lock_timeout', '2s', true)`
		if _, err := tx.Exec(ctx, enter, pgx.NamedArgs{"lock": partitionLock}); err != nil {
			return err
		}
		var there bool
		if err := tx.QueryRow(ctx, `select to_regclass($1) is not null`, of.name(n)).Scan(&there); err != nil || there {
			return err
		}
		_, err := tx.Exec(ctx, fmt.Sprintf(`create table %[1]s (like %[2]s including all)`, of.name(n), of.table))
		if err == nil {
			_, err = tx.Exec(ctx, fmt.Sprintf(`alter table %[2]s attach partition %[1]s for values %[3]s`, of.name(n), of.table, of.bounds(n)))
		}
		return err
	})
}

// dropExpired drops the partitions that are expired since rest, and finishes
// what earlier calls could not. The first sweep that finds one expired writes
// the time on it: the next sweep may be another process's, and a table that was
// detached by somebody else, to keep it, has no such mark.
func (s *Store) dropExpired(ctx context.Context, of partitioned, now time.Time, rest time.Duration, swept *Swept, expired func(partition) bool) error {
	all, err := s.partitions(ctx, of)
	if err != nil {
		return err
	}
	var faults []error
	for _, p := range all {
		since, unmarked := time.Parse(markForm, p.mark)
		if p.loose && unmarked != nil || !p.loose && !p.pending && !expired(p) {
			continue
		}
		if unmarked != nil {
			since = now
			err = s.mark(ctx, p, now)
		}
		if err == nil && now.Sub(since) < rest {
			continue
		}
		// Who reads for long reads them all: one wait in a sweep is enough.
		if err == nil && swept.PartitionsPending == 0 {
			err = s.drop(ctx, p)
		}
		switch {
		case err == nil && swept.PartitionsPending == 0:
			swept.PartitionsDropped++
		case err == nil || isAwaited(err):
			swept.PartitionsPending++
		default:
			faults = append(faults, err)
		}
		err = nil
	}
	return errors.Join(faults...)
}

// markForm is the comment on a partition that is to be dropped.
const markForm = "expired, to be dropped by Rynda, since 2006-01-02T15:04:05Z"

func (s *Store) mark(ctx context.Context, p partition, now time.Time) error {
	return s.alter(ctx, fmt.Sprintf(`comment on table %s is '%s'`, p, now.UTC().Format(markForm)))
}

// drop takes a partition out of its table and removes it, so that nobody waits:
// a plain drop needs the whole table to itself, behind the longest reader and
// before everybody who comes after (2.7 s without ingest, measured). The detach
// waits for those who were reading before it, on a connection of its own since
// it cannot run in a transaction. When they read for longer, drop gives up: the
// partition is half detached, readers and writers do not see it any more, and a
// later call finishes it.
func (s *Store) drop(ctx context.Context, p partition) error {
	if !p.loose {
		if err := s.detach(ctx, p); err != nil {
			return fmt.Errorf("detach %s: %w", p, err)
		}
	}
	if err := s.alter(ctx, `drop table if exists `+p.String()); err != nil {
		return fmt.Errorf("drop %s: %w", p, err)
	}
	return nil
}

// detach is bounded by the client, not by lock_timeout: a setting of a session
// would stay behind in the connections of a transaction pooler.
func (s *Store) detach(ctx context.Context, p partition) error {
	config := s.pool.Config()
	if before := config.BeforeConnect; before != nil {
		if err := before(ctx, config.ConnConfig); err != nil {
			return unavailable(err)
		}
	}
	conn, err := pgx.ConnectConfig(ctx, config.ConnConfig)
	if err != nil {
		return unavailable(err)
	}
	defer conn.Close(context.WithoutCancel(ctx))
	ctx, cancel := context.WithTimeout(ctx, detachPatience)
	defer cancel()
	how := "concurrently"
	if p.pending {
		how = "finalize"
	}
	_, err = conn.Exec(ctx, fmt.Sprintf(`alter table %s detach partition %s %s`, p.table, p, how), pgx.QueryExecModeSimpleProtocol)
	return unavailable(err)
}

// alter runs one statement that wants a table to itself, or fails soon.
func (s *Store) alter(ctx context.Context, statement string) error {
	return unavailable(pgx.BeginFunc(ctx, s.pool, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, `select set_config('lock_timeout', '200ms', true)`); err != nil {
			return err
		}
		_, err := tx.Exec(ctx, statement)
		return err
	}))
}

// isAwaited reports whether somebody held a lock for longer than we wait.
func isAwaited(err error) bool {
	var pg *pgconn.PgError
	return errors.Is(err, context.DeadlineExceeded) || errors.As(err, &pg) && (pg.Code == "55P03" || pg.Code == "57014")
}
