package localpg

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
)

// clusterMark is the cluster_name of our servers, by which one left behind is
// told from one that a person started.
const clusterMark = "rynda-private"

// ErrNoBaseBackup is returned for Config.ReplicaOf when the programs come
// without pg_basebackup.
var ErrNoBaseBackup = errors.New("these Postgres programs have no pg_basebackup")

// makeCluster makes the cluster unless it is there. It grows under another
// name, so that one that was interrupted is never mistaken for a whole one.
func makeCluster(ctx context.Context, cfg Config, programs programs, at place, listen address) error {
	if _, err := os.Stat(filepath.Join(at.cluster(), "PG_VERSION")); err == nil {
		return nil
	}
	cfg.Log(fmt.Sprintf("Making a private Postgres %s in %s", programs.version, at.dir))
	fresh := at.cluster() + ".new"
	if err := os.RemoveAll(fresh); err != nil {
		return err
	}
	if err := os.Mkdir(fresh, 0o700); err != nil {
		return err
	}
	if err := at.user.give(fresh); err != nil {
		return err
	}
	build := initdb
	if cfg.ReplicaOf != "" {
		build = baseBackup
	}
	if err := build(ctx, cfg, programs, at, listen, fresh); err != nil {
		return errors.Join(err, os.RemoveAll(fresh))
	}
	return os.Rename(fresh, at.cluster())
}

// initdb makes an empty cluster. It is synced to disk unless the server will
// not sync either.
func initdb(ctx context.Context, cfg Config, programs programs, at place, listen address, dir string) error {
	args := []string{"-D", dir, "-U", superuser, "-E", "UTF8", "--no-locale"}
	if cfg.Settings["fsync"] == "off" {
		args = append(args, "--no-sync")
	}
	if listen.unix() {
		// Whoever can reach the socket is let in; the socket's directory is
		// what keeps everybody else out.
		args = append(args, "-A", "trust")
	} else {
		file, err := os.CreateTemp(at.dir, "pwfile-")
		if err != nil {
			return err
		}
		defer os.Remove(file.Name())
		_, err = file.WriteString(listen.password + "\n")
		if err = errors.Join(err, file.Close(), at.user.give(file.Name())); err != nil {
			return err
		}
		args = append(args, "-A", "scram-sha-256", "--pwfile", file.Name())
	}
	return runTool(ctx, exec.Command(programs.path("initdb"), args...), at)
}

// baseBackup makes the cluster of a streaming replica.
func baseBackup(ctx context.Context, cfg Config, programs programs, at place, _ address, dir string) error {
	tool := programs.path("pg_basebackup")
	if _, err := os.Stat(tool); err != nil {
		return fmt.Errorf("%w: %s", ErrNoBaseBackup, programs.dir)
	}
	return runTool(ctx, exec.Command(tool, "-D", dir, "-d", cfg.ReplicaOf,
		"--write-recovery-conf", "--wal-method=stream", "--checkpoint=fast", "--no-sync"), at)
}

// runTool runs a program of Postgres to its end; what it said is in the error.
func runTool(ctx context.Context, cmd *exec.Cmd, at place) error {
	var said bytes.Buffer
	cmd.Dir, cmd.Env = at.dir, childEnv()
	cmd.Stdout, cmd.Stderr = &said, &said
	if err := runProcess(ctx, cmd, at.user); err != nil {
		return fmt.Errorf("%s: %w: %s", filepath.Base(cmd.Path), err, strings.TrimSpace(said.String()))
	}
	return nil
}

// endLeftover deals with a postmaster.pid that is there although the caller
// holds the lock, that is, although no living process owns the directory:
//
//   - the server of an owner that died is still shutting down, or on systems
//     without a death signal still running: it is shut down and waited for;
//   - a server that somebody else started by hand is running: an error;
//   - no server is running (power cut, kill -9 of everything): Postgres deals
//     with it itself, except when the number now belongs to some other
//     process, which it takes for a running server. Then the number is replaced
//     by one that no process has; the rest of the file stays, since Postgres
//     recognises by it the shared memory of backends that may still be there.
func endLeftover(ctx context.Context, programs programs, at place, listen address, log func(string)) error {
	file := filepath.Join(at.cluster(), "postmaster.pid")
	pid, rest, err := readPid(file)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil || pid == 0 || !processAlive(pid) {
		return err
	}
	if !isPostmaster(ctx, pid, rest, at, listen) {
		return os.WriteFile(file, append([]byte(strconv.Itoa(1<<31-1)), rest...), 0o600)
	}
	options, err := os.ReadFile(filepath.Join(at.cluster(), "postmaster.opts"))
	if err != nil || !bytes.Contains(options, []byte("cluster_name="+clusterMark)) {
		return fmt.Errorf("%w: a Postgres that Rynda did not start (process %d) is running on %s; stop it with pg_ctl stop -D %[3]s, or choose another data directory",
			ErrInUse, pid, at.cluster())
	}
	log(fmt.Sprintf("Waiting for the Postgres of an earlier start to end (process %d)", pid))
	for _, step := range []struct {
		how   shutdown
		bound time.Duration
	}{{stopFast, fastBound}, {stopImmediate, immediateBound}} {
		if err := signalServer(pid, step.how, programs); err != nil && processAlive(pid) {
			return fmt.Errorf("stop the Postgres of an earlier start (process %d): %w", pid, err)
		}
		if gone, err := awaitGone(ctx, pid, file, step.bound); gone || err != nil {
			return err
		}
	}
	return fmt.Errorf("%w: the Postgres of an earlier start (process %d) does not end", ErrInUse, pid)
}

// readPid splits postmaster.pid after the process id. A file without one is
// what a full disk leaves; Postgres refuses it although it says nothing, so it
// goes, and the pid is 0.
func readPid(file string) (pid int, rest []byte, err error) {
	data, err := os.ReadFile(file)
	if err != nil {
		return 0, nil, err
	}
	first, _, _ := bytes.Cut(data, []byte("\n"))
	pid, err = strconv.Atoi(strings.TrimSpace(string(first)))
	if err != nil || pid <= 0 {
		return 0, nil, os.Remove(file)
	}
	return pid, data[len(first):], nil
}

// isPostmaster reports whether the process is a server on this cluster. A
// postmaster works in its data directory; where the system does not show that,
// the server is asked.
func isPostmaster(ctx context.Context, pid int, rest []byte, at place, listen address) bool {
	if same, known := worksIn(pid, at.cluster()); known {
		return same
	}
	// After the pid: data directory, start time, port, socket directory, …
	lines := strings.Split(string(rest), "\n")
	if len(lines) > 4 && !listen.unix() {
		if port, err := strconv.Atoi(strings.TrimSpace(lines[3])); err == nil {
			listen.port = port
		}
	}
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	conn, err := pgx.Connect(ctx, listen.url("postgres"))
	if err != nil {
		return strings.Contains(err.Error(), "SQLSTATE 57P03") // starting up or shutting down
	}
	defer conn.Close(ctx)
	var dir string
	if err := conn.QueryRow(ctx, "show data_directory").Scan(&dir); err != nil {
		return false
	}
	return sameFile(dir, at.cluster())
}

// awaitGone waits until the process has ended or has given up the directory.
func awaitGone(ctx context.Context, pid int, file string, bound time.Duration) (bool, error) {
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	deadline := time.NewTimer(bound)
	defer deadline.Stop()
	for {
		if _, err := os.Stat(file); !processAlive(pid) || errors.Is(err, fs.ErrNotExist) {
			return true, nil
		}
		select {
		case <-tick.C:
		case <-deadline.C:
			return false, nil
		case <-ctx.Done():
			return false, ctx.Err()
		}
	}
}

func sameFile(a, b string) bool {
	x, errX := os.Stat(a)
	y, errY := os.Stat(b)
	return errX == nil && errY == nil && os.SameFile(x, y)
}

// maxLog is how long the log file may be at a start before it is set aside as
// postgres.log.1 (in place of the one before).
const maxLog = 8 << 20

// openLog opens the log file for appending.
func openLog(path string) (*os.File, error) {
	if info, err := os.Stat(path); err == nil && info.Size() > maxLog {
		if err := os.Rename(path, path+".1"); err != nil {
			return nil, err
		}
	}
	return os.OpenFile(path, os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
}

// logSince returns what was logged after the offset, its last 2 KiB.
func logSince(path string, offset int64) string {
	data, err := os.ReadFile(path)
	if err != nil {
		return err.Error()
	}
	data = data[min(offset, int64(len(data))):]
	return strings.TrimSpace(string(data[max(0, len(data)-2<<10):]))
}
