package postgres

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"rynda/pkg/auth"
	"rynda/pkg/journal"
)

func TestHistogram(t *testing.T) {
	t.Parallel()
	s := newSeeded(t)
	id := s.group(seedGroup{project: s.alpha})
	foreign := s.group(seedGroup{project: s.beta})
	at := func(hour, minute int) time.Time { return time.Date(2026, 3, 10, hour, minute, 0, 0, time.UTC) }
	for _, h := range []struct {
		at    time.Time
		count int
	}{{at(8, 0), 5}, {at(10, 0), 7}, {at(11, 0), 11}, {at(0, 0).Add(-time.Hour), 13}} {
		s.exec(`insert into group_hours (group_id, hour, project_id, count) values ($1, $2, $3, $4)`, id, h.at, s.alpha.ID, h.count)
	}
	s.exec(`insert into group_minutes (group_id, minute, project_id, count) values ($1, $2, $3, 3)`, id, at(11, 58), s.alpha.ID)
	s.exec(`insert into group_minutes (group_id, minute, project_id, count) values ($1, $2, $3, 4)`, id, at(12, 0), s.alpha.ID)
	ctx, scope := context.Background(), []auth.Project{s.alpha}

	t.Run("counts", func(t *testing.T) {
		for name, test := range map[string]struct {
			from, to time.Time
			step     string
			first    time.Time
			want     []int64
		}{
			"hours, empty ones too":           {at(8, 0), at(12, 0), "hour", at(8, 0), []int64{5, 0, 7, 11}},
			"whole hours of a part":           {at(8, 59), at(10, 1), "hour", at(8, 0), []int64{5, 0, 7}},
			"nothing of the end itself":       {at(9, 0), at(10, 0), "hour", at(9, 0), []int64{0}},
			"minutes":                         {at(11, 57), at(12, 0), "minute", at(11, 57), []int64{0, 3, 0}},
			"days of UTC":                     {at(0, 0).Add(-time.Minute), at(12, 0), "day", at(0, 0).AddDate(0, 0, -1), []int64{13, 23}},
			"in the zone of the one who asks": {at(8, 30).In(time.FixedZone("", 5400)), at(9, 0), "hour", at(8, 0), []int64{5}},
		} {
			t.Run(name, func(t *testing.T) {
				got, err := s.Histogram(ctx, scope, id, test.from, test.to, test.step)
				if err != nil {
					t.Fatal(err)
				}
				var counts []int64
				for _, b := range got {
					counts = append(counts, b.Count)
				}
				if diff := cmp.Diff(test.want, counts); diff != "" || got[0].At != test.first {
					t.Errorf("from %v: %s", got[0].At, diff)
				}
			})
		}
	})
	t.Run("has a usual time for each step", func(t *testing.T) {
		for step, buckets := range map[string]int{"minute": 60, "hour": 48, "day": 31} {
			got, err := s.Histogram(ctx, scope, id, time.Time{}, time.Time{}, step)
			if err != nil || len(got) != buckets {
				t.Errorf("%s: %d buckets, %v", step, len(got), err)
			}
		}
	})
	t.Run("refuses", func(t *testing.T) {
		for name, test := range map[string]struct {
			from, to time.Time
			step     string
			field    string
		}{
			"an unknown step":             {step: "week", field: "step"},
			"minutes that are not kept":   {from: noon.Add(-26 * time.Hour), step: "minute", field: "from"},
			"more minutes than a day has": {from: noon.Add(-24*time.Hour - time.Minute), step: "minute", field: "from"},
			"more hours than it draws":    {from: noon.AddDate(-1, 0, 0), step: "hour", field: "from"},
			"a thousand years of days":    {from: noon.AddDate(-1000, 0, 0), step: "day", field: "from"},
			"an end before the beginning": {from: noon, to: noon.Add(-time.Hour), step: "hour", field: "from"},
		} {
			t.Run(name, func(t *testing.T) {
				_, err := s.Histogram(ctx, scope, id, test.from, test.to, test.step)
				var fault *journal.FieldError
				if !errors.As(err, &fault) || fault.Field != test.field {
					t.Errorf("got %v", err)
				}
			})
		}
	})
	t.Run("allows a whole day of minutes", func(t *testing.T) {
		got, err := s.Histogram(ctx, scope, id, noon.Add(-24*time.Hour), noon, "minute")
		if err != nil || len(got) != 1440 {
			t.Errorf("%d buckets, %v", len(got), err)
		}
	})
	t.Run("does not tell a foreign group from a missing one", func(t *testing.T) {
		for _, id := range []int64{foreign, 4711} {
			if _, err := s.Histogram(ctx, scope, id, time.Time{}, time.Time{}, "hour"); !errors.Is(err, journal.ErrNotFound) {
				t.Errorf("%d: %v", id, err)
			}
		}
	})
}
