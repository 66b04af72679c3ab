package relay

import (
	"context"
	"errors"
	"time"

	"rynda/pkg/eventlog"
)

// Source is the log as the relay needs it: *eventlog.Log with the Wait of its
// *eventlog.Doorbell. All methods may be called at once.
type Source interface {
	// Head reads where the log ends.
	Head(ctx context.Context) (eventlog.Head, error)
	// Read returns the page after a position, as [eventlog.Log.Read] does.
	Read(ctx context.Context, after eventlog.Position, filter eventlog.Filter, limit int) (eventlog.Page, error)
	// Wait returns nil when the log may hold something that a reader at p has
	// not seen, and otherwise the error of ctx. It may return early.
	Wait(ctx context.Context, p eventlog.Position) error
}

// FromLog is the Source of a process: pages from log, waiting on bell, which
// somebody keeps running.
func FromLog(log *eventlog.Log, bell *eventlog.Doorbell) Source { return logSource{log, bell} }

type logSource struct {
	*eventlog.Log
	bell *eventlog.Doorbell
}

func (s logSource) Wait(ctx context.Context, p eventlog.Position) error { return s.bell.Wait(ctx, p) }

// ErrUnavailable is wrapped by an authenticate function that could not find out
// who is calling, for example because the database is away. Such a caller is
// asked to come back; any other error is a 401, on which browsers give up.
var ErrUnavailable = errors.New("identity cannot be checked now")

// Nowhere is the position of no log: asking for it gets a reset.
var Nowhere = eventlog.Position{Epoch: "00000000"}

// Config sets the limits and the pace of a relay. The zero value works.
type Config struct {
	// Heartbeat is the time between two pings to one subscriber. Default, and
	// meaning of 0: 15 s. The first comes after a random part of it.
	Heartbeat time.Duration `envconfig:"RYNDA_RELAY_HEARTBEAT" default:"15s"`
	// WriteTimeout is how long a subscriber may take for one write of at most
	// 64 KiB before it is closed. Default, and meaning of 0: 5 s.
	WriteTimeout time.Duration `envconfig:"RYNDA_RELAY_WRITE_TIMEOUT" default:"5s"`
	// MaxAge ends a connection with a bye after a random time between a third
	// of it and all of it, so that load spreads over new processes. Default
	// 30 m; 0 never.
	MaxAge time.Duration `envconfig:"RYNDA_RELAY_MAX_AGE" default:"30m"`
	// Recheck is how often the rights of an open stream are read again, at most
	// 45 s. Default, and meaning of 0: 30 s, each time up to a third earlier.
	Recheck time.Duration `envconfig:"RYNDA_RELAY_RECHECK" default:"30s"`
	// Retry is the middle of the delay that subscribers are given for coming
	// back, each its own between a half and one and a half of it. Default, and
	// meaning of 0: 2 s.
	Retry time.Duration `envconfig:"RYNDA_RELAY_RETRY" default:"2s"`
	// Segments is how much of the log is held in memory, in MiB of frames.
	// Default, and meaning of 0: 16.
	Segments int `envconfig:"RYNDA_RELAY_SEGMENTS" default:"16"`
	// Warm is how many of the newest events are read into memory at the start,
	// so that those who come back after a restart do not all ask Postgres.
	// Default 1000; 0 none.
	Warm int `envconfig:"RYNDA_RELAY_WARM" default:"1000"`
	// Page is how many events a resuming subscriber reads from Postgres at a
	// time. Default, and meaning of 0: 500.
	Page int `envconfig:"RYNDA_RELAY_PAGE" default:"500"`
	// Replays is how many such reads run at once; further ones wait. Default,
	// and meaning of 0: 8.
	Replays int `envconfig:"RYNDA_RELAY_REPLAYS" default:"8"`
	// PerUser, PerProject and Total limit open streams: of one identity, of one
	// project (a stream counts in each project it has topics of), of the
	// process. Beyond them a stream says bye. Defaults 12, 5000, 10000; 0 no
	// limit.
	PerUser    int `envconfig:"RYNDA_RELAY_PER_USER" default:"12"`
	PerProject int `envconfig:"RYNDA_RELAY_PER_PROJECT" default:"5000"`
	Total      int `envconfig:"RYNDA_RELAY_TOTAL" default:"10000"`
	// FoldEvery is the tick of the function given with [WithFold]. Default, and
	// meaning of 0: 250 ms.
	FoldEvery time.Duration `envconfig:"RYNDA_RELAY_FOLD_EVERY" default:"250ms"`
	// Plain keeps every connection with net/http instead of taking clear
	// HTTP/1.1 connections over: about four times the memory for each. Default
	// false.
	Plain bool `envconfig:"RYNDA_RELAY_PLAIN" default:"false"`
}

const (
	segmentBytes = 1 << 20          // of frames in one segment, unless one frame is larger
	writeBytes   = 64 << 10         // in one write, unless one frame is larger
	rightsLimit  = 45 * time.Second // how old rights become while they cannot be read; see rights.go
	startWait    = 5 * time.Second  // for the tail's first look, and for a failing log while resuming
	endMargin    = time.Second      // how long before a request's deadline its stream ends
)

func (c Config) withDefaults() Config {
	set(&c.Heartbeat, 15*time.Second)
	set(&c.WriteTimeout, 5*time.Second)
	set(&c.Recheck, 30*time.Second)
	c.Recheck = min(c.Recheck, rightsLimit)
	set(&c.Retry, 2*time.Second)
	set(&c.Segments, 16)
	set(&c.Page, 500)
	set(&c.Replays, 8)
	set(&c.FoldEvery, 250*time.Millisecond)
	c.Warm = max(c.Warm, 0)
	return c
}

// set gives v its default when it is zero or negative.
func set[T int | time.Duration](v *T, to T) {
	if *v <= 0 {
		*v = to
	}
}

// Option changes a relay at its making.
type Option func(*Relay)

// WithFold has fold called every Config.FoldEvery while Run runs, one call at a
// time. It returns soon when nothing is due; its errors are counted and do not
// stop the relay.
func WithFold(fold func(context.Context) error) Option {
	return func(r *Relay) { r.fold = fold }
}
