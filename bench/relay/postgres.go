package relay

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"rynda/bench/figure"
	"rynda/pkg/auth"
	"rynda/pkg/eventlog"
	"rynda/pkg/relay"
)

// As many events as are missed, of the size of a usual group.
const missEvents = `
with head as (update log_head set id = id + $1 returning id)
insert into events (id, at, kind, project_id, version, topics, data)
select head.id - $1 + i, now(), 'group.changed', 1, i, array['project/shop', 'errors/shop'],
       json_build_object('group_id', i, 'title', 'connection refused', 'pad', repeat('x', 500))
from head, generate_series(1, $1::bigint) i`

// CatchUp has a reader come back to a fresh relay after it has missed 100,000
// events of 700 bytes, all of which come from the database behind url.
func CatchUp(ctx context.Context, url string) ([]figure.Figure, error) {
	pool, err := pgxpool.New(ctx, url)
	if err != nil {
		return nil, err
	}
	defer pool.Close()
	log := eventlog.New(pool)
	before, err := log.Head(ctx)
	if err != nil {
		return nil, err
	}
	if _, err := pool.Exec(ctx, missEvents, missed); err != nil {
		return nil, err
	}
	var took []float64
	for range 3 {
		seconds, err := catchUp(ctx, log, before.Position())
		if err != nil {
			return nil, fmt.Errorf("catch up: %w", err)
		}
		took = append(took, seconds)
	}
	return []figure.Figure{
		figure.Most("relay: 100,000 missed events from Postgres on one connection", middle(took), "s", 2),
	}, nil
}

func catchUp(ctx context.Context, log *eventlog.Log, from eventlog.Position) (seconds float64, err error) {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	bell := eventlog.NewDoorbell(log, eventlog.DoorbellConfig{})
	r := relay.New(relay.FromLog(log, bell), relay.Config{})
	rung, ran := make(chan struct{}), make(chan struct{})
	go func() { defer close(rung); bell.Run(ctx) }()
	go func() { defer close(ran); _ = r.Run(ctx) }()
	defer func() { cancel(); <-rung; <-ran }()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return 0, err
	}
	server := &http.Server{Handler: r.Handler(
		func(*http.Request) (auth.Identity, error) { return staff, nil },
		func(w http.ResponseWriter, _ *http.Request, status int) { w.WriteHeader(status) })}
	go server.Serve(listener)
	defer server.Close()

	began := time.Now()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+listener.Addr().String()+"/?after="+from.String(), nil)
	if err != nil {
		return 0, err
	}
	response, err := http.DefaultTransport.RoundTrip(req)
	if err != nil {
		return 0, err
	}
	defer response.Body.Close()
	lines := bufio.NewReaderSize(response.Body, 64<<10)
	inEvent := false
	for next := from.ID + 1; next <= from.ID+missed; {
		line, err := lines.ReadSlice('\n')
		if err != nil {
			return 0, err
		}
		switch {
		case bytes.HasPrefix(line, []byte("event: ")):
			inEvent = bytes.Equal(line, []byte("event: group.changed\n"))
		case inEvent && bytes.HasPrefix(line, []byte("id: ")):
			want := eventlog.Position{Epoch: from.Epoch, ID: next}
			if string(line) != "id: "+want.String()+"\n" {
				return 0, errors.New("an event is missing, repeated or out of order")
			}
			next++
		}
	}
	return time.Since(began).Seconds(), nil
}
