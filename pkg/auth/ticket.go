package auth

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"
)

const (
	// TicketPrefix begins every ticket.
	TicketPrefix = "ryt"

	ticketLength  = 3 + 1 + secretLength
	ticketLife    = 30 * time.Second
	ticketsPerMin = 60 // of one identity
)

// Basis is what the rights of a ticket rest on: the session, the staff token or
// the signed token of the person who asked for it. It is kept in place of their
// secrets, and asked about again while the stream is open.
type Basis struct {
	Kind    Kind
	ID      string
	Name    string
	SHA256  [32]byte  // of the value of the session's cookie, or of the text of the staff token
	Slugs   []string  // the projects of a signed token
	Expires time.Time // zero: not before it is revoked
}

// TicketRow is a ticket as it is stored.
type TicketRow struct {
	SHA256    [32]byte // of the whole text
	Basis     Basis
	CreatedAt time.Time
	ExpiresAt time.Time
}

// TicketStore keeps tickets. TakeTicket removes what it returns, so that of many
// who ask for one at a time one gets it; ErrUnknown for what is not there. A row
// that has expired may be returned.
type TicketStore interface {
	SaveTicket(ctx context.Context, row TicketRow) error
	TakeTicket(ctx context.Context, sha256 [32]byte) (TicketRow, error)
}

// Tickets makes and takes tickets: texts that open one stream, within 30
// seconds, with the rights of the person who asked for them. They are for pages
// on other origins, whose EventSource sends neither a cookie nor a header; what
// is worth anything for longer never stands in an address.
type Tickets struct {
	callers *Authenticator
	store   TicketStore
	asked   *Limiter
}

// NewTickets returns the tickets for callers of the Authenticator.
func NewTickets(callers *Authenticator, store TicketStore) *Tickets {
	return &Tickets{callers, store, NewLimiter(ticketsPerMin/60.0, ticketsPerMin, remembered)}
}

// Issue makes a ticket for the person behind the request, and says until when it
// opens a stream: 30 seconds, or less where their rights end before.
//
// Errors: those of Confirm; ErrForbidden for an ingest token; *LimitedError
// after 60 a minute; ErrUnavailable when it could not be stored.
func (t *Tickets) Issue(r *http.Request) (text string, until time.Time, err error) {
	who, err := t.callers.Confirm(r)
	if err != nil {
		return "", time.Time{}, err
	}
	if err := who.Check(ToBeStaff); err != nil {
		return "", time.Time{}, err
	}
	now, key := t.callers.now(), string(who.Kind)+":"+who.ID
	if wait := t.asked.Wait(key, now); wait > 0 {
		return "", time.Time{}, &LimitedError{After: wait}
	}
	t.asked.Spend(key, 1, now)
	basis := Basis{Kind: who.Kind, ID: who.ID, Name: who.Name, Expires: who.Expires}
	switch who.Kind {
	case Session:
		basis.SHA256 = sha256Of(sessionCookie(r))
	case StaffToken:
		_, token, _ := strings.Cut(r.Header.Get("Authorization"), " ")
		basis.SHA256 = sha256Of(strings.TrimSpace(token))
	case Bearer:
		basis.Slugs = make([]string, 0, len(who.Projects))
		for _, p := range who.Projects {
			basis.Slugs = append(basis.Slugs, p.Slug)
		}
	}
	until = now.Add(ticketLife)
	if !who.Expires.IsZero() && who.Expires.Before(until) {
		until = who.Expires
	}
	text = TicketPrefix + "_" + chance(secretLength)
	err = t.store.SaveTicket(r.Context(), TicketRow{SHA256: sha256Of(text), Basis: basis, CreatedAt: now, ExpiresAt: until})
	if err != nil {
		return "", time.Time{}, fmt.Errorf("keep a ticket: %w: %w", ErrUnavailable, err)
	}
	return text, until, nil
}

// Redeem takes a ticket and says whose rights it carries, as they are now: one
// whose session was revoked meanwhile is worth nothing, and is used up.
//
// Errors: as of Authenticate.
func (t *Tickets) Redeem(r *http.Request, text string) (Identity, error) {
	a, how := t.callers, trust{fresh: confirmed, counted: true}
	if !ticketForm(text) {
		return Identity{}, a.failed(r, how, a.guesses)
	}
	if _, err := a.suspect(r, a.guesses); err != nil {
		return Identity{}, err
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(r.Context()), patience)
	defer cancel()
	row, err := t.store.TakeTicket(ctx, sha256Of(text))
	switch {
	case errors.Is(err, ErrUnknown):
		return Identity{}, a.failed(r, how, a.guesses)
	case err != nil:
		return Identity{}, fmt.Errorf("take a ticket: %w: %w", ErrUnavailable, err)
	case !a.now().Before(row.ExpiresAt):
		return Identity{}, fmt.Errorf("expired: %w", ErrUnauthorized)
	}
	return a.byBasis(r, how, row.Basis)
}

// byBasis says what the rights of a ticket are now.
func (a *Authenticator) byBasis(r *http.Request, how trust, basis Basis) (who Identity, err error) {
	switch basis.Kind {
	case Session:
		who, err = a.byHash(r, how, basis.SHA256)
	case StaffToken:
		who, err = a.byRow(r, how, StaffPrefix, basis.ID, basis.SHA256)
	case Bearer:
		if !a.now().Before(basis.Expires) {
			return Identity{}, fmt.Errorf("expired: %w", ErrUnauthorized)
		}
		who = Identity{Kind: Bearer, ID: basis.ID, Name: basis.Name, Expires: basis.Expires}
		who, err = a.reached(r.Context(), proof{who: who, slugs: basis.Slugs})
	case Local:
		if !a.config.Local {
			return Identity{}, fmt.Errorf("there is no local user: %w", ErrUnauthorized)
		}
		if err := Direct(r); err != nil {
			return Identity{}, err
		}
		who, err = a.reached(r.Context(), proof{who: Identity{Kind: Local, ID: basis.ID, Name: basis.Name}, all: true})
	default:
		err = fmt.Errorf("a ticket of another kind: %w", ErrUnauthorized)
	}
	if err != nil {
		return Identity{}, err
	}
	who.Basis = &basis
	return who, nil
}

// ticketForm reports whether a text has the form of a ticket.
func ticketForm(text string) bool {
	return len(text) == ticketLength && strings.HasPrefix(text, TicketPrefix+"_") && tokenCharacters(text)
}
