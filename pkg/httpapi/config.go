package httpapi

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"time"

	"rynda/pkg/auth"
	"rynda/pkg/eventlog"
)

// Config bounds what callers may ask for.
type Config struct {
	// RateLimit is how many reports a second one ingest token may send on
	// average, and at once; 0 means no limit. It is counted per process.
	RateLimit float64 `envconfig:"RYNDA_RATE_LIMIT" default:"10000"`
	// BodyBytes bounds the bodies of reports that are held while they arrive and
	// are looked at, as sent; one token may have half of it. Who finds no room is
	// answered 503. 0 means 64 MiB; less than two bodies cannot be.
	BodyBytes int64 `envconfig:"RYNDA_BODY_BYTES" default:"67108864"`
	// DecodeBytes bounds the decoded bodies of reports that are looked at at one
	// time; who finds no room within 2 s is answered 503. 0 means 64 MiB.
	DecodeBytes int64 `envconfig:"RYNDA_DECODE_BYTES" default:"67108864"`
	// BodyTimeout is how long the body of any request may take to arrive, whether
	// it is looked at or not; 0 means 15 s.
	BodyTimeout time.Duration `envconfig:"RYNDA_BODY_TIMEOUT" default:"15s"`
	// WriteTimeout is how long a caller may take for each 64 KiB of an answer; 0
	// means 10 s. Streams have their own.
	WriteTimeout time.Duration `envconfig:"RYNDA_WRITE_TIMEOUT" default:"10s"`
	// StoreTimeout is how long recording may take before the answer is 503; 0
	// means 10 s.
	StoreTimeout time.Duration `envconfig:"RYNDA_STORE_TIMEOUT" default:"10s"`
	// PollAfter is what a poll that did not wait is told to pause; 0 means 2 s.
	PollAfter time.Duration `envconfig:"RYNDA_POLL_AFTER" default:"2s"`
	// PollWaiters bounds the polls that wait at one time; more are answered at
	// once. 0 means 2,000.
	PollWaiters int64 `envconfig:"RYNDA_POLL_WAITERS" default:"2000"`
	// PublicURL is where callers find this server, without a final slash; empty
	// means as each of them asked for it.
	PublicURL string `envconfig:"RYNDA_PUBLIC_URL"`
	// AllowedOrigins are the origins, as https://app.example.com and exactly so,
	// whose pages may read answers under /v1 and the files under /embed/. They are
	// to use a bearer token or a ticket: cookies are refused from other origins,
	// these too. Empty: no other origin.
	AllowedOrigins []string `envconfig:"RYNDA_ALLOWED_ORIGINS"`
	// FrameAncestors are the origins whose pages may show ours in a frame; empty
	// means none.
	FrameAncestors []string `envconfig:"RYNDA_FRAME_ANCESTORS"`
	// Retention of occurrences, as the sweep has it; 0 means 30 days.
	Retention time.Duration `ignored:"true"`
	// Version of the program, for people.
	Version string `ignored:"true"`
	// ExampleToken is shown by GET /v1/me to the local user, so that the line to
	// paste works. It is set by the development start only.
	ExampleToken string `ignored:"true"`
}

// Check says by the names of variables, never by their values, what is not
// right, or returns nil.
func (c Config) Check() error {
	var faults []string
	for _, one := range []struct {
		name    string
		origins []string
	}{{"RYNDA_ALLOWED_ORIGINS", c.AllowedOrigins}, {"RYNDA_FRAME_ANCESTORS", c.FrameAncestors}} {
		if slices.ContainsFunc(one.origins, func(o string) bool { return !isOrigin(o) }) {
			faults = append(faults, one.name+": must be origins as https://app.example.com, with commas between")
		}
	}
	if len(faults) == 0 {
		return nil
	}
	return errors.New(strings.Join(faults, "\n  "))
}

func (c Config) withDefaults() Config {
	if c.BodyBytes <= 0 {
		c.BodyBytes = 64 << 20
	}
	c.BodyBytes = max(c.BodyBytes, 2*(maxBody+1))
	if c.DecodeBytes <= 0 {
		c.DecodeBytes = 64 << 20
	}
	c.DecodeBytes = max(c.DecodeBytes, maxBody)
	if c.BodyTimeout <= 0 {
		c.BodyTimeout = 15 * time.Second
	}
	if c.WriteTimeout <= 0 {
		c.WriteTimeout = 10 * time.Second
	}
	if c.StoreTimeout <= 0 {
		c.StoreTimeout = 10 * time.Second
	}
	if c.PollAfter <= 0 {
		c.PollAfter = 2 * time.Second
	}
	if c.PollWaiters <= 0 {
		c.PollWaiters = 2000
	}
	return c
}

// Store is everything that operations ask of the database. Scopes are never
// empty by mistake: an empty scope sees nothing.
type Store interface {
	Recorder
	FeedReader
	GroupReader
	Viewer
	Works
}

// Authenticator recognises callers; auth.Authenticator does.
type Authenticator interface {
	Authenticate(r *http.Request) (auth.Identity, error)
	Projects(ctx context.Context) ([]auth.ProjectRow, error)
}

// Tickets makes and takes the tickets of streams; auth.Tickets does.
type Tickets interface {
	Issue(r *http.Request) (text string, until time.Time, err error)
	Redeem(r *http.Request, text string) (auth.Identity, error)
}

// Login signs people in and out; auth.Login does.
type Login interface {
	Begin(r *http.Request, next, redirect string) (auth.Answer, error)
	Finish(r *http.Request) (auth.Answer, error)
	End(r *http.Request) (auth.Answer, error)
}

// Log is the part of the event log that polls read; eventlog.Log has it.
type Log interface {
	Read(ctx context.Context, after eventlog.Position, filter eventlog.Filter, limit int) (eventlog.Page, error)
}

// Waiter wakes waiting polls; eventlog.Doorbell does.
type Waiter interface {
	Wait(ctx context.Context, p eventlog.Position) error
}

// Observer counts for /metrics. Its methods are called by many goroutines.
type Observer interface {
	// Request is called once per request, with the id of the operation, or
	// "static" or "none".
	Request(operation, method string, status int, took time.Duration)
	// Reports is called once per body of reports that could be read.
	Reports(accepted, duplicates, rejected int)
}

// Deps are the parts that the handler puts together. Tickets, Login, Stream,
// Metrics, Static, Ready, Tick, Waiter, Observer, Logger and Now may be nil.
type Deps struct {
	Auth Authenticator
	// Tickets open streams; nil: there are none.
	Tickets Tickets
	// Login answers /auth/*; nil: nobody can sign in.
	Login Login
	Store Store
	Log   Log
	// Waiter wakes polls that wait; nil answers them at once.
	Waiter Waiter
	// Tick is called by every poll before it reads, and about once a second by
	// those that wait, so that what is due gets folded where nothing else runs.
	// It must bound its own time.
	Tick func(ctx context.Context)
	// Stream answers GET /v1/events/stream. The identity of the caller, who is
	// staff, is in the context: auth.From. It is the zero one when it could not be
	// found out now; such a caller is to be asked to come back.
	Stream  http.Handler
	Metrics http.Handler
	// Static answers GET and HEAD of whatever is not the API's.
	Static http.Handler
	// Ready says why the process cannot serve, or nil. It gets one second.
	Ready    func(ctx context.Context) error
	Observer Observer
	Logger   *slog.Logger
	Now      func() time.Time
}
