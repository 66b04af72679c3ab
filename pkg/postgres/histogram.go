package postgres

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"rynda/pkg/auth"
	"rynda/pkg/journal"
)

// minutesKept is how far back counts per minute are kept; the sweep drops older
// ones.
const minutesKept = 25 * time.Hour

// histogramStep is a width of buckets. Days are days of UTC.
type histogramStep struct {
	width, usual time.Duration // usual is the range when none is asked for
	most         int           // buckets of one answer
	back         time.Duration // how far back counts are kept; 0 for as long as the group
	query        string
}

const selectHours = `
select /* histogram by hour */ hour, count from group_hours
where group_id = @group and project_id = any (@projects) and hour >= @from and hour < @to`

const selectMinutes = `
select /* histogram by minute */ minute, count from group_minutes
where group_id = @group and project_id = any (@projects) and minute >= @from and minute < @to`

var histogramSteps = map[string]histogramStep{
	"minute": {width: time.Minute, usual: time.Hour, most: 1440, back: minutesKept, query: selectMinutes},
	"hour":   {width: time.Hour, usual: 48 * time.Hour, most: 24 * 100, query: selectHours},
	"day":    {width: 24 * time.Hour, usual: 30 * 24 * time.Hour, most: 400, query: selectHours},
}

// Histogram counts the occurrences of a group per step ("minute", "hour" or "day")
// of the time from from, inclusive, to to, exclusive, both widened to whole
// steps; no step is empty, no occurrences is 0. A zero to is now; a zero from
// is an hour before it for minutes, two days for hours and 30 days for days.
//
// Minutes are known for the last 24 hours. Beyond that, with more buckets than
// a page can draw (1,440 minutes, 2,400 hours, 400 days) and when from is not
// before to, the answer is a *journal.FieldError. A group that is not in scope
// is journal.ErrNotFound.
func (s *Store) Histogram(ctx context.Context, scope []auth.Project, groupID int64, from, to time.Time, step string) ([]journal.Bucket, error) {
	now := s.now().UTC()
	buckets, kind, err := emptyBuckets(now, from, to, step)
	if err != nil {
		return nil, err
	}
	first := buckets[0].At
	err = s.scoped(ctx, scope, func(tx pgx.Tx) error {
		if _, err := groupIn(ctx, tx, scope, groupID); err != nil {
			return err
		}
		rows, err := tx.Query(ctx, kind.query, pgx.NamedArgs{
			"group": groupID, "projects": projectIDs(scope),
			"from": first, "to": buckets[len(buckets)-1].At.Add(kind.width),
		})
		if err != nil {
			return err
		}
		var at time.Time
		var count int64
		_, err = pgx.ForEachRow(rows, []any{&at, &count}, func() error {
			buckets[at.Sub(first)/kind.width].Count += count
			return nil
		})
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("count occurrences of group %d: %w", groupID, err)
	}
	return buckets, nil
}

func emptyBuckets(now, from, to time.Time, step string) ([]journal.Bucket, histogramStep, error) {
	kind, ok := histogramSteps[step]
	if !ok {
		return nil, kind, invalid("step", "must be minute, hour or day")
	}
	if to.IsZero() {
		to = now
	}
	if from.IsZero() {
		from = to.Add(-kind.usual)
	}
	if !from.Before(to) {
		return nil, kind, invalid("from", "must be before to")
	}
	// Widths divide a day and the zero time begins one, so Truncate cuts at
	// whole minutes, hours and days of UTC.
	first := from.UTC().Truncate(kind.width)
	if kind.back > 0 && first.Before(now.Add(-kind.back)) {
		return nil, kind, invalid("from", "minutes are kept for 24 hours: use a wider step")
	}
	if to.Sub(first) > time.Duration(kind.most)*kind.width {
		return nil, kind, invalid("from", "makes too many buckets: use a wider step or less time")
	}
	var buckets []journal.Bucket
	for at := first; at.Before(to); at = at.Add(kind.width) {
		buckets = append(buckets, journal.Bucket{At: at})
	}
	return buckets, kind, nil
}
