package relay

import (
	"context"
	"math/rand/v2"
	"time"

	"rynda/pkg/eventlog"
)

const (
	tailPage    = 500              // events read at a time
	tailTimeout = 10 * time.Second // for one read
	leastPause  = 5 * time.Millisecond
	mostPause   = time.Second
)

// tail reads the log and puts it on the tape until ctx ends.
func (r *Relay) tail(ctx context.Context) {
	at, ok := r.begin(ctx)
	if !ok {
		return
	}
	pause, ready, woken := leastPause, false, false
	for ctx.Err() == nil {
		page, err := r.readTail(ctx, at)
		if err != nil {
			r.counters.tailErrors.Add(1)
			pause = r.pause(ctx, pause)
			continue
		}
		switch {
		case page.Reset:
			at = r.restart(page.Head)
		case !follows(at.ID, page):
			r.counters.holes.Add(1)
			at = r.restart(page.Head)
		case page.More:
			r.publish(page)
			at = page.Next
			continue
		default:
			r.publish(page)
			at = page.Next
		}
		if !ready {
			ready = true
			close(r.ready)
		}
		if len(page.Events) > 0 || page.Reset {
			pause = leastPause
		} else if woken {
			// Woken for nothing: whoever rings is ahead of what is read here, as
			// with a replica. Do not spin.
			pause = r.pause(ctx, pause)
		}
		err = r.source.Wait(ctx, at)
		woken = err == nil
		if err != nil && ctx.Err() == nil {
			r.counters.tailErrors.Add(1)
			pause = r.pause(ctx, pause)
		}
	}
}

// begin starts the tape a little before the head of the log. It reports false
// when ctx ended before there was one.
func (r *Relay) begin(ctx context.Context) (at eventlog.Position, ok bool) {
	for pause := leastPause; ctx.Err() == nil; pause = r.pause(ctx, pause) {
		head, err := r.headOf(ctx)
		if err != nil {
			r.counters.tailErrors.Add(1)
			continue
		}
		at := eventlog.Position{Epoch: head.Epoch, ID: max(head.ID-int64(r.cfg.Warm), head.Floor-1, 0)}
		r.tape.restart(at, head.Floor)
		return at, true
	}
	return eventlog.Position{}, false
}

// restart goes on from head with an empty tape. Every subscriber gets a reset.
func (r *Relay) restart(head eventlog.Head) eventlog.Position {
	r.counters.restarts.Add(1)
	r.tape.restart(head.Position(), head.Floor)
	for _, sh := range r.shards {
		sh.publish(nil)
	}
	return head.Position()
}

// follows reports whether the page has each event after the given one, in
// order, up to where it says it ends.
func follows(after int64, page eventlog.Page) bool {
	for _, ev := range page.Events {
		after++
		if ev.ID != after {
			return false
		}
	}
	return page.Next.ID == after
}

// publish encodes the events of a page, once, and tells the shards whom they
// concern.
func (r *Relay) publish(page eventlog.Page) {
	c := newChunk()
	defer c.release()
	ends := make([]int, len(page.Events))
	for i, ev := range page.Events {
		c.buf = AppendFrame(c.buf, page.Head.Epoch, ev)
		ends[i] = len(c.body())
	}
	touched := r.tape.append(page.Events, c.body(), ends, page.Head.Floor)
	r.counters.published.Add(uint64(len(page.Events)))
	if len(touched) == 0 {
		return
	}
	for _, sh := range r.shards {
		sh.publish(touched)
	}
}

func (r *Relay) readTail(ctx context.Context, at eventlog.Position) (eventlog.Page, error) {
	ctx, cancel := context.WithTimeout(ctx, tailTimeout)
	defer cancel()
	return r.source.Read(ctx, at, eventlog.Filter{}, tailPage)
}

func (r *Relay) headOf(ctx context.Context) (eventlog.Head, error) {
	ctx, cancel := context.WithTimeout(ctx, tailTimeout)
	defer cancel()
	return r.source.Head(ctx)
}

// pause waits for about d, or until ctx ends, and returns the next, longer one.
func (r *Relay) pause(ctx context.Context, d time.Duration) time.Duration {
	timer := time.NewTimer(d/2 + rand.N(d))
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-timer.C:
	}
	return min(2*d, mostPause)
}
