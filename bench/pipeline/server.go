// Package pipeline measures the whole path of a report over HTTP: accepted,
// stored, grouped and visible, with server, load generator and Postgres on one
// machine, and how long a report takes to reach an open stream.
package pipeline

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"time"

	"rynda/bench/process"
)

// server is "rynda dev" without its page, run as a process of its own.
type server struct {
	*process.Server
	address string
	ingest  string
	staff   string
	dsn     string
}

// start runs the binary on the database, with a data directory of its own, and
// waits until it is ready. env is added to the environment.
func start(ctx context.Context, binary, dsn, dir string, env ...string) (*server, error) {
	address, err := process.Address()
	if err != nil {
		return nil, err
	}
	s := &server{address: address, dsn: dsn}
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
	s.Server, err = process.Start(ctx, run("serve"), address, time.Minute)
	return s, err
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
