package auth

import (
	"cmp"
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"errors"
	"fmt"
	"net/http"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"time"

	"golang.org/x/sync/singleflight"
)

// Lookup finds what callers prove themselves by. For what is not there it
// returns ErrUnknown; every other error means that it could not look. Revoked
// and expired rows may be returned: the Authenticator looks at their times.
type Lookup interface {
	IngestToken(ctx context.Context, prefix string) (TokenRow, error)
	StaffToken(ctx context.Context, prefix string) (TokenRow, error)
	Session(ctx context.Context, sha256 [32]byte) (SessionRow, error)
	Projects(ctx context.Context) ([]ProjectRow, error)
}

// Config sets whom an Authenticator believes.
type Config struct {
	// Local lets one person in without a login, from this machine only. It is set
	// by the development start and by nothing else, so it has no variable.
	Local bool `ignored:"true"`
	// LocalName is what "viewed by" shows for the local person.
	LocalName string `ignored:"true"`
	// TrustedProxies are the networks whose X-Forwarded-For is believed when
	// failures are counted by address. Empty: the peer's address counts.
	TrustedProxies []netip.Prefix `envconfig:"RYNDA_TRUSTED_PROXIES"`
	// OIDC is how people sign in; JWT which signed tokens are believed.
	OIDC OIDCConfig
	JWT  JWTConfig
	// Transport is how providers are asked; nil is http.DefaultTransport.
	Transport http.RoundTripper `ignored:"true"`
}

// Check says by the names of variables, never by their values, what is not
// right, or returns nil.
func (c Config) Check() error {
	faults := append(c.OIDC.check(), c.JWT.check()...)
	if len(faults) == 0 {
		return nil
	}
	slices.Sort(faults)
	return errors.New(strings.Join(faults, "\n  "))
}

const (
	fresh         = 20 * time.Second // a row is believed for so long without asking
	stale         = 50 * time.Second // and for so long while asking fails
	confirmed     = 5 * time.Second  // a row is believed by Confirm
	refused       = 5 * time.Second  // a text that proves nothing is not looked up again
	freshProjects = time.Second
	patience      = 800 * time.Millisecond // with the database
	remembered    = 10_000                 // callers, and as many addresses that failed
	guesses       = 10                     // wrong tokens a minute and address
	strays        = 120                    // dead session cookies a minute and address: a forgotten tab sends many
	suspected     = 100                    // lookups a second for all addresses that failed more often
	suspectedOnce = 4                      // such lookups at one time
)

// Authenticator recognises callers. It is safe for concurrent use.
type Authenticator struct {
	lookup  Lookup
	config  Config
	now     func() time.Time
	bearers *bearers  // nil: signed tokens are not believed
	guesses *failures // tokens
	strays  *failures // cookies
	places  chan struct{}
	asking  singleflight.Group

	mu       sync.Mutex
	refused  *recent[[32]byte, time.Time] // texts that proved nothing, and when they were looked up
	proved   *recent[string, proof]       // by prefix and find part, or by the hash of a session
	projects []ProjectRow
	readAt   time.Time // of projects
}

// proof is a row that was read, whatever table it is from.
type proof struct {
	sha256  [32]byte
	who     Identity // without Projects where reach decides
	reach   []int64  // ids of projects
	slugs   []string // and more of them, by name
	all     bool
	expires time.Time
	readAt  time.Time
}

// New returns an Authenticator. A nil now is time.Now.
func New(lookup Lookup, config Config, now func() time.Time) *Authenticator {
	if now == nil {
		now = time.Now
	}
	config.LocalName = cmp.Or(config.LocalName, "local")
	return &Authenticator{
		lookup: lookup, config: config, now: now, bearers: newBearers(config, now),
		guesses: newFailures(guesses), strays: newFailures(strays),
		places:  make(chan struct{}, suspectedOnce),
		proved:  newRecent[string, proof](remembered),
		refused: newRecent[[32]byte, time.Time](remembered),
	}
}

// Authenticate says who sent the request: by its Authorization header, else by
// its session cookie, else, where the configuration has it, the local user. A
// bearer token that is wrong is not made up for by a cookie.
//
// Errors: ErrUnauthorized; ErrForbidden when another origin had a browser send
// it; *LimitedError after too many failures from one address; ErrUnavailable
// when the database could not be asked. None holds what was sent.
func (a *Authenticator) Authenticate(r *http.Request) (Identity, error) {
	return a.identify(r, trust{fresh: fresh, stale: stale, counted: true})
}

// Confirm is Authenticate for those who have been let in and hold a connection:
// it believes what was read in the last 5 seconds and nothing older, the
// database being away or not, and failing is no guess. So whoever confirms a
// connection every n seconds, at its beginning too, ends it n + 5 seconds after
// a revocation at most. It returns no *LimitedError, and does not bound its
// lookups: never call it for a caller whom Authenticate has not recognised.
//
// Where a ticket let the caller in, which works once, it asks about what the
// rights of the ticket rest on.
func (a *Authenticator) Confirm(r *http.Request) (Identity, error) {
	how := trust{fresh: confirmed}
	if who := From(r.Context()); who.Basis != nil {
		return a.byBasis(r, how, *who.Basis)
	}
	return a.identify(r, how)
}

// trust is how a caller is looked at.
type trust struct {
	fresh, stale time.Duration // as the constants
	counted      bool          // a failure counts against the address
}

func (a *Authenticator) identify(r *http.Request, how trust) (Identity, error) {
	if values := r.Header.Values("Authorization"); len(values) > 0 {
		scheme, text, _ := strings.Cut(values[0], " ")
		if len(values) > 1 || !strings.EqualFold(scheme, "Bearer") {
			return Identity{}, fmt.Errorf("no bearer token: %w", ErrUnauthorized)
		}
		return a.byToken(r, how, strings.TrimSpace(text))
	}
	if value := sessionCookie(r); value != "" {
		who, err := a.bySession(r, how, value)
		// A stale cookie of another server on this machine must not lock out its
		// local user: cookies do not know ports.
		if err == nil || !a.config.Local || !errors.Is(err, ErrUnauthorized) {
			return who, err
		}
	}
	if !a.config.Local {
		return Identity{}, fmt.Errorf("nothing to go by: %w", ErrUnauthorized)
	}
	if err := Direct(r); err != nil {
		return Identity{}, err
	}
	if err := checkOrigin(r); err != nil {
		return Identity{}, err
	}
	return a.reached(r.Context(), proof{who: Identity{Kind: Local, ID: "local", Name: a.config.LocalName}, all: true})
}

func (a *Authenticator) byToken(r *http.Request, how trust, text string) (Identity, error) {
	if a.bearers != nil && signedForm(text) {
		return a.byJWT(r, how, text)
	}
	prefix, find, ok := splitToken(text)
	if !ok || prefix != IngestPrefix && prefix != StaffPrefix {
		return Identity{}, a.failed(r, how, a.guesses)
	}
	return a.byRow(r, how, prefix, find, sha256Of(text))
}

// byRow looks for the token with this hash.
func (a *Authenticator) byRow(r *http.Request, how trust, prefix, find string, sum [32]byte) (Identity, error) {
	look := a.lookup.StaffToken
	if prefix == IngestPrefix {
		look = a.lookup.IngestToken
	}
	return a.prove(r, how, a.guesses, prefix+find, sum, func(ctx context.Context) (proof, error) {
		row, err := look(ctx, find)
		p := proof{sha256: row.SHA256, expires: row.ExpiresAt}
		switch {
		case err != nil:
			return p, err
		case !row.RevokedAt.IsZero():
			return p, ErrUnknown
		}
		p.who = Identity{ID: row.Prefix, Name: cmp.Or(row.Name, row.Prefix), Expires: row.ExpiresAt}
		if prefix == IngestPrefix {
			p.who.Kind, p.who.Scopes, p.who.Projects = IngestToken, row.Scopes, []Project{row.Project}
		} else {
			p.who.Kind, p.reach, p.all = StaffToken, row.Projects, row.Projects == nil
		}
		return p, nil
	})
}

func (a *Authenticator) bySession(r *http.Request, how trust, value string) (Identity, error) {
	if err := checkOrigin(r); err != nil {
		return Identity{}, err
	}
	return a.byHash(r, how, sha256Of(value))
}

// byHash looks for the session whose cookie has this hash.
func (a *Authenticator) byHash(r *http.Request, how trust, sum [32]byte) (Identity, error) {
	return a.prove(r, how, a.strays, string(sum[:]), sum, func(ctx context.Context) (proof, error) {
		row, err := a.lookup.Session(ctx, sum)
		switch {
		case err != nil:
			return proof{}, err
		case !row.RevokedAt.IsZero():
			return proof{}, ErrUnknown
		}
		return proof{
			sha256: row.SHA256, expires: row.ExpiresAt, reach: row.Projects, all: row.Projects == nil,
			who: Identity{Kind: Session, ID: row.UserID, Name: row.Name, Expires: row.ExpiresAt},
		}, nil
	})
}

// prove finds the row of key, read or remembered, and compares the hash of what
// the caller has with it. Failures count against failures.
func (a *Authenticator) prove(r *http.Request, how trust, failures *failures, key string, sum [32]byte,
	read func(context.Context) (proof, error),
) (Identity, error) {
	a.mu.Lock()
	p, known := a.proved.get(key)
	at, wrong := a.refused.get(sum)
	a.mu.Unlock()
	now := a.now()
	age := now.Sub(p.readAt)
	if wrong && now.Sub(at) < refused || known && !equal(p.sha256, sum) && age < how.fresh {
		return Identity{}, a.failed(r, how, failures)
	}
	if !known || age >= how.fresh {
		// Whoever has proved it before is looked up like anybody, however often
		// others behind the same address guess wrong.
		suspect := false
		if how.counted && (!known || !equal(p.sha256, sum)) {
			var err error
			if suspect, err = a.suspect(r, failures); err != nil {
				return Identity{}, err
			}
		}
		found, err, _ := a.asking.Do(key, func() (any, error) {
			ctx, cancel := context.WithTimeout(context.WithoutCancel(r.Context()), patience)
			defer cancel()
			if suspect {
				select {
				case a.places <- struct{}{}:
					defer func() { <-a.places }()
				case <-ctx.Done():
					return proof{}, ctx.Err()
				}
			}
			p, err := read(ctx)
			p.readAt = a.now()
			return p, err
		})
		switch {
		case err == nil:
			p = found.(proof)
		case errors.Is(err, ErrUnknown):
			a.mu.Lock()
			a.proved.remove(key)
			a.refused.put(sum, now)
			a.mu.Unlock()
			return Identity{}, a.failed(r, how, failures)
		case !known || age >= how.stale:
			return Identity{}, fmt.Errorf("look up a caller: %w: %w", ErrUnavailable, err)
		}
		a.mu.Lock()
		if !equal(p.sha256, sum) {
			a.refused.put(sum, now)
			a.mu.Unlock()
			return Identity{}, a.failed(r, how, failures)
		}
		a.proved.put(key, p)
		a.mu.Unlock()
	}
	if !p.expires.IsZero() && !a.now().Before(p.expires) {
		return Identity{}, fmt.Errorf("expired: %w", ErrUnauthorized)
	}
	if p.who.Kind == IngestToken {
		return p.who, nil
	}
	return a.reached(r.Context(), p)
}

func sha256Of(text string) [32]byte { return sha256.Sum256([]byte(text)) }

func equal(a, b [32]byte) bool { return subtle.ConstantTimeCompare(a[:], b[:]) == 1 }

// forget makes this process look anew for the session with this hash, and not
// for a moment: its row was just revoked.
func (a *Authenticator) forget(sum [32]byte) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.proved.remove(string(sum[:]))
	a.refused.put(sum, a.now())
}

// reached fills in the projects that the proof reaches, as they are now.
func (a *Authenticator) reached(ctx context.Context, p proof) (Identity, error) {
	rows, err := a.Projects(ctx)
	if err != nil {
		return Identity{}, err
	}
	who := p.who
	who.Projects = make([]Project, 0, len(rows))
	for _, row := range rows {
		if p.all || slices.Contains(p.reach, row.ID) || slices.Contains(p.slugs, row.Slug) {
			who.Projects = append(who.Projects, Project{ID: row.ID, Slug: row.Slug})
		}
	}
	slices.SortFunc(who.Projects, func(x, y Project) int { return cmp.Compare(x.Slug, y.Slug) })
	return who, nil
}

// Projects lists all projects there are, as of at most a second ago; while the
// database cannot be asked, as of at most 50 seconds ago, then ErrUnavailable. Show only those in an
// Identity. The slice is shared: do not change it.
func (a *Authenticator) Projects(ctx context.Context) ([]ProjectRow, error) {
	a.mu.Lock()
	rows, age := a.projects, a.now().Sub(a.readAt)
	a.mu.Unlock()
	if rows != nil && age < freshProjects {
		return rows, nil
	}
	found, err, _ := a.asking.Do("projects", func() (any, error) {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), patience)
		defer cancel()
		return a.lookup.Projects(ctx)
	})
	if err != nil {
		if rows != nil && age < stale {
			return rows, nil
		}
		return nil, fmt.Errorf("list the projects: %w: %w", ErrUnavailable, err)
	}
	rows = found.([]ProjectRow)
	a.mu.Lock()
	a.projects, a.readAt = rows, a.now()
	a.mu.Unlock()
	return rows, nil
}
