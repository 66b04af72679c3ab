package auth

import (
	"context"
	"fmt"
)

// Need is what an operation asks of its caller.
type Need string

const (
	Nobody    Need = "nobody"  // open to all, with or without an identity
	ToReport  Need = "report"  // an ingest token with that scope
	ToControl Need = "control" // an ingest token with that scope
	ToBeStaff Need = "staff"   // a person, or a script of one
)

// NeedError is an ErrForbidden that tells what the operation is for.
type NeedError struct {
	Need Need
	// Local is true when the caller is the one person of a development start.
	Local bool
}

func (e *NeedError) Error() string { return fmt.Sprintf("the operation is for %s", e.Need) }
func (e *NeedError) Unwrap() error { return ErrForbidden }

// Check returns a *NeedError when the identity is of the wrong kind. An ingest
// token writes and reads nothing; staff write no reports.
func (i Identity) Check(need Need) error {
	switch need {
	case Nobody:
		return nil
	case ToReport:
		if i.Can(Report) {
			return nil
		}
	case ToControl:
		if i.Can(Control) {
			return nil
		}
	case ToBeStaff:
		if i.Staff() {
			return nil
		}
	}
	return &NeedError{Need: need, Local: i.Kind == Local}
}

type contextKey struct{}

// With returns a context that carries the identity of the caller.
func With(ctx context.Context, who Identity) context.Context {
	return context.WithValue(ctx, contextKey{}, who)
}

// From returns the identity that With has put into ctx; the zero Identity, who
// may nothing, when there is none.
func From(ctx context.Context) Identity {
	who, _ := ctx.Value(contextKey{}).(Identity)
	return who
}
