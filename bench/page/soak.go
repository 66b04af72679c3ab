package page

import (
	"context"
	"fmt"
	"net/url"
	"os"
	"time"

	"rynda/bench/figure"
)

const (
	soakRate   = 100   // events a second
	soakGroups = 2_000 // that change, in turn
	// One report in so many is of a new cause: 180 an hour, as many as a project may make.
	soakNew = 2_000
	samples = 60
)

// Soak leaves a page open for d under 100 events a second, and looks at what
// it holds again and again, after garbage was collected. Every now and then
// the person looks at an error and comes back, and marks the newest viewed.
func Soak(ctx context.Context, c Config, d time.Duration) ([]figure.Figure, error) {
	s, err := c.set(ctx)
	if err != nil {
		return nil, err
	}
	defer s.clear()
	if err := s.seed(ctx, "soak", soakGroups); err != nil {
		return nil, err
	}
	t, err := s.open(ctx, s.url+"/errors", "Live")
	if err != nil {
		return nil, err
	}
	l := &load{server: s.server, prefix: "soak", groups: soakGroups, newEvery: soakNew}
	var held []held
	if err := l.beside(ctx, soakRate, 20, func() error { held, err = s.soak(ctx, t, d); return err }); err != nil {
		return nil, err
	}
	if len(held) < 3 {
		return nil, fmt.Errorf("only %d looks at the page", len(held))
	}
	// The first tenth fills what has a bound: rows held, positions remembered, code compiled.
	warm := held[len(held)/10:]
	first, last := warm[0], warm[len(warm)-1]
	slope := slopeOf(warm)
	name := fmt.Sprintf("page-soak: heap of the page after garbage collection, %v at %d events/s (%d reached the page), ", d, soakRate, last.events)
	return []figure.Figure{
		figure.Most(name+"growth by the fitted line, in an hour", slope*3600*soakRate, "MB", 10),
		figure.Most(name+"the same for each 100,000 events", slope*100_000, "MB", 10.0/3.6),
		figure.AtMost(name+"at the end; limit: after the first tenth", last.heap, "MB", first.heap, 1.5),
		figure.AtMost("page-soak: DOM nodes at the end; limit: after the first tenth", float64(last.nodes), "nodes", float64(first.nodes), 1.25),
		figure.AtMost("page-soak: event listeners at the end; limit: after the first tenth", float64(last.listeners), "listeners", float64(first.listeners), 1.25),
	}, s.faultless()
}

// held is what the page held when so many events had reached it.
type held struct {
	events int
	memory
}

// soak looks at the page for d, in equal steps.
func (s *stage) soak(ctx context.Context, t *tab, d time.Duration) ([]held, error) {
	person := &person{tab: t, pause: 500 * time.Millisecond}
	workers, err := s.workers(ctx) // the connection may live in one
	if err != nil {
		return nil, err
	}
	var all []held
	began := time.Now()
	for n := range samples {
		if err := s.visit(ctx, t, person); err != nil {
			return all, err
		}
		pause(ctx, time.Until(began.Add(d*time.Duration(n+1)/samples)))
		if err := ctx.Err(); err != nil {
			return all, err
		}
		now := held{}
		if err := t.value(ctx, "ryndaWatch.events", &now.events); err != nil {
			return all, err
		}
		if now.memory, err = t.memory(ctx); err != nil {
			return all, err
		}
		for _, each := range workers {
			worker, err := each.memory(ctx)
			if err != nil {
				return all, err
			}
			now.heap += worker.heap
		}
		all = append(all, now)
		fmt.Fprintf(os.Stderr, "page-soak: %v, %d events, heap %.2f MB, %d nodes, %d listeners\n",
			time.Since(began).Round(time.Second), now.events, now.heap, now.nodes, now.listeners)
	}
	return all, nil
}

// visit looks at an error and comes back, and marks the newest alert viewed.
func (s *stage) visit(ctx context.Context, t *tab, p *person) error {
	if err := p.click(ctx, `document.querySelectorAll('[id^=row-] .title a')[5]`); err != nil {
		return err
	}
	if err := t.await(ctx, "the error", `/^\/errors\/\d+/.test(location.pathname) && document.querySelector('h1')`); err != nil {
		return err
	}
	pause(ctx, p.pause)
	if err := t.value(ctx, "history.back()", nil); err != nil {
		return err
	}
	if err := t.await(ctx, "the list again", `location.pathname === '/errors' && document.querySelector('[id^=row-]')`); err != nil {
		return err
	}
	var feed struct {
		Groups []struct {
			ID      string `json:"group_id"`
			Version int64
		}
	}
	if err := s.ask(ctx, "GET", "/v1/feed", nil, &feed); err != nil || len(feed.Groups) == 0 {
		return err
	}
	newest := feed.Groups[0]
	return s.ask(ctx, "POST", "/v1/groups/"+url.PathEscape(newest.ID)+"/viewed", object{"through": newest.Version}, &struct{}{})
}

// slopeOf fits a line through the heap over the events, in MB per event.
func slopeOf(all []held) float64 {
	var x, y, xx, xy float64
	n := float64(len(all))
	for _, h := range all {
		x, y = x+float64(h.events)/n, y+h.heap/n
	}
	for _, h := range all {
		dx := float64(h.events) - x
		xx, xy = xx+dx*dx, xy+dx*(h.heap-y)
	}
	if xx == 0 {
		return 0
	}
	return xy / xx
}
