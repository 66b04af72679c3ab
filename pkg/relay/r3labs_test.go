package relay

import (
	"context"
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/r3labs/sse/v2"
)

// patience is the reconnect strategy of r3labs that its default is not: it
// never gives up by itself, and does when the test is over.
type patience struct{ ctx context.Context }

func (p patience) NextBackOff() time.Duration {
	if p.ctx.Err() != nil {
		return -1
	}
	return time.Millisecond
}

func (patience) Reset() {}

// The popular Go client reads the stream and resumes it. It returns whenever
// the relay ends a stream properly, so it is called in a loop.
func TestR3labsClientResumes(t *testing.T) {
	t.Parallel()
	log := newMemory()
	log.add("errors/shop")
	r := New(log, Config{MaxAge: 60 * time.Millisecond})
	_, base := startClear(t, r.Handler(anyone(staff), plainProblem))
	run(t, r)
	waitHead(t, r, 1)

	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	transport := &http.Transport{}
	defer transport.CloseIdleConnections()
	client := sse.NewClient(base + "/v1/events/stream?after=aaaaaaaa-0")
	client.Connection = &http.Client{Transport: transport}
	client.ReconnectStrategy = patience{ctx}

	const events = 400
	written := make(chan struct{})
	go func() {
		defer close(written)
		ticker := time.NewTicker(2 * time.Millisecond)
		defer ticker.Stop()
		for range events - 1 {
			<-ticker.C
			log.add("errors/shop")
		}
	}()
	var got []string
	seen := map[string]int{}
	for len(got) < events && ctx.Err() == nil {
		_ = client.SubscribeRawWithContext(ctx, func(msg *sse.Event) {
			seen[string(msg.Event)]++
			if string(msg.Event) == "group.changed" {
				got = append(got, string(msg.ID))
			}
		})
	}
	<-written
	for i, id := range got {
		if want := fmt.Sprintf("aaaaaaaa-%d", i+1); id != want {
			t.Fatalf("event %d has id %s, want %s", i, id, want)
		}
	}
	if len(got) != events || seen["hello"] < 3 || seen["bye"] < 2 || seen["reset"] > 0 {
		t.Errorf("%d events, frames %v", len(got), seen)
	}
}
