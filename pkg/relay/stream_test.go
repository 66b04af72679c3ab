package relay

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"rynda/pkg/auth"
	"rynda/pkg/eventlog"
)

type wrappedListener struct{ net.Listener }

func (l wrappedListener) Accept() (net.Conn, error) {
	c, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	return struct{ net.Conn }{c}, nil
}

// each runs a test over every way a stream can take.
func each(t *testing.T, cfg Config, test func(t *testing.T, r *Relay, log *memory, client *http.Client, base string)) {
	for _, w := range ways {
		t.Run(w.name, func(t *testing.T) {
			t.Parallel()
			cfg := cfg
			cfg.Plain = w.plain
			log := newMemory()
			r := New(log, cfg)
			client, base := w.start(t, r.Handler(anyone(staff), plainProblem))
			run(t, r)
			test(t, r, log, client, base)
		})
	}
}

func TestStream(t *testing.T) {
	t.Parallel()
	each(t, Config{}, func(t *testing.T, r *Relay, log *memory, client *http.Client, base string) {
		log.add("errors/shop")
		waitHead(t, r, 1)

		live, h := subscribe(t, client, base, ask{})
		header := live.response.Header
		for name, want := range map[string]string{
			"Content-Type": "text/event-stream", "Cache-Control": "no-store, no-transform", "X-Accel-Buffering": "no",
		} {
			if got := header.Get(name); got != want {
				t.Errorf("%s is %q, want %q", name, got, want)
			}
		}
		want := hello{
			From: log.position(1), Head: log.position(1), HeartbeatMS: 15000,
			Granted: []string{"errors", "runs", "deploys"}, Denied: []string{},
		}
		if diff := cmp.Diff(want, h); diff != "" {
			t.Errorf("hello (-want +got):\n%s", diff)
		}

		log.add("errors/shop", "project/shop")
		log.add("errors/other")
		log.add("runs/site")
		live.wantEvents(h.From, 2, 4)

		after, h := subscribe(t, client, base, ask{after: log.position(1).String(), topics: "project/shop,errors/other,run/shop/1"})
		if diff := cmp.Diff([]string{"errors/other"}, h.Denied); diff != "" {
			t.Errorf("denied (-want +got):\n%s", diff)
		}
		log.add("run/shop/1")
		after.wantEvents(h.From, 2, 5)
	})
}

// waitHead waits until the tape has the event.
func waitHead(t testing.TB, r *Relay, id int64) {
	t.Helper()
	eventually(t, func() bool { return r.tape.head().ID >= id && r.tape.head().Epoch != "" })
}

// eventually waits until the condition holds.
func eventually(t testing.TB, condition func() bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	ticker := time.NewTicker(200 * time.Microsecond)
	defer ticker.Stop()
	for !condition() {
		select {
		case <-ticker.C:
		case <-ctx.Done():
			t.Fatal("it does not come about")
		}
	}
}

func TestIdentity(t *testing.T) {
	t.Parallel()
	job := auth.Identity{Kind: auth.IngestToken, ID: "ryi_1", Projects: staff.Projects, Scopes: []auth.Scope{auth.Report}}
	for _, c := range []struct {
		name   string
		method string
		answer auth.Identity
		err    error
		status int
		event  string
	}{
		{name: "unknown caller is a 401", method: "GET", err: errors.New("no"), status: 401},
		{name: "ingest token is a 403", method: "GET", answer: job, status: 403},
		{name: "POST is a 405", method: "POST", answer: staff, status: 405},
		{name: "HEAD is a 405", method: "HEAD", answer: staff, status: 405},
		{name: "identity that cannot be checked is a bye", method: "GET", err: fmt.Errorf("x: %w", ErrUnavailable), status: 200, event: "bye"},
		{name: "known caller is let in", method: "GET", answer: staff, status: 200, event: "hello"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			r := New(newMemory(), Config{})
			client, base := startClear(t, r.Handler(func(*http.Request) (auth.Identity, error) { return c.answer, c.err }, plainProblem))
			run(t, r)
			req := ask{}.request(t.Context(), base)
			req.Method = c.method
			response, err := client.Do(req)
			if err != nil {
				t.Fatal(err)
			}
			defer response.Body.Close()
			if response.StatusCode != c.status {
				t.Fatalf("status %d, want %d", response.StatusCode, c.status)
			}
			if c.event == "" {
				return
			}
			s := connect(t, client, base, ask{})
			if f := s.next(); f.event != c.event {
				t.Errorf("first frame %+v, want %s", f, c.event)
			}
		})
	}
}

func TestPlace(t *testing.T) {
	t.Parallel()
	const lost = "00000000-0"
	for _, c := range []struct {
		name  string
		ask   ask
		from  string // of hello
		reset bool
		next  []int64
	}{
		{name: "nothing named is from now", from: "aaaaaaaa-9", next: ids(10, 11)},
		{name: "after", ask: ask{after: "aaaaaaaa-7"}, from: "aaaaaaaa-7", next: ids(8, 11)},
		{name: "Last-Event-ID", ask: ask{lastEventID: "aaaaaaaa-7"}, from: "aaaaaaaa-7", next: ids(8, 11)},
		{name: "Last-Event-ID wins over after", ask: ask{lastEventID: "aaaaaaaa-8", after: "aaaaaaaa-5"}, from: "aaaaaaaa-8", next: ids(9, 11)},
		{name: "valid after helps a bad Last-Event-ID", ask: ask{lastEventID: "bbbbbbbb-8", after: "aaaaaaaa-7"}, from: "aaaaaaaa-7", next: ids(8, 11)},
		{name: "the head is a place", ask: ask{after: "aaaaaaaa-9"}, from: "aaaaaaaa-9", next: ids(10, 11)},
		{name: "just below the floor is a place", ask: ask{after: "aaaaaaaa-4"}, from: "aaaaaaaa-4", next: ids(5, 11)},
		{name: "swept is a reset", ask: ask{after: "aaaaaaaa-3"}, from: "aaaaaaaa-3", reset: true, next: ids(10, 11)},
		{name: "ahead of the head is a reset", ask: ask{after: "aaaaaaaa-10"}, from: "aaaaaaaa-10", reset: true, next: ids(10, 11)},
		{name: "another epoch is a reset", ask: ask{after: "bbbbbbbb-7"}, from: "bbbbbbbb-7", reset: true, next: ids(10, 11)},
		{name: "garbage is a reset", ask: ask{lastEventID: "42"}, from: lost, reset: true, next: ids(10, 11)},
		{name: "nowhere is a reset", ask: ask{after: lost}, from: lost, reset: true, next: ids(10, 11)},
	} {
		for _, warm := range []int{0, 100} {
			t.Run(fmt.Sprintf("%s, %d in memory", c.name, warm), func(t *testing.T) {
				t.Parallel()
				log := newMemory()
				for range 9 {
					log.add("errors/shop")
				}
				log.change(func() { log.head.Floor = 5 })
				r := New(log, Config{Warm: warm})
				client, base := startClear(t, r.Handler(anyone(staff), plainProblem))
				run(t, r)
				s, h := subscribe(t, client, base, c.ask)
				if h.From.String() != c.from {
					t.Errorf("hello is from %s, want %s", h.From, c.from)
				}
				if c.reset {
					if f := s.next(); f.event != "reset" || f.id != "aaaaaaaa-9" || f.data != `{"head":"aaaaaaaa-9"}` {
						t.Fatalf("got %+v, want a reset to the head", f)
					}
				}
				log.add("errors/shop")
				log.add("errors/shop")
				s.wantEvents(log.position(0), c.next...)
			})
		}
	}
}

func TestReset(t *testing.T) {
	t.Parallel()
	t.Run("new epoch resets everyone in band and goes on", func(t *testing.T) {
		t.Parallel()
		each(t, Config{}, func(t *testing.T, r *Relay, log *memory, client *http.Client, base string) {
			log.add("errors/shop")
			waitHead(t, r, 1)
			quiet, _ := subscribe(t, client, base, ask{topics: "run/shop/1"})
			s, h := subscribe(t, client, base, ask{})
			log.add("errors/shop")
			s.wantEvents(h.From, 2)
			log.renew(epochB, 50)
			for _, s := range []*stream{s, quiet} {
				if f := s.next(); f.event != "reset" || f.id != "bbbbbbbb-50" {
					t.Fatalf("got %+v, want a reset to bbbbbbbb-50", f)
				}
			}
			log.add("errors/shop", "run/shop/1")
			s.wantEvents(log.position(0), 51)
			quiet.wantEvents(log.position(0), 51)
			again, h := subscribe(t, client, base, ask{lastEventID: "aaaaaaaa-2"})
			if f := again.next(); h.From.String() != "aaaaaaaa-2" || f.event != "reset" || f.id != "bbbbbbbb-51" {
				t.Errorf("an old place got hello from %s and %+v", h.From, f)
			}
		})
	})
	for name, change := range map[string]func(*memory){
		"head that went back": func(m *memory) {
			m.change(func() { m.head.ID, m.events = 2, m.events[:2] })
		},
		"floor above the tail": func(m *memory) {
			m.change(func() {
				for range 5 {
					m.head.ID++
					m.events = append(m.events, eventlog.Event{ID: m.head.ID, Kind: "group.changed"})
				}
				m.head.Floor = m.head.ID + 1
			})
		},
		"hole": func(m *memory) {
			m.change(func() {
				for range 3 {
					m.head.ID++
					m.events = append(m.events, eventlog.Event{ID: m.head.ID, Kind: "group.changed", Topics: []string{"errors/shop"}})
				}
				m.hole = m.head.ID - 1
			})
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			log := newMemory()
			for range 4 {
				log.add("errors/shop")
			}
			r := New(log, Config{})
			client, base := startClear(t, r.Handler(anyone(staff), plainProblem))
			run(t, r)
			s, _ := subscribe(t, client, base, ask{})
			change(log)
			head, _ := log.Head(context.Background())
			if f := s.next(); f.event != "reset" || f.id != head.Position().String() {
				t.Fatalf("got %+v, want a reset to %s", f, head.Position())
			}
			id := log.add("errors/shop")
			s.wantEvents(head.Position(), id)
			if got := r.Stats(); got.Resets != 1 || got.Restarts != 1 {
				t.Errorf("%d resets, %d restarts", got.Resets, got.Restarts)
			}
		})
	}
}

func TestLimits(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		why Reason
		cfg Config
	}{
		{PerUser, Config{PerUser: 2}},
		{PerProject, Config{PerProject: 2}},
		{Total, Config{Total: 2}},
	} {
		t.Run(string(c.why), func(t *testing.T) {
			t.Parallel()
			log := newMemory()
			log.add("errors/shop")
			r := New(log, c.cfg)
			client, base := startClear(t, r.Handler(anyone(staff), plainProblem))
			run(t, r)
			one, _ := subscribe(t, client, base, ask{})
			subscribe(t, client, base, ask{})
			over := connect(t, client, base, ask{after: "aaaaaaaa-0"})
			if f := over.next(); f.event != "bye" || f.id != "aaaaaaaa-0" || f.retry < 5000 {
				t.Fatalf("the third stream got %+v, want a bye where it was", f)
			}
			over.wantEnd()
			if got := r.Stats(); got.Refused[c.why] != 1 || got.Subscribers != 2 {
				t.Errorf("refused %v, %d subscribers", got.Refused, got.Subscribers)
			}
			one.close()
			eventually(t, func() bool { return r.Stats().Subscribers == 1 })
			subscribe(t, client, base, ask{})
		})
	}
}

func TestNoTopicsInReachIsNothing(t *testing.T) {
	t.Parallel()
	nobody := auth.Identity{Kind: auth.Session, ID: "8"}
	for _, topics := range []string{"", "errors/shop,project/shop"} {
		log := newMemory()
		for range 3 {
			log.add("errors/shop")
		}
		r := New(log, Config{}) // nothing warm: the events would come by a read
		client, base := startClear(t, r.Handler(anyone(nobody), plainProblem))
		run(t, r)
		s, h := subscribe(t, client, base, ask{after: "aaaaaaaa-0", topics: topics})
		if len(h.Granted) > 0 {
			t.Errorf("granted %v", h.Granted)
		}
		log.add("errors/shop")
		waitHead(t, r, 4)
		ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
		defer cancel()
		if err := r.Drain(ctx); err != nil {
			t.Fatal(err)
		}
		if f := s.next(); f.event != "bye" {
			t.Errorf("got %+v, want nothing but the bye", f)
		}
	}
}

func TestDrain(t *testing.T) {
	t.Parallel()
	each(t, Config{}, func(t *testing.T, r *Relay, log *memory, client *http.Client, base string) {
		var streams []*stream
		for range 20 {
			s, _ := subscribe(t, client, base, ask{})
			streams = append(streams, s)
		}
		log.add("errors/shop")
		waitHead(t, r, 1)
		ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
		defer cancel()
		if err := r.Drain(ctx); err != nil {
			t.Fatal(err)
		}
		delays := map[int]bool{}
		for _, s := range streams {
			s.wantEvents(log.position(0), 1)
			f := s.next()
			if f.event != "bye" || f.id != "aaaaaaaa-1" || f.data != fmt.Sprintf(`{"after_ms":%d}`, f.retry) {
				t.Fatalf("got %+v, want a bye at the head", f)
			}
			delays[f.retry] = true
			s.wantEnd()
		}
		if len(delays) < 10 {
			t.Errorf("20 streams got only the delays %v", delays)
		}
		late := connect(t, client, base, ask{lastEventID: "aaaaaaaa-0"})
		if f := late.next(); f.event != "bye" || f.id != "aaaaaaaa-0" {
			t.Errorf("a newcomer got %+v", f)
		}
		if got := r.Stats(); got.Closed[Drained] != 20 || got.Subscribers != 0 {
			t.Errorf("closed %v, %d left", got.Closed, got.Subscribers)
		}
	})
}

func TestRunEndsStreams(t *testing.T) {
	t.Parallel()
	log := newMemory()
	r := New(log, Config{})
	client, base := startClear(t, r.Handler(anyone(staff), plainProblem))
	stop := run(t, r)
	s, _ := subscribe(t, client, base, ask{})
	stop()
	for {
		f, err := s.read()
		if err != nil {
			return
		}
		if f.event != "bye" && f.event != "ping" { // bye is said when it was not attached yet
			t.Fatalf("got %+v", f)
		}
	}
}
