package postgres

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"rynda/pkg/auth"
	"rynda/pkg/journal"
)

// folding is a store whose commands are folded by itself.
func folding(t testing.TB) *seeded {
	s := newSeeded(t)
	s.Fold = NewFolder(s.pool, FoldConfig{}, func() time.Time { return noon }).Fold
	return s
}

func (s *seeded) inbox() (rows int) {
	s.t.Helper()
	s.row(`select count(*) from inbox`, nil, &rows)
	return rows
}

// state of a group as it is stored.
func (s *seeded) state(id int64) (state journal.State) {
	s.t.Helper()
	s.row(`select state from groups where group_id = $1`, []any{id}, &state)
	return state
}

func TestView(t *testing.T) {
	t.Parallel()
	s := folding(t)
	ctx, scope := context.Background(), []auth.Project{s.alpha}

	t.Run("marks the group viewed for everyone", func(t *testing.T) {
		id := s.group(seedGroup{project: s.alpha})
		g, err := s.View(ctx, scope, id, 3, "ada")
		if err != nil {
			t.Fatal(err)
		}
		if g.State != journal.Viewed || g.Version != 4 || g.ViewedBy == nil || *g.ViewedBy != "ada" || *g.ViewedAt != noon {
			t.Errorf("got %+v", g)
		}
		var kind, by string
		s.row(`select kind, data->>'viewed_by' from events order by id desc limit 1`, nil, &kind, &by)
		if kind != "group.viewed" || by != "ada" {
			t.Errorf("the log has %s by %s", kind, by)
		}
	})
	t.Run("keeps the first viewer", func(t *testing.T) {
		id := s.group(seedGroup{project: s.alpha})
		for _, actor := range []string{"ada", "grace"} {
			g, err := s.View(ctx, scope, id, 3, actor)
			if err != nil || *g.ViewedBy != "ada" || g.Version != 4 {
				t.Errorf("%s: %+v, %v", actor, g, err)
			}
		}
	})
	t.Run("does not hide a raise that the person has not seen", func(t *testing.T) {
		id := s.group(seedGroup{project: s.alpha, version: 9})
		s.exec(`update groups set raised_version = 7 where group_id = $1`, id)
		g, err := s.View(ctx, scope, id, 6, "ada")
		if err != nil || g.State != journal.Active || g.Version != 9 {
			t.Errorf("%+v, %v", g, err)
		}
	})
	t.Run("believes nobody who claims to have seen the future", func(t *testing.T) {
		id := s.group(seedGroup{project: s.alpha})
		fold := s.Fold
		defer func() { s.Fold = fold }()
		var body string
		s.Fold = func(ctx context.Context) error {
			_ = s.pool.QueryRow(ctx, `select body from inbox`).Scan(&body)
			return fold(ctx)
		}
		if _, err := s.View(ctx, scope, id, 1<<60, "ada"); err != nil || !strings.Contains(body, `"through":3`) {
			t.Errorf("the inbox had %s, %v", body, err)
		}
	})
	t.Run("writes nothing for a foreign or missing group", func(t *testing.T) {
		foreign := s.group(seedGroup{project: s.beta})
		fold := s.Fold
		defer func() { s.Fold = fold }()
		s.Fold = nil
		for _, id := range []int64{foreign, 4711} {
			if _, err := s.View(ctx, scope, id, 3, "ada"); !errors.Is(err, journal.ErrNotFound) {
				t.Errorf("view %d: %v", id, err)
			}
			if _, err := s.Undo(ctx, scope, id, 3, "ada"); !errors.Is(err, journal.ErrNotFound) {
				t.Errorf("undo %d: %v", id, err)
			}
		}
		if n := s.inbox(); n != 0 {
			t.Errorf("the inbox has %d rows", n)
		}
	})
	t.Run("stores any name", func(t *testing.T) {
		id := s.group(seedGroup{project: s.alpha})
		g, err := s.View(ctx, scope, id, 3, "Ада\x00\xff\"'"+strings.Repeat("я", 300))
		if err != nil || g.State != journal.Viewed || !strings.HasPrefix(*g.ViewedBy, "Ада\uFFFD\"'я") || len(*g.ViewedBy) > longestActor {
			t.Errorf("%v, %v", g.ViewedBy, err)
		}
	})
}

func TestUndo(t *testing.T) {
	t.Parallel()
	s := folding(t)
	ctx, scope := context.Background(), []auth.Project{s.alpha}

	t.Run("brings the group back to where it was in the feed", func(t *testing.T) {
		first, second := s.group(seedGroup{project: s.alpha, title: "first"}), s.group(seedGroup{project: s.alpha, title: "second"})
		g, err := s.View(ctx, scope, first, 3, "ada")
		if err != nil {
			t.Fatal(err)
		}
		if g, err = s.Undo(ctx, scope, first, g.Version, "ada"); err != nil || g.State != journal.Active || g.ViewedBy != nil {
			t.Fatalf("%+v, %v", g, err)
		}
		feed, err := s.Feed(ctx, scope, "")
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff([]string{"second", "first"}, titles(feed.Groups)); diff != "" {
			t.Error(second, diff)
		}
	})
	t.Run("leaves a view that the person has not seen", func(t *testing.T) {
		id := s.group(seedGroup{project: s.alpha, state: journal.Viewed, version: 8})
		g, err := s.Undo(ctx, scope, id, 7, "ada")
		if err != nil || g.State != journal.Viewed {
			t.Errorf("%+v, %v", g, err)
		}
	})
}

func TestCommand(t *testing.T) {
	t.Parallel()
	ctx := context.Background()

	t.Run("is answered when another process folds it", func(t *testing.T) {
		t.Parallel()
		s := newSeeded(t)
		folder := NewFolder(s.pool, FoldConfig{}, nil)
		within, stop := context.WithCancel(ctx)
		ended := make(chan struct{})
		go func() { defer close(ended); folder.Run(within, 5*time.Millisecond, nil) }()
		defer func() { stop(); <-ended }()
		g, err := s.View(ctx, []auth.Project{s.alpha}, s.group(seedGroup{project: s.alpha}), 3, "ada")
		if err != nil || g.State != journal.Viewed {
			t.Errorf("%+v, %v", g, err)
		}
	})
	t.Run("is unavailable when nobody folds, and applied by whoever comes", func(t *testing.T) {
		t.Parallel()
		s := newSeeded(t)
		id := s.group(seedGroup{project: s.alpha})
		broken := errors.New("the fold is broken")
		s.Fold = func(context.Context) error { return broken }
		_, err := s.View(ctx, []auth.Project{s.alpha}, id, 3, "ada")
		if !errors.Is(err, journal.ErrUnavailable) || !errors.Is(err, broken) {
			t.Errorf("got %v", err)
		}
		if err := NewFolder(s.pool, FoldConfig{}, nil).Fold(ctx); err != nil || s.state(id) != journal.Viewed {
			t.Errorf("%s, %v", s.state(id), err)
		}
	})
	t.Run("ends with the caller", func(t *testing.T) {
		t.Parallel()
		s := newSeeded(t)
		id := s.group(seedGroup{project: s.alpha})
		within, cancel := context.WithCancel(ctx)
		s.Fold = func(context.Context) error { cancel(); return nil }
		if _, err := s.View(within, []auth.Project{s.alpha}, id, 3, "ada"); err == nil {
			t.Error("no error")
		}
	})
	t.Run("that was set aside is an error and not a success", func(t *testing.T) {
		t.Parallel()
		s := newSeeded(t)
		id := s.group(seedGroup{project: s.alpha})
		s.Fold = func(ctx context.Context) error {
			_, err := s.pool.Exec(ctx, `with d as (delete from inbox returning *)
				insert into inbox_dead select *, 'test' from d`)
			return err
		}
		if _, err := s.View(ctx, []auth.Project{s.alpha}, id, 3, "ada"); err == nil || errors.Is(err, journal.ErrUnavailable) {
			t.Errorf("got %v", err)
		}
	})
}

func TestViewMany(t *testing.T) {
	t.Parallel()
	s := folding(t)
	ctx, scope := context.Background(), []auth.Project{s.alpha}
	var epoch string
	s.row(`select epoch from log_head`, nil, &epoch)
	cursor := func(id int64) string { return fmt.Sprintf("%s-%d", epoch, id) }
	old := s.group(seedGroup{project: s.alpha, title: "old", raised: 10})
	worse := s.group(seedGroup{project: s.alpha, title: "worse", raised: 11, severity: journal.Critical})
	newer := s.group(seedGroup{project: s.alpha, title: "newer", raised: 12, refs: map[string]string{"run": "r1"}})
	foreign := s.group(seedGroup{project: s.beta, title: "foreign", raised: 9})
	states := func() string {
		return fmt.Sprint(s.state(old), " ", s.state(worse), " ", s.state(newer), " ", s.state(foreign))
	}

	t.Run("marks what was raised up to the cursor, and undoes just that", func(t *testing.T) {
		many, err := s.ViewMany(ctx, scope, journal.ViewQuery{ThroughCursor: cursor(11)}, "ada")
		if err != nil || many.Viewed != 2 || len(many.ViewID) != 32 {
			t.Fatalf("%+v, %v", many, err)
		}
		if got := states(); got != "viewed viewed active active" {
			t.Error(got)
		}
		var head string
		s.row(`select epoch || '-' || id from log_head`, nil, &head)
		if many.Cursor != head {
			t.Errorf("cursor %s, head %s", many.Cursor, head)
		}
		undone, err := s.UndoMany(ctx, scope, many.ViewID, "ada")
		if err != nil || undone.Viewed != 2 || undone.ViewID != many.ViewID {
			t.Errorf("%+v, %v", undone, err)
		}
		if got := states(); got != "active active active active" {
			t.Error(got)
		}
		if again, err := s.UndoMany(ctx, scope, many.ViewID, "ada"); err != nil || again.Viewed != 0 {
			t.Errorf("a repeat answers %+v, %v", again, err)
		}
	})
	t.Run("narrows by the filters", func(t *testing.T) {
		for name, test := range map[string]struct {
			q    journal.GroupQuery
			want string
		}{
			"severity":        {journal.GroupQuery{Severities: []journal.Severity{journal.Critical}}, "active viewed active active"},
			"run":             {journal.GroupQuery{RunID: "r1"}, "active active viewed active"},
			"text":            {journal.GroupQuery{Q: "OLD"}, "viewed active active active"},
			"a state not its": {journal.GroupQuery{States: []journal.State{journal.Viewed}}, "active active active active"},
		} {
			many, err := s.ViewMany(ctx, scope, journal.ViewQuery{ThroughCursor: cursor(12), GroupQuery: test.q}, "ada")
			if err != nil {
				t.Fatal(err)
			}
			if got := states(); got != test.want {
				t.Errorf("%s: %s", name, got)
			}
			if many.ViewID == "" {
				continue
			}
			if _, err := s.UndoMany(ctx, scope, many.ViewID, "ada"); err != nil {
				t.Fatal(err)
			}
		}
	})
	t.Run("leaves what others viewed again", func(t *testing.T) {
		many, err := s.ViewMany(ctx, scope, journal.ViewQuery{ThroughCursor: cursor(12)}, "ada")
		if err != nil || many.Viewed != 3 {
			t.Fatalf("%+v, %v", many, err)
		}
		g, err := s.Undo(ctx, scope, old, 100, "grace")
		if err != nil {
			t.Fatal(err)
		}
		if _, err = s.View(ctx, scope, old, g.Version, "grace"); err != nil {
			t.Fatal(err)
		}
		undone, err := s.UndoMany(ctx, scope, many.ViewID, "ada")
		if err != nil || undone.Viewed != 2 || states() != "viewed active active active" {
			t.Errorf("%+v, %v, %s", undone, err, states())
		}
	})
	t.Run("tells the caller to load again when the cursor is no place of the log", func(t *testing.T) {
		for name, c := range map[string]string{
			"ahead of the head": cursor(1000), "another epoch": "00000000-1", "swept": cursor(2),
		} {
			if name == "swept" {
				s.exec(`update log_head set floor = 5`)
			}
			_, err := s.ViewMany(ctx, scope, journal.ViewQuery{ThroughCursor: c}, "ada")
			var fault *journal.FieldError
			if !errors.Is(err, journal.ErrConflict) || !errors.As(err, &fault) || fault.Field != "through_cursor" {
				t.Errorf("%s: %v", name, err)
			}
		}
		if _, err := s.ViewMany(ctx, scope, journal.ViewQuery{ThroughCursor: "garbage"}, "ada"); !errors.Is(err, journal.ErrInvalid) {
			t.Errorf("garbage: %v", err)
		}
	})
	t.Run("cannot be undone from outside of its projects", func(t *testing.T) {
		many, err := s.ViewMany(ctx, scope, journal.ViewQuery{ThroughCursor: cursor(12)}, "ada")
		if err != nil || many.Viewed == 0 {
			t.Fatalf("%+v, %v", many, err)
		}
		for _, id := range []string{many.ViewID, strings.Repeat("0", 32), "x"} {
			if _, err := s.UndoMany(ctx, []auth.Project{s.beta}, id, "eve"); !errors.Is(err, journal.ErrNotFound) {
				t.Errorf("%s: %v", id, err)
			}
		}
	})
}

// A group that is raised again between the look and the fold stays active.
func TestViewMany_does_not_hide_a_raise_in_between(t *testing.T) {
	t.Parallel()
	s := folding(t)
	id := s.group(seedGroup{project: s.alpha, raised: 1})
	calm := s.group(seedGroup{project: s.alpha, raised: 2})
	var cursor string
	s.row(`select epoch || '-2' from log_head`, nil, &cursor)
	fold := s.Fold
	s.Fold = func(ctx context.Context) error {
		s.exec(`update groups set version = 4, published_version = 4, raised_version = 4, raised_event_id = 3 where group_id = $1 and version = 3`, id)
		return fold(ctx)
	}
	many, err := s.ViewMany(context.Background(), []auth.Project{s.alpha}, journal.ViewQuery{ThroughCursor: cursor}, "ada")
	if err != nil || many.Viewed != 1 || s.state(id) != journal.Active || s.state(calm) != journal.Viewed {
		t.Errorf("%+v, %v, %s", many, err, s.state(id))
	}
}

// The bulk view of more than it takes leaves the newest for the next one.
func TestViewMany_takes_the_oldest_thousand(t *testing.T) {
	t.Parallel()
	s := folding(t)
	s.exec(`insert into groups (group_id, project_id, fingerprint, version, raised_version, published_version, state, severity,
		type, title, culprit, source, environment, release, count, first_seen_at, last_seen_at, raised_at, raised_reason, raised_event_id, grouping)
		select i, $1, 'v1:' || md5(i::text), 1, 1, 1, 'active', 3, '', 't', '', '', '', '', 1, $2, $2, $2, 'new', i, '{}'
		from generate_series(1, 1005) i`, s.alpha.ID, noon)
	s.exec(`insert into feed_totals (project_id, version, error) values ($1, 1, 1005)`, s.alpha.ID)
	s.exec(`update log_head set id = 1005`)
	var cursor string
	s.row(`select epoch || '-1005' from log_head`, nil, &cursor)
	scope := []auth.Project{s.alpha}
	many, err := s.ViewMany(context.Background(), scope, journal.ViewQuery{ThroughCursor: cursor}, "ada")
	if err != nil || many.Viewed != 1000 {
		t.Fatalf("%+v, %v", many, err)
	}
	feed, err := s.Feed(context.Background(), scope, "")
	if err != nil || feed.ActiveTotal != 5 || feed.Groups[4].GroupID != "1001" {
		t.Errorf("%+v, %v", feed, err)
	}
}
