package relay

import (
	"sync"
	"sync/atomic"
	"time"

	"rynda/pkg/eventlog"
)

// subscriber is an open stream. Its position belongs to whoever writes to it:
// first the handler, which replays; then, for a connection that was taken over,
// the shard, and while the socket is full a goroutine of its own; for all
// others the handler's goroutine to the end.
type subscriber struct {
	relay    *Relay
	shard    *shard
	user     string   // as limits count it
	projects []string // as limits count them
	rights   rights

	conn *connection   // nil unless the shard writes
	wake chan struct{} // nil when the shard writes; else rung when there may be something to write
	done chan struct{} // closed at the end; nil when the shard writes

	audience   *audience // since join
	position   eventlog.Position
	generation uint64
	parked     atomic.Bool // a goroutine is writing; the shard keeps off

	ordered atomic.Bool // ping or bye is set
	mu      sync.Mutex
	ping    bool
	bye     Reason

	// Guarded by shard.mu.
	place  int  // in its roster, -1 when in none
	kicked bool // in shard.kicked
	heaped int  // in shard.due, -1 when not
	due    time.Duration
	pingAt time.Duration // these three since the relay's start
	nextAt time.Duration // of the next look at its rights; 0 while one is under way
	endAt  time.Duration // 0 never
	endWhy Reason

	ended atomic.Bool
}

// compose appends to c what is to be written now: what the tape has for s, and
// the ping or bye that was ordered. It moves the position, so the bytes have to
// be written or the stream ended. Last is not empty when they are its end.
func (s *subscriber) compose(c *chunk) (got pulled, last Reason) {
	var ping bool
	ordered := s.ordered.Swap(false)
	if ordered {
		s.mu.Lock()
		ping, last = s.ping, s.bye
		s.ping = false
		s.mu.Unlock()
	}
	c.buf, got = s.relay.tape.pull(c.buf, s.audience, s.generation, s.position)
	got.private = ordered || got.behind
	if got.behind && last == "" {
		last = Behind
	}
	s.moved(got)
	switch {
	case last != "":
		c.buf = appendBye(c.buf, s.position, spread(s.relay.cfg.Retry))
	case ping:
		c.buf = appendPing(c.buf, s.position)
	}
	return got, last
}

func (s *subscriber) moved(got pulled) {
	s.position, s.generation = got.to, got.generation
	n := &s.relay.counters
	if got.reset {
		n.resets.Add(1)
	}
	if got.events > 0 {
		n.delivered.Add(uint64(got.events))
		n.writes.Add(1)
	}
}

// order asks for a ping, or for a bye when why is not empty. The caller kicks.
func (s *subscriber) order(why Reason) {
	s.mu.Lock()
	if why == "" {
		s.ping = true
	} else if s.bye == "" {
		s.bye = why
	}
	s.mu.Unlock()
	s.ordered.Store(true)
}

// pump writes to a subscriber that has a goroutine, until it ends.
func (s *subscriber) pump(t transport, gone <-chan struct{}) Reason {
	for {
		c := newChunk()
		got, last := s.compose(c)
		if len(c.body()) > 0 {
			err := t.write(c, last != "")
			if err != nil {
				c.release()
				return brokenBy(err)
			}
		}
		c.release()
		if last != "" {
			return last
		}
		if got.more {
			continue
		}
		select {
		case <-s.wake:
		case <-gone:
			return Gone
		case <-s.done:
			return Stopped
		}
	}
}

// watch waits for the peer of a connection that was taken over to go away.
// Whatever it still sends is not looked at.
func (s *subscriber) watch() {
	b := make([]byte, 32)
	for {
		if _, err := s.conn.Read(b); err != nil {
			s.end(Gone)
			return
		}
	}
}

// end takes the subscriber off the books, once, and closes a connection that
// was taken over. It may be called by anyone, without locks held.
func (s *subscriber) end(why Reason) {
	if !s.ended.CompareAndSwap(false, true) {
		return
	}
	s.shard.remove(s)
	r := s.relay
	if s.audience != nil {
		r.tape.leave(s.audience)
	}
	if s.done != nil {
		close(s.done)
	}
	if s.conn != nil {
		s.conn.Close()
	}
	r.counters.count(r.counters.closed, why)
	r.limits.release(s.user, s.projects)
}
