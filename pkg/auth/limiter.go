package auth

import (
	"math"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// Limiter holds a rate per key, for the keys used last; one that was forgotten
// starts anew with everything in hand. It counts in this process only. A nil
// Limiter never limits. It is safe for concurrent use.
type Limiter struct {
	rate  rate.Limit
	burst int

	mu   sync.Mutex
	keys *recent[string, *rate.Limiter]
}

// NewLimiter allows perSecond on average and at most burst at once, for each of
// the keys keys that were used last. perSecond of 0 or less gives nil.
func NewLimiter(perSecond float64, burst, keys int) *Limiter {
	if perSecond <= 0 {
		return nil
	}
	return &Limiter{rate: rate.Limit(perSecond), burst: max(burst, 1), keys: newRecent[string, *rate.Limiter](keys)}
}

// Wait returns how long the key has to wait until it may go on, 0 for now. It
// takes nothing.
func (l *Limiter) Wait(key string, now time.Time) time.Duration {
	if l == nil {
		return 0
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	one, ok := l.keys.get(key)
	if !ok {
		return 0
	}
	missing := 1 - one.TokensAt(now)
	if missing <= 0 {
		return 0
	}
	return time.Duration(math.Ceil(missing / float64(l.rate) * float64(time.Second)))
}

// Spend takes n, which may be more than is in hand: the key then waits until
// the debt is paid. So one large batch passes, and is paid for.
func (l *Limiter) Spend(key string, n int, now time.Time) {
	if l == nil {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	one, ok := l.keys.get(key)
	if !ok {
		one = rate.NewLimiter(l.rate, l.burst)
		l.keys.put(key, one)
	}
	for n > 0 {
		part := min(n, l.burst)
		one.ReserveN(now, part)
		n -= part
	}
}
