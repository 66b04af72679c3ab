package relay

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"rynda/pkg/eventlog"
)

// errEnded means that a stream has ended while it was being begun.
var errEnded = errors.New("the stream has ended")

// place is where a stream begins.
type place struct {
	from  eventlog.Position // as hello says it
	next  eventlog.Position // events after it follow
	head  eventlog.Position // of the log
	reset bool              // what was asked for is no place of the log

	generation uint64 // of the tape when next was found; zero when the log itself gave it
}

// locate finds the place for the positions that a subscriber named, of which
// the first valid one counts. It asks the log only when the tape cannot tell.
func (r *Relay) locate(ctx context.Context, asked places) (place, error) {
	end, generation := r.tape.end()
	if !asked.any {
		return place{from: end, next: end, head: end, generation: generation}, nil
	}
	// Only the preferred one: the tape may be a little behind the log, and must
	// not pass over a place that it does not know yet for an older one.
	if len(asked.positions) > 0 && r.tape.holds(asked.positions[0]) {
		p := asked.positions[0]
		return place{from: p, next: p, head: end, generation: generation}, nil
	}
	at := place{from: asked.echo(), next: end, head: end, reset: true}
	if len(asked.positions) == 0 {
		at.generation = generation
		return at, nil
	}
	head, err := r.headOf(ctx)
	if err != nil {
		return place{}, fmt.Errorf("find the place of a subscriber: %w", err)
	}
	at.next, at.head = head.Position(), head.Position()
	for _, p := range asked.positions {
		if head.Holds(p) {
			at.from, at.next, at.reset, at.generation = p, p, false, generation
			break
		}
	}
	return at, nil
}

// resume writes to s what the log holds after p, a page at a time, until the
// place it has come to is on the tape, and joins s to it there. It returns an
// empty reason then; the subscriber belongs to its shard or pump from that
// moment. Otherwise it returns why the stream is to end, and where it came to.
//
// The tape may have started anew since at was found. Those who were attached
// got a reset then, so s gets one too.
func (r *Relay) resume(ctx context.Context, s *subscriber, t transport, topics []string, at place) (Reason, eventlog.Position) {
	filter := eventlog.Filter{Projects: s.rights.identity.ProjectIDs(), Topics: topics}
	p, generation := at.next, at.generation
	pause, failing := leastPause, time.Duration(0)
	for reads := 0; ; reads++ {
		if r.tape.join(s, topics, p, generation) {
			if !s.shard.add(s) {
				return Stopped, p
			}
			return "", p
		}
		if head, now := r.tape.end(); generation != 0 && generation != now {
			p, generation = head, now
			if err := r.writeReset(t, p); err != nil {
				return brokenBy(err), p
			}
			continue
		}
		if why := s.overdue(ctx); why != "" {
			return why, p
		}
		if reads == 0 {
			r.counters.replays.Add(1)
		}
		page, err := r.readReplay(ctx, p, filter)
		if err != nil {
			r.counters.replayErrs.Add(1)
			if failing == 0 {
				failing = r.now()
			} else if r.now()-failing > startWait {
				return Unavailable, p
			}
			pause = r.pause(ctx, pause)
			continue
		}
		failing = 0
		if page.Reset {
			generation = 0 // the log is ahead of the tape, which will follow
		}
		before := p
		p, err = r.writePage(t, page)
		if err != nil {
			return brokenBy(err), p
		}
		if p != before {
			pause = leastPause
		} else {
			// The log says there is no more and the tape does not reach here yet:
			// the tail is about to learn of a new epoch.
			pause = r.pause(ctx, pause)
		}
	}
}

// overdue says why a stream that is being begun has to end, if it has.
func (s *subscriber) overdue(ctx context.Context) Reason {
	switch r := s.relay; {
	case ctx.Err() != nil:
		return Gone
	case r.life.Err() != nil || r.limits.isDraining():
		return Drained
	case s.endAt > 0 && r.now() >= s.endAt:
		return s.endWhy
	}
	return ""
}

func (r *Relay) readReplay(ctx context.Context, p eventlog.Position, filter eventlog.Filter) (eventlog.Page, error) {
	select {
	case r.reads <- struct{}{}:
		defer func() { <-r.reads }()
	case <-ctx.Done():
		return eventlog.Page{}, ctx.Err()
	case <-r.stopped:
		return eventlog.Page{}, errEnded
	}
	ctx, cancel := context.WithTimeout(ctx, tailTimeout)
	defer cancel()
	return r.source.Read(ctx, p, filter, r.cfg.Page)
}

// writePage sends a page and returns the place after it. A page that passes
// nothing but moves on is said with a ping, so that a cut does not start over.
func (r *Relay) writePage(t transport, page eventlog.Page) (eventlog.Position, error) {
	c := newChunk()
	defer c.release()
	switch {
	case page.Reset:
		return page.Next, r.writeReset(t, page.Next)
	case len(page.Events) == 0 && page.More:
		c.buf = appendPing(c.buf, page.Next)
		return page.Next, t.write(c, false)
	}
	for _, ev := range page.Events {
		before := len(c.body())
		c.buf = AppendFrame(c.buf, page.Head.Epoch, ev)
		if before == 0 || len(c.body()) <= writeBytes {
			continue
		}
		last := slices.Clone(c.body()[before:])
		c.buf = c.buf[:chunkLead+before]
		if err := t.write(c, false); err != nil {
			return page.Next, err
		}
		c.clear()
		c.buf = append(c.buf, last...)
	}
	r.counters.replayed.Add(uint64(len(page.Events)))
	if len(c.body()) == 0 {
		return page.Next, nil
	}
	return page.Next, t.write(c, false)
}

func (r *Relay) writeReset(t transport, p eventlog.Position) error {
	c := newChunk()
	defer c.release()
	r.counters.resets.Add(1)
	c.buf = appendReset(c.buf, p)
	return t.write(c, false)
}
