package relay

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"rynda/pkg/auth"
	"rynda/pkg/eventlog"
)

func TestPing(t *testing.T) {
	t.Parallel()
	bubble(t, "comes every heartbeat", Config{}, func(t *testing.T, r *Relay, log *memory) {
		s := listen(t, t.Context(), r.Handler(anyone(staff), plainProblem), ask{})
		after(10 * time.Minute)
		pings := s.of("ping")
		if len(pings) != 40 {
			t.Errorf("%d pings in ten minutes, want 40", len(pings))
		}
		for i, p := range pings {
			if i > 0 && p.at-pings[i-1].at != 15*time.Second || p.data != "{}" {
				t.Errorf("ping %d: %+v after one at %s", i, p, pings[i-1].at)
			}
		}
	})
	bubble(t, "moves a quiet reader on", Config{}, func(t *testing.T, r *Relay, log *memory) {
		s := listen(t, t.Context(), r.Handler(anyone(staff), plainProblem), ask{topics: "run/shop/1"})
		for range 5 {
			log.add("errors/shop")
		}
		after(15 * time.Second)
		if pings := s.of("ping"); len(pings) != 1 || pings[0].id != "aaaaaaaa-6" {
			t.Errorf("pings %+v, want one at the head", pings)
		}
	})
	bubble(t, "is spread over the heartbeat", Config{}, func(t *testing.T, r *Relay, log *memory) {
		var streams []*clocked
		for range 60 {
			streams = append(streams, listen(t, t.Context(), r.Handler(anyone(staff), plainProblem), ask{}))
		}
		after(15 * time.Second)
		var thirds [3]int
		for _, s := range streams {
			thirds[min(s.of("ping")[0].at/(5*time.Second), 2)]++
		}
		for _, n := range thirds {
			if n < 5 {
				t.Errorf("first pings by third of the heartbeat: %v", thirds)
			}
		}
	})
}

func TestPlannedEnd(t *testing.T) {
	t.Parallel()
	bubble(t, "of age, at a time of its own", Config{MaxAge: 30 * time.Minute}, func(t *testing.T, r *Relay, log *memory) {
		var streams []*clocked
		for range 30 {
			streams = append(streams, listen(t, t.Context(), r.Handler(anyone(staff), plainProblem), ask{}))
		}
		after(30 * time.Minute)
		least, most := time.Hour, time.Duration(0)
		for _, s := range streams {
			byes := s.of("bye")
			if len(byes) != 1 || !s.ended() || byes[0].at < 10*time.Minute {
				t.Fatalf("byes %+v, ended %v", byes, s.ended())
			}
			least, most = min(least, byes[0].at), max(most, byes[0].at)
		}
		if most-least < 5*time.Minute {
			t.Errorf("all ended between %s and %s", least, most)
		}
		if got := r.Stats().Closed[Age]; got != 30 {
			t.Errorf("%d closed for their age", got)
		}
	})
	bubble(t, "of the session", Config{}, func(t *testing.T, r *Relay, log *memory) {
		short := staff
		short.Expires = time.Now().Add(7 * time.Second)
		s := listen(t, t.Context(), r.Handler(anyone(short), plainProblem), ask{})
		after(time.Hour)
		if byes := s.of("bye"); len(byes) != 1 || byes[0].at != 7*time.Second || byes[0].id != "aaaaaaaa-1" {
			t.Errorf("byes %+v, want one after 7 s", byes)
		}
	})
	bubble(t, "of the request, a second before its deadline", Config{MaxAge: time.Hour}, func(t *testing.T, r *Relay, log *memory) {
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		s := listen(t, ctx, r.Handler(anyone(staff), plainProblem), ask{})
		after(time.Minute)
		if byes := s.of("bye"); len(byes) != 1 || byes[0].at != 59*time.Second {
			t.Errorf("byes %+v, want one after 59 s", byes)
		}
	})
}

func TestRights(t *testing.T) {
	t.Parallel()
	fewer, more, other := staff, staff, staff
	fewer.Projects = staff.Projects[:1]
	more.Projects = append(append([]auth.Project(nil), staff.Projects...), auth.Project{ID: 3, Slug: "tools"})
	other.ID = "8"
	away := fmt.Errorf("database: %w", ErrUnavailable)
	for _, c := range []struct {
		name   string
		topics string
		now    auth.Identity
		err    error
		ends   bool
		why    Reason
	}{
		{name: "that stand", now: staff},
		{name: "revoked", err: errors.New("revoked"), ends: true, why: Rights},
		{name: "of a project lost", now: fewer, ends: true, why: Rights},
		{name: "of a project gained", now: more, ends: true, why: Rights},
		{name: "of a project lost that it does not watch", topics: "errors/shop", now: fewer},
		{name: "of somebody else", now: other, ends: true, why: Rights},
		{name: "that cannot be read", err: away, ends: true, why: Unavailable},
	} {
		bubble(t, c.name, Config{}, func(t *testing.T, r *Relay, log *memory) {
			var changed atomic.Bool
			var strange atomic.Int64
			h := r.Handler(func(req *http.Request) (auth.Identity, error) {
				if was, again := Admitted(req.Context()); again && was.ID != staff.ID {
					strange.Add(1)
				}
				if changed.Load() {
					return c.now, c.err
				}
				return staff, nil
			}, plainProblem)
			s := listen(t, t.Context(), h, ask{topics: c.topics})
			after(100 * time.Second)
			if s.ended() {
				t.Fatal("it ended while nothing had changed")
			}
			changed.Store(true)
			after(time.Minute)
			if byes := s.of("bye"); s.ended() != c.ends || c.ends && len(byes) != 1 {
				t.Errorf("ended %v, byes %+v", s.ended(), byes)
			}
			if c.ends && r.Stats().Closed[c.why] != 1 {
				t.Errorf("closed %v, want %s", r.Stats().Closed, c.why)
			}
			if strange.Load() > 0 {
				t.Error("the second reading did not know who was admitted")
			}
		})
	}
	bubble(t, "that cannot be read for a while", Config{}, func(t *testing.T, r *Relay, log *memory) {
		var calls atomic.Int64
		s := listen(t, t.Context(), r.Handler(func(*http.Request) (auth.Identity, error) {
			if n := calls.Add(1); n == 3 {
				panic("authenticate has a bug")
			} else if n == 2 || n == 6 {
				return auth.Identity{}, away
			}
			return staff, nil
		}, plainProblem), ask{})
		after(10 * time.Minute)
		if s.ended() || calls.Load() < 10 {
			t.Errorf("ended %v after %d readings", s.ended(), calls.Load())
		}
	})
}

func TestRightsOfManyThatHang(t *testing.T) {
	t.Parallel()
	bubble(t, "end within a minute all the same", Config{}, func(t *testing.T, r *Relay, log *memory) {
		var hangs atomic.Bool
		h := r.Handler(func(*http.Request) (auth.Identity, error) {
			if hangs.Load() {
				time.Sleep(4 * time.Second)
				return auth.Identity{}, fmt.Errorf("database: %w", ErrUnavailable)
			}
			return staff, nil
		}, plainProblem)
		var streams []*clocked
		for range 400 {
			streams = append(streams, listen(t, t.Context(), h, ask{}))
		}
		after(100 * time.Second)
		hangs.Store(true)
		after(55 * time.Second)
		for _, s := range streams {
			if !s.ended() {
				t.Fatalf("still open; closed %v", r.Stats().Closed)
			}
		}
	})
}

func TestLogAway(t *testing.T) {
	t.Parallel()
	away := errors.New("away")
	t.Run("from the start", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			log := newMemory()
			log.fail(away)
			r := New(log, Config{})
			run(t, r)
			h := r.Handler(anyone(staff), plainProblem)
			s, now := listen(t, t.Context(), h, ask{after: "aaaaaaaa-3"}), listen(t, t.Context(), h, ask{})
			after(6 * time.Second)
			if byes := s.of("bye"); !s.ended() || len(byes) != 1 || byes[0].id != "aaaaaaaa-3" {
				t.Errorf("frames %+v, want a bye where it was", s.frames)
			}
			if byes := now.of("bye"); len(byes) != 1 || byes[0].id != Nowhere.String() {
				t.Errorf("frames %+v, want a bye from nowhere", now.frames)
			}
			log.fail(nil)
			after(3 * time.Second) // the longest pause of the tail is half of it
			log.add("errors/shop")
			if s := listen(t, t.Context(), h, ask{after: "aaaaaaaa-0"}); len(s.of("group.changed")) != 1 {
				t.Errorf("frames %+v after it came back", s.frames)
			}
		})
	})
	bubble(t, "while a reader resumes", Config{}, func(t *testing.T, r *Relay, log *memory) {
		log.hook = func(eventlog.Position) { log.fail(away) }
		s := listen(t, t.Context(), r.Handler(anyone(staff), plainProblem), ask{after: "aaaaaaaa-0"})
		after(8 * time.Second)
		if byes := s.of("bye"); !s.ended() || len(byes) != 1 || byes[0].id != "aaaaaaaa-0" {
			t.Errorf("frames %+v, want a bye where it was", s.frames)
		}
	})
	bubble(t, "for a minute: open streams stay and miss nothing", Config{}, func(t *testing.T, r *Relay, log *memory) {
		s := listen(t, t.Context(), r.Handler(anyone(staff), plainProblem), ask{})
		log.fail(away)
		log.add("errors/shop")
		after(time.Minute)
		log.fail(nil)
		after(2 * time.Second)
		if s.ended() || len(s.of("group.changed")) != 1 || len(s.of("ping")) < 4 {
			t.Errorf("frames %+v", s.frames)
		}
		if r.Stats().TailErrors == 0 {
			t.Error("nothing was counted")
		}
	})
}

func TestFold(t *testing.T) {
	t.Parallel()
	var calls atomic.Int64
	fold := WithFold(func(context.Context) error {
		if calls.Add(1)%2 == 0 {
			return errors.New("no")
		}
		return nil
	})
	bubble(t, "is called on its tick whatever it answers", Config{}, func(t *testing.T, r *Relay, log *memory) {
		after(10 * time.Second)
		if n := calls.Load(); n != 40 || r.Stats().FoldErrors != 20 {
			t.Errorf("%d calls in ten seconds, %d errors; want 40 and 20", n, r.Stats().FoldErrors)
		}
	}, fold)
}

// Drain comes while a stream is between its last page and its place on the
// tape: it must not be forgotten.
func TestDrainReachesWhoIsJoining(t *testing.T) {
	t.Parallel()
	bubble(t, "by the shard", Config{}, func(t *testing.T, r *Relay, log *memory) {
		drained := make(chan error, 1)
		log.hook = func(eventlog.Position) {
			go func() { drained <- r.Drain(t.Context()) }()
			time.Sleep(time.Second) // of the bubble's clock
		}
		s := listen(t, t.Context(), r.Handler(anyone(staff), plainProblem), ask{after: "aaaaaaaa-0"})
		after(2 * time.Second)
		if byes := s.of("bye"); !s.ended() || len(byes) != 1 || byes[0].id != "aaaaaaaa-1" || len(s.of("group.changed")) != 1 {
			t.Fatalf("frames %+v", s.frames)
		}
		if err := <-drained; err != nil {
			t.Error(err)
		}
	})
}

func TestLinger(t *testing.T) {
	t.Parallel()
	now := time.Now()
	for _, c := range []struct {
		name      string
		took, ago time.Duration
		want      time.Duration
	}{
		{name: "a loop at rest does not wait", took: 4 * time.Millisecond, ago: 10 * time.Millisecond},
		{name: "short sweeps do not wait", took: 900 * time.Microsecond},
		{name: "a long sweep right before costs a quarter of it", took: 4 * time.Millisecond, ago: time.Millisecond, want: time.Millisecond},
		{name: "never more than the bound", took: 40 * time.Millisecond, want: mostLinger},
	} {
		sh := &shard{took: c.took, swept: now.Add(-c.ago)}
		if got := sh.linger(now); got != c.want {
			t.Errorf("%s: %s, want %s", c.name, got, c.want)
		}
	}
}

func TestDrainCutsWhoDoesNotLeave(t *testing.T) {
	t.Parallel()
	bubble(t, "after its context", Config{}, func(t *testing.T, r *Relay, log *memory) {
		w := &stuck{bare: bare{header: http.Header{}}, block: make(chan struct{})}
		done := make(chan struct{})
		go func() {
			defer close(done)
			r.Handler(anyone(staff), plainProblem).ServeHTTP(w, ask{}.request(t.Context(), "http://x"))
		}()
		synctest.Wait()
		w.stuck.Store(true)
		log.add("errors/shop")
		synctest.Wait()
		ctx, cancel := context.WithTimeout(t.Context(), 3*time.Second)
		defer cancel()
		if err := r.Drain(ctx); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("Drain returned %v", err)
		}
		close(w.block)
		<-done
	})
}

// stuck is a writer that stops taking bytes and knows no deadline.
type stuck struct {
	bare
	stuck atomic.Bool
	block chan struct{}
}

func (s *stuck) Write(p []byte) (int, error) {
	if s.stuck.Load() {
		<-s.block
	}
	return len(p), nil
}
