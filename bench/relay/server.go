package relay

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"strconv"
	"sync"
	"time"

	"rynda/pkg/auth"
	"rynda/pkg/eventlog"
	"rynda/pkg/relay"
)

const epoch = "aaaaaaaa"

var staff = auth.Identity{Kind: auth.Session, ID: "1", Projects: []auth.Project{{ID: 1, Slug: "shop"}}}

// event has the time of its making in its data, and so many bytes of padding.
func event(id int64, padding int) eventlog.Event {
	now := time.Now()
	data := append(strconv.AppendInt([]byte(`{"t":`), now.UnixNano(), 10), `,"p":"`...)
	data = append(data, bytes.Repeat([]byte("x"), padding)...)
	return eventlog.Event{
		ID: id, At: now.Truncate(time.Second), Kind: "group.changed", Project: 1, Topics: []string{"errors/shop"}, Version: id,
		Data: append(data, `"}`...),
	}
}

// publisher is what a server under measurement does with an event.
type publisher interface {
	publish(padding int)
	subscribers() int
}

// serveMain serves until its input ends.
func serveMain(kind string, in io.Reader, out io.Writer) error {
	stream, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	control, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	var p publisher
	if kind == "raw" {
		p = serveRaw(stream)
	} else {
		p = serveRelay(stream, kind == "plain")
	}
	mux := http.NewServeMux()
	mux.HandleFunc("POST /publish", func(_ http.ResponseWriter, r *http.Request) {
		padding, _ := strconv.Atoi(r.URL.Query().Get("bytes"))
		p.publish(padding)
	})
	mux.HandleFunc("GET /usage", func(w http.ResponseWriter, _ *http.Request) {
		u := usage{Subscribers: p.subscribers()}
		var err error
		if u.CPU, u.Memory, err = used(); err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		_ = json.NewEncoder(w).Encode(u) // or the parent fails
	})
	go http.Serve(control, mux)
	if err := json.NewEncoder(out).Encode(addresses{stream.Addr().String(), control.Addr().String()}); err != nil {
		return err
	}
	_, err = io.Copy(io.Discard, in)
	return err
}

// raw writes each event to each socket with one write, one after the other.
type raw struct {
	mu    sync.Mutex
	conns []net.Conn
	last  int64
	frame []byte
}

func serveRaw(listener net.Listener) *raw {
	w := &raw{}
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			go func() {
				if _, err := http.ReadRequest(bufio.NewReader(conn)); err != nil {
					conn.Close()
					return
				}
				fmt.Fprint(conn, "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n")
				w.mu.Lock()
				defer w.mu.Unlock()
				w.conns = append(w.conns, conn)
			}()
		}
	}()
	return w
}

func (w *raw) publish(padding int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.last++
	w.frame = relay.AppendFrame(w.frame[:0], epoch, event(w.last, padding))
	for _, conn := range w.conns {
		_, _ = conn.Write(w.frame) // the readers tell what is missing
	}
}

func (w *raw) subscribers() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return len(w.conns)
}

// relayed is a relay over a log in memory.
type relayed struct {
	relay *relay.Relay

	mu     sync.Mutex
	events []eventlog.Event // events[i] has id i+1
	grown  chan struct{}
}

func serveRelay(listener net.Listener, plain bool) *relayed {
	l := &relayed{grown: make(chan struct{})}
	l.relay = relay.New(l, relay.Config{Plain: plain})
	go l.relay.Run(context.Background())
	handler := l.relay.Handler(func(*http.Request) (auth.Identity, error) { return staff, nil },
		func(w http.ResponseWriter, _ *http.Request, status int) { w.WriteHeader(status) })
	go http.Serve(listener, handler)
	return l
}

func (l *relayed) publish(padding int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.events = append(l.events, event(int64(len(l.events)+1), padding))
	close(l.grown)
	l.grown = make(chan struct{})
}

func (l *relayed) subscribers() int { return l.relay.Stats().Subscribers }

func (l *relayed) Head(context.Context) (eventlog.Head, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return eventlog.Head{Epoch: epoch, ID: int64(len(l.events)), Floor: 1}, nil
}

func (l *relayed) Read(ctx context.Context, after eventlog.Position, _ eventlog.Filter, limit int) (eventlog.Page, error) {
	head, err := l.Head(ctx)
	page := eventlog.Page{Head: head, Next: head.Position()}
	if !head.Holds(after) {
		page.Reset = true
		return page, err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	page.Events = l.events[after.ID:min(head.ID, after.ID+int64(limit))]
	page.Next.ID = after.ID + int64(len(page.Events))
	page.More = page.Next.ID < head.ID
	return page, err
}

func (l *relayed) Wait(ctx context.Context, p eventlog.Position) error {
	for {
		l.mu.Lock()
		last, grown := int64(len(l.events)), l.grown
		l.mu.Unlock()
		if last > p.ID {
			return nil
		}
		select {
		case <-grown:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}
