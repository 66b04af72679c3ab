package localpg

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) {
	if os.Getenv(ownerEnv) != "" {
		owner()
	}
	goleak.VerifyTestMain(m)
}

// start starts a server that is stopped at the end of the test.
func start(t *testing.T, cfg Config) *Server {
	t.Helper()
	s, err := Start(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Stop(); err != nil {
			t.Error(err)
		}
	})
	return s
}

// quick are the settings of servers whose disk does not matter.
var quick = map[string]string{"fsync": "off"}

func exec1(t *testing.T, url, sql string) {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(context.Background())
	if _, err := conn.Exec(t.Context(), sql); err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
}

func query[T any](t *testing.T, url, sql string) (v T) {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(context.Background())
	if err := conn.QueryRow(t.Context(), sql).Scan(&v); err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
	return v
}

func TestStart_a_second_start_finds_the_same_data(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	first := start(t, Config{DataDir: dir})
	exec1(t, first.URL(""), "create table kept as select 7 as n")
	if got := query[string](t, first.URL(""), "show fsync"); got != "on" {
		t.Errorf("fsync is %s, want on", got)
	}
	if err := first.Stop(); err != nil {
		t.Fatal(err)
	}
	if err := first.Stop(); err != nil {
		t.Fatalf("second Stop: %v", err)
	}
	second := start(t, Config{DataDir: dir})
	if got := query[int](t, second.URL(""), "select n from kept"); got != 7 {
		t.Errorf("found %d, want 7", got)
	}
	if second.URL("") != first.URL("") {
		t.Errorf("address changed from %s to %s", first.URL(""), second.URL(""))
	}
}

func TestStart_two_instances_side_by_side(t *testing.T) {
	t.Parallel()
	a := start(t, Config{DataDir: t.TempDir(), Settings: quick})
	b := start(t, Config{DataDir: t.TempDir(), Settings: quick, Database: "Other name"})
	exec1(t, a.URL(""), "create table only_in_a()")
	if query[bool](t, b.URL(""), "select to_regclass('only_in_a') is not null") {
		t.Error("the second instance sees the first one's table")
	}
	if err := a.Stop(); err != nil {
		t.Fatal(err)
	}
	if got := query[string](t, b.URL(""), "select current_database()"); got != "Other name" {
		t.Errorf("database %q", got)
	}
}

func TestStart_refuses_a_directory_in_use(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s := start(t, Config{DataDir: dir, Settings: quick})
	_, err := Start(t.Context(), Config{DataDir: dir})
	if !errors.Is(err, ErrInUse) || !strings.Contains(err.Error(), fmt.Sprint("process ", os.Getpid())) {
		t.Fatalf("second start: %v", err)
	}
	if got := query[int](t, s.URL(""), "select 1"); got != 1 {
		t.Error("the first server was disturbed")
	}
}

func TestStart_refuses_a_server_that_somebody_else_started(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s := start(t, Config{DataDir: dir, Settings: map[string]string{"fsync": "off", "cluster_name": "by hand"}})
	s.lock.release() // as if nobody of ours had the directory
	_, err := Start(t.Context(), Config{DataDir: dir})
	if !errors.Is(err, ErrInUse) || !strings.Contains(err.Error(), "pg_ctl stop") {
		t.Fatalf("start over a foreign server: %v", err)
	}
	if s.Pid() == 0 {
		t.Error("the foreign server was stopped")
	}
}

func TestStart_takes_over_from_a_server_that_was_left_running(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	old := start(t, Config{DataDir: dir, Settings: quick})
	exec1(t, old.URL(""), "create table kept as select 7 as n")
	old.lock.release() // as if the owner had died where there is no death signal
	s := start(t, Config{DataDir: dir, Settings: quick})
	<-old.Done()
	if old.Pid() != 0 || s.Pid() == 0 {
		t.Fatalf("pids %d and %d", old.Pid(), s.Pid())
	}
	if got := query[int](t, s.URL(""), "select n from kept"); got != 7 {
		t.Errorf("found %d, want 7", got)
	}
}

// A container that was killed comes back with the same small process ids, so
// the number in the pid file may belong to anything.
func TestStart_is_not_deceived_by_a_reused_process_id(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s := start(t, Config{DataDir: dir, Settings: quick})
	file := filepath.Join(s.Dir(), "postmaster.pid")
	content, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.StopImmediate(); err != nil {
		t.Fatal(err)
	}
	// Some process that is not ours either: Postgres forgives its parent's id.
	other := exec.Command("cat")
	hold, err := other.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := other.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() { hold.Close(); other.Wait() }()
	_, rest, _ := strings.Cut(string(content), "\n")
	for _, content := range []string{fmt.Sprint(other.Process.Pid, "\n", rest), "", "not a number"} {
		if err := os.WriteFile(file, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := s.Restart(t.Context()); err != nil {
			t.Fatalf("with a pid file of %q: %v", content, err)
		}
		if err := s.Stop(); err != nil {
			t.Fatal(err)
		}
	}
}

func TestStopImmediate_then_Restart_recovers_what_was_committed(t *testing.T) {
	t.Parallel()
	s := start(t, Config{DataDir: t.TempDir()})
	url := s.URL("")
	exec1(t, url, "create table kept(n int)")
	for i := range 3 {
		exec1(t, url, fmt.Sprintf("insert into kept values (%d)", i))
		if i == 1 {
			// kill -9 of the server itself: its backends outlive it briefly.
			s.process.Kill()
		} else if err := s.StopImmediate(); err != nil {
			t.Fatal(err)
		}
		if s.Pid() != 0 {
			t.Errorf("a stopped server has pid %d", s.Pid())
		}
		if err := s.Restart(t.Context()); err != nil {
			t.Fatal(err)
		}
		if got := query[int](t, url, "select count(*) from kept"); got != i+1 {
			t.Errorf("after crash %d: %d rows, want %d", i, got, i+1)
		}
	}
}

func TestStart_with_a_path_too_long_for_a_socket(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), strings.Repeat("long/", 30))
	s := start(t, Config{DataDir: dir, Settings: quick})
	host := s.address.host
	if strings.HasPrefix(host, dir) {
		t.Errorf("socket directory %s", host)
	}
	if info, err := os.Stat(host); err != nil || info.Mode().Perm() != 0o700 {
		t.Errorf("socket directory: %v, %v", info.Mode(), err)
	}
	query[int](t, s.URL(""), "select 1")
	if err := s.Stop(); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(host); err == nil {
		t.Errorf("%s is left behind", host)
	}
}

func TestStart_over_loopback_asks_for_the_password(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s := start(t, Config{DataDir: dir, Settings: quick, tcp: true})
	exec1(t, s.URL(""), "create table kept as select 7 as n")
	without := s.address
	without.password = "guess"
	var refused interface{ SQLState() string }
	if err := ping(t.Context(), without.url("rynda")); !errors.As(err, &refused) || refused.SQLState() != "28P01" {
		t.Errorf("with a wrong password: %v", err)
	}
	if entries, _ := filepath.Glob(filepath.Join(dir, "pwfile-*")); len(entries) > 0 {
		t.Errorf("left behind: %v", entries)
	}
	if err := s.Stop(); err != nil {
		t.Fatal(err)
	}
	again := start(t, Config{DataDir: dir, Settings: quick, tcp: true})
	if got := query[int](t, again.URL(""), "select n from kept"); got != 7 {
		t.Errorf("found %d, want 7", got)
	}
}

func TestStart_is_told_what_the_server_said_when_it_fails(t *testing.T) {
	t.Parallel()
	_, err := Start(t.Context(), Config{DataDir: t.TempDir(), Settings: map[string]string{"fsync": "off", "work_mem": "nonsense"}})
	if err == nil || !strings.Contains(err.Error(), "work_mem") {
		t.Fatalf("start with a bad setting: %v", err)
	}
}

func TestLog_holds_neither_statements_nor_values(t *testing.T) {
	t.Parallel()
	s := start(t, Config{DataDir: t.TempDir(), Settings: quick})
	conn, err := pgx.Connect(t.Context(), s.URL(""))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(context.Background())
	planted := "planted" + "value"
	for _, sql := range []string{
		"create table once(v text primary key); insert into once values ('" + planted + "')",
		"insert into once values ('" + planted + "')",
		"select no_such_function('" + planted + "')",
	} {
		_, err = conn.Exec(t.Context(), sql)
	}
	if err == nil {
		t.Fatal("the last statement should have failed")
	}
	if err := s.Stop(); err != nil {
		t.Fatal(err)
	}
	log, err := os.ReadFile(s.place.log())
	if err != nil || !strings.Contains(string(log), "no_such_function") {
		t.Fatalf("the log does not show the errors at all: %v\n%s", err, log)
	}
	if strings.Contains(string(log), planted) {
		t.Errorf("the log holds a value:\n%s", log)
	}
}

// A child between fork and exec shares the lock's file; so does a duplicate.
func TestLock_is_given_up_though_a_child_still_shares_the_file(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "lock")
	lock, err := takeLock(path)
	if err != nil {
		t.Fatal(err)
	}
	shared, err := dup(lock.file)
	if err != nil {
		t.Skip(err)
	}
	defer shared.Close()
	lock.release()
	again, err := takeLock(path)
	if err != nil {
		t.Fatal(err)
	}
	again.release()
}

// BenchmarkStart measures what a first start and a later one, each with its
// stop, cost a developer.
func BenchmarkStart(b *testing.B) {
	cycle := func(b *testing.B, dir string) {
		s, err := Start(b.Context(), Config{DataDir: dir})
		if err != nil {
			b.Fatal(err)
		}
		if err := s.Stop(); err != nil {
			b.Fatal(err)
		}
	}
	b.Run("first", func(b *testing.B) {
		for b.Loop() {
			cycle(b, b.TempDir())
		}
	})
	b.Run("again", func(b *testing.B) {
		dir := b.TempDir()
		cycle(b, dir)
		for b.Loop() {
			cycle(b, dir)
		}
	})
}
