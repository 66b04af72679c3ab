package pgtest

import (
	"context"
	"fmt"
	"net/url"
	"os"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

// patience bounds what this package waits for on a test's behalf.
const patience = 2 * time.Minute

// New returns the URL of a new, migrated database that is dropped at the end
// of the test, whoever is still connected.
//
// With RYNDA_TEST_POOLER=1 the URL leads through Pgbouncer, and so the whole
// suite shows whether the product works behind a transaction pooler. What
// needs a session (LISTEN, migrations) asks Direct.
func New(t testing.TB) string {
	t.Helper()
	direct := newDatabase(t)
	if os.Getenv("RYNDA_TEST_POOLER") != "1" {
		return direct
	}
	through := Pgbouncer(t, direct)
	behind.Store(through, direct)
	t.Cleanup(func() { behind.Delete(through) })
	return through
}

// behind maps URLs through a pooler that New made to the databases' own.
var behind sync.Map

// Direct returns the URL of the same database without the pooler that New may
// have put before it; any other URL is returned as it is.
func Direct(dsn string) string {
	if direct, ok := behind.Load(dsn); ok {
		return direct.(string)
	}
	return dsn
}

func newDatabase(t testing.TB) string {
	t.Helper()
	shared := use(t)
	name := shared.newName()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	if err := shared.run(ctx, shared.clone(name)); err != nil {
		t.Fatalf("create a database for the test: %v", err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		if err := shared.run(ctx, shared.drop(name)); err != nil {
			t.Errorf("drop the test's database: %v", err)
		}
	})
	return shared.url(name)
}

// Pool returns a pool of at most 16 connections to a database as New makes it,
// closed at the end of the test.
func Pool(t testing.TB) *pgxpool.Pool {
	t.Helper()
	cfg, err := pgxpool.ParseConfig(New(t))
	if err != nil {
		t.Fatal(err)
	}
	cfg.MaxConns = 16
	pool, err := pgxpool.NewWithConfig(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(pool.Close)
	return pool
}

// Tx returns a transaction on a migrated database that all tests of the run
// share, rolled back at the end of the test. Nothing may be committed there.
func Tx(t testing.TB) pgx.Tx {
	t.Helper()
	shared := use(t)
	conn, err := pgx.Connect(t.Context(), shared.url(shared.plain))
	if err != nil {
		t.Fatal(err)
	}
	// The test's own context is over by the time of the cleanup.
	t.Cleanup(func() { conn.Close(context.Background()) })
	tx, err := conn.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { tx.Rollback(context.Background()) })
	return tx
}

// use returns the shared server, which the first caller in a process joins.
func use(t testing.TB) *sharedServer {
	t.Helper()
	shared, err := theServer()
	if err != nil {
		t.Fatalf("no Postgres for the test: %v", err)
	}
	return shared
}

var theServer = sync.OnceValues(func() (*sharedServer, error) {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	address, err := join(ctx)
	if err != nil {
		return nil, err
	}
	admin, err := url.Parse(address)
	if err != nil || admin.Scheme == "" {
		return nil, fmt.Errorf("the address of the test server must be a URL")
	}
	shared := &sharedServer{admin: *admin}
	return shared, shared.makeTemplate(ctx)
})
