package relay

import (
	"container/heap"
	"math/rand/v2"
	"time"
)

// now is the time since the relay was made, as all due times are.
func (r *Relay) now() time.Duration { return time.Since(r.started) }

// schedule sets the first times of s. The caller holds sh.mu.
func (sh *shard) schedule(s *subscriber) {
	now := sh.relay.now()
	s.pingAt = now + rand.N(sh.relay.cfg.Heartbeat)
	s.nextAt = now + sh.relay.recheckIn()
	s.due = s.earliest()
	heap.Push(&sh.due, s)
}

// earliest returns the next time at which s needs its shard.
func (s *subscriber) earliest() time.Duration {
	due := s.pingAt
	if s.nextAt > 0 {
		due = min(due, s.nextAt)
	}
	if s.endAt > 0 {
		due = min(due, s.endAt)
	}
	return due
}

// endBy ends s at a time with a bye, unless it ends before. Zero is never.
func (s *subscriber) endBy(at time.Duration, why Reason) {
	if s.endAt == 0 || at < s.endAt {
		s.endAt, s.endWhy = max(at, 1), why
	}
}

// fire does what is due and returns how long to wait for the next thing.
func (sh *shard) fire() time.Duration {
	now := sh.relay.now()
	sh.mu.Lock()
	defer sh.mu.Unlock()
	for len(sh.due) > 0 && sh.due[0].due <= now {
		s := sh.due[0]
		if s.endAt > 0 && now >= s.endAt {
			s.order(s.endWhy)
			sh.kick(s)
			heap.Pop(&sh.due)
			continue
		}
		if now >= s.pingAt {
			s.order("")
			sh.kick(s)
			s.pingAt = now + sh.relay.cfg.Heartbeat
		}
		if s.nextAt > 0 && now >= s.nextAt {
			s.nextAt = 0 // until the answer is there
			sh.relay.tasks.Go(func() { s.recheck() })
		}
		s.due = s.earliest()
		heap.Fix(&sh.due, 0)
	}
	if len(sh.due) == 0 {
		return time.Hour
	}
	return sh.due[0].due - now
}

// retime has the loop take up changed times of s. The caller holds sh.mu.
func (sh *shard) retime(s *subscriber) {
	if s.heaped < 0 {
		return
	}
	s.due = s.earliest()
	heap.Fix(&sh.due, s.heaped)
	sh.ring()
}

// dueHeap has the subscriber that is due first at index 0.
type dueHeap []*subscriber

func (h dueHeap) Len() int           { return len(h) }
func (h dueHeap) Less(i, j int) bool { return h[i].due < h[j].due }
func (h dueHeap) Swap(i, j int) {
	h[i], h[j] = h[j], h[i]
	h[i].heaped, h[j].heaped = i, j
}

func (h *dueHeap) Push(x any) {
	s := x.(*subscriber)
	s.heaped = len(*h)
	*h = append(*h, s)
}

func (h *dueHeap) Pop() any {
	old := *h
	s := old[len(old)-1]
	old[len(old)-1] = nil
	*h = old[:len(old)-1]
	s.heaped = -1
	return s
}
