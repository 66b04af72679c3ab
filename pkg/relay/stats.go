package relay

import (
	"maps"
	"sync"
	"sync/atomic"

	"rynda/pkg/eventlog"
)

// Reason says why a stream ended or did not begin.
type Reason string

const (
	// Ends without a bye.
	Gone    Reason = "gone"    // the peer closed or broke the connection
	Slow    Reason = "slow"    // a write was not taken within its deadline
	Stopped Reason = "stopped" // Run has ended

	// Ends with a bye.
	Behind      Reason = "behind"      // what was to come fell off the tape
	Age         Reason = "age"         // Config.MaxAge
	Expired     Reason = "expired"     // the session or the request has a deadline
	Rights      Reason = "rights"      // lost, changed, or could not be read for a minute
	Drained     Reason = "drained"     // Drain was called
	Unavailable Reason = "unavailable" // the log or the identity could not be read

	// Refusals, with a bye too. Drained and Unavailable refuse as well.
	PerUser    Reason = "user_limit"
	PerProject Reason = "project_limit"
	Total      Reason = "total_limit"
)

// Stats is what a relay has done since it was made, and how it stands now.
type Stats struct {
	Head        eventlog.Position // end of the tape; its Epoch is empty before the tail's first look
	Subscribers int               // open streams, those that still replay included
	Audiences   int               // different sets of topics among them
	TapeEvents  int64
	TapeBytes   int64

	Opened    uint64            // streams that got as far as a hello
	Closed    map[Reason]uint64 // streams that ended
	Refused   map[Reason]uint64 // streams that got a bye instead of a hello
	Resumed   uint64            // streams that went on after a place that they named
	Replays   uint64            // of these, how many needed Postgres
	Replayed  uint64            // events sent from there
	Resets    uint64            // reset frames sent
	Published uint64            // events put on the tape
	Delivered uint64            // events sent from it
	Writes    uint64            // that they took
	Parked    uint64            // of these, how many the socket did not take at once

	Restarts     uint64 // tapes started anew: epoch, head or floor were a surprise
	Holes        uint64 // of these, how many because ids were not consecutive
	TailErrors   uint64
	ReplayErrors uint64
	FoldErrors   uint64
}

type counters struct {
	opened, resumed, replays, replayed, resets          atomic.Uint64
	published, delivered, writes, parked                atomic.Uint64
	restarts, holes, tailErrors, replayErrs, foldErrors atomic.Uint64

	mu      sync.Mutex
	closed  map[Reason]uint64
	refused map[Reason]uint64
}

func (c *counters) count(m map[Reason]uint64, why Reason) {
	c.mu.Lock()
	defer c.mu.Unlock()
	m[why]++
}

// Stats returns the present numbers. Each is right by itself; they are not of
// one moment.
func (r *Relay) Stats() Stats {
	n := &r.counters
	s := Stats{
		Subscribers: r.limits.open(),
		Opened:      n.opened.Load(), Resumed: n.resumed.Load(), Replays: n.replays.Load(),
		Replayed: n.replayed.Load(), Resets: n.resets.Load(), Published: n.published.Load(),
		Delivered: n.delivered.Load(), Writes: n.writes.Load(), Parked: n.parked.Load(),
		Restarts: n.restarts.Load(), Holes: n.holes.Load(), TailErrors: n.tailErrors.Load(),
		ReplayErrors: n.replayErrs.Load(), FoldErrors: n.foldErrors.Load(),
	}
	n.mu.Lock()
	s.Closed, s.Refused = maps.Clone(n.closed), maps.Clone(n.refused)
	n.mu.Unlock()
	t := r.tape
	t.mu.RLock()
	defer t.mu.RUnlock()
	s.Head = eventlog.Position{Epoch: t.epoch, ID: t.last}
	s.Audiences = len(t.audiences)
	for _, g := range t.segments {
		s.TapeEvents += int64(len(g.ends))
		s.TapeBytes += int64(len(g.buf))
	}
	return s
}
