// Package pipeline measures the whole path of a report over HTTP: accepted,
// stored, grouped and visible, with server, load generator and Postgres on one
// machine, and how long a report takes to reach an open stream.
package pipeline

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"time"
)

// server is "rynda dev" without its page, run as a process of its own.
type server struct {
	process *exec.Cmd
	exited  chan struct{}
	address string
	ingest  string
	staff   string
	dsn     string
}

// start runs the binary on the database, with a data directory of its own, and
// waits until it is ready. env is added to the environment.
func start(ctx context.Context, binary, dsn, dir string, env ...string) (*server, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	s := &server{address: listener.Addr().String(), dsn: dsn, exited: make(chan struct{})}
	listener.Close()
	run := func(args ...string) *exec.Cmd {
		command := exec.CommandContext(ctx, binary, args...)
		command.Dir = dir
		command.Env = append(os.Environ(), append(env, "DATABASE_URL="+dsn, "RYNDA_LISTEN="+s.address, "RYNDA_LOG_LEVEL=warn")...)
		command.Stderr = os.Stderr
		return command
	}
	token := func(args ...string) (string, error) {
		command := run(append([]string{"token"}, args...)...)
		out, err := command.Output()
		if err != nil {
			return "", fmt.Errorf("rynda token: %w", err)
		}
		return string(out[:len(out)-1]), nil
	}
	if err := run("migrate").Run(); err != nil {
		return nil, fmt.Errorf("rynda migrate: %w", err)
	}
	_ = run("token", "project", "bench").Run() // there already, the second time
	if s.ingest, err = token("create", "-project", "bench", "-name", filepath.Base(dir)); err != nil {
		return nil, err
	}
	if s.staff, err = token("create", "-staff", "bench"); err != nil {
		return nil, err
	}
	s.process = run("serve")
	s.process.Cancel = func() error { return s.process.Process.Signal(syscall.SIGTERM) }
	if err := s.process.Start(); err != nil {
		return nil, err
	}
	go func() { defer close(s.exited); _ = s.process.Wait() }()
	within, cancel := context.WithTimeout(ctx, 20*time.Second)
	defer cancel()
	for tick := time.NewTicker(20 * time.Millisecond); ; {
		answer, err := http.Get("http://" + s.address + "/readyz")
		if err == nil {
			answer.Body.Close()
			if answer.StatusCode == http.StatusOK {
				tick.Stop()
				return s, nil
			}
		}
		select {
		case <-within.Done():
			s.stop()
			return nil, errors.New("the server did not become ready")
		case <-tick.C:
		}
	}
}

func (s *server) stop() {
	_ = s.process.Process.Signal(syscall.SIGTERM)
	<-s.exited
}

// report is a body of about 1 KB. cause decides the group.
func report(cause string) []byte {
	text, _ := json.Marshal(map[string]any{
		"message": "dial tcp 10.0.0.7:5432: connect: connection refused", "level": "error", "type": "ConnectError",
		"source": "billing-worker", "environment": "production", "release": "2026.11.3", "run_id": "run-9113",
		"correlation_id": "0f8b2c61", "fingerprint": []string{cause},
		"tags": map[string]string{"region": "eu-north-1", "attempt": "2", "queue": "invoices"},
		"stack": `Traceback (most recent call last):
  File "/srv/billing/jobs.py", line 88, in close_invoices
    charge(invoice)
  File "/srv/billing/charge.py", line 41, in charge
    connection = connect(pool, timeout=3)
  File "/srv/venv/lib/python3.11/site-packages/asyncpg/connection.py", line 2093, in connect
    return await connect_utils._connect(loop=loop, timeout=timeout)
ConnectionRefusedError: [Errno 111] Connect call failed ('10.0.0.7', 5432)`,
		"payload": map[string]any{"timeout_ms": 3000, "host": "db.internal", "invoice": 88123, "customer": "c-4411", "attempts": []int{1, 2}},
	})
	return text
}
