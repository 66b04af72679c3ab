package relay

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"rynda/pkg/eventlog"
)

// gated is a log whose tail can be held while others read.
type gated struct {
	*memory
	mu    sync.Mutex
	free  chan struct{} // closed while the tail may read
	after func()        // runs after each filtered read
}

func newGated() *gated {
	g := &gated{memory: newMemory(), free: make(chan struct{})}
	close(g.free)
	return g
}

func (g *gated) hold() {
	g.mu.Lock()
	defer g.mu.Unlock()
	select {
	case <-g.free:
		g.free = make(chan struct{})
	default:
	}
}

func (g *gated) release() {
	g.mu.Lock()
	defer g.mu.Unlock()
	select {
	case <-g.free:
	default:
		close(g.free)
	}
}

func (g *gated) Read(ctx context.Context, after eventlog.Position, filter eventlog.Filter, limit int) (eventlog.Page, error) {
	if filter.Topics == nil {
		g.mu.Lock()
		free := g.free
		g.mu.Unlock()
		select {
		case <-free:
		case <-ctx.Done():
			return eventlog.Page{}, ctx.Err()
		}
		return g.memory.Read(ctx, after, filter, limit)
	}
	page, err := g.memory.Read(ctx, after, filter, limit)
	if g.after != nil {
		g.after()
	}
	return page, err
}

// recorder keeps what a stream wrote and tells of it.
type recorder struct {
	bare
	mu    sync.Mutex
	bytes bytes.Buffer
	grown chan struct{}
}

func newRecorder() *recorder {
	return &recorder{bare: bare{header: map[string][]string{}}, grown: make(chan struct{}, 1)}
}

func (r *recorder) Write(p []byte) (int, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.bytes.Write(p)
	select {
	case r.grown <- struct{}{}:
	default:
	}
	return len(p), nil
}

// eventIDs lists the ids of the events written so far.
func (r *recorder) eventIDs(t testing.TB) (got []int64) {
	r.mu.Lock()
	defer r.mu.Unlock()
	in := bufio.NewReader(bytes.NewReader(r.bytes.Bytes()))
	for {
		f, err := readFrame(in)
		if err == io.EOF {
			return got
		}
		if err != nil {
			t.Fatal(err)
		}
		if f.event == "group.changed" {
			p, _ := eventlog.ParsePosition(f.id)
			got = append(got, p.ID)
		}
	}
}

// A subscriber misses five events and reads them in pages of two. Before and
// after each of three reads either nothing happens, or an event is committed
// and put on the tape, or one is committed that the tail has not seen yet.
func TestPublishDuringReplayAtEveryInterleaving(t *testing.T) {
	t.Parallel()
	const points = 6
	schedules := 1
	for range points {
		schedules *= 3
	}
	for n := range schedules {
		var plan [points]int
		for i, rest := 0, n; i < points; i, rest = i+1, rest/3 {
			plan[i] = rest % 3
		}
		if err := replayWith(t, plan[:]); err != nil {
			t.Fatalf("plan %v: %v", plan, err)
		}
	}
}

func replayWith(t *testing.T, plan []int) error {
	log := newGated()
	for range 5 {
		log.add("errors/shop")
	}
	r := New(log, Config{Page: 2})
	stop := run(t, r)
	defer stop()
	waitHead(t, r, 5)

	point := 0
	step := func() {
		if point < len(plan) {
			switch plan[point] {
			case 1:
				log.release()
				waitHead(t, r, log.add("errors/shop"))
			case 2:
				log.hold()
				log.add("errors/shop")
			}
		}
		point++
	}
	log.hook = func(eventlog.Position) { step() }
	log.after = step
	w := newRecorder()
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() {
		defer close(done)
		req := httptest.NewRequestWithContext(ctx, "GET", "/v1/events/stream?after=aaaaaaaa-0", nil)
		r.Handler(anyone(staff), plainProblem).ServeHTTP(w, req)
	}()
	defer func() { cancel(); <-done }()
	eventually(t, func() bool { return r.Stats().Audiences == 1 }) // it has joined
	log.release()
	last := log.add("errors/shop")
	for {
		got := w.eventIDs(t)
		if len(got) > 0 && got[len(got)-1] >= last {
			if fmt.Sprint(got) != fmt.Sprint(ids(1, last)) {
				return fmt.Errorf("got %v, want 1 to %d", got, last)
			}
			return nil
		}
		<-w.grown
	}
}

// The tape alone: whatever is appended before, between and after the joins of
// audiences, each reader pulls exactly what matches after its place.
func TestTapeGivesEachReaderExactlyWhatFollows(t *testing.T) {
	t.Parallel()
	topics := []string{"a", "b", "c", "d"}
	for seed := range uint64(200) {
		rnd := rand.New(rand.NewPCG(seed, 1))
		tape := newTape(300, 4)
		tape.restart(eventlog.Position{Epoch: epochA}, 1)
		var log []eventlog.Event
		type reader struct {
			s    subscriber
			got  []int64
			from int64
			want []string
		}
		var readers []*reader
		drain := func(rd *reader) bool {
			for {
				bytes, got := tape.pull(nil, rd.s.audience, rd.s.generation, rd.s.position)
				if got.behind {
					return false
				}
				rd.s.position = got.to
				for frame := range strings.SplitSeq(strings.TrimSuffix(string(bytes), "\n\n"), "\n\n") {
					if frame != "" {
						f, err := readFrame(bufio.NewReader(strings.NewReader(frame + "\n\n")))
						if err != nil {
							t.Fatal(err)
						}
						p, _ := eventlog.ParsePosition(f.id)
						rd.got = append(rd.got, p.ID)
					}
				}
				if !got.more {
					return true
				}
			}
		}
		for range 300 {
			switch rnd.IntN(4) {
			case 0: // a reader joins somewhere
				rd := &reader{from: rnd.Int64N(tape.last + 3)}
				for _, topic := range topics {
					if rnd.IntN(2) == 0 {
						rd.want = append(rd.want, topic)
					}
				}
				if tape.join(&rd.s, rd.want, eventlog.Position{Epoch: epochA, ID: rd.from}, 0) {
					readers = append(readers, rd)
				} else if rd.from >= tape.first-1 {
					t.Fatalf("seed %d: a place on the tape is refused", seed)
				}
			case 1: // some readers look
				for _, rd := range readers {
					if rnd.IntN(2) == 0 {
						continue
					}
					if !drain(rd) && rd.s.position.ID >= tape.first-1 {
						t.Fatalf("seed %d: a reader on the tape is behind", seed)
					}
				}
			default:
				ev := eventlog.Event{ID: tape.last + 1, Kind: "k"}
				for _, topic := range topics {
					if rnd.IntN(4) == 0 {
						ev.Topics = append(ev.Topics, topic)
					}
				}
				log = append(log, ev)
				frame := AppendFrame(nil, epochA, ev)
				tape.append([]eventlog.Event{ev}, frame, []int{len(frame)}, 1)
			}
		}
		for _, rd := range readers {
			if !drain(rd) {
				continue // fell off, and was told so
			}
			var want []int64
			for _, ev := range log {
				for _, topic := range ev.Topics {
					if ev.ID > rd.from && strings.Contains(strings.Join(rd.want, ""), topic) {
						want = append(want, ev.ID)
						break
					}
				}
			}
			if fmt.Sprint(rd.got) != fmt.Sprint(want) {
				t.Fatalf("seed %d: reader of %v from %d got %v, want %v", seed, rd.want, rd.from, rd.got, want)
			}
			tape.leave(rd.s.audience)
		}
	}
}

func TestAudienceThatEmptiesIsForgotten(t *testing.T) {
	t.Parallel()
	tape := newTape(1000, 2)
	tape.restart(eventlog.Position{Epoch: epochA}, 1)
	var one, two subscriber
	at := eventlog.Position{Epoch: epochA}
	tape.join(&one, []string{"a", "b"}, at, 0)
	tape.join(&two, []string{"b", "c"}, at, 0)
	tape.leave(one.audience)
	if len(tape.audiences) != 1 || len(tape.index) != 2 || len(tape.index["b"]) != 1 {
		t.Errorf("%d audiences, index %v", len(tape.audiences), tape.index)
	}
	tape.leave(two.audience)
	if len(tape.audiences)+len(tape.index) != 0 {
		t.Errorf("%v %v is left", tape.audiences, tape.index)
	}
}

// A shard may look at a subscriber whose peer has just gone: its list of ids is
// not kept any more, though the tape moves on. It gets nothing, and a ping to it
// would not name a place behind what it never got.
func TestWhoHasLeftIsGivenNothing(t *testing.T) {
	t.Parallel()
	tape := newTape(300, 2)
	tape.restart(eventlog.Position{Epoch: epochA}, 1)
	var s subscriber
	tape.join(&s, []string{"a"}, eventlog.Position{Epoch: epochA}, 0)
	publish := func(ids ...int64) {
		for _, id := range ids {
			ev := eventlog.Event{ID: id, Topics: []string{"a"}, Data: []byte("{}")}
			frame := AppendFrame(nil, epochA, ev)
			tape.append([]eventlog.Event{ev}, frame, []int{len(frame)}, 1)
		}
	}
	publish(1, 2, 3)
	tape.leave(s.audience)
	for id := int64(4); id < 40; id++ {
		publish(id)
		bytes, got := tape.pull(nil, s.audience, s.generation, s.position)
		if len(bytes) > 0 || got.to != s.position {
			t.Fatalf("after %d: %d bytes, on to %v", id, len(bytes), got.to)
		}
	}
	if tape.first < 4 {
		t.Fatalf("the tape still has %d", tape.first)
	}
}

// Whatever stands in a topic, two different sets are two audiences: who joins
// one gets what it asks for.
func TestAudiencesOfDifferentTopicsAreNotConfused(t *testing.T) {
	t.Parallel()
	tape := newTape(1000, 2)
	at := eventlog.Position{Epoch: epochA}
	tape.restart(at, 1)
	seen := map[*audience]bool{}
	for _, topics := range [][]string{
		{"a", "b"}, {"a\nb"}, {"a,b"}, {"ab"}, {"1:a", "b"}, {"1:a1:b"}, {"a", "1:b"}, {"a1:b"}, {"", "ab"}, {"ab", ""}, {},
	} {
		var s subscriber
		tape.join(&s, topics, at, 0)
		if seen[s.audience] {
			t.Errorf("%q shares the audience of other topics", topics)
		}
		seen[s.audience] = true
	}
}

// startled is a writer that lets something happen before it takes the hello.
type startled struct {
	*bare
	what func()
}

func (s *startled) Write(p []byte) (int, error) {
	if bytes.Contains(p, []byte("event: hello\n")) {
		s.what()
	}
	return s.bare.Write(p)
}

// The log goes back, within its epoch, after a subscriber was told where it
// begins and before it is attached. Those who were attached get a reset; it must
// not wait at a place that the log has yet to reach again, which would skip what
// is written there.
func TestSubscriberThatIsBeingAttachedWhenTheTapeStartsAnewIsReset(t *testing.T) {
	t.Parallel()
	for _, query := range []string{"", "?after=aaaaaaaa-4", "?after=aaaaaaaa-1"} {
		log := newMemory()
		for range 4 {
			log.add("errors/shop")
		}
		r := New(log, Config{})
		stop := run(t, r)
		waitHead(t, r, 4)
		w := &startled{bare: &bare{header: map[string][]string{}, frames: make(chan string, 16)}, what: func() {
			log.change(func() { log.head.ID, log.events = 2, log.events[:2] })
			eventually(t, func() bool { return r.Stats().Restarts == 1 })
		}}
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan struct{})
		go func() {
			defer close(done)
			r.Handler(anyone(staff), plainProblem).ServeHTTP(w, httptest.NewRequestWithContext(ctx, "GET", "/v1/events/stream"+query, nil))
		}()
		next := func(want string) {
			select {
			case got := <-w.frames:
				if !strings.Contains(got, want) {
					t.Errorf("after %q came %q, want %q", query, got, want)
				}
			case <-time.After(2 * time.Minute):
				t.Errorf("after %q nothing came, want %q", query, want)
			}
		}
		next("retry: ")
		next("event: hello\n")
		next(string(appendReset(nil, log.position(2))))
		log.add("errors/shop")
		next("id: aaaaaaaa-3\n")
		cancel()
		<-done
		stop()
	}
}
