package httpapi_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"rynda/pkg/auth"
	"rynda/pkg/eventlog"
	"rynda/pkg/httpapi"
	"rynda/pkg/relay"
)

// pipes is a network without buffers: a write waits until the other side reads.
// So it can stand in a bubble, and a peer that does nothing holds up at once.
type pipes struct {
	conns chan net.Conn
	once  sync.Once
	ended chan struct{}
}

func (p *pipes) Accept() (net.Conn, error) {
	select {
	case conn := <-p.conns:
		return conn, nil
	case <-p.ended:
		return nil, net.ErrClosed
	}
}

func (p *pipes) Close() error   { p.once.Do(func() { close(p.ended) }); return nil }
func (p *pipes) Addr() net.Addr { return &net.TCPAddr{} }

func (p *pipes) dial(t *testing.T) net.Conn {
	here, there := net.Pipe()
	t.Cleanup(func() { here.Close() })
	p.conns <- there
	return here
}

// overPipes serves the handler with nothing but the time for a header, so that
// every other end is the handler's own doing.
func overPipes(t *testing.T, handler http.Handler) *pipes {
	p := &pipes{conns: make(chan net.Conn), ended: make(chan struct{})}
	server := &http.Server{
		Handler: handler, ReadHeaderTimeout: 5 * time.Second, IdleTimeout: 2 * time.Minute,
		ErrorLog: slog.NewLogLogger(slog.DiscardHandler, slog.LevelError),
	}
	served := make(chan struct{})
	go func() { defer close(served); server.Serve(p) }()
	t.Cleanup(func() {
		server.Close()
		<-served
		time.Sleep(time.Second) // net/http lingers a little over each connection
	})
	return p
}

func TestBodiesThatDoNotComeAreEnded(t *testing.T) {
	t.Parallel()
	staff, job := "Authorization: Bearer "+staffToken+"\r\n", "Authorization: Bearer "+ingestToken+"\r\n"
	for name, c := range map[string]struct{ head, status string }{
		"of a job that is known":            {"POST /v1/reports HTTP/1.1\r\n" + job + "Content-Length: 1000\r\n\r\n{", "408"},
		"of nobody":                         {"POST /v1/reports HTTP/1.1\r\nContent-Length: 1000\r\n\r\n", "401"},
		"of nobody, in chunks":              {"POST /v1/reports HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n", "401"},
		"of a read":                         {"GET /healthz HTTP/1.1\r\nContent-Length: 1000\r\n\r\n", "200"},
		"of a large read":                   {"GET /openapi.yaml HTTP/1.1\r\nContent-Length: 1000\r\n\r\n", "200"},
		"of a poll that waits":              {"GET /v1/events?wait=20 HTTP/1.1\r\n" + staff + "Content-Length: 9\r\n\r\n", "200"},
		"at an address that is none":        {"POST /nothing HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n", "404"},
		"of a view":                         {"POST /v1/groups/1/viewed HTTP/1.1\r\n" + staff + "Content-Type: application/json\r\nContent-Length: 9\r\n\r\n", "408"},
		"of a view by nobody":               {"POST /v1/groups/1/viewed HTTP/1.1\r\nContent-Type: application/json\r\nContent-Length: 9\r\n\r\n", "401"},
		"of a stream by nobody":             {"GET /v1/events/stream HTTP/1.1\r\nContent-Length: 9\r\n\r\n", "401"},
		"of a file of the page, in chunks":  {"GET /errors HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab", "200"},
		"after an expectation, never begun": {"POST /v1/reports HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: 9\r\n\r\n", "401"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				conn := overPipes(t, newFixture(t).handler).dial(t)
				start := time.Now()
				go io.WriteString(conn, strings.Replace(c.head, "\r\n", "\r\nHost: x\r\n", 1))
				conn.SetReadDeadline(start.Add(2 * time.Minute))
				in := bufio.NewReader(conn)
				line, err := in.ReadString('\n')
				if took := time.Since(start); err != nil || !strings.Contains(line, " "+c.status+" ") || took > 21*time.Second {
					t.Fatalf("answered %q, %v after %v", line, err, took)
				}
				io.Copy(io.Discard, in)
				if took := time.Since(start); took > 22*time.Second {
					t.Errorf("the connection ended after %v", took)
				}
			})
		})
	}
}

// jobs knows every token that begins as that of the job does, each as its own.
type jobs struct{ callers }

func (j jobs) Authenticate(r *http.Request) (auth.Identity, error) {
	name, known := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer "+ingestToken+"-")
	if !known {
		return j.callers.Authenticate(r)
	}
	return auth.Identity{Kind: auth.IngestToken, ID: name, Projects: []auth.Project{{ID: 1, Slug: "alpha"}}, Scopes: []auth.Scope{auth.Report}}, nil
}

func TestBodiesThatStallTakeBoundedRoom(t *testing.T) {
	t.Parallel()
	const whole, sent = 5 << 20, 4<<20 + 200<<10
	stalled := strings.Repeat("a", sent)
	// stall sends most of n bodies, in the lengths of HTTP or in chunks, and
	// counts those that hold their bytes a second later.
	stall := func(t *testing.T, p *pipes, token string, n int, inChunks bool) (holding int) {
		statuses := make(chan string, n)
		for range n {
			conn := p.dial(t)
			length := fmt.Sprintf("Content-Length: %d\r\n\r\n", whole)
			if inChunks {
				length = fmt.Sprintf("Transfer-Encoding: chunked\r\n\r\n%x\r\n", whole)
			}
			go func() {
				fmt.Fprintf(conn, "POST /v1/reports HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer %s\r\n%s", token, length)
				io.WriteString(conn, stalled)
			}()
			go func() {
				got, err := http.ReadResponse(bufio.NewReader(conn), nil)
				if err != nil {
					return
				}
				if got.StatusCode == 503 && got.Header.Get("Retry-After") == "" {
					t.Error("refused without a pause")
				}
				statuses <- got.Status
			}()
		}
		time.Sleep(time.Second)
		for holding = n; len(statuses) > 0; holding-- {
			if got := <-statuses; !strings.Contains(got, "503") {
				t.Errorf("refused with %s", got)
			}
		}
		return holding
	}
	post := func(t *testing.T, p *pipes, token string, size int) int {
		conn := p.dial(t)
		body := `{"message":"a"}` + strings.Repeat(" ", size)
		go fmt.Fprintf(conn, "POST /v1/reports HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer %s\r\nContent-Length: %d\r\n\r\n%s", token, len(body), body)
		got, err := http.ReadResponse(bufio.NewReader(conn), nil)
		if err != nil {
			t.Fatal(err)
		}
		return got.StatusCode
	}
	for name, inChunks := range map[string]bool{"of a known length": false, "in chunks": true} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				f := newFixture(t, func(f *fixture) { f.deps.Auth, f.config.BodyBytes = jobs{}, 64<<20 })
				p := overPipes(t, f.handler)
				// How many find room depends on which grew first; the bounds do not.
				n := stall(t, p, ingestToken+"-1", 20, inChunks)
				if n < 1 || n > 7 {
					t.Errorf("one token holds %d bodies of 4.2 MiB, of 32 MiB", n)
				}
				if got := post(t, p, ingestToken+"-1", 100); got != 202 {
					t.Errorf("a small report of the same token: %d", got)
				}
				if got := post(t, p, ingestToken+"-2", 4<<20); got != 202 {
					t.Errorf("a large one of another token: %d", got)
				}
				more := 0
				for i := range 5 {
					more += stall(t, p, fmt.Sprint(ingestToken, "-", i+2), 4, inChunks)
				}
				if n+more > 15 {
					t.Errorf("six tokens hold %d, of 64 MiB", n+more)
				}
				time.Sleep(16 * time.Second) // until their time is over
				for range 3 {
					if got := post(t, p, ingestToken+"-1", 4<<20); got != 202 {
						t.Fatalf("after the stalled ones have ended: %d", got)
					}
				}
			})
		})
	}
	t.Run("a length alone takes none", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			p := overPipes(t, newFixture(t).handler)
			for range 50 {
				fmt.Fprintf(p.dial(t), "POST /v1/reports HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer %s\r\nContent-Length: %d\r\n\r\n{", ingestToken, whole)
			}
			synctest.Wait()
			if got := post(t, p, ingestToken, 4<<20); got != 202 {
				t.Error(got)
			}
		})
	})
}

func TestReadersThatDoNotReadAreEnded(t *testing.T) {
	t.Parallel()
	large := func(f *fixture) {
		f.deps.Static = http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.Write(make([]byte, 1<<20)) })
	}
	for _, path := range []string{"/healthz", "/openapi.yaml", "/page", "/v1/nothing"} {
		t.Run(path+", asked for over and over", func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				conn := overPipes(t, newFixture(t, large).handler).dial(t)
				start := time.Now()
				conn.SetWriteDeadline(start.Add(10 * time.Minute))
				_, err := io.WriteString(conn, strings.Repeat("GET "+path+" HTTP/1.1\r\nHost: x\r\n\r\n", 400))
				if took := time.Since(start); err != io.ErrClosedPipe || took > 25*time.Second {
					t.Errorf("%v after %v", err, took)
				}
			})
		})
	}
	t.Run("one who reads slowly and steadily gets all of it", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			conn := overPipes(t, newFixture(t, large).handler).dial(t)
			go io.WriteString(conn, "GET /page HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
			start, total := time.Now(), 0
			for part := make([]byte, 16<<10); ; {
				n, err := io.ReadFull(conn, part)
				total += n
				if err != nil {
					break
				}
				time.Sleep(2 * time.Second)
			}
			if took := time.Since(start); total < 1<<20 || took < time.Minute {
				t.Errorf("%d bytes in %v", total, took)
			}
		})
	})
	t.Run("an answer that takes long to make has its whole time to be read", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			conn := overPipes(t, newFixture(t).handler).dial(t)
			start := time.Now()
			fmt.Fprintf(conn, "GET /v1/events?wait=20&after=0a0b0c0d-0 HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer %s\r\n\r\n", staffToken)
			time.Sleep(28 * time.Second)
			if got, err := http.ReadResponse(bufio.NewReader(conn), nil); err != nil || got.StatusCode != 200 {
				t.Errorf("%v after %v", err, time.Since(start))
			}
		})
	})
	t.Run("a connection that was idle for longer than a write may take serves the next request", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			conn := overPipes(t, newFixture(t).handler).dial(t)
			in := bufio.NewReader(conn)
			for range 3 {
				fmt.Fprintf(conn, "POST /v1/reports HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer %s\r\nExpect: 100-continue\r\nContent-Length: 15\r\n\r\n", ingestToken)
				if line, _ := in.ReadString('\n'); !strings.Contains(line, "100") {
					t.Fatal(line)
				}
				in.ReadString('\n')
				go io.WriteString(conn, `{"message":"a"}`)
				got, err := http.ReadResponse(in, nil)
				if err != nil || got.StatusCode != 202 {
					t.Fatal(got, err)
				}
				io.Copy(io.Discard, got.Body)
				time.Sleep(time.Minute)
			}
		})
	})
}

// source is the tape as the relay reads it.
type source struct{ *tape }

func (s source) Head(context.Context) (eventlog.Head, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.head, nil
}

func (s source) Read(ctx context.Context, after eventlog.Position, filter eventlog.Filter, limit int) (eventlog.Page, error) {
	if filter.Topics == nil { // the tail asks for everything
		filter.Topics = []string{"errors/alpha"}
	}
	return s.tape.Read(ctx, after, filter, limit)
}

// streaming is a fixture whose stream is written by a real relay.
func streaming(t *testing.T, plain bool, events int) *fixture {
	return newFixture(t, func(f *fixture) {
		f.log = newTape(events)
		f.deps.Log, f.deps.Waiter = f.log, f.log
		fan := relay.New(source{f.log}, relay.Config{Plain: plain})
		ctx, stop := context.WithCancel(context.Background())
		ran := make(chan struct{})
		go func() { defer close(ran); fan.Run(ctx) }()
		t.Cleanup(func() { stop(); <-ran })
		f.deps.Stream = fan.Handler(func(r *http.Request) (auth.Identity, error) { return auth.From(r.Context()), nil }, httpapi.WriteProblem)
	})
}

func TestStreamsOutliveTheTimesOfRequests(t *testing.T) {
	t.Parallel()
	open := "GET /v1/events/stream HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer " + staffToken + "\r\n"
	for name, plain := range map[string]bool{"taken over": false, "left with net/http": true} {
		t.Run(name+", for hours", func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				f := streaming(t, plain, 1)
				conn := overPipes(t, f.handler).dial(t)
				io.WriteString(conn, open+"\r\n")
				in := bufio.NewReader(conn)
				for pings := 0; pings < 1000; {
					line, err := in.ReadString('\n')
					if err != nil {
						t.Fatalf("%v after %d pings", err, pings)
					}
					if line == "event: ping\n" {
						pings++
					}
				}
				f.log.append("errors/alpha")
				for line := ""; line != "event: group.changed\n"; {
					var err error
					if line, err = in.ReadString('\n'); err != nil {
						t.Fatal(err)
					}
				}
			})
		})
		t.Run(name+", and one that does not read is still ended by the relay's own time", func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				conn := overPipes(t, streaming(t, plain, 1).handler).dial(t)
				start := time.Now()
				io.WriteString(conn, open+"\r\n")
				conn.SetWriteDeadline(start.Add(time.Hour))
				for { // a peer that talks and does not listen
					if _, err := io.WriteString(conn, "x"); err != nil {
						break
					}
					time.Sleep(100 * time.Millisecond)
				}
				if took := time.Since(start); took > 8*time.Second {
					t.Errorf("ended after %v", took)
				}
			})
		})
		t.Run(name+", with a body that does not come", func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				conn := overPipes(t, streaming(t, plain, 1).handler).dial(t)
				start := time.Now()
				io.WriteString(conn, open+"Content-Length: 9\r\n\r\n")
				conn.SetReadDeadline(start.Add(2 * time.Minute))
				if line, err := bufio.NewReader(conn).ReadString('\n'); !strings.Contains(line, "200") || time.Since(start) > 16*time.Second {
					t.Errorf("%q, %v after %v", line, err, time.Since(start))
				}
			})
		})
	}
	t.Run("a connection that a handler has taken over is left alone", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			taken := make(chan net.Conn, 1)
			f := newFixture(t, func(f *fixture) {
				f.deps.Stream = http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
					conn, _, err := http.NewResponseController(w).Hijack()
					if err != nil {
						t.Error(err)
					}
					taken <- conn
				})
			})
			here := overPipes(t, f.handler).dial(t)
			io.WriteString(here, open+"\r\n")
			there := <-taken
			defer there.Close()
			time.Sleep(time.Hour)
			go io.WriteString(there, "still here")
			if _, err := io.ReadFull(here, make([]byte, 10)); err != nil {
				t.Error(err)
			}
		})
	})
}
