//go:build unix

package pgtest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"strconv"
	"syscall"
	"time"

	"rynda/pkg/localpg"
)

// keeperReport is the one thing a keeper says to the process that started it.
type keeperReport struct{ Address, Error string }

// pause is how long a keeper waits for the next test process while a process
// that ran tests before is still there.
const pause = 30 * time.Second

// init turns a process that startKeeper started into a keeper. It is an init
// function because the test binary has no other place that comes before its
// tests.
func init() {
	dir := os.Getenv(keeperEnv)
	if dir == "" {
		return
	}
	os.Unsetenv(keeperEnv)
	syscall.CloseOnExec(3) // or the server would hold the pipe open
	if err := keep(dir, os.NewFile(3, "report")); err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	os.Exit(0)
}

// keep runs the server until nobody uses it.
func keep(dir string, report *os.File) error {
	end, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, syscall.SIGHUP, syscall.SIGINT)
	defer stop()
	// Whoever waits for the report has given up by then, and a keeper that
	// hangs would keep every later one waiting.
	hung := time.AfterFunc(patience, func() {
		fmt.Println("The server did not start in time.")
		os.Exit(1)
	})
	server, err := startShared(end, dir)
	hung.Stop()
	said := keeperReport{}
	if err != nil {
		said.Error = err.Error()
	} else {
		said.Address = server.URL("postgres")
	}
	err = errors.Join(err, json.NewEncoder(report).Encode(said), report.Close())
	if err != nil {
		return err
	}
	users, err := os.OpenFile(filepath.Join(dir, "users"), os.O_RDWR, 0)
	if err != nil {
		return errors.Join(err, server.Stop())
	}
	defer users.Close()
	left := awaitLast(end, server.Done(), users, filepath.Join(dir, "parents"))
	// From here to its end, a new test process waits for the lock.
	err = server.Stop()
	if left {
		err = errors.Join(err, os.RemoveAll(dir))
	}
	return err
}

// startShared starts the server in a directory of this keeper's, once an
// earlier keeper is gone, and notes its address. Data of earlier keepers may
// be damaged, as nothing is ever synced; it goes.
func startShared(ctx context.Context, dir string) (*localpg.Server, error) {
	only, err := lockFile(filepath.Join(dir, "keeper"), syscall.LOCK_EX)
	if err != nil {
		return nil, err
	}
	stay = append(stay, only)
	removeNumbered(dir)
	data := filepath.Join(dir, strconv.Itoa(os.Getpid()))
	server, err := localpg.Start(ctx, localpg.Config{
		DataDir:     data,
		NodeModules: nodeModules(),
		Log:         func(s string) { fmt.Println(s) },
		Settings: map[string]string{
			"fsync":                     "off",
			"full_page_writes":          "off",
			"max_connections":           "400",
			"max_locks_per_transaction": "256",
			"max_wal_size":              "4GB",
			"checkpoint_timeout":        "1h",
			"jit":                       "off",
		},
	})
	if err != nil {
		return nil, err
	}
	address := filepath.Join(dir, "server")
	err = os.WriteFile(address+".new", []byte(server.URL("postgres")), 0o600)
	if err == nil {
		err = os.Rename(address+".new", address)
	}
	if err != nil {
		return nil, errors.Join(err, server.Stop())
	}
	return server, nil
}

// removeNumbered removes the data directories of keepers that are gone. A
// server may just be shutting down in one, so what cannot be removed stays;
// the last keeper removes everything.
func removeNumbered(dir string) {
	entries, _ := os.ReadDir(dir)
	for _, e := range entries {
		if _, err := strconv.Atoi(e.Name()); err == nil {
			os.RemoveAll(filepath.Join(dir, e.Name()))
		}
	}
}

// awaitLast returns true, holding the users lock alone, when no test process
// is left: at once if what ran them has ended too, after a pause if not. It
// returns false when the keeper is told to end or the server has ended.
func awaitLast(end context.Context, ended <-chan struct{}, users *os.File, parents string) bool {
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	var idle time.Time
	for {
		select {
		case <-end.Done():
			return false
		case <-ended:
			return false
		case now := <-tick.C:
			if syscall.Flock(int(users.Fd()), syscall.LOCK_EX|syscall.LOCK_NB) != nil {
				idle = time.Time{}
				continue
			}
			if idle.IsZero() {
				idle = now
			}
			if now.Sub(idle) > pause || !anyAlive(parents) {
				return true
			}
			syscall.Flock(int(users.Fd()), syscall.LOCK_UN)
		}
	}
}

// anyAlive reports whether a process that ran a test process is still there.
func anyAlive(parents string) bool {
	entries, _ := os.ReadDir(parents)
	for _, e := range entries {
		data, _ := os.ReadFile(filepath.Join(parents, e.Name()))
		pid, err := strconv.Atoi(string(data))
		if err == nil && pid > 1 && !errors.Is(syscall.Kill(pid, 0), syscall.ESRCH) {
			return true
		}
		os.Remove(filepath.Join(parents, e.Name()))
	}
	return false
}
