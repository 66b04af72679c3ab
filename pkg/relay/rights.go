package relay

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"slices"
	"time"

	"rynda/pkg/auth"
)

// rights is what is needed to read again what a subscriber may see.
type rights struct {
	authenticate func(*http.Request) (auth.Identity, error)
	request      *http.Request
	identity     auth.Identity
	asked        []string
	end          time.Duration // of the stream, whatever the rights; 0 never
	endWhy       Reason
	checked      time.Duration // when they were read last
}

type admittedKey struct{}

// Admitted returns the identity with which an open stream was admitted, when
// ctx is of a request whose rights are being read again. An authenticate
// function that takes one-time tickets needs it: the ticket is spent by then,
// and the question is whether this identity still stands.
func Admitted(ctx context.Context) (auth.Identity, bool) {
	identity, ok := ctx.Value(admittedKey{}).(auth.Identity)
	return identity, ok
}

func (r *Relay) recheckIn() time.Duration {
	third := r.cfg.Recheck / 3
	return r.cfg.Recheck - rand.N(max(third, 1))
}

// identify asks who is calling. A panic there is the caller's bug and must not
// end the other streams: it counts as unavailable.
func identify(authenticate func(*http.Request) (auth.Identity, error), req *http.Request) (identity auth.Identity, err error) {
	defer func() {
		if recover() != nil {
			err = fmt.Errorf("authenticate: panic: %w", ErrUnavailable)
		}
	}()
	return authenticate(req)
}

// recheck reads the rights of an open stream again. Lost rights end it, as do
// changed ones: its next hello says what is granted then. Rights that cannot be
// read are tried again until they are rightsLimit old.
//
// A stream has to end within 60 s after its rights are lost. Of these, rights
// are rightsLimit old at most when they are read for the last time, which takes
// up to 5 s; authenticate may believe what is 5 s old; and 5 s are left for the
// bye.
func (s *subscriber) recheck() {
	r := s.relay
	// Many readings that hang stand in each other's way: no stream waits for its
	// turn for longer than its rights last.
	turn := time.NewTimer(max(s.rights.checked+rightsLimit-r.now(), time.Millisecond))
	defer turn.Stop()
	select {
	case r.rechecks <- struct{}{}:
		defer func() { <-r.rechecks }()
	case <-turn.C:
		s.shard.mu.Lock()
		defer s.shard.mu.Unlock()
		s.order(Unavailable)
		s.shard.kick(s)
		return
	case <-r.stopped:
		return
	}
	if s.ended.Load() {
		return
	}
	ctx := context.WithValue(context.WithoutCancel(s.rights.request.Context()), admittedKey{}, s.rights.identity)
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	defer context.AfterFunc(r.life, cancel)()
	identity, err := identify(s.rights.authenticate, s.rights.request.WithContext(ctx))

	now := r.now()
	s.shard.mu.Lock()
	defer s.shard.mu.Unlock()
	switch {
	case errors.Is(err, ErrUnavailable) || err != nil && ctx.Err() != nil:
		if again := now + spread(2*time.Second); again <= s.rights.checked+rightsLimit {
			s.nextAt = again
			s.shard.retime(s)
			return
		}
		s.order(Unavailable)
	case err != nil || !s.rights.holdsFor(identity, s.audience.topics):
		s.order(Rights)
	default:
		s.rights.checked = now
		s.nextAt = now + r.recheckIn()
		s.endAt, s.endWhy = s.rights.end, s.rights.endWhy
		if !identity.Expires.IsZero() {
			s.endBy(now+time.Until(identity.Expires), Expired)
		}
		s.shard.retime(s)
		return
	}
	s.shard.kick(s)
}

// holdsFor reports whether identity is the same caller with the same reach.
func (g *rights) holdsFor(identity auth.Identity, topics []string) bool {
	if !identity.Staff() || identity.Kind != g.identity.Kind || identity.ID != g.identity.ID {
		return false
	}
	_, _, now := identity.Grant(g.asked)
	slices.Sort(now)
	return slices.Equal(now, topics)
}
