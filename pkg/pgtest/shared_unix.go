//go:build unix

package pgtest

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"syscall"

	"github.com/jackc/pgx/v5"
)

// The shared directory holds:
//
//	users     locked shared by every test process for its life
//	parents/  one file per test process: the pid of what ran it
//	start     locked while a process looks for the server or starts it
//	keeper    locked by the keeper for its life
//	server    the server's address, when it has answered
//	log       what the keeper says
//	<pid>/    the data of the keeper with that pid
const keeperEnv = "RYNDA_PGTEST_KEEPER"

// sharedDir is one per user and choice of Postgres, so that runs with
// different versions do not meet.
func sharedDir() string {
	sum := sha256.Sum256([]byte(os.Getenv("RYNDA_POSTGRES_BIN")))
	return filepath.Join(os.TempDir(), fmt.Sprintf("rynda-test-%d-%s", os.Getuid(), hex.EncodeToString(sum[:3])))
}

// join returns the address of the server that all test processes share. It
// stays for as long as this process lives.
func join(ctx context.Context) (string, error) {
	if address := os.Getenv("RYNDA_TEST_DATABASE_URL"); address != "" {
		return address, nil
	}
	return joinIn(ctx, sharedDir())
}

// stay keeps the lock files of this process open: os.File closes when it is
// collected.
var stay []*os.File

func joinIn(ctx context.Context, dir string) (string, error) {
	users, err := enter(dir)
	if err != nil {
		return "", err
	}
	stay = append(stay, users)
	if err := os.WriteFile(filepath.Join(dir, "parents", strconv.Itoa(os.Getpid())), []byte(strconv.Itoa(os.Getppid())), 0o600); err != nil {
		return "", err
	}
	start, err := lockFile(filepath.Join(dir, "start"), syscall.LOCK_EX)
	if err != nil {
		return "", err
	}
	defer unlock(start)
	if address, err := os.ReadFile(filepath.Join(dir, "server")); err == nil && kept(dir) && answers(ctx, string(address)) {
		return string(address), nil
	}
	return startKeeper(ctx, dir)
}

// enter makes the directory if need be and takes its users lock. A keeper that
// is leaving removes both, under the lock; then the lock that was taken is one
// on a file that is no more, and it all begins again.
func enter(dir string) (*os.File, error) {
	for {
		mode := fs.FileMode(0o700)
		if os.Getuid() == 0 {
			mode = 0o711 // the server's user must pass through
		}
		if err := os.Mkdir(dir, mode); err != nil && !errors.Is(err, fs.ErrExist) {
			return nil, err
		}
		info, err := os.Lstat(dir)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return nil, err
		}
		if stat, ok := info.Sys().(*syscall.Stat_t); !info.IsDir() || !ok || int(stat.Uid) != os.Getuid() {
			return nil, fmt.Errorf("%s is not a directory of this user", dir)
		}
		users, err := lockFile(filepath.Join(dir, "users"), syscall.LOCK_SH)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return nil, err
		}
		mine, errMine := users.Stat()
		there, errThere := os.Stat(users.Name())
		if errMine == nil && errThere == nil && os.SameFile(mine, there) {
			if err := os.MkdirAll(filepath.Join(dir, "parents"), 0o700); err != nil {
				unlock(users)
				return nil, err
			}
			return users, nil
		}
		unlock(users)
	}
}

// lockFile opens, or makes, and locks a file. The lock ends with unlock or with
// the process.
func lockFile(path string, how int) (*os.File, error) {
	file, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, err
	}
	for {
		err = syscall.Flock(int(file.Fd()), how)
		if !errors.Is(err, syscall.EINTR) {
			break
		}
	}
	if err != nil {
		file.Close()
		return nil, fmt.Errorf("lock %s: %w", path, err)
	}
	return file, nil
}

// unlock gives the lock up and closes the file. Closing alone would leave it to
// a child that is just being forked and shares the file for a moment.
func unlock(file *os.File) {
	syscall.Flock(int(file.Fd()), syscall.LOCK_UN)
	file.Close()
}

// kept reports whether a keeper is alive. The server of one that was killed goes
// on answering for a moment, and then ends.
func kept(dir string) bool {
	keeper, err := lockFile(filepath.Join(dir, "keeper"), syscall.LOCK_EX|syscall.LOCK_NB)
	if err == nil {
		unlock(keeper)
	}
	return errors.Is(err, syscall.EWOULDBLOCK)
}

func answers(ctx context.Context, address string) bool {
	conn, err := pgx.Connect(ctx, address)
	if err != nil {
		return false
	}
	return conn.Close(ctx) == nil
}

// startKeeper runs this test binary again as the keeper, in a session of its
// own and with no part in our input and output: "go test" waits for whoever
// holds those. The keeper reports through a pipe.
func startKeeper(ctx context.Context, dir string) (string, error) {
	program, err := os.Executable()
	if err != nil {
		return "", err
	}
	report, reporter, err := os.Pipe()
	if err != nil {
		return "", err
	}
	defer report.Close()
	log, err := os.OpenFile(filepath.Join(dir, "log"), os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		reporter.Close()
		return "", err
	}
	defer log.Close()
	keeper := exec.Command(program)
	keeper.Env = append(os.Environ(), keeperEnv+"="+dir)
	keeper.Stdout, keeper.Stderr = log, log
	keeper.ExtraFiles = []*os.File{reporter}
	keeper.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	err = keeper.Start()
	reporter.Close()
	if err != nil {
		return "", fmt.Errorf("start the keeper of the test server: %w", err)
	}
	if err := keeper.Process.Release(); err != nil {
		return "", err
	}
	if deadline, ok := ctx.Deadline(); ok {
		report.SetReadDeadline(deadline)
	}
	data, err := io.ReadAll(report)
	if err != nil {
		return "", fmt.Errorf("hear from the keeper of the test server: %w", err)
	}
	var said keeperReport
	if err := json.Unmarshal(data, &said); err != nil {
		said, _ := os.ReadFile(log.Name())
		return "", fmt.Errorf("the keeper of the test server ended: %s", said)
	}
	if said.Error != "" {
		return "", errors.New(said.Error)
	}
	return said.Address, nil
}
