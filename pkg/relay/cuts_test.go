package relay

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"rynda/pkg/eventlog"
)

// cutReader is a subscriber that remembers what a browser would, over any
// number of connections.
type cutReader struct {
	topics string
	lastID string
	got    []int64
	resets int
}

// listen reads at most n bytes of the body, then breaks the connection. It
// keeps what was whole. With n < 0 it reads until the event.
func (c *cutReader) listen(ctx context.Context, client *http.Client, base string, n int64, until int64) error {
	ctx, cancel := context.WithTimeout(ctx, 2*time.Minute)
	defer cancel()
	response, err := client.Do(ask{lastEventID: c.lastID, after: "aaaaaaaa-0", topics: c.topics}.request(ctx, base))
	if err != nil {
		return err
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return fmt.Errorf("status %d", response.StatusCode)
	}
	body := io.Reader(response.Body)
	if n >= 0 {
		body = io.LimitReader(body, n)
	}
	in := bufio.NewReaderSize(body, 64)
	for n >= 0 || len(c.got) == 0 || c.got[len(c.got)-1] < until {
		f, err := readFrame(in)
		if err != nil {
			if ctx.Err() != nil {
				return ctx.Err()
			}
			return nil // cut: an unfinished frame is dropped
		}
		if f.id != "" {
			c.lastID = f.id
		}
		switch f.event {
		case "group.changed":
			p, _ := eventlog.ParsePosition(f.id)
			c.got = append(c.got, p.ID)
		case "reset":
			c.resets++
		}
	}
	return nil
}

// Readers of different topics are cut a thousand times at random bytes while
// events are published. With a small tape they resume from the log, with a
// large one from memory.
func TestThousandCutsLoseNothing(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		way  way
		tape string
		size int
	}{
		{ways[0], "small tape", 2000},
		{ways[0], "large tape", segmentBytes},
		{ways[1], "large tape", segmentBytes},
		{ways[4], "small tape", 2000},
	} {
		t.Run(c.way.name+", "+c.tape, func(t *testing.T) {
			t.Parallel()
			thousandCuts(t, c.way, c.size)
		})
	}
}

func thousandCuts(t *testing.T, w way, size int) {
	log := newMemory()
	r := New(log, Config{Plain: w.plain, Page: 7, Segments: 3})
	r.tape.segmentBytes = size
	client, base := w.start(t, r.Handler(anyone(staff), plainProblem))
	run(t, r)
	const readers, cuts = 20, 50
	of := []string{"errors/shop", "errors/site", "run/shop/1"}
	var missing atomic.Int64
	missing.Store(readers)
	published := make(chan struct{})
	go func() {
		defer close(published)
		ticker := time.NewTicker(time.Millisecond)
		defer ticker.Stop()
		for n := 0; missing.Load() > 0 || n < 500; n++ {
			log.add(of[n%5%3])
			if n%3 == 0 {
				<-ticker.C
			}
		}
	}()
	all := make([]*cutReader, readers)
	var wg sync.WaitGroup
	for i := range all {
		all[i] = &cutReader{topics: strings.Join(of[:1+i%3], ",")}
		wg.Go(func() {
			rnd := rand.New(rand.NewPCG(uint64(i), 7))
			for range cuts {
				if err := all[i].listen(t.Context(), client, base, rnd.Int64N(3000), 0); err != nil {
					t.Errorf("reader %d: %v", i, err)
					break
				}
			}
			missing.Add(-1)
		})
	}
	wg.Wait()
	<-published
	last := log.add(of...)
	for i, c := range all {
		for len(c.got) == 0 || c.got[len(c.got)-1] < last {
			if err := c.listen(t.Context(), client, base, -1, last); err != nil {
				t.Fatalf("reader %d: %v", i, err)
			}
		}
		var want []int64
		for _, ev := range log.events {
			for _, topic := range ev.Topics {
				if strings.Contains(c.topics, topic) {
					want = append(want, ev.ID)
					break
				}
			}
		}
		if fmt.Sprint(c.got) != fmt.Sprint(want) || c.resets > 0 {
			t.Errorf("reader %d of %s: %d events, want %d; %d resets", i, c.topics, len(c.got), len(want), c.resets)
		}
	}
	stats := r.Stats()
	// A reader may be ahead of a large tape for a moment and is served from the log then.
	if size < segmentBytes && stats.Replays == 0 {
		t.Errorf("none of %d resumes came from the log", stats.Resumed)
	}
	t.Logf("%d events, %d resumes, %d of them from the log, closed %v", last, stats.Resumed, stats.Replays, stats.Closed)
}

// A restarted relay knows only what the log says of the ids that browsers come
// back with.
func TestRestart(t *testing.T) {
	t.Parallel()
	log := newMemory()
	for range 20 {
		log.add("errors/shop")
	}
	for name, c := range map[string]struct {
		with  int64
		reset bool
	}{
		"with a lower id":         {with: 3},
		"with the id of the head": {with: 20},
		"with a higher id":        {with: 21, reset: true},
	} {
		t.Run(name, func(t *testing.T) {
			r := New(log, Config{Warm: 5})
			client, base := startClear(t, r.Handler(anyone(staff), plainProblem))
			stop := run(t, r)
			s, h := subscribe(t, client, base, ask{lastEventID: log.position(c.with).String()})
			if c.reset {
				if f := s.next(); f.event != "reset" || f.id != "aaaaaaaa-20" {
					t.Fatalf("got %+v, want a reset", f)
				}
			} else {
				s.wantEvents(h.From, ids(c.with+1, 20)...)
			}
			stop()
		})
	}
}

// hello, and then a reset that the reader must not miss: whichever byte the
// connection is cut at, it either has the reset or gets it next time.
func TestCutBeforeResetStillResets(t *testing.T) {
	t.Parallel()
	log := newMemory()
	log.add("errors/shop")
	r := New(log, Config{})
	run(t, r)
	waitHead(t, r, 1)
	for _, asked := range []string{"bbbbbbbb-7", "aaaaaaaa-9", "garbage"} {
		whole := answer(t, r, asked)
		for n := range len(whole) {
			c := &cutReader{lastID: asked}
			in := bufio.NewReader(bytes.NewReader(whole[:n]))
			for {
				f, err := readFrame(in)
				if err != nil {
					break
				}
				if f.id != "" {
					c.lastID = f.id
				}
				if f.event == "reset" {
					c.resets++
				}
			}
			if c.resets == 0 && !strings.Contains(string(answer(t, r, c.lastID)), "event: reset") {
				t.Fatalf("cut at byte %d of %q: comes back with %s and never resets", n, whole, c.lastID)
			}
		}
	}
}

// answer returns what a stream begins with.
func answer(t testing.TB, r *Relay, lastEventID string) []byte {
	w := newRecorder()
	ctx, cancel := context.WithCancel(t.Context())
	req := ask{lastEventID: lastEventID}.request(ctx, "http://x")
	done := make(chan struct{})
	go func() {
		defer close(done)
		r.Handler(anyone(staff), plainProblem).ServeHTTP(w, req)
	}()
	eventually(t, func() bool { w.mu.Lock(); defer w.mu.Unlock(); return strings.Contains(w.bytes.String(), "event: ") })
	cancel()
	<-done
	return w.bytes.Bytes()
}

// smallBuffers keeps what a socket takes for a peer that does not read small.
type smallBuffers struct{ net.Listener }

func (l smallBuffers) Accept() (net.Conn, error) {
	conn, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	return conn, conn.(*net.TCPConn).SetWriteBuffer(64 << 10)
}

// A reader that stops reading is closed within the deadline, and nobody else
// notices.
func TestStalledReader(t *testing.T) {
	t.Parallel()
	for _, w := range ways[:2] {
		t.Run(w.name, func(t *testing.T) {
			t.Parallel()
			log := newMemory()
			r := New(log, Config{Plain: w.plain, WriteTimeout: 5 * time.Second})
			server := httptest.NewUnstartedServer(r.Handler(anyone(staff), plainProblem))
			server.Listener = smallBuffers{server.Listener}
			server.Start()
			t.Cleanup(server.Close)
			run(t, r)
			waitHead(t, r, 0)
			conn, err := net.Dial("tcp", server.Listener.Addr().String())
			if err != nil {
				t.Fatal(err)
			}
			defer conn.Close()
			conn.(*net.TCPConn).SetReadBuffer(4096)
			fmt.Fprintf(conn, "GET /v1/events/stream HTTP/1.1\r\nHost: x\r\n\r\n")
			client := newClient(t, &http.Transport{})
			const healthy, events = 5, 400
			var wg sync.WaitGroup
			for range healthy {
				s, h := subscribe(t, client, server.URL, ask{})
				wg.Go(func() { s.wantEvents(h.From, ids(1, events)...) })
			}
			eventually(t, func() bool { return r.Stats().Subscribers == healthy+1 })
			data := []byte(`"` + strings.Repeat("x", 6000) + `"`)
			for range events {
				log.addData(data, "errors/shop")
				waitHead(t, r, log.position(0).ID)
			}
			wg.Wait()
			eventually(t, func() bool { return r.Stats().Subscribers == healthy })
			closed := r.Stats().Closed
			if closed[Slow]+closed[Behind] != 1 {
				t.Errorf("closed %v, want one that was slow or behind", closed)
			}
		})
	}
}
