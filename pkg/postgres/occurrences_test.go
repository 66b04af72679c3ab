package postgres

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"rynda/pkg/auth"
	"rynda/pkg/journal"
)

// occurrence stores one of the fingerprint; without a message it is a sampled one.
func (s *seeded) occurrence(project auth.Project, key string, at time.Time, message string) {
	s.t.Helper()
	s.day(at)
	var body *string
	if message != "" {
		text := fmt.Sprintf(`{"message": %q}`, message)
		body = &text
	}
	s.exec(`insert into occurrences (occurrence_id, day, project_id, fingerprint, occurred_at, received_at, severity, body)
		values (gen_random_uuid(), $1, $2, $3, $4, $4, 3, $5)`, at, project.ID, key, at, body)
}

func (s *seeded) day(at time.Time) {
	s.t.Helper()
	day := at.UTC().Truncate(24 * time.Hour)
	s.exec(fmt.Sprintf(`create table if not exists occurrences_%s partition of occurrences for values from ('%s') to ('%s')`,
		day.Format("20060102"), day.Format(time.DateOnly), day.AddDate(0, 0, 1).Format(time.DateOnly)))
}

func messages(t *testing.T, bodies []json.RawMessage) []string {
	t.Helper()
	list := []string{}
	for _, b := range bodies {
		var o journal.OccurrenceBody
		if err := json.Unmarshal(b, &o); err != nil {
			t.Fatal(err)
		}
		if o.Sampled {
			o.Message = "(sampled)"
		}
		list = append(list, o.Message)
	}
	return list
}

func TestOccurrences(t *testing.T) {
	t.Parallel()
	s := newSeeded(t)
	id := s.group(seedGroup{project: s.alpha, first: noon.Add(-72 * time.Hour), last: noon})
	foreign := s.group(seedGroup{project: s.beta, last: noon})
	s.exec(`insert into group_keys values ($1, $2, $3, $4)`, s.alpha.ID, fingerprint(99), id, noon)
	s.occurrence(s.alpha, fingerprint(id), noon.Add(-72*time.Hour), "first")
	s.occurrence(s.alpha, fingerprint(id), noon.Add(-30*time.Hour), "second")
	s.occurrence(s.alpha, fingerprint(99), noon.Add(-29*time.Hour), "of the other key")
	s.occurrence(s.alpha, fingerprint(id), noon, "")
	s.occurrence(s.alpha, fingerprint(id), noon, "last")
	s.occurrence(s.alpha, fingerprint(98), noon, "of another group")
	s.occurrence(s.beta, fingerprint(id), noon, "of another project")
	ctx, scope := context.Background(), []auth.Project{s.alpha}

	t.Run("come newest first, of every key of the group", func(t *testing.T) {
		page, err := s.Occurrences(ctx, scope, id, 0, "")
		if err != nil {
			t.Fatal(err)
		}
		got := messages(t, page.Occurrences)
		if diff := cmp.Diff([]string{"of the other key", "second", "first"}, got[min(2, len(got)):]); diff != "" || page.NextPage != "" {
			t.Error(page.NextPage, diff)
		}
	})
	t.Run("come once each, page by page", func(t *testing.T) {
		for _, limit := range []int{1, 2, 3, 5} {
			count, next := map[string]int{}, ""
			for range 10 {
				page, err := s.Occurrences(ctx, scope, id, limit, next)
				if err != nil {
					t.Fatal(err)
				}
				for _, m := range messages(t, page.Occurrences) {
					count[m]++
				}
				if next = page.NextPage; next == "" {
					break
				}
			}
			want := map[string]int{"first": 1, "second": 1, "of the other key": 1, "(sampled)": 1, "last": 1}
			if diff := cmp.Diff(want, count); diff != "" {
				t.Errorf("by %d: %s", limit, diff)
			}
		}
	})
	t.Run("that were sampled keep what was counted", func(t *testing.T) {
		page, err := s.Occurrences(ctx, scope, id, 2, "")
		if err != nil {
			t.Fatal(err)
		}
		for _, raw := range page.Occurrences {
			var o journal.OccurrenceBody
			if err := json.Unmarshal(raw, &o); err != nil {
				t.Fatal(err)
			}
			if !o.Sampled {
				continue
			}
			if o.Fingerprint != fingerprint(id) || o.Project != "alpha" || !o.OccurredAt.Equal(noon) ||
				o.Severity != journal.Error || len(o.OccurrenceID) != 36 {
				t.Errorf("got %s", raw)
			}
			return
		}
		t.Error("no sampled occurrence among the newest")
	})
	t.Run("end a page early when their text is large", func(t *testing.T) {
		big := s.group(seedGroup{project: s.alpha, last: noon})
		for i := range 6 {
			s.occurrence(s.alpha, fingerprint(big), noon.Add(-time.Duration(i)*time.Second), strings.Repeat("x", 1<<20))
		}
		page, err := s.Occurrences(ctx, scope, big, 100, "")
		if err != nil || len(page.Occurrences) != 4 || page.NextPage == "" {
			t.Fatalf("%d occurrences, %v", len(page.Occurrences), err)
		}
		rest, err := s.Occurrences(ctx, scope, big, 100, page.NextPage)
		if err != nil || len(rest.Occurrences) != 2 || rest.NextPage != "" {
			t.Fatalf("%d occurrences more, %v", len(rest.Occurrences), err)
		}
	})
	t.Run("of a foreign group look like those of a missing one", func(t *testing.T) {
		_, errForeign := s.Occurrences(ctx, scope, foreign, 0, "")
		_, errMissing := s.Occurrences(ctx, scope, 4711, 0, "")
		if !errors.Is(errForeign, journal.ErrNotFound) || !errors.Is(errMissing, journal.ErrNotFound) {
			t.Errorf("foreign: %v, missing: %v", errForeign, errMissing)
		}
	})
	t.Run("refuse the page of another list", func(t *testing.T) {
		for _, page := range []string{"x", formatPage(historyOrders[0], listedGroup{Group: journal.Group{GroupID: "1"}})} {
			if _, err := s.Occurrences(ctx, scope, id, 0, page); !errors.Is(err, journal.ErrInvalid) {
				t.Errorf("%q: %v", page, err)
			}
		}
	})
}

func TestDetail(t *testing.T) {
	t.Parallel()
	s := newSeeded(t)
	id := s.group(seedGroup{project: s.alpha, last: noon})
	foreign := s.group(seedGroup{project: s.beta, last: noon})
	empty := s.group(seedGroup{project: s.alpha, last: noon})
	sampled := s.group(seedGroup{project: s.alpha, last: noon})
	s.occurrence(s.alpha, fingerprint(id), noon.Add(-2*time.Minute), "older")
	s.occurrence(s.alpha, fingerprint(id), noon.Add(-time.Minute), "with a text")
	s.occurrence(s.alpha, fingerprint(id), noon, "")
	s.occurrence(s.alpha, fingerprint(sampled), noon, "")
	s.exec(`insert into group_history (group_id, project_id, at, action, reason, actor, version)
		select $1, $2, $3::timestamptz + i * interval '1 second', 'viewed', '', 'ada ' || i, i from generate_series(1, 60) i`, id, s.alpha.ID, noon)
	ctx, scope := context.Background(), []auth.Project{s.alpha}

	t.Run("shows the newest occurrence that has its text", func(t *testing.T) {
		d, err := s.Detail(ctx, scope, id)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff([]string{"with a text"}, messages(t, []json.RawMessage{d.Occurrence})); diff != "" {
			t.Error(diff)
		}
		if d.Group.GroupID != fmt.Sprint(id) || string(d.Grouping) != `{"rule": "message"}` || !strings.HasSuffix(d.Cursor, fmt.Sprintf("-%d", sampled)) {
			t.Errorf("got %+v", d)
		}
	})
	t.Run("shows the newest 50 lines of the history", func(t *testing.T) {
		d, err := s.Detail(ctx, scope, id)
		if err != nil {
			t.Fatal(err)
		}
		if len(d.History) != 50 || d.History[0].Actor != "ada 60" || d.History[49].Actor != "ada 11" || d.History[0].At != noon.Add(time.Minute) {
			t.Errorf("got %d lines from %+v", len(d.History), d.History[0])
		}
	})
	t.Run("shows a sampled occurrence when there is no other, and null without any", func(t *testing.T) {
		d, err := s.Detail(ctx, scope, sampled)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff([]string{"(sampled)"}, messages(t, []json.RawMessage{d.Occurrence})); diff != "" {
			t.Error(diff)
		}
		if d, err = s.Detail(ctx, scope, empty); err != nil || d.Occurrence != nil || d.History == nil {
			t.Errorf("%v, %s", err, d.Occurrence)
		}
	})
	t.Run("does not tell a foreign group from a missing one", func(t *testing.T) {
		for _, id := range []int64{foreign, 4711, -1} {
			if _, err := s.Detail(ctx, scope, id); !errors.Is(err, journal.ErrNotFound) {
				t.Errorf("%d: %v", id, err)
			}
		}
	})
}
