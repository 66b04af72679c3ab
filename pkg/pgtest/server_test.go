package pgtest

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"

	"rynda/pkg/localpg"
)

func configOff() localpg.Config {
	return localpg.Config{Settings: map[string]string{"fsync": "off"}}
}

func TestServer_survives_an_immediate_stop_with_what_was_committed(t *testing.T) {
	t.Parallel()
	server := Server(t, "fsync=on", "max_connections=37")
	address := server.URL("")
	if got := query[string](t.Context(), t, address, "select current_setting('fsync') || current_setting('max_connections')"); got != "on37" {
		t.Errorf("settings: %s", got)
	}
	execute(t, address, "create table kept as select 7 as n")
	if err := server.StopImmediate(); err != nil {
		t.Fatal(err)
	}
	if err := server.Restart(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := query[int](t.Context(), t, address, "select n from kept"); got != 7 || !query[bool](t.Context(), t, address, migrated) {
		t.Errorf("found %d, want 7", got)
	}
}

func TestServer_leaves_nothing_on_disk(t *testing.T) {
	t.Parallel()
	var dir string
	t.Run("the test", func(t *testing.T) {
		dir = filepath.Dir(filepath.Dir(startServer(t, configOff()).Dir()))
		if _, err := os.Stat(filepath.Join(dir, "alive")); err != nil {
			t.Errorf("%s is not the directory of the server: %v", dir, err)
		}
	})
	if _, err := os.Stat(dir); err == nil {
		t.Errorf("%s is left behind", dir)
	}
}

func TestReplica_follows_its_primary(t *testing.T) {
	t.Parallel()
	primary := Server(t, "max_connections=250")
	execute(t, primary.URL(""), "create table followed as select 1 as n")
	replica := Replica(t, primary)
	execute(t, primary.URL(""), "update followed set n = 2")

	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	for query[int](ctx, t, replica.URL(""), "select n from followed") != 2 {
		<-tick.C
	}
	conn, err := pgx.Connect(ctx, replica.URL(""))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(context.Background())
	_, err = conn.Exec(ctx, "insert into followed values (3)")
	var refused *pgconn.PgError
	if !errors.As(err, &refused) || refused.Code != "25006" {
		t.Errorf("writing to the replica: %v", err)
	}

	// It comes back from a crash and goes on following.
	if err := replica.StopImmediate(); err != nil {
		t.Fatal(err)
	}
	execute(t, primary.URL(""), "update followed set n = 3")
	if err := replica.Restart(ctx); err != nil {
		t.Fatal(err)
	}
	for query[int](ctx, t, replica.URL(""), "select n from followed") != 3 {
		<-tick.C
	}
}

func TestPgbouncer_lends_connections_for_a_transaction(t *testing.T) {
	t.Parallel()
	direct := New(t)
	through := Pgbouncer(t, direct)
	pool, err := pgxpool.New(t.Context(), through+"&pool_max_conns=60")
	if err != nil {
		t.Fatal(err)
	}
	defer pool.Close()
	var all sync.WaitGroup
	for i := range 300 {
		all.Go(func() {
			var got int
			err := pool.QueryRow(t.Context(), fmt.Sprintf("select $1::int + %d", i%7), i).Scan(&got)
			if err != nil || got != i+i%7 {
				t.Errorf("query %d: %d, %v", i, got, err)
			}
		})
	}
	all.Wait()
	lent := query[int](t.Context(), t, direct, "select count(*) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid() and backend_type = 'client backend'")
	if lent < 1 || lent > 20 {
		t.Errorf("60 clients hold %d server connections, want 1 to 20", lent)
	}

	// What a session holds is not to be relied on: this is transaction mode.
	a, err := pgx.Connect(t.Context(), through)
	if err != nil {
		t.Fatal(err)
	}
	defer a.Close(context.Background())
	if _, err := a.Exec(t.Context(), "create temp table mine()"); err != nil {
		t.Fatal(err)
	}
	held := make([]pgx.Tx, 0, 20)
	defer func() {
		for _, tx := range held {
			tx.Rollback(context.Background())
		}
	}()
	for range 20 {
		tx, err := pool.Begin(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		held = append(held, tx)
	}
	seen := false
	for _, tx := range held {
		var there bool
		if err := tx.QueryRow(t.Context(), "select to_regclass('mine') is not null").Scan(&there); err != nil {
			t.Fatal(err)
		}
		seen = seen || there
	}
	if !seen {
		t.Error("no other client was lent the connection with the temporary table")
	}
}

func TestNew_through_a_pooler_when_the_run_wants_it(t *testing.T) {
	t.Setenv("RYNDA_TEST_POOLER", "1")
	through := New(t)
	if Direct(through) == through || Direct("postgres:///other") != "postgres:///other" {
		t.Errorf("%s is not through a pooler", through)
	}
	execute(t, through, "create table kept as select 7 as n")
	if got := query[int](t.Context(), t, Direct(through), "select n from kept"); got != 7 {
		t.Errorf("found %d, want 7", got)
	}
}
