package postgres

import (
	"sync"
	"time"
)

// sampler decides whose text is kept: of each fingerprint a burst, then some per
// second. It is local to the process and forgets the longest unseen when it is
// full; counts and ids do not depend on it. It is safe for concurrent use.
type sampler struct {
	rate, burst float64

	mu      sync.Mutex
	buckets map[samplerKey]*bucket
	old     map[samplerKey]*bucket // the generation before; moved over when seen again
}

type samplerKey struct {
	project     int64
	fingerprint string
}

type bucket struct {
	tokens float64
	at     time.Time
}

const samplerSize = 50_000 // fingerprints of a generation

func newSampler(rate float64, burst int) *sampler {
	if rate == 0 {
		rate = 5
	}
	if burst <= 0 {
		burst = 100
	}
	return &sampler{rate: rate, burst: float64(burst), buckets: map[samplerKey]*bucket{}}
}

func (s *sampler) keep(project int64, fingerprint string, now time.Time) bool {
	if s.rate < 0 {
		return true
	}
	key := samplerKey{project, fingerprint}
	s.mu.Lock()
	defer s.mu.Unlock()
	b := s.buckets[key]
	if b == nil {
		if b = s.old[key]; b == nil {
			b = &bucket{tokens: s.burst, at: now}
		}
		if len(s.buckets) >= samplerSize {
			s.old, s.buckets = s.buckets, map[samplerKey]*bucket{}
		}
		s.buckets[key] = b
	}
	if now.After(b.at) {
		b.tokens = min(s.burst, b.tokens+s.rate*now.Sub(b.at).Seconds())
		b.at = now
	}
	if b.tokens < 1 {
		return false
	}
	b.tokens--
	return true
}
