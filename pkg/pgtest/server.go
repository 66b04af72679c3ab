package pgtest

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"rynda/migrations"
	"rynda/pkg/localpg"
)

// Server returns a server of the test's own, to be stopped, killed and
// restarted, with a migrated database: Server(t).URL(""). Settings are
// "name=value"; without "fsync=on" nothing waits for the disk, which a crash
// of the server survives and a crash of the machine does not. It is stopped,
// and its data removed, at the end of the test.
func Server(t testing.TB, settings ...string) *localpg.Server {
	t.Helper()
	server := startServer(t, localpg.Config{Settings: merge(t, settings)})
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	if _, err := migrations.Up(ctx, server.URL(""), nil); err != nil {
		t.Fatal(err)
	}
	return server
}

// mustMatch are the settings in which a replica may not be below its primary.
var mustMatch = []string{
	"max_connections", "max_worker_processes", "max_wal_senders",
	"max_prepared_transactions", "max_locks_per_transaction",
}

// Replica returns a streaming replica of the server, asynchronous, readable,
// with the same databases. It is stopped before the primary at the end of the
// test. Where the programs have no pg_basebackup the test is skipped, in CI
// failed.
func Replica(t testing.TB, primary *localpg.Server) *localpg.Server {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), primary.URL("postgres"))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(context.Background())
	settings := merge(t, []string{"hot_standby=on"})
	for _, name := range mustMatch {
		var value string
		if err := conn.QueryRow(t.Context(), "select current_setting($1)", name).Scan(&value); err != nil {
			t.Fatal(err)
		}
		settings[name] = value
	}
	return startServer(t, localpg.Config{
		Settings:  settings,
		BinDir:    primary.BinDir(),
		ReplicaOf: primary.URL("postgres"),
	})
}

// startServer starts a server in a directory of its own.
func startServer(t testing.TB, cfg localpg.Config) *localpg.Server {
	t.Helper()
	cfg.DataDir = filepath.Join(privateDir(t), "data")
	cfg.NodeModules = nodeModules()
	cfg.Log = func(s string) { t.Log(s) }
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	server, err := localpg.Start(ctx, cfg)
	if errors.Is(err, localpg.ErrNoBaseBackup) {
		missing(t, err.Error())
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := server.Stop(); err != nil {
			t.Error(err)
		}
	})
	return server
}

// missing skips a test for which the machine lacks a program, and fails it in
// CI, where nothing may be missing.
func missing(t testing.TB, what string) {
	t.Helper()
	if os.Getenv("CI") == "true" {
		t.Fatal(what)
	}
	t.Skip(what)
}

// merge reads "name=value" settings over those of every test server.
func merge(t testing.TB, settings []string) map[string]string {
	t.Helper()
	all := map[string]string{"fsync": "off"}
	for _, s := range settings {
		name, value, ok := strings.Cut(s, "=")
		if !ok {
			t.Fatalf("setting %q is not name=value", s)
		}
		all[name] = value
	}
	return all
}
