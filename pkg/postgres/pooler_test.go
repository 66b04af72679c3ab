package postgres

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"rynda/pkg/eventlog"
	"rynda/pkg/httpapi"
	"rynda/pkg/journal"
	"rynda/pkg/pgtest"
)

// The whole suite may be run behind a transaction pooler (RYNDA_TEST_POOLER=1);
// this much of it always is: a report becomes an alert, is seen by a poll that
// waits, is viewed, and the view is seen. The bell listens beside the pooler.
func TestThroughATransactionPooler(t *testing.T) {
	t.Parallel()
	direct := pgtest.Direct(pgtest.New(t))
	through := pgtest.Pgbouncer(t, direct)
	w := &world{t: t, at: time.Now().UTC().Truncate(time.Microsecond)}
	w = w.in(openPool(t, through, 8, nil))
	w.makeProject()

	bell := eventlog.NewDoorbell(w.log, eventlog.DoorbellConfig{
		Listen: func(ctx context.Context) (*pgx.Conn, error) { return pgx.Connect(ctx, direct) },
		Poll:   time.Hour, // so that it is the bell that wakes
	})
	ctx, stop := context.WithCancel(context.Background())
	rung := make(chan struct{})
	go func() { defer close(rung); bell.Run(ctx) }()
	defer func() { stop(); <-rung }()
	server := httptest.NewServer(httpapi.New(httpapi.Deps{Auth: staffOf(w.scope()), Log: w.log, Waiter: bell}, httpapi.Config{}))
	defer server.Close()
	type answer struct {
		Events []struct {
			Kind string
			Data json.RawMessage
		}
		Cursor eventlog.Position
		Reset  bool
	}
	ask := func(after eventlog.Position, wait string) (a answer, err error) {
		status, err := getJSON(t.Context(), server.URL+"/v1/events?wait="+wait+"&after="+after.String(), nil, &a)
		if err == nil && (status != http.StatusOK || a.Reset || wait != "0" && len(a.Events) == 0) {
			err = fmt.Errorf("status %d, %+v", status, a)
		}
		return a, err
	}
	poll := func(after eventlog.Position, wait string) answer {
		t.Helper()
		a, err := ask(after, wait)
		if err != nil {
			t.Fatalf("poll: %v", err)
		}
		return a
	}
	at := poll(w.head().Position(), "0").Cursor

	// Each statement on whatever connection the pooler lends, several times, so
	// that what one connection remembers meets another.
	for n := range int64(5) {
		var seen answer
		var failed error
		var waiting sync.WaitGroup
		waiting.Go(func() { seen, failed = ask(at, "20") })
		w.at = w.at.Add(2 * time.Second) // so that nothing is held
		w.report(failure("the disk is full"), failure("the disk is full"), failure("the net is down"))
		if waiting.Wait(); failed != nil {
			t.Fatalf("round %d: %v", n, failed)
		}
		for len(seen.Events) < 2 {
			more := poll(seen.Cursor, "20")
			seen.Events, seen.Cursor = append(seen.Events, more.Events...), more.Cursor
		}
		feed := w.feed()
		if len(feed.Groups) != 2 || feed.ActiveTotal != 2 {
			t.Fatalf("round %d: feed %+v", n, feed)
		}
		var g journal.GroupEvent
		if err := json.Unmarshal(seen.Events[0].Data, &g); err != nil {
			t.Fatal(err)
		}
		if want := 1 + n; g.Count != want && g.Count != 2*want {
			t.Errorf("round %d: the event says %d", n, g.Count)
		}
		viewed := w.view(feed.Groups[0])
		after := poll(seen.Cursor, "20")
		if viewed.State != journal.Viewed || len(after.Events) != 1 || after.Events[0].Kind != "group.viewed" {
			t.Errorf("round %d: %+v and %+v", n, viewed, after)
		}
		if _, err := w.store.Undo(t.Context(), w.scope(), idOf(t, viewed), viewed.Version, "ann"); err != nil {
			t.Fatal(err)
		}
		at = poll(after.Cursor, "20").Cursor
	}
	if n := w.count(`select sum(count) from groups`); n != 15 {
		t.Errorf("counted %d, want 15", n)
	}
	if _, err := w.store.Sweep(t.Context()); err != nil {
		t.Errorf("sweep: %v", err)
	}
	if head, err := w.store.NewEpoch(t.Context()); err != nil || head.Epoch == at.Epoch {
		t.Errorf("new epoch: %+v, %v", head, err)
	}
}
