package eventlog_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"rynda/pkg/eventlog"
	"rynda/pkg/pgtest"
)

var head = eventlog.Head{Epoch: "1f0a9c3b", ID: 20, Floor: 5}

func TestDoorbellWait(t *testing.T) {
	t.Parallel()
	at := func(id int64) eventlog.Position { return eventlog.Position{Epoch: head.Epoch, ID: id} }
	for _, c := range []struct {
		name    string
		at      eventlog.Position
		seen    []eventlog.Head
		returns bool
	}{
		{name: "waits while nothing was seen", at: at(20)},
		{name: "waits at the head", at: at(20), seen: []eventlog.Head{head}},
		{name: "returns behind the head", at: at(19), seen: []eventlog.Head{head}, returns: true},
		{name: "returns for a swept place", at: at(3), seen: []eventlog.Head{head}, returns: true},
		{name: "returns for a place ahead of the head", at: at(21), seen: []eventlog.Head{head}, returns: true},
		{name: "returns for another epoch", at: eventlog.Position{Epoch: "00000000", ID: 20}, seen: []eventlog.Head{head}, returns: true},
		{name: "returns when the head moves", at: at(20), seen: []eventlog.Head{head, {Epoch: head.Epoch, ID: 21, Floor: 5}}, returns: true},
		{name: "returns when the epoch is renewed", at: at(20), seen: []eventlog.Head{head, {Epoch: "22222222", ID: 20, Floor: 5}}, returns: true},
		{name: "an older head changes nothing", at: at(20), seen: []eventlog.Head{head, {Epoch: head.Epoch, ID: 19, Floor: 5}}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				d := eventlog.NewDoorbell(nil, eventlog.DoorbellConfig{})
				ctx, cancel := context.WithTimeout(t.Context(), 3*time.Minute)
				defer cancel()
				answer := make(chan error, 1)
				go func() { answer <- d.Wait(ctx, c.at) }()
				for _, h := range c.seen {
					synctest.Wait()
					d.Seen(h)
				}
				err := <-answer
				if c.returns && err != nil || !c.returns && !errors.Is(err, context.DeadlineExceeded) {
					t.Errorf("Wait returned %v", err)
				}
			})
		})
	}
}

func TestDoorbellWakesEveryone(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d := eventlog.NewDoorbell(nil, eventlog.DoorbellConfig{})
		d.Seen(head)
		var woken sync.WaitGroup
		for range 100 {
			woken.Go(func() {
				if err := d.Wait(t.Context(), head.Position()); err != nil {
					t.Error(err)
				}
			})
		}
		synctest.Wait()
		d.Seen(eventlog.Head{Epoch: head.Epoch, ID: 21, Floor: 5})
		woken.Wait()
	})
}

// With and without the bell, and when the connection that listens is lost.
func TestDoorbellOnPostgres(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name   string
		listen bool
		poll   time.Duration
		notify string
		lose   bool
	}{
		{name: "rung", listen: true, poll: time.Hour, notify: "notify rynda_log"},
		{name: "polled without a bell", poll: 5 * time.Millisecond},
		{name: "polled when the bell is silent", listen: true, poll: 5 * time.Millisecond},
		{name: "rung after the connection was lost", listen: true, poll: time.Hour, notify: "notify rynda_log", lose: true},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			url := pgtest.New(t)
			conn, err := pgx.Connect(t.Context(), pgtest.Direct(url))
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { conn.Close(context.Background()) })
			heard := make(chan uint32, 8)
			config := eventlog.DoorbellConfig{Poll: c.poll}
			if c.listen {
				config.Listen = func(ctx context.Context) (*pgx.Conn, error) {
					conn, err := pgx.Connect(ctx, pgtest.Direct(url))
					if err == nil {
						heard <- conn.PgConn().PID()
					}
					return conn, err
				}
			}
			pool, err := pgxpool.New(t.Context(), url)
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(pool.Close)
			log := eventlog.New(pool)
			d := eventlog.NewDoorbell(log, config)
			ctx, cancel := context.WithTimeout(t.Context(), 3*time.Minute)
			ran := make(chan struct{})
			go func() { defer close(ran); d.Run(ctx) }()
			defer func() { cancel(); <-ran }()
			if c.listen {
				pid := <-heard
				if c.lose {
					if _, err := conn.Exec(ctx, "select pg_terminate_backend($1)", pid); err != nil {
						t.Fatal(err)
					}
					<-heard
				}
			}
			at, err := log.Head(ctx)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := pool.Exec(ctx, "update log_head set id = id + 1"); err != nil {
				t.Fatal(err)
			}
			if c.notify != "" {
				if _, err := pool.Exec(ctx, c.notify); err != nil {
					t.Fatal(err)
				}
			}
			if err := d.Wait(ctx, at.Position()); err != nil {
				t.Error(err)
			}
			if c.notify == "" {
				return
			}
			// What LISTEN itself makes the bell look at is behind us: this one
			// is heard or missed.
			if _, err := pool.Exec(ctx, "update log_head set id = id + 1"); err != nil {
				t.Fatal(err)
			}
			if _, err := pool.Exec(ctx, c.notify); err != nil {
				t.Fatal(err)
			}
			at.ID++
			if err := d.Wait(ctx, at.Position()); err != nil {
				t.Error(err)
			}
		})
	}
}
