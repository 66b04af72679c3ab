package relay

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"rynda/pkg/eventlog"
	"rynda/pkg/pgtest"
)

// Takes ids from the one row and inserts in the same transaction, as the fold
// does; rings at the commit.
const appendEvents = `
with head as (update log_head set id = id + @n returning id),
added as (
  insert into events (id, at, kind, project_id, version, topics, data)
  select head.id - @n + i, now(), 'group.changed', 1, i, array['project/shop', @topic], json_build_object('i', i, 'note', @note::text)
  from head, generate_series(1, @n::int) i)
select id, pg_notify('rynda_log', id::text) from head`

func appendTo(t testing.TB, pool *pgxpool.Pool, n int, topic string) (last int64) {
	var none any
	err := pool.QueryRow(t.Context(), appendEvents, pgx.NamedArgs{"n": n, "topic": topic, "note": strings.Repeat("x", 60)}).Scan(&last, &none)
	if err != nil {
		t.Error(err)
	}
	return last
}

// onPostgres starts a relay over a database of the test.
func onPostgres(t testing.TB, cfg Config) (*Relay, *pgxpool.Pool, *http.Client, string) {
	pool := pgtest.Pool(t)
	log := eventlog.New(pool)
	bell := eventlog.NewDoorbell(log, eventlog.DoorbellConfig{Poll: 5 * time.Millisecond})
	ctx, cancel := context.WithCancel(context.Background())
	rung := make(chan struct{})
	go func() { defer close(rung); bell.Run(ctx) }()
	t.Cleanup(func() { cancel(); <-rung })
	r := New(FromLog(log, bell), cfg)
	client, base := startClear(t, r.Handler(anyone(staff), plainProblem))
	run(t, r)
	waitHead(t, r, 0)
	return r, pool, client, base
}

func headOf(t testing.TB, pool *pgxpool.Pool) eventlog.Head {
	t.Helper()
	head, err := eventlog.New(pool).Head(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return head
}

func TestPostgres(t *testing.T) {
	t.Parallel()
	t.Run("an event arrives as it was committed", func(t *testing.T) {
		t.Parallel()
		_, pool, client, base := onPostgres(t, Config{})
		s, h := subscribe(t, client, base, ask{})
		id := appendTo(t, pool, 1, "errors/shop")
		f := s.next()
		var ev struct {
			ID     eventlog.Position
			Kind   string
			Topics []string
			Data   struct{ I int }
		}
		if err := json.Unmarshal([]byte(f.data), &ev); err != nil {
			t.Fatal(err)
		}
		if f.id != (eventlog.Position{Epoch: h.Head.Epoch, ID: id}).String() || ev.ID.String() != f.id || ev.Kind != f.event || ev.Data.I != 1 {
			t.Errorf("got %+v", f)
		}
	})
	t.Run("new epoch", func(t *testing.T) {
		t.Parallel()
		_, pool, client, base := onPostgres(t, Config{})
		appendTo(t, pool, 3, "errors/shop")
		s, _ := subscribe(t, client, base, ask{})
		if _, err := pool.Exec(t.Context(), `update log_head set epoch = 'eeeeeeee', id = id + 10`); err != nil {
			t.Fatal(err)
		}
		for {
			if f := s.next(); f.event == "reset" && f.id == "eeeeeeee-13" {
				break
			}
		}
		id := appendTo(t, pool, 1, "errors/shop")
		s.wantEvents(eventlog.Position{Epoch: "eeeeeeee"}, id)
	})
	t.Run("raised floor", func(t *testing.T) {
		t.Parallel()
		r, pool, client, base := onPostgres(t, Config{})
		waitHead(t, r, appendTo(t, pool, 10, "errors/shop"))
		if _, err := pool.Exec(t.Context(), `update log_head set floor = 8`); err != nil {
			t.Fatal(err)
		}
		epoch := headOf(t, pool).Epoch
		// The tape still has it all; the tail learns of the floor with the next event.
		appendTo(t, pool, 1, "errors/shop")
		live, _ := subscribe(t, client, base, ask{after: epoch + "-10"})
		live.wantEvents(eventlog.Position{Epoch: epoch}, 11)
		kept, _ := subscribe(t, client, base, ask{after: epoch + "-7"})
		kept.wantEvents(eventlog.Position{Epoch: epoch}, 8, 9, 10, 11)
		swept, _ := subscribe(t, client, base, ask{after: epoch + "-6"})
		if f := swept.next(); f.event != "reset" || f.id != epoch+"-11" {
			t.Errorf("got %+v, want a reset", f)
		}
	})
	t.Run("far behind, past more than it asked for", func(t *testing.T) {
		t.Parallel()
		r, pool, client, base := onPostgres(t, Config{Segments: 1})
		epoch := headOf(t, pool).Epoch
		for range 3 {
			appendTo(t, pool, 4000, "errors/site")
			appendTo(t, pool, 2, "errors/shop")
		}
		eventually(t, func() bool { return r.tape.head().ID == 12006 })
		s, _ := subscribe(t, client, base, ask{after: epoch + "-0", topics: "errors/shop"})
		s.wantEvents(eventlog.Position{Epoch: epoch}, 4001, 4002, 8003, 8004, 12005, 12006)
		all, _ := subscribe(t, client, base, ask{after: epoch + "-0", topics: "project/shop"})
		all.wantEvents(eventlog.Position{Epoch: epoch}, ids(1, 12006)...)
	})
}

// Eight writers commit while readers are cut at random bytes and come back.
func TestPostgresCutsLoseNothing(t *testing.T) {
	t.Parallel()
	r, pool, client, base := onPostgres(t, Config{Segments: 2, Page: 20})
	r.tape.segmentBytes = 20_000
	head := headOf(t, pool)
	const readers, cuts = 10, 30
	var left atomic.Int64
	left.Store(readers)
	var writers, all sync.WaitGroup
	for w := range 8 {
		writers.Go(func() {
			rnd := rand.New(rand.NewPCG(uint64(w), 3))
			for n := 0; left.Load() > 0 || n < 50; n++ {
				appendTo(t, pool, 1+rnd.IntN(3), []string{"errors/shop", "errors/site"}[rnd.IntN(2)])
			}
		})
	}
	list := make([]*cutReader, readers)
	for i := range list {
		list[i] = &cutReader{topics: []string{"project/shop", "errors/shop"}[i%2], lastID: head.Position().String()}
		all.Go(func() {
			defer left.Add(-1)
			rnd := rand.New(rand.NewPCG(uint64(i), 9))
			for range cuts {
				if err := list[i].listen(t.Context(), client, base, rnd.Int64N(20_000), 0); err != nil {
					t.Errorf("reader %d: %v", i, err)
					return
				}
			}
		})
	}
	all.Wait()
	writers.Wait()
	last := appendTo(t, pool, 1, "errors/shop")
	for i, c := range list {
		for len(c.got) == 0 || c.got[len(c.got)-1] < last {
			if err := c.listen(t.Context(), client, base, -1, last); err != nil {
				t.Fatalf("reader %d: %v", i, err)
			}
		}
		rows, err := pool.Query(t.Context(), `select id from events where topics && array[$1] order by id`, c.topics)
		if err != nil {
			t.Fatal(err)
		}
		want, err := pgx.CollectRows(rows, pgx.RowTo[int64])
		if err != nil {
			t.Fatal(err)
		}
		if fmt.Sprint(c.got) != fmt.Sprint(want) || c.resets > 0 {
			t.Errorf("reader %d of %s got %d events, want %d; %d resets", i, c.topics, len(c.got), len(want), c.resets)
		}
	}
	t.Logf("%d events, %+v", last, r.Stats())
}
