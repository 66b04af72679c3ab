package page

import (
	"context"
	"fmt"
	"math"
	"time"

	"rynda/bench/figure"
)

const (
	stormRate   = 500   // events a second
	stormGroups = 5_000 // active when it begins; nine events in ten change one of these, the tenth is of a new one
	stormRows   = 2_000 // that the list is scrolled to: as many as it keeps
)

// storm measures the history and the alert stack in quiet and under 500 events
// a second, in the same tab. For the first half a row stays selected, so that the
// list keeps its 2,000 rows and counts what is new; then the newest take their
// places whenever the person rests.
func (s *stage) storm(ctx context.Context, c Config) ([]figure.Figure, error) {
	if err := s.seed(ctx, "storm", stormGroups); err != nil {
		return nil, err
	}
	t, err := s.open(ctx, s.url+"/errors", "Live")
	if err != nil {
		return nil, err
	}
	defer t.close(context.WithoutCancel(ctx))
	if err := t.scrollDown(ctx, stormRows); err != nil {
		return nil, err
	}
	person := &person{tab: t, pause: 400 * time.Millisecond}
	if err := person.use(ctx, time.Second); err != nil { // once, so that all code is there
		return nil, err
	}
	before, err := t.memory(ctx)
	if err != nil {
		return nil, err
	}
	quiet, err := t.observe(ctx, c.trace("quiet.json"), func() error { return person.use(ctx, 5*c.Each) })
	if err != nil {
		return nil, err
	}
	l := &load{server: s.server, prefix: "storm", groups: stormGroups, newEvery: 10}
	var storm observed
	var rows, elements int
	use := func() error {
		let, err := person.pick(ctx, 8)
		if err != nil {
			return err
		}
		if err := person.use(ctx, 15*c.Each/2); err != nil {
			return err
		}
		if err := t.value(ctx, "ryndaWatch.rows()", &rows); err != nil {
			return err
		}
		if err := let(ctx); err != nil {
			return err
		}
		return person.use(ctx, 15*c.Each/2)
	}
	err = l.beside(ctx, stormRate, 25, func() (err error) {
		storm, err = t.observe(ctx, c.trace("storm.json"), use)
		if err == nil {
			err = t.value(ctx, "ryndaWatch.elements()", &elements)
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	after, err := t.memory(ctx)
	if err != nil {
		return nil, err
	}
	if rows < stormRows {
		return nil, fmt.Errorf("the list has %d rows, want %d", rows, stormRows)
	}
	name := fmt.Sprintf("page: %d events/s, %d groups, %d rows in the list, ", stormRate, stormGroups, rows)
	return []figure.Figure{
		figure.AtLeast(name+"events that reached the page; limit: sent", float64(storm.events)/storm.seconds, "events/s", stormRate, 0.95),
		figure.Most(fmt.Sprintf("%sinteraction to next paint, p75 of %d; limit: in quiet", name, storm.interactions), storm.p75, "ms", 100).Beside(quiet.p75),
		figure.Most(name+"interaction to next paint, slowest; limit: in quiet", storm.worst, "ms", 200).Beside(quiet.worst),
		figure.Most(fmt.Sprintf("%stasks that took over 50 ms, waits for a core included, in %.0f s; limit: in quiet, a third as long", name, storm.seconds), float64(storm.longTasks), "tasks", 0).Beside(float64(quiet.longTasks)),
		figure.Most(name+"longest of them; limit: in quiet", storm.longest, "ms", 50).Beside(quiet.longest),
		figure.Most(name+"longest task by its time on a core; limit: in quiet", storm.busiest, "ms", 50).Beside(quiet.busiest),
		figure.Most(name+"main thread in tasks; limit: in quiet", 100*storm.share, "%", 25).Beside(100 * quiet.share),
		figure.Most(name+"main thread on a core; limit: in quiet", 100*storm.cpu, "%", 25).Beside(100 * quiet.cpu),
		figure.Most(name+"heap after garbage collection; limit: before", after.heap, "MB", math.Ceil(before.heap+20)).Beside(before.heap),
		figure.Most(name+"elements in the document", float64(elements), "elements", 1500),
	}, nil
}

// scrollDown scrolls until the list has so many rows, then back to its top.
func (t *tab) scrollDown(ctx context.Context, rows int) error {
	err := t.await(ctx, fmt.Sprintf("%d rows", rows), fmt.Sprintf(`(() => {
		scrollTo(0, document.documentElement.scrollHeight);
		return ryndaWatch.rows() >= %d;
	})()`, rows))
	if err != nil {
		return err
	}
	return t.value(ctx, `scrollTo(0, 0)`, nil)
}
