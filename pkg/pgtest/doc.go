// Package pgtest gives tests a real Postgres: a migrated database per test, a
// transaction that is rolled back, servers that may be crashed, a streaming
// replica, a transaction pooler. It changes when what tests want from a
// database changes.
//
//	pool := pgtest.Pool(t)            // a database of its own, dropped afterwards
//	tx := pgtest.Tx(t)                // a shared database, rolled back afterwards
//	server := pgtest.Server(t)        // a server of its own, to be stopped and killed
//
// New and Pool are for everything that commits or notifies: notification
// channels and advisory locks are per database, so tests that share one hear
// each other. Tx is for plain statements; it is ten times cheaper, but two
// transactions that insert the same unique key wait for each other.
//
// # One server per run
//
// "go test ./..." runs one process per package, several at once, and they all
// share one private server (package localpg, fsync off). No test process owns
// it, as any of them may end first. It belongs to a keeper: the test binary
// that came first starts itself again with RYNDA_PGTEST_KEEPER set, and the
// init function of this package turns that process into the keeper.
//
// Every test process holds a shared lock on one file for as long as it lives.
// When the keeper can take that lock alone, nobody is left. It then stops the
// server and removes its directory, at once when the go commands that ran the
// tests have ended too, and after a pause otherwise, for the next package may
// still be compiling. The kernel gives locks up when a process dies, and the
// server dies with its keeper, so neither kill -9 of a test nor of the keeper
// leaves anything running; what they leave on disk goes with the next run.
//
// RYNDA_TEST_DATABASE_URL names another server to use instead (a URL, with
// the right to create databases). Databases that killed tests left there are
// dropped by later runs.
//
// # A database from a template
//
// Migrations run once per server. The result is a template named by the hash
// of the migration files, made under an advisory lock and under another name
// until it is whole; each test clones it.
package pgtest
