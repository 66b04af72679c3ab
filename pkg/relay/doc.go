// Package relay fans the event log out to the browsers that are watching.
//
// It knows bytes, topics and positions. What an event says is not known here,
// nor where events come from: the log is a [Source] of three methods, the step
// that fills it is a function called on a tick, and who is calling is answered
// by a function over the request.
//
// # One tail, one encoding, no queues
//
// [Relay.Run] reads the log once per process and keeps its newest part in
// memory as finished frames, back to back in segments of 1 MiB with a table of
// offsets: the tape. A subscriber is a position on the tape. It has no queue:
// when it is written to, it gets everything between its position and the end
// in one write of up to 64 KiB. That is the only large lever there is, since a
// write costs about 7 µs of kernel time whatever it carries: the busier the
// log, the fewer the writes per event.
//
// Memory is bounded by the tape and not by the readers. Whoever falls off its
// old end, or does not take a write within its deadline, is closed. Nothing is
// lost by that: the browser comes back with its last id and reads what it
// missed from Postgres.
//
// # Topics and audiences
//
// Subscribers that asked for the same topics form an audience. An audience
// holds the ids of the frames on the tape that are meant for it, kept up by an
// index from topic to audiences. So an event costs only those who asked for
// it, and a subscriber of a quiet topic is not even woken; its next ping moves
// its position to the end of the tape, so that it never resumes from far back.
//
// # From the past to the present
//
// A subscriber that resumes reads pages from the log until the place it has
// reached is on the tape, and is then attached under the lock that appends. The
// attachment says "everything after this id"; the audience's list is completed
// back to that id in the same critical section. An event is therefore either in
// a page or on the tape after the position, never in both and never in neither.
//
// The tail asserts that each id is the last one plus one. On any surprise, be
// it a new epoch, a head that went back, a swept place or a hole, it starts a
// new tape at the head and tells every subscriber so in band, with a reset.
//
// # The frames
//
// A stream is: retry, hello, then events, pings, resets, and a bye before a
// planned end. Every frame carries an id, which is the place where a reader
// that was cut right after it goes on without loss:
//
//   - hello carries the place that was asked for, also when that place turns
//     out to be no place of the log and a reset follows. If hello carried the
//     new head, a cut between the two frames would swallow the reset. Garbage
//     is answered with [Nowhere], which no log holds.
//   - ping carries how far the log was looked through for this reader.
//   - reset carries the new head, bye the last place written.
//
// A bad position is never an error and never silence. Only identity answers
// with a status: browsers stop for ever on anything but 200, so a relay that is
// full, starting or draining says bye with a delay, and ends the body properly.
//
// # Who writes
//
// Over clear HTTP/1.1 the relay takes the connection over. The handler returns,
// one small goroutine waits for the peer to go, and a shard, one loop per CPU,
// writes to all its subscribers without blocking and in line. A socket that
// does not take all of a write is left to a goroutine of its own until it has,
// or until the deadline. That saves three quarters of the memory of net/http
// and the waking of a goroutine per subscriber and event. A loop that has become
// the bottleneck lingers a moment between two sweeps, so that each write finds
// more to carry: three times the deliveries of a program that does nothing but
// one write per event and socket (bench/relay). Everywhere else
// (HTTP/2, TLS, Lambda, wrapped connections) the handler's own goroutine writes.
// Both kinds share everything but the last ten lines.
//
// # Locks
//
// subscriber.mu may be taken under shard.mu. tape.mu and limits.mu are taken
// alone.
// A subscriber's position belongs to whoever writes to it: its shard, or its
// goroutine; the hand-over goes through shard.mu.
package relay
