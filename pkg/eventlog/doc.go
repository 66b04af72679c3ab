// Package eventlog reads the append-only log of events in Postgres and tells
// its readers when to look again.
//
// # What the log promises
//
// Events have ids 1, 2, 3 … without a gap, and they become visible in that
// order: whoever has read id n has seen everything up to n, and "id > cursor"
// is a complete way to go on. A sequence does not give that. Two transactions
// take ids 7 and 8, the second commits first, a reader that sees 8 goes on
// from 8, and 7 is lost to it for ever; under load such a reader lost 7 to 24 %
// of the events in our measurements (docs/decisions/0001).
//
// Here one writer at a time, the fold (package postgres), holds a
// transaction-level lock, takes ids from the single row of log_head, inserts
// the events and moves the head in the same transaction. So order of ids,
// order of commits and order of visibility are one order, on the primary and
// on a replica, with no lock and no horizon for readers.
//
// # Positions
//
// A [Position] is epoch and id. The epoch is the identity of the log: it is
// renewed when a database is restored or promoted, because ids after that
// moment may mean other events than the ones that a browser has seen. A
// position of another epoch, one that is swept, one ahead of the head and one
// that is garbage are all the same thing to a reader: a reset. It takes a
// snapshot and goes on from the head. There is never an error and never
// silence. See [Head.Holds].
//
// # The doorbell
//
// The fold rings once per commit, with NOTIFY. [Doorbell] listens and wakes
// whoever waits, and looks at the head by itself now and then: the bell may be
// lost, switched off or silenced by a pooler, and nothing but time is lost.
//
// What an event says, who may see it and how it reaches a browser are not
// known here: see packages journal, auth and relay.
package eventlog
