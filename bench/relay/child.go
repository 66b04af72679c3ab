package relay

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"sync"
	"time"
)

// roleEnv says what a process that was started again is to be, coreEnv on
// which core.
const roleEnv, coreEnv = "RYNDA_BENCH_RELAY", "RYNDA_BENCH_RELAY_CORE"

// Child runs the part of a process that Run has started, and reports whether
// it was one: the caller's main returns then.
func Child() bool {
	role := os.Getenv(roleEnv)
	if role == "" {
		return false
	}
	var err error
	if err = pin(); err == nil {
		if role == "readers" {
			err = readMain(os.Stdin, os.Stdout)
		} else {
			err = serveMain(role, os.Stdin, os.Stdout)
		}
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", role+":", err)
		os.Exit(1)
	}
	return true
}

// process is a child that ends when its input does.
type process struct {
	command *exec.Cmd
	in      io.WriteCloser
	out     *bufio.Reader
	once    sync.Once
}

func start(ctx context.Context, role, core string) (*process, error) {
	program, err := os.Executable()
	if err != nil {
		return nil, err
	}
	p := &process{command: exec.CommandContext(ctx, program)}
	p.command.Env = append(os.Environ(), roleEnv+"="+role, coreEnv+"="+core, "GOMAXPROCS=1")
	p.command.Stderr = os.Stderr
	if p.in, err = p.command.StdinPipe(); err != nil {
		return nil, err
	}
	out, err := p.command.StdoutPipe()
	if err != nil {
		return nil, err
	}
	p.out = bufio.NewReader(out)
	return p, p.command.Start()
}

func (p *process) stop() {
	p.once.Do(func() {
		p.in.Close()
		_ = p.command.Wait() // what it had to say it has said
	})
}

// answer reads one line of JSON.
func (p *process) answer(v any) error {
	line, err := p.out.ReadBytes('\n')
	if err != nil {
		return fmt.Errorf("hear from a child: %w", err)
	}
	return json.Unmarshal(line, v)
}

// server is a child that serves streams.
type server struct {
	*process
	addresses
}

// addresses is what a server says first.
type addresses struct{ Stream, Control string }

func startServer(ctx context.Context, kind string) (*server, error) {
	p, err := start(ctx, kind, "0")
	if err != nil {
		return nil, err
	}
	s := &server{process: p}
	if err := p.answer(&s.addresses); err != nil {
		p.stop()
		return nil, err
	}
	return s, nil
}

// usage is what a server has used so far.
type usage struct {
	CPU         float64 // seconds, of all its threads, user and system
	Memory      int64   // bytes resident
	Subscribers int
}

func (s *server) usage() (u usage, err error) {
	response, err := http.Get("http://" + s.Control + "/usage")
	if err != nil {
		return u, err
	}
	defer response.Body.Close()
	return u, json.NewDecoder(response.Body).Decode(&u)
}

// await waits until the server has so many subscribers.
func (s *server) await(ctx context.Context, n int) error {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	ticker := time.NewTicker(20 * time.Millisecond)
	defer ticker.Stop()
	for {
		u, err := s.usage()
		if err != nil || u.Subscribers == n {
			return err
		}
		select {
		case <-ticker.C:
		case <-ctx.Done():
			return fmt.Errorf("%d subscribers, want %d: %w", u.Subscribers, n, ctx.Err())
		}
	}
}

// readers is a child that reads streams and publishes.
type readers struct{ *process }

// order is one thing that the readers are to do.
type order struct {
	Connect *connecting
	Publish *publishing
}

type connecting struct {
	Address string
	Count   int
	Deaf    bool // never reads
}

type publishing struct {
	Control   string
	Events    int
	PerSecond int // 0 is as fast as it goes
	Bytes     int // of padding in the event; 0 makes a frame of about 200 bytes
}

// report is what the readers say when all that was published has arrived.
type report struct {
	Delivered int64
	Wrong     int64   // not the one after the last
	Seconds   float64 // from the first publish to the last delivery
	P50, P99  float64 // ms from publish to read
	CPU       float64 // seconds, of the server
	Error     string
}

func startReaders(ctx context.Context) (*readers, error) {
	p, err := start(ctx, "readers", "1")
	return &readers{p}, err
}

func (r *readers) ask(o order) (got report, err error) {
	if err := json.NewEncoder(r.in).Encode(o); err != nil {
		return got, err
	}
	if err := r.answer(&got); err != nil {
		return got, err
	}
	if got.Error != "" {
		return got, errors.New(got.Error)
	}
	return got, nil
}
