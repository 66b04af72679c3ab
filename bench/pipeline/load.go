package pipeline

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5"

	"rynda/bench/figure"
)

// sender is one connection that sends ready requests and reads answers with as
// little work as can be: the generator shares the cores with the server.
type sender struct {
	conn net.Conn
	in   *bufio.Reader
	head []byte
	out  []byte
}

func dial(s *server) (*sender, error) {
	conn, err := net.Dial("tcp", s.address)
	if err != nil {
		return nil, err
	}
	return &sender{conn: conn, in: bufio.NewReaderSize(conn, 16<<10), head: fmt.Appendf(nil,
		"POST /v1/reports HTTP/1.1\r\nHost: %s\r\nAuthorization: Bearer %s\r\nContent-Type: application/json\r\nContent-Length: ",
		s.address, s.ingest)}, nil
}

// send returns the status.
func (c *sender) send(body []byte) (int, error) {
	c.out = append(c.out[:0], c.head...)
	c.out = strconv.AppendInt(c.out, int64(len(body)), 10)
	c.out = append(c.out, "\r\n\r\n"...)
	c.out = append(c.out, body...)
	if _, err := c.conn.Write(c.out); err != nil {
		return 0, err
	}
	status, length, chunked := 0, 0, false
	for first := true; ; first = false {
		line, err := c.in.ReadSlice('\n')
		if err != nil {
			return 0, err
		}
		line = bytes.TrimRight(line, "\r\n")
		switch name, value, _ := bytes.Cut(line, []byte(": ")); {
		case first && len(line) > 12:
			status, err = strconv.Atoi(string(line[9:12]))
		case bytes.EqualFold(name, []byte("Content-Length")):
			length, err = strconv.Atoi(string(value))
		case bytes.EqualFold(name, []byte("Transfer-Encoding")):
			chunked = true
		}
		if err != nil {
			return 0, err
		}
		if len(line) == 0 {
			break
		}
	}
	if chunked {
		return status, c.skipChunks()
	}
	_, err := io.CopyN(io.Discard, c.in, int64(length))
	return status, err
}

func (c *sender) skipChunks() error {
	for {
		line, err := c.in.ReadSlice('\n')
		if err != nil {
			return err
		}
		size, err := strconv.ParseInt(string(bytes.TrimRight(line, "\r\n")), 16, 32)
		if err != nil {
			return err
		}
		if _, err := io.CopyN(io.Discard, c.in, size+2); err != nil || size == 0 {
			return err
		}
	}
}

// causes of the even mix. Each is a group to be changed: with 20,000 of them
// nearly every report changes a group of its own, and the fold is the limit.
const (
	causes = 1_000
	many   = 20_000
)

// throughput sends for d over so many connections, batch reports a request,
// and waits until all is folded and counted. The rate includes that.
func throughput(ctx context.Context, s *server, d time.Duration, connections, batch, causes int, share float64) (float64, error) {
	conn, err := pgx.Connect(ctx, s.dsn)
	if err != nil {
		return 0, err
	}
	defer conn.Close(context.WithoutCancel(ctx))
	counted := func() (n int64, err error) {
		err = conn.QueryRow(ctx, `select coalesce(sum(count), 0)::bigint from groups`).Scan(&n)
		return n, err
	}
	before, err := counted()
	if err != nil {
		return 0, err
	}
	bodies := requests(batch, causes, share)
	var accepted atomic.Int64
	var wait sync.WaitGroup
	var failed atomic.Pointer[error]
	begin := time.Now()
	for c := range connections {
		wait.Go(func() {
			client, err := dial(s)
			if err != nil {
				failed.Store(&err)
				return
			}
			defer client.conn.Close()
			for n := c; time.Since(begin) < d && ctx.Err() == nil; n += connections {
				status, err := client.send(bodies[n%len(bodies)])
				if err == nil && status != 202 {
					err = fmt.Errorf("status %d", status)
				}
				if err != nil {
					failed.Store(&err)
					return
				}
				accepted.Add(int64(batch))
			}
		})
	}
	wait.Wait()
	if err := failed.Load(); err != nil {
		return 0, *err
	}
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for {
		n, err := counted()
		if err != nil {
			return 0, err
		}
		if n-before == accepted.Load() {
			return float64(accepted.Load()) / time.Since(begin).Seconds(), nil
		}
		if n-before > accepted.Load() || time.Since(begin) > d+time.Minute {
			return 0, fmt.Errorf("counted %d of %d accepted", n-before, accepted.Load())
		}
		select {
		case <-ctx.Done():
			return 0, ctx.Err()
		case <-tick.C:
		}
	}
}

func requests(batch, causes int, share float64) [][]byte {
	chance := rand.New(rand.NewPCG(3, uint64(batch)))
	out := make([][]byte, 20_000/batch)
	for i := range out {
		var b bytes.Buffer
		if batch > 1 {
			b.WriteString(`{"reports":[`)
		}
		for n := range batch {
			cause := 0
			if chance.Float64() >= share {
				cause = 1 + chance.IntN(causes)
			}
			if n > 0 {
				b.WriteByte(',')
			}
			b.Write(report(strconv.Itoa(cause)))
		}
		if batch > 1 {
			b.WriteString(`]}`)
		}
		out[i] = b.Bytes()
	}
	return out
}

// Run measures with the binary on an empty database.
func Run(ctx context.Context, binary, dsn, dir string, each time.Duration) ([]figure.Figure, error) {
	s, err := start(ctx, binary, dsn, dir, "RYNDA_NEW_GROUPS=-1", "RYNDA_RATE_LIMIT=0")
	if err != nil {
		return nil, err
	}
	defer s.Stop()
	var figures []figure.Figure
	for _, c := range []struct {
		name   string
		batch  int
		target float64
	}{{"single reports of 1 KB", 1, 5000}, {"batches of 100 reports of 1 KB", 100, 15000}} {
		connections := 64
		if c.batch > 1 {
			connections = 8
		}
		var even, storm, spread float64
		for range 2 { // in turns; the better of two, the first also warms the plans
			for _, cell := range []struct {
				causes int
				share  float64
				best   *float64
			}{{causes, 0, &even}, {causes, 0.95, &storm}, {many, 0, &spread}} {
				rate, err := throughput(ctx, s, each, connections, c.batch, cell.causes, cell.share)
				if err != nil {
					return figures, fmt.Errorf("%s: %w", c.name, err)
				}
				*cell.best = max(*cell.best, rate)
			}
		}
		figures = append(figures,
			figure.Least("pipeline: "+c.name+", 1,000 causes evenly, stored, grouped and visible", even, "reports/s", c.target),
			figure.AtLeast("pipeline: "+c.name+", 95 % one cause; limit: 1,000 causes", storm, "reports/s", even, 1),
			figure.AtLeast("pipeline: "+c.name+", 20,000 causes evenly, no target; limit: 1,000 causes", spread, "reports/s", even, 0))
	}
	latency, err := latencies(ctx, s, 100, 2*each)
	return append(figures, latency...), err
}
