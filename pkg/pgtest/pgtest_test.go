package pgtest

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"sync"
	"testing"
	"testing/fstest"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// query opens a connection, scans one value, and closes it.
func query[T any](ctx context.Context, t testing.TB, address, sql string, args ...any) (v T) {
	t.Helper()
	conn, err := pgx.Connect(ctx, address)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(context.Background())
	if err := conn.QueryRow(ctx, sql, args...).Scan(&v); err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
	return v
}

func execute(t testing.TB, address, sql string) {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), address)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(context.Background())
	if _, err := conn.Exec(t.Context(), sql); err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
}

const migrated = "select to_regclass('projects') is not null"

func TestNew_gives_each_test_a_migrated_database_of_its_own(t *testing.T) {
	t.Parallel()
	a, b := New(t), New(t)
	execute(t, a, "create table only_in_a()")
	for _, address := range []string{a, b} {
		if !query[bool](t.Context(), t, address, migrated) {
			t.Errorf("%s is not migrated", address)
		}
	}
	if query[bool](t.Context(), t, b, "select to_regclass('only_in_a') is not null") {
		t.Error("two tests share a database")
	}
}

func TestNew_is_dropped_afterwards_even_while_somebody_is_connected(t *testing.T) {
	t.Parallel()
	var address string
	var lingering *pgx.Conn
	t.Run("the test", func(t *testing.T) {
		address = New(t)
		var err error
		if lingering, err = pgx.Connect(context.Background(), address); err != nil {
			t.Fatal(err)
		}
	})
	defer lingering.Close(context.Background())
	_, err := pgx.Connect(t.Context(), address)
	var refused *pgconn.PgError
	if !errors.As(err, &refused) || refused.Code != "3D000" {
		t.Errorf("the database of a finished test: %v", err)
	}
}

func TestPool_serves_many_at_once(t *testing.T) {
	t.Parallel()
	pool := Pool(t)
	var all sync.WaitGroup
	for range 50 {
		all.Go(func() {
			if _, err := pool.Exec(t.Context(), "insert into projects (slug, name) values (gen_random_uuid()::text, 'x')"); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
}

func TestTx_is_rolled_back(t *testing.T) {
	t.Parallel()
	slug := strings.ToLower(fmt.Sprintf("tx-%d", time.Now().UnixNano()))
	t.Run("the test", func(t *testing.T) {
		if _, err := Tx(t).Exec(t.Context(), "insert into projects (slug, name) values ($1, 'x')", slug); err != nil {
			t.Fatal(err)
		}
	})
	var n int
	if err := Tx(t).QueryRow(t.Context(), "select count(*) from projects where slug = $1", slug).Scan(&n); err != nil || n != 0 {
		t.Errorf("%d rows of an earlier test, %v", n, err)
	}
}

func TestTemplate_is_made_once_though_many_want_it(t *testing.T) {
	t.Parallel()
	// A server of its own, so that there is no template yet.
	admin, err := url.Parse(startServer(t, configOff()).URL("postgres"))
	if err != nil {
		t.Fatal(err)
	}
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			s := &sharedServer{admin: *admin}
			if err := s.makeTemplate(t.Context()); err != nil {
				t.Error(err)
				return
			}
			if err := s.run(t.Context(), "create database "+quote(s.newName())+" template "+quote(s.template)); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	// One template, one for Tx, eight clones.
	if n := query[int](t.Context(), t, admin.String(), "select count(*) from pg_database where starts_with(datname, 'rynda_')"); n != 10 {
		t.Errorf("%d databases, want 10", n)
	}

	// What a process that was killed while it made the template leaves.
	s := &sharedServer{admin: *admin}
	if err := s.makeTemplate(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := s.run(t.Context(), "alter database "+quote(s.template)+" rename to "+quote(s.template+"_new")); err != nil {
		t.Fatal(err)
	}
	if err := s.makeTemplate(t.Context()); err != nil {
		t.Fatal(err)
	}
	if !query[bool](t.Context(), t, s.url(s.template), migrated) {
		t.Error("the template is not migrated")
	}
}

func TestLeftovers_are_dropped_when_old_and_unused(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	admin, err := url.Parse(startServer(t, configOff()).URL("postgres"))
	if err != nil {
		t.Fatal(err)
	}
	s := &sharedServer{admin: *admin}
	idle, busy := s.newName(), s.newName()
	err = s.run(ctx, "create database "+quote(idle), "create database "+quote(busy),
		"create database rynda_template_0123456789ab", "create database rynda_test_odd", "create database rynda_template_odd",
		fmt.Sprintf("comment on database rynda_template_0123456789ab is '%d'", time.Now().Unix()))
	if err != nil {
		t.Fatal(err)
	}
	user, err := pgx.Connect(ctx, s.url(busy))
	if err != nil {
		t.Fatal(err)
	}
	defer user.Close(context.Background())
	conn, err := pgx.Connect(ctx, admin.String())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(context.Background())

	there := func(name string) bool {
		var yes bool
		if err := conn.QueryRow(ctx, "select exists (select from pg_database where datname = $1)", name).Scan(&yes); err != nil {
			t.Fatal(err)
		}
		return yes
	}
	for _, step := range []struct {
		after                time.Duration
		idle, busy, template bool
	}{
		{staleTest / 2, true, true, true},
		{staleTest + time.Minute, false, true, true},
		{staleTemplate + time.Minute, false, true, false},
	} {
		if err := dropLeftovers(ctx, conn, time.Now().Add(step.after)); err != nil {
			t.Fatal(err)
		}
		if there(idle) != step.idle || there(busy) != step.busy || there("rynda_template_0123456789ab") != step.template {
			t.Errorf("after %v: idle %t, busy %t, template %t", step.after, there(idle), there(busy), there("rynda_template_0123456789ab"))
		}
	}
	if !there("rynda_test_odd") || !there("rynda_template_odd") {
		t.Error("a database whose age is unknown was dropped")
	}
}

func TestHash_changes_with_every_byte_and_name(t *testing.T) {
	t.Parallel()
	seen := map[string]string{}
	for name, files := range map[string]fstest.MapFS{
		"empty":         {},
		"one":           {"a": {Data: []byte("x")}},
		"other name":    {"b": {Data: []byte("x")}},
		"other content": {"a": {Data: []byte("y")}},
		"split":         {"a": {Data: []byte("x")}, "b": {Data: []byte("y")}},
		"joined":        {"a": {Data: []byte("xy")}},
	} {
		hash, err := hashFiles(files)
		if err != nil || seen[hash] != "" {
			t.Errorf("%s: %s as for %q, %v", name, hash, seen[hash], err)
		}
		seen[hash] = name
	}
}

func FuzzMadeAt(f *testing.F) {
	f.Add((&sharedServer{}).newName())
	f.Add("rynda_test__")
	f.Add("rynda_test_zzzzzzzzzzzzzzzzzzzzzz_x")
	f.Fuzz(func(t *testing.T, name string) {
		made, ok := madeAt(name)
		if ok && (made.Unix() <= 0 || !strings.HasPrefix(name, "rynda_test_")) {
			t.Errorf("%q was made at %v", name, made)
		}
	})
}

// BenchmarkNew measures what a database costs a test, its drop included.
func BenchmarkNew(b *testing.B) {
	shared, err := theServer()
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		name := shared.newName()
		err := shared.run(b.Context(), shared.clone(name), shared.drop(name))
		if err != nil {
			b.Fatal(err)
		}
	}
}
