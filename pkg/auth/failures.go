package auth

import (
	"fmt"
	"net/http"
)

// failures are the wrong tokens, or the dead cookies, that were sent.
//
// A secret of 256 bits is not found by guessing, at whatever rate. What has to
// be guarded is the database, which would be asked for each guess, and what must
// not happen is that one who guesses, or a fleet with a token that was revoked,
// locks out everybody behind the same address. So an address that fails too
// often is told to wait, and what it sends is looked up nevertheless, where it
// may be right: a text that was wrong a moment ago is known to be wrong, and all
// such addresses together share a fixed number of lookups a second, few at one
// time, beside which the rest of a process does not feel them. A valid token
// that is new to the process waits only while more guesses a second arrive than
// that; one that has been seen never does.
type failures struct {
	byAddress *Limiter
	lookups   *Limiter // for addresses that wait, under one key
}

func newFailures(perMinute int) *failures {
	return &failures{
		byAddress: NewLimiter(float64(perMinute)/60, perMinute, remembered),
		lookups:   NewLimiter(suspected, suspected, 1),
	}
}

// suspect reports whether the address of the request has failed too often, so
// that what it sends is looked up among the few of such addresses; *LimitedError
// when there are too many of those now.
func (a *Authenticator) suspect(r *http.Request, failures *failures) (bool, error) {
	now := a.now()
	wait := failures.byAddress.Wait(a.config.address(r), now)
	if wait == 0 {
		return false, nil
	}
	if failures.lookups.Wait("", now) > 0 {
		return false, &LimitedError{After: wait}
	}
	failures.lookups.Spend("", 1, now)
	return true, nil
}

// failed counts a failure and says so, or that there were too many.
func (a *Authenticator) failed(r *http.Request, how trust, failures *failures) error {
	if how.counted {
		address, now := a.config.address(r), a.now()
		if wait := failures.byAddress.Wait(address, now); wait > 0 {
			return &LimitedError{After: wait}
		}
		failures.byAddress.Spend(address, 1, now)
	}
	return fmt.Errorf("not recognised: %w", ErrUnauthorized)
}
