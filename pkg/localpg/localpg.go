package localpg

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
)

// Config says where a private server lives and how it is set up.
type Config struct {
	// DataDir is the directory that holds the cluster, the log file
	// postgres.log and the lock. It is made if missing. Required.
	DataDir string

	// NodeModules are node_modules directories to look into for the npm
	// binaries, in this order, after everything else. They need not exist.
	NodeModules []string

	// BinDir is the directory of initdb and postgres. Empty means: search.
	BinDir string

	// Settings are server settings (postgresql.conf names) that go before the
	// ones this package chooses. Tests set fsync to off.
	Settings map[string]string

	// Log is told, in sentences, what takes time or deserves notice. Nil means
	// silence. Never called after Start or Restart has returned.
	Log func(string)

	// Database is the database made on the first start. Empty means "rynda".
	Database string

	// ReplicaOf is the URL of a running server. If set, a new cluster is not
	// made by initdb but as a streaming replica of that server, by the
	// pg_basebackup next to postgres (ErrNoBaseBackup where it is missing; the
	// npm binaries have none). It has no effect on an existing cluster.
	ReplicaOf string

	// tcp is for tests on Linux: listen as on the other systems.
	tcp bool
	// identities is for tests: the users to try, rather than all there are.
	identities []identity
}

// Server is a private Postgres, started by this process. Its methods may be
// called from several goroutines at once.
type Server struct {
	cfg      Config
	programs programs
	place    place
	address  address

	mu      sync.Mutex // held through a stop or start; guards what follows
	lock    *fileLock  // nil while stopped
	process *Process   // the last one started
}

// How long a server may take for each way of ending before the next, harder
// one. A fast shutdown writes a checkpoint and is quick unless the disk is not.
const (
	fastBound      = 30 * time.Second
	immediateBound = 10 * time.Second
)

// ErrInUse is returned when another process owns the data directory.
var ErrInUse = errors.New("data directory in use")

// Start finds the programs, makes the cluster and the database if they are
// missing, and returns when the server answers. The context bounds the start,
// not the server's life; that lasts until Stop or the end of this process.
//
// Errors: ErrNoPostgres when no programs were found (its text names the ways
// out), ErrInUse when another process has the directory, ErrNoBaseBackup (see
// Config.ReplicaOf); anything else carries the last lines of the server's log.
func Start(ctx context.Context, cfg Config) (*Server, error) {
	if cfg.DataDir == "" {
		return nil, errors.New("start private Postgres: no data directory given")
	}
	dir, err := filepath.Abs(cfg.DataDir)
	if err != nil {
		return nil, fmt.Errorf("start private Postgres: %w", err)
	}
	cfg.DataDir = dir
	if cfg.Database == "" {
		cfg.Database = "rynda"
	}
	if cfg.Log == nil {
		cfg.Log = func(string) {}
	}
	s := &Server{cfg: cfg}
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.start(ctx); err != nil {
		return nil, fmt.Errorf("start private Postgres: %w", err)
	}
	s.cfg.Log = func(string) {}
	return s, nil
}

// URL returns the address of a database of this server in the form that pgx
// and libpq read; an empty name means the Config's. It says everything that a
// driver would otherwise take from PGHOST and its sisters. It stays the same
// through stops and restarts.
func (s *Server) URL(database string) string {
	if database == "" {
		database = s.cfg.Database
	}
	return s.address.url(database)
}

// Version is the server's version, such as "15.18".
func (s *Server) Version() string { return s.programs.version }

// BinDir is the directory the programs were found in.
func (s *Server) BinDir() string { return s.programs.dir }

// Dir is the directory of the cluster itself, what Postgres calls PGDATA.
func (s *Server) Dir() string { return s.place.cluster() }

// Pid is the process id of the running server's first process, 0 when it is
// not running.
func (s *Server) Pid() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.process == nil || s.process.ended() {
		return 0
	}
	return s.process.Pid()
}

// Done is closed when the server as it was last started has ended, whoever
// ended it.
func (s *Server) Done() <-chan struct{} {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.process.Done()
}

// Stop ends the server by a fast shutdown: open transactions are rolled back,
// everything committed is on disk, the next start has nothing to repair. It
// returns when the server is gone; stopping a stopped server does nothing. A
// server that does not end within half a minute is stopped like a crash, and
// the error says so.
func (s *Server) Stop() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.stop(stopFast)
}

// StopImmediate ends the server without a checkpoint, like a crash of Postgres
// with the operating system staying up: the next start recovers from the
// write-ahead log. For tests of what survives.
func (s *Server) StopImmediate() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.stop(stopImmediate)
}

// Restart starts the server on the same data and address, after either stop or
// after it ended by itself; a running server is stopped (fast) first.
func (s *Server) Restart(ctx context.Context) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.stop(stopFast); err != nil {
		return err
	}
	if err := s.start(ctx); err != nil {
		return fmt.Errorf("restart private Postgres: %w", err)
	}
	return nil
}

// stop ends the process and gives up the directory. The caller holds mu.
func (s *Server) stop(how shutdown) error {
	if s.lock == nil {
		return nil
	}
	err := s.process.shutdown(how, s.programs)
	if err == nil {
		err = s.place.leave(s.address)
	}
	s.lock.release()
	s.lock = nil
	if err != nil {
		return fmt.Errorf("stop private Postgres: %w", err)
	}
	return nil
}

// start takes the directory and leaves a server that answers, or nothing. The
// caller holds mu.
func (s *Server) start(ctx context.Context) (err error) {
	first := s.programs.dir == ""
	if err := os.MkdirAll(s.cfg.DataDir, privateMode()); err != nil {
		return err
	}
	s.lock, err = takeLock(filepath.Join(s.cfg.DataDir, "lock"))
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			s.lock.release()
			s.lock = nil
		}
	}()
	if first {
		if s.programs, s.place, err = choose(ctx, s.cfg); err != nil {
			return err
		}
		if s.address, err = s.place.listen(s.cfg.tcp || !unixSockets); err != nil {
			return err
		}
	}
	if err := endLeftover(ctx, s.programs, s.place, s.address, s.cfg.Log); err != nil {
		return err
	}
	if err := s.place.prepare(s.address); err != nil {
		return err
	}
	if err := makeCluster(ctx, s.cfg, s.programs, s.place, s.address); err != nil {
		return err
	}
	if err := s.launch(ctx); err != nil {
		return err
	}
	if err := s.makeDatabase(ctx); err != nil {
		return errors.Join(err, s.process.shutdown(stopFast, s.programs))
	}
	return nil
}

// launch starts postgres and waits until it answers. A server that was killed
// leaves its children for some milliseconds, and Postgres rightly refuses the
// directory while they hold its shared memory; so that refusal, and on a port
// the race for it, is worth another try.
func (s *Server) launch(ctx context.Context) error {
	deadline := time.Now().Add(immediateBound)
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for {
		said, err := s.launchOnce(ctx)
		if err == nil {
			return nil
		}
		switch {
		case ctx.Err() != nil, time.Now().After(deadline):
			return err
		case strings.Contains(said, "pre-existing shared memory block"):
		case !s.address.unix() && strings.Contains(said, "could not create any TCP/IP sockets"):
			if s.address.port, err = freePort(); err != nil {
				return err
			}
		default:
			return err
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return err
		}
	}
}

// launchOnce returns what the failing server said besides the error.
func (s *Server) launchOnce(ctx context.Context) (said string, err error) {
	log, err := openLog(s.place.log())
	if err != nil {
		return "", err
	}
	defer log.Close()
	begin, _ := log.Seek(0, 2)

	cmd := exec.Command(s.programs.postgres(), s.options()...)
	cmd.Dir = s.place.cluster()
	cmd.Env = childEnv()
	cmd.Stdout, cmd.Stderr = log, log
	process, err := startProcess(cmd, s.place.user)
	if err != nil {
		return "", err
	}
	s.process = process
	if err := s.awaitAnswer(ctx); err != nil {
		stopErr := process.shutdown(stopFast, s.programs)
		said := logSince(s.place.log(), begin)
		return said, errors.Join(fmt.Errorf("%w; its log says:\n%s", err, said), stopErr)
	}
	return "", nil
}

// options are the command line of postgres: where it is, what it listens on,
// what the log must not hold, and then what the caller wants.
func (s *Server) options() []string {
	settings := map[string]string{
		"cluster_name":            clusterMark,
		"log_min_error_statement": "panic",
		"log_error_verbosity":     "terse",
		"log_timezone":            "UTC",
		"timezone":                "UTC",
		"max_connections":         "200",
		"unix_socket_permissions": "0700",
	}
	maps.Copy(settings, s.address.settings())
	maps.Copy(settings, s.cfg.Settings)
	options := []string{"-D", s.place.cluster()}
	for _, name := range slices.Sorted(maps.Keys(settings)) {
		options = append(options, "-c", name+"="+settings[name])
	}
	return options
}

// awaitAnswer asks until the server answers, has ended, or the context is over.
// How long recovery takes nobody knows, so there is no bound of its own.
func (s *Server) awaitAnswer(ctx context.Context) error {
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	note := time.NewTimer(5 * time.Second)
	defer note.Stop()
	for {
		err := ping(ctx, s.address.url("postgres"))
		if err == nil {
			return nil
		}
		select {
		case <-s.process.Done():
			return errors.New("postgres ended instead of answering")
		case <-ctx.Done():
			return fmt.Errorf("postgres did not answer in time (%v): %w", err, ctx.Err())
		case <-note.C:
			s.cfg.Log("Postgres is still starting, perhaps recovering; its log is " + s.place.log())
		case <-tick.C:
		}
	}
}

// ping opens a connection and closes it.
func ping(ctx context.Context, url string) error {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	conn, err := pgx.Connect(ctx, url)
	if err != nil {
		return err
	}
	return conn.Close(ctx)
}

// makeDatabase makes the Config's database unless it is there. A replica gets
// it from its primary.
func (s *Server) makeDatabase(ctx context.Context) error {
	conn, err := pgx.Connect(ctx, s.address.url("postgres"))
	if err != nil {
		return err
	}
	defer conn.Close(ctx)
	var done bool
	err = conn.QueryRow(ctx, `select pg_is_in_recovery() or exists (select from pg_database where datname = $1)`,
		s.cfg.Database).Scan(&done)
	if err != nil || done {
		return err
	}
	_, err = conn.Exec(ctx, "create database "+pgx.Identifier{s.cfg.Database}.Sanitize())
	return err
}
