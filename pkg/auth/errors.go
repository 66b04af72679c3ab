package auth

import (
	"errors"
	"time"
)

var (
	// ErrUnauthorized means that it is not known who is calling.
	ErrUnauthorized = errors.New("unauthorized")
	// ErrForbidden means that the caller is known and may not do this at all,
	// whatever the project. What is merely out of reach is not found instead.
	ErrForbidden = errors.New("forbidden")
	// ErrUnavailable means that it could not be found out who is calling, for
	// example because the database is away; the caller may try again.
	ErrUnavailable = errors.New("identity cannot be checked now")
	// ErrSignIn means that what came back from the provider does not make a
	// session: the login has to be begun anew.
	ErrSignIn = errors.New("not signed in")
	// ErrUnknown is what a Lookup returns for what is not there.
	ErrUnknown = errors.New("unknown")
)

// LimitedError means that the caller has to wait before trying again.
type LimitedError struct {
	After time.Duration
}

func (e *LimitedError) Error() string { return "too many requests" }
