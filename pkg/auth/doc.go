// Package auth says who is calling and what they may see.
//
// # Kinds of callers
//
// A job or a control plane calls with an ingest token (ryi_…): it writes into
// one project and reads nothing. A person calls with the cookie of a session,
// which [Login] makes; a script of a person with a staff token (rys_…); a person
// on the page of another product with a token that a provider signed (bearer.go).
// They read and dismiss in the projects in their reach. During development, and
// only then, one person needs no login at all: [Config.Local].
//
// A stream on another origin is opened by a ticket ([Tickets]): it is worth one
// connection, and stands for the caller who asked for it.
//
// The answer is an [Identity], a value. Everything that is shown to a caller is
// chosen by the projects in it ([Identity.Projects], [Identity.Grant]); a
// project out of reach and one that does not exist look alike everywhere.
//
// # What must stay true
//
//   - A token is stored as its SHA-256 and compared in constant time. Its text
//     exists once, in the answer of [NewToken].
//   - A revoked token, an ended session and a changed reach act within 60
//     seconds: an [Authenticator] believes what it has read for [fresh], and
//     for at most [stale] while the database cannot be asked. Whoever keeps a
//     connection open asks by [Authenticator.Confirm], when it begins and again
//     at least every 45 seconds.
//   - Guessing is slow and locks out nobody: an address that failed 10 times in a
//     minute is told to wait, and only what it sends right is let in
//     (failures.go).
//   - What opens something works once: a ticket, the state of a login, and by it
//     the code of the provider. Taking the row is what makes it so, in all
//     processes.
//   - A signed token is believed by the keys of its provider alone, by asymmetric
//     algorithms, for one issuer and audience, and until it expires. The provider
//     is asked within bounds of time, size and rate, whatever is sent to us.
//   - The service starts and goes on while the provider is away; only signing in
//     has to wait.
//   - A browser is not made to act for another site: cookies and the local user
//     are refused for requests that another origin started, reads included.
//   - The local user answers only to this machine and never through a proxy.
//
// Where tokens are kept is not known here: package postgres implements
// [Lookup], [LoginStore] and [TicketStore].
package auth
