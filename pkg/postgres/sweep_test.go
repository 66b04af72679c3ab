package postgres

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"

	"rynda/pkg/journal"
)

// tables are the names of those that are like pattern and, if attached, in a
// partitioned table.
func (s *seeded) tables(pattern string, attached bool) (names []string) {
	s.t.Helper()
	s.row(`select coalesce(array_agg(relname order by relname), '{}') from pg_class
		where relkind = 'r' and relname like $1 and relispartition = $2`, []any{pattern, attached}, &names)
	return names
}

func (s *seeded) sweep() Swept {
	s.t.Helper()
	swept, err := s.Sweep(context.Background())
	if err != nil {
		s.t.Fatal(err)
	}
	return swept
}

func TestEnsureOccurrencePartitions(t *testing.T) {
	t.Parallel()
	s := newSeeded(t)
	ctx := context.Background()
	// A writer in the middle of its transaction must neither wait nor be waited for.
	s.day(noon)
	writer, err := s.pool.Begin(ctx)
	if err != nil {
		t.Fatal(err)
	}
	defer writer.Rollback(ctx)
	write := func(at time.Time) error {
		_, err := writer.Exec(ctx, `insert into occurrences values (gen_random_uuid(), $1::timestamptz::date, $2, $3, $1, $1, 3, null)`, at, s.alpha.ID, fingerprint(1))
		return err
	}
	if err := write(noon); err != nil {
		t.Fatal(err)
	}
	var group sync.WaitGroup
	for range 4 {
		group.Go(func() {
			if err := s.EnsureOccurrencePartitions(ctx); err != nil {
				t.Error(err)
			}
		})
	}
	group.Wait()
	days := s.tables("occurrences\\_%", true)
	if len(days) != 38 || days[0] != "occurrences_20260208" || days[37] != "occurrences_20260317" {
		t.Errorf("%d days: %v", len(days), days)
	}
	if err := write(noon.AddDate(0, 0, 7)); err != nil {
		t.Errorf("a report of next week: %v", err)
	}
	if made, err := s.ensure(ctx, occurrenceDays, dayNumber(noon), dayNumber(noon)+7); made != 0 || err != nil {
		t.Errorf("made %d again, %v", made, err)
	}
	var indexes int
	s.row(`select count(*) from pg_index where indrelid = 'occurrences_20260317'::regclass`, nil, &indexes)
	if indexes != 2 {
		t.Errorf("the new day has %d indexes", indexes)
	}
}

func TestEnsureEventPartitions_makes_the_next_one_when_the_newest_is_half_full(t *testing.T) {
	t.Parallel()
	s := newSeeded(t)
	for _, step := range []struct {
		head int64
		want string
	}{
		{0, "events_p0 events_p1"},
		{1_499_999, "events_p0 events_p1"},
		{1_500_000, "events_p0 events_p1 events_p2"},
		{1_600_000, "events_p0 events_p1 events_p2"},
		{7_000_001, "events_p0 events_p1 events_p2 events_p7"},
	} {
		s.exec(`update log_head set id = $1`, step.head)
		if err := s.EnsureEventPartitions(context.Background()); err != nil {
			t.Fatal(err)
		}
		if got := strings.Join(s.tables("events\\_%", true), " "); got != step.want {
			t.Errorf("head %d: %s", step.head, got)
		}
	}
	s.exec(`insert into events values (7000002, now(), 'group.changed', 1, 1, '{}', '{}')`)
}

// logPartitions of lines are made: yesterday's, today's and a week ahead.
const logPartitions = 9

func TestSweep(t *testing.T) {
	t.Parallel()
	ctx := context.Background()

	t.Run("keeps 30 days of occurrences", func(t *testing.T) {
		t.Parallel()
		s := newSeeded(t)
		for _, days := range []int{31, 32, 200} {
			s.occurrence(s.alpha, fingerprint(1), noon.AddDate(0, 0, -days), "old")
		}
		s.occurrence(s.alpha, fingerprint(1), noon.AddDate(0, 0, -30), "kept")
		if got := s.sweep(); got.PartitionsDropped != 3 || got.PartitionsMade != 37+logPartitions {
			t.Errorf("%+v", got)
		}
		if days := s.tables("occurrences\\_%", true); len(days) != 38 || days[0] != "occurrences_20260208" {
			t.Errorf("%v", days)
		}
		if loose := s.tables("occurrences\\_%", false); len(loose) != 0 {
			t.Errorf("left over: %v", loose)
		}
		if got := s.sweep(); got != (Swept{}) {
			t.Errorf("a second sweep did %+v", got)
		}
	})
	t.Run("keeps what was asked for", func(t *testing.T) {
		t.Parallel()
		s := newSeeded(t)
		s.Retention.Occurrences = 3 * day
		s.sweep()
		if days := s.tables("occurrences\\_%", true); len(days) != 11 || days[0] != "occurrences_20260307" {
			t.Errorf("%v", days)
		}
	})
	t.Run("lets nobody wait when somebody reads for long", func(t *testing.T) {
		t.Parallel()
		s := newSeeded(t)
		s.occurrence(s.alpha, fingerprint(1), noon.AddDate(0, 0, -40), "old")
		s.occurrence(s.alpha, fingerprint(1), noon.AddDate(0, 0, -41), "older")
		s.occurrence(s.alpha, fingerprint(1), noon, "new")
		reader, err := s.pool.Begin(ctx)
		if err != nil {
			t.Fatal(err)
		}
		defer reader.Rollback(ctx)
		var n int
		if err := reader.QueryRow(ctx, `select count(*) from occurrences`).Scan(&n); err != nil || n != 3 {
			t.Fatal(n, err)
		}
		// While the sweep waits for the reader, reports keep coming in: none may
		// wait for longer than its lock timeout.
		swept := make(chan Swept)
		go func() {
			got, err := s.Sweep(ctx)
			if err != nil {
				t.Error(err)
			}
			swept <- got
		}()
		writes := 0
		var got Swept
		for busy := true; busy; {
			select {
			case got = <-swept:
				busy = false
			default:
				err := pgx.BeginFunc(ctx, s.pool, func(tx pgx.Tx) error {
					if _, err := tx.Exec(ctx, `set local lock_timeout = '100ms'`); err != nil {
						return err
					}
					_, err := tx.Exec(ctx, `insert into occurrences values (gen_random_uuid(), $1::timestamptz::date, $2, $3, $1, $1, 3, null)`, noon, s.alpha.ID, fingerprint(1))
					return err
				})
				if err != nil {
					t.Fatalf("after %d writes: %v", writes, err)
				}
				writes++
			}
		}
		if got.PartitionsPending != 2 || got.PartitionsDropped != 0 || writes < 10 {
			t.Errorf("%+v during %d writes", got, writes)
		}
		var waiting int
		s.row(`select count(*) from occurrences where day < '2026-02-01'`, nil, &waiting)
		if waiting != 1 {
			t.Errorf("new readers see %d rows of the two old days; one is half detached", waiting)
		}
		if err := reader.Rollback(ctx); err != nil {
			t.Fatal(err)
		}
		if got := s.sweep(); got.PartitionsDropped != 2 || got.PartitionsPending != 0 {
			t.Errorf("with the reader gone: %+v", got)
		}
		if all := append(s.tables("occurrences_202601%", true), s.tables("occurrences_202601%", false)...); len(all) != 0 {
			t.Errorf("left over: %v", all)
		}
	})
	t.Run("drops what it has detached before it was cut off, and nothing that others detached", func(t *testing.T) {
		t.Parallel()
		s := newSeeded(t)
		for _, days := range []int{40, 41} {
			s.occurrence(s.alpha, fingerprint(1), noon.AddDate(0, 0, -days), "old")
		}
		s.exec(`alter table occurrences detach partition occurrences_20260129`)
		s.exec(`alter table occurrences detach partition occurrences_20260128`)
		s.exec(`comment on table occurrences_20260129 is 'expired, to be dropped by Rynda, since 2026-03-10T11:00:00Z'`)
		s.exec(`create table occurrences_archive (i int)`)
		if got := s.sweep(); got.PartitionsDropped != 1 {
			t.Errorf("%+v", got)
		}
		if diff := cmp.Diff([]string{"occurrences_20260128", "occurrences_archive"}, s.tables("occurrences\\_%", false)); diff != "" {
			t.Error(diff)
		}
	})
	t.Run("raises the floor to the oldest event that is kept", func(t *testing.T) {
		t.Parallel()
		s := newSeeded(t)
		s.exec(`insert into events (id, at, kind, project_id, version, topics, data)
			select i, $1::timestamptz - (100 - i) * interval '2 hours', 'group.changed', $2, 1, '{}', '{}' from generate_series(1, 100) i`, noon, s.alpha.ID)
		s.exec(`update log_head set id = 100`)
		got := s.sweep()
		var floor, want int64
		s.row(`select floor from log_head`, nil, &floor)
		s.row(`select min(id) from events where at >= $1::timestamptz - interval '7 days'`, []any{noon}, &want)
		if floor != want || got.EventsBelowFloor != want-1 || want < 10 {
			t.Errorf("floor %d, want %d, %+v", floor, want, got)
		}
		s.exec(`update events set at = at - interval '1 year'`)
		s.sweep()
		if s.row(`select floor from log_head`, nil, &floor); floor != 101 {
			t.Errorf("with all events old the floor is %d", floor)
		}
	})
	t.Run("gives readers time between floor and drop", func(t *testing.T) {
		t.Parallel()
		s := newSeeded(t)
		now := noon
		s.now = func() time.Time { return now }
		s.exec(`update log_head set id = 1500002, floor = 1499000`) // the first million is swept already
		s.exec(`insert into events (id, at, kind, project_id, version, topics, data)
			select i, $1, 'group.changed', $2, 1, '{}', '{}' from generate_series(1499000, 1500002) i`, noon, s.alpha.ID)
		for _, step := range []struct {
			after time.Duration
			want  string
		}{
			{0, "events_p0 events_p1 events_p2"}, {59 * time.Second, "events_p0 events_p1 events_p2"}, {time.Minute, "events_p1 events_p2"},
		} {
			now = noon.Add(step.after)
			s.sweep()
			if got := strings.Join(s.tables("events\\_%", true), " "); got != step.want {
				t.Errorf("after %v: %s", step.after, got)
			}
		}
	})
	t.Run("removes groups through the fold, so that the log tells of it", func(t *testing.T) {
		t.Parallel()
		s := folding(t)
		old := s.group(seedGroup{project: s.alpha, last: noon.AddDate(0, 0, -91)})
		s.exec(`insert into group_hours (group_id, hour, project_id, count) values ($1, $2, $3, 1)`, old, noon.AddDate(0, 0, -91), s.alpha.ID)
		young := s.group(seedGroup{project: s.alpha, last: noon.AddDate(0, 0, -89)})
		if got := s.sweep(); got.GroupsRemoved != 1 {
			t.Errorf("%+v", got)
		}
		var left []int64
		s.row(`select array_agg(group_id) from groups`, nil, &left)
		var kind, removed string
		s.row(`select kind, data->>'group_id' from events order by id desc limit 1`, nil, &kind, &removed)
		if !slices.Equal(left, []int64{young}) || kind != "group.removed" || removed != fmt.Sprint(old) {
			t.Errorf("left %v, the log has %s %s", left, kind, removed)
		}
	})
	t.Run("drops expired rows and leaves the locked ones", func(t *testing.T) {
		t.Parallel()
		s := newSeeded(t)
		id := s.group(seedGroup{project: s.alpha, state: journal.Unraised})
		for _, hours := range []int{24, 26, 30} {
			s.exec(`insert into group_minutes (group_id, minute, project_id, count) values ($1, $2, $3, 1)`, id, noon.Add(-time.Duration(hours)*time.Hour), s.alpha.ID)
		}
		for _, days := range []int{1, 91} {
			s.exec(`insert into group_hours (group_id, hour, project_id, count) values ($1, $2, $3, 1)`, id, noon.AddDate(0, 0, -days), s.alpha.ID)
		}
		for i, until := range []time.Duration{-time.Hour, time.Hour} {
			s.exec(`insert into group_keys values ($1, $2, $3, $4)`, s.alpha.ID, fingerprint(int64(100+i)), id, noon.Add(until))
			s.exec(`insert into sessions (session_sha256, user_id, name, created_at, expires_at) values (sha256($1), 'u', 'U', $2, $3)`,
				[]byte{byte(i)}, noon.AddDate(0, 0, -1), noon.Add(until))
			s.exec(`insert into logins values (sha256($1), sha256($1), 'n', 'v', '/', 'r', $2, $3)`, []byte{byte(i)}, noon.AddDate(0, 0, -1), noon.Add(until))
			s.exec(`insert into tickets (ticket_sha256, kind, user_id, name, created_at, expires_at) values (sha256($1), 'bearer', 'u', 'U', $2, $3)`,
				[]byte{byte(i)}, noon.Add(until-time.Second), noon.Add(until))
		}
		locker, err := s.pool.Begin(ctx)
		if err != nil {
			t.Fatal(err)
		}
		defer locker.Rollback(ctx)
		if _, err := locker.Exec(ctx, `select from group_minutes where minute = $1 for update`, noon.Add(-30*time.Hour)); err != nil {
			t.Fatal(err)
		}
		want := Swept{PartitionsMade: 38 + logPartitions, HoursDropped: 1, MinutesDropped: 1, KeysUnmapped: 1, SessionsEnded: 1,
			LoginsExpired: 1, TicketsExpired: 1}
		if diff := cmp.Diff(want, s.sweep()); diff != "" {
			t.Error(diff)
		}
		if err := locker.Rollback(ctx); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(Swept{MinutesDropped: 1}, s.sweep()); diff != "" {
			t.Error(diff)
		}
	})
	t.Run("leaves the work to another process that is at it", func(t *testing.T) {
		t.Parallel()
		s := newSeeded(t)
		other, err := s.pool.Begin(ctx)
		if err != nil {
			t.Fatal(err)
		}
		defer other.Rollback(ctx)
		if _, err := other.Exec(ctx, `select pg_advisory_xact_lock($1)`, sweepLock); err != nil {
			t.Fatal(err)
		}
		if got := s.sweep(); !got.Elsewhere || len(s.tables("occurrences\\_%", true)) != 0 {
			t.Errorf("%+v", got)
		}
	})
	t.Run("goes on after a fault and tells of it", func(t *testing.T) {
		t.Parallel()
		s := newSeeded(t)
		s.group(seedGroup{project: s.alpha, state: journal.Viewed})
		s.exec(`insert into group_minutes (group_id, minute, project_id, count) values (1, $1, $2, 1)`, noon.Add(-30*time.Hour), s.alpha.ID)
		s.exec(`drop table log_head`)
		swept, err := s.Sweep(ctx)
		if err == nil || !strings.Contains(err.Error(), "sweep events") || swept.MinutesDropped != 1 || swept.PartitionsMade != 38+logPartitions {
			t.Errorf("%+v, %v", swept, err)
		}
	})
}
