package postgres

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"

	"rynda/pkg/auth"
	"rynda/pkg/journal"
)

func TestFeed(t *testing.T) {
	t.Parallel()
	s := newSeeded(t)
	for i, g := range []seedGroup{
		{title: "one", severity: journal.Error},
		{title: "two", severity: journal.Critical},
		{title: "three", severity: journal.Warning},
		{title: "four", severity: journal.Error, state: journal.Viewed},
		{title: "five", severity: journal.Error},
		{title: "six", severity: journal.Info, state: journal.Unraised},
		{title: "seven", severity: journal.Error},
		{title: "eight", severity: journal.Error},
		{title: "of beta", project: s.beta, severity: journal.Critical},
	} {
		if g.project == (auth.Project{}) {
			g.project = s.alpha
		}
		if g.state != journal.Unraised {
			g.raised = int64(10 + i)
		}
		s.group(g)
	}
	ctx := context.Background()
	read := func(t *testing.T, order string, scope ...auth.Project) journal.Feed {
		t.Helper()
		feed, err := s.Feed(ctx, scope, order)
		if err != nil {
			t.Fatal(err)
		}
		return feed
	}

	t.Run("shows the five that were raised last", func(t *testing.T) {
		feed := read(t, "newest", s.alpha)
		if diff := cmp.Diff([]string{"eight", "seven", "five", "three", "two"}, titles(feed.Groups)); diff != "" {
			t.Error(diff)
		}
	})
	t.Run("shows the worst first when asked", func(t *testing.T) {
		feed := read(t, "severity", s.alpha)
		if diff := cmp.Diff([]string{"two", "eight", "seven", "five", "one"}, titles(feed.Groups)); diff != "" {
			t.Error(diff)
		}
	})
	t.Run("merges projects", func(t *testing.T) {
		feed := read(t, "", s.alpha, s.beta)
		if diff := cmp.Diff([]string{"of beta", "eight", "seven", "five", "three"}, titles(feed.Groups)); diff != "" {
			t.Error(diff)
		}
		if g := feed.Groups[0]; g.Project != "beta" || g.GroupID != "9" || g.State != journal.Active {
			t.Errorf("the group of beta came as %+v", g)
		}
	})
	t.Run("counts what is active beyond the five", func(t *testing.T) {
		feed := read(t, "", s.alpha, s.beta)
		want := journal.BySeverity{"critical": 2, "error": 4, "warning": 1, "info": 0}
		if diff := cmp.Diff(want, feed.ActiveBySeverity); diff != "" || feed.ActiveTotal != 7 {
			t.Errorf("total %d, %s", feed.ActiveTotal, diff)
		}
		wantTotals := []journal.Totals{
			{Project: "alpha", Version: 6, Critical: 1, Error: 4, Warning: 1}, {Project: "beta", Version: 1, Critical: 1},
		}
		if diff := cmp.Diff(wantTotals, feed.Totals); diff != "" {
			t.Error(diff)
		}
	})
	t.Run("has the head as cursor", func(t *testing.T) {
		var want string
		s.row(`select epoch || '-' || id from log_head`, nil, &want)
		if got := read(t, "", s.alpha).Cursor; got != want {
			t.Errorf("cursor %s, head %s", got, want)
		}
	})
	t.Run("is empty and not null for a scope without projects", func(t *testing.T) {
		feed := read(t, "")
		if feed.Groups == nil || len(feed.Groups) != 0 || feed.Totals == nil || feed.ActiveTotal != 0 {
			t.Errorf("got %+v", feed)
		}
	})
	t.Run("refuses an order that it does not know", func(t *testing.T) {
		var fault *journal.FieldError
		if _, err := s.Feed(ctx, nil, "oldest"); !errors.As(err, &fault) || fault.Field != "order" {
			t.Errorf("got %v", err)
		}
	})
	t.Run("tells times in UTC and whole", func(t *testing.T) {
		g := read(t, "", s.beta).Groups[0]
		want := noon.Add(-time.Hour)
		if g.LastSeenAt != want || g.RaisedAt == nil || *g.RaisedAt != want || *g.RaisedReason != journal.New || g.Refs == nil {
			t.Errorf("got %+v", g)
		}
	})
}

// A query that forgets the project predicate is what the second lock is for.
func TestScoped(t *testing.T) {
	t.Parallel()
	s := newSeeded(t)
	mine := s.group(seedGroup{project: s.alpha})
	s.group(seedGroup{project: s.beta, refs: map[string]string{"run": "r1"}})
	s.exec(`insert into inbox (kind, project_id) values ('view', $1)`, s.beta.ID)
	s.exec(`insert into group_hours (group_id, hour, project_id, count) values (2, now(), $1, 1)`, s.beta.ID)
	s.exec(`insert into group_minutes (group_id, minute, project_id, count) values (2, now(), $1, 1)`, s.beta.ID)
	s.exec(`insert into group_history (group_id, project_id, at, action, version) values (2, $1, now(), 'raised', 1)`, s.beta.ID)
	s.exec(`insert into events (id, at, kind, project_id, version, topics, data) values (1, now(), 'group.changed', $1, 1, '{}', '{}')`, s.beta.ID)
	s.exec(`create table occurrences_today partition of occurrences for values from ('2026-03-10') to ('2026-03-11')`)
	s.exec(`insert into occurrences values (gen_random_uuid(), '2026-03-10', $1, $2, now(), now(), 3, '{}')`, s.beta.ID, fingerprint(2))

	t.Run("hides foreign rows from a query without a project predicate", func(t *testing.T) {
		for _, table := range []string{"projects", "occurrences", "groups", "group_keys", "group_words", "group_refs",
			"group_hours", "group_minutes", "group_history", "feed_totals", "events", "inbox"} {
			count := func(scope ...auth.Project) (foreign int) {
				t.Helper()
				err := s.scoped(context.Background(), scope, func(tx pgx.Tx) error {
					return tx.QueryRow(context.Background(), `select count(*) from `+table+` where project_id = $1`, s.beta.ID).Scan(&foreign)
				})
				if err != nil {
					t.Fatal(err)
				}
				return foreign
			}
			if n := count(s.alpha); n != 0 {
				t.Errorf("%s: %d rows of beta are visible to alpha", table, n)
			}
			if n := count(); n != 0 {
				t.Errorf("%s: %d rows of beta are visible to a scope without projects", table, n)
			}
			if n := count(s.alpha, s.beta); n == 0 {
				t.Errorf("%s: beta does not see its own row, so this test shows nothing", table)
			}
		}
	})
	t.Run("hides foreign groups from a search", func(t *testing.T) {
		err := s.scoped(context.Background(), []auth.Project{s.alpha}, func(tx pgx.Tx) error {
			var found []int64
			if err := tx.QueryRow(context.Background(), `select array_agg(f) from search_groups('%', 10) f`).Scan(&found); err != nil {
				return err
			}
			if diff := cmp.Diff([]int64{mine}, found); diff != "" {
				t.Error(diff)
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	})
	t.Run("hides the tables of rights and refuses to write", func(t *testing.T) {
		for _, sql := range []string{`select * from ingest_tokens`, `select * from staff_tokens`, `select * from sessions`,
			`select * from logins`, `select * from tickets`,
			`select * from inbox_dead`, `update groups set title = ''`, `delete from group_history`} {
			err := s.scoped(context.Background(), []auth.Project{s.alpha}, func(tx pgx.Tx) error {
				_, err := tx.Exec(context.Background(), sql)
				return err
			})
			if err == nil {
				t.Errorf("%s was allowed", sql)
			}
		}
	})
}
