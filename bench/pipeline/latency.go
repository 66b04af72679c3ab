package pipeline

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"

	"rynda/bench/figure"
)

// latencies sends perSecond reports a second at fixed times, each of a cause of
// its own, so that no event is held back, and measures from the moment at which
// a report was due to be sent until its frame is read from an open stream.
func latencies(ctx context.Context, s *server, perSecond int, d time.Duration) ([]figure.Figure, error) {
	ctx, cancel := context.WithTimeout(ctx, d+60*time.Second)
	defer cancel()
	if err := settled(ctx, s); err != nil {
		return nil, err
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+s.address+"/v1/events/stream?topics=errors", nil)
	if err != nil {
		return nil, err
	}
	request.Header.Set("Authorization", "Bearer "+s.staff)
	stream, err := http.DefaultClient.Do(request)
	if err != nil {
		return nil, err
	}
	defer stream.Body.Close()
	if stream.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("stream: %s", stream.Status)
	}
	total := int(d.Seconds() * float64(perSecond))
	var mu sync.Mutex
	due := map[string]time.Time{} // by source, which is unique here
	took := make([]time.Duration, 0, total)
	greeted := make(chan struct{})
	done := make(chan error, 1)
	go func() { done <- readFrames(stream, greeted, &mu, due, &took, total) }()
	select {
	case <-greeted:
	case err := <-done:
		return nil, fmt.Errorf("stream ended: %w", err)
	}

	const senders = 8
	work := make(chan int, total)
	var wait sync.WaitGroup
	var failed error
	for range senders {
		wait.Go(func() {
			client, err := dial(s)
			if err != nil {
				mu.Lock()
				failed = err
				mu.Unlock()
				return
			}
			defer client.conn.Close()
			for n := range work {
				source := fmt.Sprintf("latency-%d-%d", time.Now().UnixNano(), n)
				body := strings.Replace(string(report(source)), `"billing-worker"`, `"`+source+`"`, 1)
				mu.Lock()
				due[source] = time.Now()
				mu.Unlock()
				if status, err := client.send([]byte(body)); err != nil || status != 202 {
					mu.Lock()
					failed = fmt.Errorf("status %d, %v", status, err)
					mu.Unlock()
				}
			}
		})
	}
	tick := time.NewTicker(time.Second / time.Duration(perSecond))
	for n := range total {
		<-tick.C
		work <- n
	}
	tick.Stop()
	close(work)
	wait.Wait()
	if err := <-done; err != nil {
		return nil, fmt.Errorf("only %d of %d frames came: %w", len(took), total, err)
	}
	if failed != nil {
		return nil, failed
	}
	slices.Sort(took)
	ms := func(q float64) float64 { return float64(took[int(q*float64(len(took)-1))]) / 1e6 }
	return []figure.Figure{
		figure.Most(fmt.Sprintf("latency: report to SSE frame at %d/s, p50", perSecond), ms(0.5), "ms", 10),
		figure.Most(fmt.Sprintf("latency: report to SSE frame at %d/s, p99", perSecond), ms(0.99), "ms", 50),
	}, nil
}

// settled waits until the events that the load before had held back are out.
func settled(ctx context.Context, s *server) error {
	conn, err := pgx.Connect(ctx, s.dsn)
	if err != nil {
		return err
	}
	defer conn.Close(context.WithoutCancel(ctx))
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for held := 1; ; {
		if err := conn.QueryRow(ctx, `select count(*) from groups where version > published_version`).Scan(&held); err != nil || held == 0 {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-tick.C:
		}
	}
}

func readFrames(stream *http.Response, greeted chan struct{}, mu *sync.Mutex, due map[string]time.Time, took *[]time.Duration, total int) error {
	in := bufio.NewReader(stream.Body)
	for {
		line, err := in.ReadString('\n')
		if err != nil {
			return err
		}
		if strings.HasPrefix(line, "event: hello") {
			close(greeted)
		}
		data, isData := strings.CutPrefix(line, "data: ")
		if !isData {
			continue
		}
		var event struct {
			Data struct {
				Source string `json:"source"`
			} `json:"data"`
		}
		if json.Unmarshal([]byte(data), &event) != nil {
			continue
		}
		now := time.Now()
		mu.Lock()
		if at, ours := due[event.Data.Source]; ours {
			delete(due, event.Data.Source)
			*took = append(*took, now.Sub(at))
		}
		n := len(*took)
		mu.Unlock()
		if n == total {
			return nil
		}
	}
}
