//go:build unix

package pgtest

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"go.uber.org/goleak"
)

// runEnv makes the test binary one test process of a run that is a test's.
const runEnv = "PGTEST_TEST_RUN"

func TestMain(m *testing.M) {
	if os.Getenv(runEnv) != "" {
		testProcess()
	}
	goleak.VerifyTestMain(m)
}

// testProcess joins the shared server, clones a database, says so, and lives
// until its third file is closed.
func testProcess() {
	shared, err := theServer()
	if err == nil {
		err = shared.run(context.Background(), "create database "+quote(shared.newName())+" template "+quote(shared.template))
	}
	if err != nil {
		fmt.Println("error", err)
		os.Exit(1)
	}
	fmt.Println("joined", shared.admin.String())
	io.Copy(io.Discard, os.NewFile(3, "life"))
	os.Exit(0)
}

// run is a shell that runs test processes at once, as the go command does.
type run struct {
	cmd     *exec.Cmd
	life    *os.File // closing it ends the test processes
	said    *bufio.Reader
	tmp     string
	address string
}

// startRun starts the processes in a temporary directory of their own and
// waits until all have joined, which must be the same server.
func startRun(t *testing.T, tmp string, processes int) *run {
	t.Helper()
	read, write, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer read.Close()
	r := &run{life: write, tmp: tmp}
	r.cmd = exec.Command("/bin/sh", "-c", strings.Repeat(`"$0" & `, processes)+"wait", os.Args[0])
	r.cmd.Env = append(os.Environ(), runEnv+"=1", "TMPDIR="+tmp, "RYNDA_TEST_DATABASE_URL=")
	r.cmd.ExtraFiles = []*os.File{read}
	r.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	out, err := r.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	r.said = bufio.NewReader(out)
	if err := r.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { write.Close(); r.cmd.Wait() })
	for range processes {
		line, err := r.said.ReadString('\n')
		address, ok := strings.CutPrefix(strings.TrimSpace(line), "joined ")
		if err != nil || !ok {
			t.Fatalf("a test process said %q, %v", line, err)
		}
		if r.address != "" && address != r.address {
			t.Fatalf("test processes have two servers: %s and %s", r.address, address)
		}
		r.address = address
	}
	return r
}

// end ends the run: its processes by themselves, or by force.
func (r *run) end(how string) {
	if how == "killed" {
		syscall.Kill(-r.cmd.Process.Pid, syscall.SIGKILL)
	}
	r.life.Close()
	r.cmd.Wait()
}

// processes returns the pids of the keeper and of its server.
func (r *run) processes(t *testing.T) (keeper, server int) {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(r.tmp, "rynda-test-*", "*", "cluster", "postmaster.pid"))
	if err != nil || len(files) != 1 {
		t.Fatalf("pid files: %v, %v", files, err)
	}
	data, err := os.ReadFile(files[0])
	if err != nil {
		t.Fatal(err)
	}
	line, _, _ := strings.Cut(string(data), "\n")
	server, err = strconv.Atoi(line)
	if err != nil {
		t.Fatal(err)
	}
	keeper, err = strconv.Atoi(filepath.Base(filepath.Dir(filepath.Dir(files[0]))))
	if err != nil {
		t.Fatal(err)
	}
	return keeper, server
}

// soon is for what does not wait for the keeper's pause.
const soon = pause - 5*time.Second

// eventually waits for a condition.
func eventually(t *testing.T, bound time.Duration, what string, holds func() bool) {
	t.Helper()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	over := time.NewTimer(bound)
	defer over.Stop()
	for !holds() {
		select {
		case <-tick.C:
		case <-over.C:
			t.Fatal("still not so: " + what)
		}
	}
}

// gone reports whether a process has ended. Where the first process of a
// container does not reap, an ended orphan stays in the table as a zombie.
func gone(pid int) bool {
	if stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid)); err == nil {
		_, state, _ := strings.Cut(string(stat), ") ")
		return strings.HasPrefix(state, "Z")
	}
	return errors.Is(syscall.Kill(pid, 0), syscall.ESRCH)
}

func empty(dir string) bool {
	entries, err := os.ReadDir(dir)
	return errors.Is(err, fs.ErrNotExist) || err == nil && len(entries) == 0
}

// shortTemp is a temporary directory in which sockets have room.
func shortTemp(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("/tmp", "pgtest-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	if err := os.Chmod(dir, 0o711); err != nil {
		t.Fatal(err)
	}
	return dir
}

func TestRun_shares_one_server_and_leaves_nothing(t *testing.T) {
	t.Parallel()
	for _, how := range []string{"ended", "killed"} {
		t.Run(how, func(t *testing.T) {
			t.Parallel()
			r := startRun(t, shortTemp(t), 4)
			keeper, server := r.processes(t)
			if n := query[int](t.Context(), t, r.address, "select count(*) from pg_database where starts_with(datname, 'rynda_test_')"); n != 4 {
				t.Errorf("%d databases, want 4", n)
			}
			r.end(how)
			// Well within the pause, as those who ran the tests are gone too.
			eventually(t, soon, "nothing is running or left", func() bool {
				return gone(keeper) && gone(server) && empty(r.tmp)
			})
		})
	}
}

func TestRun_a_second_run_joins_the_first(t *testing.T) {
	t.Parallel()
	first := startRun(t, shortTemp(t), 1)
	keeper, server := first.processes(t)
	second := startRun(t, first.tmp, 2)
	if second.address != first.address {
		t.Fatalf("two servers: %s and %s", first.address, second.address)
	}
	first.end("killed")
	if again := startRun(t, first.tmp, 1); again.address != second.address {
		t.Errorf("the server went with the first run")
	} else {
		again.end("ended")
	}
	second.end("ended")
	eventually(t, soon, "nothing is running or left", func() bool {
		return gone(keeper) && gone(server) && empty(first.tmp)
	})
}

func TestRun_goes_on_with_a_new_server_when_the_keeper_was_killed(t *testing.T) {
	t.Parallel()
	first := startRun(t, shortTemp(t), 1)
	keeper, server := first.processes(t)
	if err := syscall.Kill(keeper, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	second := startRun(t, first.tmp, 2)
	eventually(t, time.Minute, "the first server has ended", func() bool { return gone(server) })
	if second.address == first.address {
		t.Error("the killed keeper's address is still in use")
	}
	newKeeper, newServer := second.processes(t)
	first.end("ended")
	second.end("ended")
	eventually(t, soon, "nothing is running or left", func() bool {
		return gone(newKeeper) && gone(newServer) && empty(first.tmp)
	})
}

func TestRun_ends_with_a_sentence_when_there_is_no_Postgres(t *testing.T) {
	tmp := shortTemp(t)
	t.Setenv("RYNDA_POSTGRES_BIN", tmp)
	t.Setenv("TMPDIR", tmp)
	_, err := joinIn(t.Context(), sharedDir())
	if err == nil || !strings.Contains(err.Error(), "no usable Postgres found in the directory that was asked for") {
		t.Errorf("join: %v", err)
	}
}

func TestPrivateDir_of_a_killed_test_goes_with_the_next(t *testing.T) {
	tmp := shortTemp(t)
	t.Setenv("TMPDIR", tmp)
	killed, release, err := makePrivateDir()
	if err != nil {
		t.Fatal(err)
	}
	living, keep, err := makePrivateDir()
	if err != nil {
		t.Fatal(err)
	}
	defer keep()
	release() // as the kernel does for a process that is killed
	next, done, err := makePrivateDir()
	if err != nil {
		t.Fatal(err)
	}
	defer done()
	for dir, want := range map[string]bool{killed: false, living: true, next: true} {
		if _, err := os.Stat(dir); (err == nil) != want {
			t.Errorf("%s: there %t, want %t", dir, err == nil, want)
		}
	}
}

func TestAnyAlive(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if anyAlive(dir) {
		t.Error("nobody is alive")
	}
	ended := exec.Command("/bin/true")
	if err := ended.Run(); err != nil {
		t.Fatal(err)
	}
	write := func(name, content string) {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("1", strconv.Itoa(ended.Process.Pid))
	write("2", "not a number")
	write("3", "")
	if anyAlive(dir) {
		t.Error("an ended process counts as alive")
	}
	write("4", strconv.Itoa(os.Getpid()))
	if !anyAlive(dir) {
		t.Error("this process does not count as alive")
	}
}
