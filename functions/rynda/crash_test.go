package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"rynda/pkg/pgtest"
)

// Whatever is killed and whenever, what was acknowledged is there, once. Eight
// clients report all the time; each repeats a report with its id until it is
// acknowledged, as any client must. In every round either the server is killed
// with SIGKILL, or Postgres is stopped without a checkpoint, or both.
func TestNoAcknowledgementIsLost(t *testing.T) {
	rounds := 50
	if testing.Short() {
		rounds = 4
	}
	pg := pgtest.Server(t, "fsync=on")
	s := newSystem(t, pg.URL(""))
	s.start()

	ctx, stop := context.WithCancel(t.Context())
	var acknowledged, unclear atomic.Int64
	var clients sync.WaitGroup
	for c := range 8 {
		clients.Go(func() {
			for n := 0; ctx.Err() == nil; n++ {
				body := reportJSON(fmt.Sprintf("client %d fails", c), fmt.Sprintf("%d-%d", c, n))
				for {
					status, err := s.call("POST", "/v1/reports", s.ingest, body, nil)
					if err == nil && status == http.StatusAccepted {
						acknowledged.Add(1)
						break
					}
					unclear.Add(1)
					if status != 0 && status != http.StatusServiceUnavailable && status != http.StatusInternalServerError {
						t.Errorf("status %d, %v", status, err)
						return
					}
					pause(t, 5*time.Millisecond)
				}
			}
		})
	}
	chance := rand.New(rand.NewPCG(7, 7))
	for round := range rounds {
		before := acknowledged.Load()
		s.await("at work", func() bool { return acknowledged.Load() > before+20 })
		pause(t, time.Duration(chance.IntN(50))*time.Millisecond)
		what := round % 3
		if what != 1 {
			s.kill()
		}
		if what != 0 {
			if err := pg.StopImmediate(); err != nil {
				t.Fatal(err)
			}
			if err := pg.Restart(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		if what != 1 {
			s.start()
		}
	}
	stop()
	clients.Wait()
	s.folded()

	acked := acknowledged.Load()
	// What the server reports of itself while Postgres is away is nobody's here.
	const ours = ` where project_id <> (select project_id from projects where slug = 'system')`
	stored := s.number(`select count(*) from occurrences` + ours)
	counted := s.number(`select coalesce(sum(count), 0)::bigint from groups` + ours)
	hours := s.number(`select coalesce(sum(count), 0)::bigint from group_hours` + ours)
	t.Logf("%d rounds: %d acknowledged, %d repeats, %d stored, %d counted", rounds, acked, unclear.Load(), stored, counted)
	// Every report was repeated until it was acknowledged, so all three agree.
	if stored != acked || counted != acked || hours != acked {
		t.Errorf("acknowledged %d, stored %d, counted %d, by hours %d", acked, stored, counted, hours)
	}
	if gaps := s.number(`select coalesce(max(id), 0) - count(*) from events`); gaps != 0 {
		t.Errorf("%d gaps in the ids of events", gaps)
	}
	if head := s.number(`select (select id from log_head) - coalesce(max(id), 0) from events`); head != 0 {
		t.Errorf("the head is %d beyond the newest event", head)
	}
	if dead := s.number(`select count(*) from inbox_dead`); dead != 0 {
		t.Errorf("%d rows set aside", dead)
	}
}

// pause lets a client breathe between tries; nothing is decided by it.
func pause(t testing.TB, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-t.Context().Done():
	}
}

// With Postgres away a report is refused within a second or so, not left
// hanging, and accepted again when it is back.
func TestDatabaseAway(t *testing.T) {
	t.Parallel()
	pg := pgtest.Server(t)
	s := newSystem(t, pg.URL(""))
	s.start()
	s.must("POST", "/v1/reports", s.ingest, reportJSON("before", "1"), nil)
	if err := pg.StopImmediate(); err != nil {
		t.Fatal(err)
	}
	var body []byte
	status, err := s.call("POST", "/v1/reports", s.ingest, reportJSON("away", "2"), &body)
	if err != nil || status != http.StatusServiceUnavailable {
		t.Errorf("%d, %v: %s", status, err, body)
	}
	answer, err := http.Get(s.url + "/readyz")
	if err != nil || answer.StatusCode != http.StatusServiceUnavailable {
		t.Errorf("readyz: %v, %v", answer, err)
	}
	answer.Body.Close()
	if err := pg.Restart(t.Context()); err != nil {
		t.Fatal(err)
	}
	s.await("accepting again", func() bool {
		status, err := s.call("POST", "/v1/reports", s.ingest, reportJSON("away", "2"), nil)
		return err == nil && status == http.StatusAccepted
	})
	s.folded()
	// What the server reports of itself meanwhile is in the project system.
	const ours = ` where project_id <> (select project_id from projects where slug = 'system')`
	if n := s.number(`select sum(count)::bigint from groups` + ours); n != 2 {
		t.Errorf("counted %d, want 2", n)
	}
}

// A server that is asked to end finishes what it has begun: whoever reports
// during the end gets an answer or no connection, and every answer is true.
func TestOrderlyEndLosesNothing(t *testing.T) {
	t.Parallel()
	s := newSystem(t, pgtest.New(t))
	for range 3 {
		s.start()
		ctx, stop := context.WithCancel(t.Context())
		var accepted atomic.Int64
		before := s.number(`select count(*) from occurrences`)
		var clients sync.WaitGroup
		for c := range 8 {
			clients.Go(func() {
				for n := 0; ctx.Err() == nil; n++ {
					status, err := s.call("POST", "/v1/reports", s.ingest, `{"message":"boom"}`, nil)
					if err != nil {
						return
					}
					if status != http.StatusAccepted {
						t.Errorf("client %d: status %d during the end", c, status)
						return
					}
					accepted.Add(1)
				}
			})
		}
		s.await("at work", func() bool { return accepted.Load() > 50 })
		s.ask()
		stop()
		clients.Wait()
		if n := s.number(`select count(*) from occurrences`) - before; n != accepted.Load() {
			t.Errorf("accepted %d, stored %d", accepted.Load(), n)
		}
		if code := s.process.ProcessState.ExitCode(); code != 0 {
			t.Errorf("ended with %d: %s", code, tailOf(s.log.String()))
		}
	}
}
