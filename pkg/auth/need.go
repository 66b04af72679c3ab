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

// Check returns ErrForbidden when the identity is of the wrong kind. An ingest
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
	return fmt.Errorf("the operation is for %s: %w", need, ErrForbidden)
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
