package relay

import (
	"bytes"
	"container/heap"
	"errors"
	"os"
	"sync"
	"time"
)

// shard is one loop that writes to a part of the subscribers, and keeps the
// time for them.
type shard struct {
	relay *Relay
	bell  chan struct{} // of capacity 1

	mu      sync.Mutex
	rosters map[*audience]*roster
	dirty   []*roster     // have something new
	kicked  []*subscriber // are to be looked at for a reason of their own
	due     dueHeap
	drained bool // newcomers get a bye
	closed  bool // newcomers are not taken in

	// Of the loop alone.
	swept  time.Time     // when the last sweep ended
	took   time.Duration // how long it was
	batch  []*subscriber
	shared sharedChunk
	inline *inline
}

// roster is the subscribers of one audience in one shard.
type roster struct {
	subscribers []*subscriber
	dirty       bool
}

// sharedChunk is the last bytes composed from the tape. Subscribers of one
// audience stand at one position nearly always, so one composition serves all
// of a sweep.
type sharedChunk struct {
	chunk  chunk
	valid  bool
	of     *audience
	from   int64
	at     uint64 // generation
	got    pulled
	framed []byte
}

func newShard(r *Relay) *shard {
	return &shard{relay: r, bell: make(chan struct{}, 1), rosters: map[*audience]*roster{}, inline: newInline()}
}

func (sh *shard) ring() {
	select {
	case sh.bell <- struct{}{}:
	default:
	}
}

// add takes s in, with its first look to come. It reports false when the shard
// has stopped. A connection that was taken over is counted among the relay's
// tasks: its watch is the caller's to start.
func (sh *shard) add(s *subscriber) bool {
	sh.mu.Lock()
	defer sh.mu.Unlock()
	if sh.closed {
		return false
	}
	ro := sh.rosters[s.audience]
	if ro == nil {
		ro = &roster{}
		sh.rosters[s.audience] = ro
	}
	s.place = len(ro.subscribers)
	ro.subscribers = append(ro.subscribers, s)
	if s.conn != nil {
		sh.relay.tasks.Add(1)
	}
	sh.schedule(s)
	if sh.drained {
		s.order(Drained)
	}
	sh.kick(s)
	return true
}

func (sh *shard) remove(s *subscriber) {
	sh.mu.Lock()
	defer sh.mu.Unlock()
	if s.place < 0 {
		return
	}
	ro := sh.rosters[s.audience]
	last := len(ro.subscribers) - 1
	moved := ro.subscribers[last]
	ro.subscribers[s.place], moved.place = moved, s.place
	ro.subscribers[last] = nil
	ro.subscribers = ro.subscribers[:last]
	s.place = -1
	if last == 0 {
		delete(sh.rosters, s.audience)
	}
	if s.heaped >= 0 {
		heap.Remove(&sh.due, s.heaped)
	}
}

// kick has the loop look at s. The caller holds sh.mu.
func (sh *shard) kick(s *subscriber) {
	if !s.kicked {
		s.kicked = true
		sh.kicked = append(sh.kicked, s)
		sh.ring()
	}
}

// publish tells the loop which audiences have something new; nil means all.
func (sh *shard) publish(audiences []*audience) {
	sh.mu.Lock()
	defer sh.mu.Unlock()
	if audiences == nil {
		for _, ro := range sh.rosters {
			sh.mark(ro)
		}
		return
	}
	for _, a := range audiences {
		if ro := sh.rosters[a]; ro != nil {
			sh.mark(ro)
		}
	}
}

func (sh *shard) mark(ro *roster) {
	if !ro.dirty {
		ro.dirty = true
		sh.dirty = append(sh.dirty, ro)
		sh.ring()
	}
}

// run is the loop. It ends with stop, and all its subscribers with it.
func (sh *shard) run(stop <-chan struct{}) {
	timer := time.NewTimer(time.Hour)
	defer timer.Stop()
	for {
		if d := sh.linger(time.Now()); d > 0 {
			timer.Reset(d)
			select {
			case <-timer.C:
			case <-stop:
			}
		}
		sh.sweep()
		timer.Reset(sh.fire())
		select {
		case <-sh.bell:
		case <-timer.C:
		case <-stop:
			sh.close(Stopped)
			return
		}
	}
}

// drain says bye to all subscribers, and to those that come later.
func (sh *shard) drain() {
	sh.mu.Lock()
	defer sh.mu.Unlock()
	sh.drained = true
	for _, ro := range sh.rosters {
		for _, s := range ro.subscribers {
			s.order(Drained)
			sh.kick(s)
		}
	}
}

const (
	longSweep  = time.Millisecond
	mostLinger = 2 * time.Millisecond
)

// linger returns how long to wait before the next sweep, so that it finds more
// to write in each of its writes. A loop that has time to rest never waits:
// only when a long sweep is followed by the next at once, the loop is the
// bottleneck, and a quarter of a sweep's time spent waiting saves whole sweeps.
// Without it, a publisher that is answered between two sweeps would get one
// event into each, for ever.
func (sh *shard) linger(now time.Time) time.Duration {
	if sh.took < longSweep || now.Sub(sh.swept) > sh.took/2 {
		return 0
	}
	return min(sh.took/4, mostLinger)
}

// close ends all subscribers and refuses new ones.
func (sh *shard) close(why Reason) {
	sh.mu.Lock()
	sh.closed = true
	var all []*subscriber
	for _, ro := range sh.rosters {
		all = append(all, ro.subscribers...)
	}
	sh.mu.Unlock()
	for _, s := range all {
		s.end(why)
	}
}

// sweep looks once at every subscriber for whom there may be something.
func (sh *shard) sweep() {
	sh.mu.Lock()
	for _, ro := range sh.dirty {
		ro.dirty = false
		sh.batch = append(sh.batch, ro.subscribers...)
	}
	for _, s := range sh.kicked {
		s.kicked = false
		sh.batch = append(sh.batch, s)
	}
	clear(sh.dirty)
	clear(sh.kicked)
	sh.dirty, sh.kicked = sh.dirty[:0], sh.kicked[:0]
	sh.mu.Unlock()

	began := time.Now()
	sh.shared.valid = false
	for _, s := range sh.batch {
		sh.look(s)
	}
	clear(sh.batch)
	sh.batch = sh.batch[:0]
	sh.swept = time.Now()
	sh.took = sh.swept.Sub(began)
}

func (sh *shard) look(s *subscriber) {
	switch {
	case s.conn == nil || s.conn.raw == nil:
		select {
		case s.wake <- struct{}{}:
		default:
		}
	case !s.parked.Load() && !s.ended.Load():
		sh.write(s)
	}
}

// write gives s what there is for it, as far as the socket takes it at once.
func (sh *shard) write(s *subscriber) {
	m := &sh.shared
	var last Reason
	if m.valid && m.of == s.audience && m.from == s.position.ID && m.at == s.generation && !s.ordered.Load() {
		s.moved(m.got)
	} else {
		m.of, m.from, m.at = s.audience, s.position.ID, s.generation
		if cap(m.chunk.buf) > 4*writeBytes {
			m.chunk.buf = nil
		}
		m.chunk.clear()
		m.got, last = s.compose(&m.chunk)
		m.valid = !m.got.private && len(m.chunk.body()) > 0
		if len(m.chunk.body()) == 0 {
			return
		}
		m.framed = m.chunk.framed(last != "")
	}
	n, err := sh.inline.write(s.conn.raw, m.framed)
	switch {
	case err != nil:
		s.end(Gone)
	case n < len(m.framed):
		s.parked.Store(true)
		sh.relay.counters.parked.Add(1)
		rest := bytes.Clone(m.framed[n:])
		sh.relay.tasks.Go(func() { sh.finish(s, rest, last) })
	case last != "":
		s.end(last)
	case m.got.more:
		sh.mu.Lock()
		sh.kick(s)
		sh.mu.Unlock()
	}
}

// finish writes the rest of a write that the socket did not take, waits for it
// up to the deadline, and gives s back to the loop.
func (sh *shard) finish(s *subscriber, rest []byte, last Reason) {
	if err := s.conn.send(rest); err != nil {
		s.end(brokenBy(err))
		return
	}
	if last != "" {
		s.end(last)
		return
	}
	sh.mu.Lock()
	defer sh.mu.Unlock()
	s.parked.Store(false)
	sh.kick(s)
}

// brokenBy tells a peer that did not read from one that went away.
func brokenBy(err error) Reason {
	if errors.Is(err, os.ErrDeadlineExceeded) {
		return Slow
	}
	return Gone
}
