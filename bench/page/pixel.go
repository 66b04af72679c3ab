package page

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strings"
	"sync"
	"time"

	"rynda/bench/figure"
)

const (
	pixelRate   = 100 // reports a second, one a request
	pixelGroups = 200 // each is told of every two seconds, so that no event is held back
	pollMS      = 2_000
)

// cause is one report of a group: the one that makes its count n.
type cause struct {
	source string
	n      int
}

// pixels measures from the moment in which a report is sent until it is on
// screen, as a row of the history or a card of the alert stack, and until a
// reader of the bare stream has it. The history is sorted by the first
// occurrence, so that rows stay where they are, and the alert stack shows the
// five newest groups, which the load changes as well.
//
// The moments of sending are of this process's clock, those of drawing of the
// page's (timeOrigin + now). Both come from the clock of the machine; how far
// they are apart is measured before and after by asking the page for its time,
// and the middle of the quickest of 50 answers is taken.
//
// The groups must have been raised a while ago: ten that are new within ten
// seconds are a storm, for which the stack shows one card.
func (s *stage) pixels(ctx context.Context, c Config, polls bool) ([]figure.Figure, error) {
	at, word, length := s.server.url, "Live", 5*c.Each
	if polls {
		front := s.withoutStream()
		defer front.Close()
		at, word, length = front.URL, "Polling", 8*c.Each
	}
	stream, err := s.readStream(ctx)
	if err != nil {
		return nil, err
	}
	defer stream.close()
	t, err := s.open(ctx, at+"/errors?sort=first_seen", word)
	if err != nil {
		return nil, err
	}
	defer t.close(context.WithoutCancel(ctx))
	if err := t.value(ctx, "ryndaWatch.follow()", nil); err != nil {
		return nil, err
	}
	apart, err := t.clock(ctx)
	if err != nil {
		return nil, err
	}
	sent, err := s.steadily(ctx, length)
	if err != nil {
		return nil, err
	}
	streamed, ids, err := stream.await(ctx, sent)
	if err != nil {
		return nil, err
	}
	if err := t.awaitDrawn(ctx, sent, ids); err != nil {
		return nil, err
	}
	still, err := t.clock(ctx)
	if err != nil {
		return nil, err
	}
	if d := still - apart; d < -5 || d > 5 {
		return nil, fmt.Errorf("the clock of the page went %.1f ms away from that of the machine", d)
	}
	var drawn [][4]any
	if err := t.value(ctx, "ryndaWatch.drawn", &drawn); err != nil {
		return nil, err
	}

	var bare []float64
	for each, at := range sent {
		bare = append(bare, ms(streamed[each].Sub(at)))
	}
	var figures []figure.Figure
	for _, where := range []struct{ name, in string }{{"a row", "row"}, {"an alert", "card"}} {
		took := delays(drawn, where.in, ids, sent, (apart+still)/2)
		if len(took) < 10 {
			return figures, fmt.Errorf("only %d reports were seen as %s", len(took), where.name)
		}
		name := fmt.Sprintf("page: report to pixel at %d/s, %s, %d of them, ", pixelRate, where.name, len(took))
		limit := 150.0
		if polls {
			name, limit = strings.Replace(name, "pixel", "pixel, polling every 2 s", 1), pollMS+300
		}
		p50, p95 := quantile(took, 0.5), quantile(took, 0.95)
		figures = append(figures,
			figure.Most(name+"p50; limit: to a reader of the stream", p50, "ms", limit).Beside(quantile(bare, 0.5)),
			figure.Most(name+"p95; limit: to a reader of the stream", p95, "ms", limit).Beside(quantile(bare, 0.95)))
	}
	return figures, nil
}

// steadily sends single reports at fixed times, to each group as many, and
// returns when each was sent. Those of a group are two seconds apart, so it is
// known which of them made its count what it is.
func (s *stage) steadily(ctx context.Context, d time.Duration) (map[cause]time.Time, error) {
	const senders = 8
	rounds := max(1, int(d.Seconds())*pixelRate/pixelGroups)
	total := rounds * pixelGroups
	var mu sync.Mutex
	sent := make(map[cause]time.Time, total)
	work := make(chan cause, total)
	var wait sync.WaitGroup
	var failed error
	for range senders {
		wait.Go(func() {
			for each := range work {
				mu.Lock()
				sent[each] = time.Now()
				mu.Unlock()
				if err := s.post(ctx, report(each.source)); err != nil {
					mu.Lock()
					failed = err
					mu.Unlock()
				}
			}
		})
	}
	tick := time.NewTicker(time.Second / pixelRate)
	for n := range total {
		<-tick.C
		work <- cause{fmt.Sprintf("pixel-%d", n%pixelGroups), s.counted + n/pixelGroups + 1}
	}
	tick.Stop()
	s.counted += rounds
	close(work)
	wait.Wait()
	return sent, failed
}

// delays are those of the reports of all groups that were seen in a place at
// all: until a count at least as high was drawn there.
func delays(drawn [][4]any, where string, ids map[string]string, sent map[cause]time.Time, apart float64) []float64 {
	type look struct{ count, at float64 }
	looks := map[string][]look{}
	for _, each := range drawn {
		id, _ := each[1].(string)
		count, _ := each[2].(float64)
		at, _ := each[3].(float64)
		if each[0] == where {
			looks[id] = append(looks[id], look{count, at - apart})
		}
	}
	var took []float64
	for each, at := range sent {
		for _, look := range looks[ids[each.source]] {
			if look.count >= float64(each.n) {
				took = append(took, look.at-unix(at))
				break
			}
		}
	}
	return took
}

// unix is a time as pages tell it: milliseconds since 1970.
func unix(t time.Time) float64 { return float64(t.UnixMicro()) / 1000 }

func ms(d time.Duration) float64 { return float64(d) / 1e6 }

// clock is how many milliseconds the page's clock is ahead of ours.
func (t *tab) clock(ctx context.Context) (float64, error) {
	best, apart := time.Hour, 0.0
	for range 50 {
		var says float64
		before := time.Now()
		if err := t.value(ctx, "ryndaWatch.now()", &says); err != nil {
			return 0, err
		}
		if took := time.Since(before); took < best {
			best, apart = took, says-unix(before.Add(took/2))
		}
	}
	return apart, nil
}

// awaitDrawn waits until everything on screen has its last count.
func (t *tab) awaitDrawn(ctx context.Context, sent map[cause]time.Time, ids map[string]string) error {
	last := map[string]int{}
	for each := range sent {
		last[ids[each.source]] = max(last[ids[each.source]], each.n)
	}
	text, err := json.Marshal(last)
	if err != nil {
		return err
	}
	return t.await(ctx, "the last counts on screen", `(() => {
		const last = `+string(text)+`;
		const { row, card } = ryndaWatch.shown();
		return [...Object.entries(row), ...Object.entries(card)].every(([id, count]) => count >= (last[id] ?? 0));
	})()`)
}

// streamed reads the bare stream of events.
type streamed struct {
	body io.Closer
	mu   sync.Mutex
	came map[cause]time.Time
	ids  map[string]string // group by source
	done chan error
}

func (s *stage) readStream(ctx context.Context) (*streamed, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, s.server.url+"/v1/events/stream?topics=errors", nil)
	if err != nil {
		return nil, err
	}
	request.Header.Set("Authorization", "Bearer "+s.staff)
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		return nil, err
	}
	if answer.StatusCode != http.StatusOK {
		answer.Body.Close()
		return nil, fmt.Errorf("stream: %s", answer.Status)
	}
	r := &streamed{body: answer.Body, came: map[cause]time.Time{}, ids: map[string]string{}, done: make(chan error, 1)}
	greeted := make(chan struct{})
	go func() { r.done <- r.read(answer.Body, greeted) }()
	select {
	case <-greeted:
		return r, nil
	case err := <-r.done:
		return nil, fmt.Errorf("stream ended: %w", err)
	}
}

func (r *streamed) close() { r.body.Close() }

func (r *streamed) read(body io.Reader, greeted chan struct{}) error {
	for in := bufio.NewReaderSize(body, 64<<10); ; {
		line, err := in.ReadString('\n')
		if err != nil {
			return err
		}
		now := time.Now()
		if strings.HasPrefix(line, "event: hello") {
			close(greeted)
		}
		data, is := strings.CutPrefix(line, "data: ")
		if !is {
			continue
		}
		var event struct {
			Data struct {
				ID     string `json:"group_id"`
				Source string `json:"source"`
				Count  int    `json:"count"`
			} `json:"data"`
		}
		if json.Unmarshal([]byte(data), &event) != nil || event.Data.Source == "" {
			continue
		}
		r.mu.Lock()
		r.ids[event.Data.Source] = event.Data.ID
		// A frame tells of all reports up to its count.
		for n := event.Data.Count; n > 0; n-- {
			each := cause{event.Data.Source, n}
			if _, known := r.came[each]; known {
				break
			}
			r.came[each] = now
		}
		r.mu.Unlock()
	}
}

// await waits until everything that was sent has come, and returns when, and
// which group each source is.
func (r *streamed) await(ctx context.Context, sent map[cause]time.Time) (map[cause]time.Time, map[string]string, error) {
	within, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for {
		missing := 0
		r.mu.Lock()
		for each := range sent {
			if _, came := r.came[each]; !came {
				missing++
			}
		}
		r.mu.Unlock()
		if missing == 0 {
			r.close()
			<-r.done
			return r.came, r.ids, nil
		}
		select {
		case err := <-r.done:
			return nil, nil, fmt.Errorf("the stream ended: %w", err)
		case <-within.Done():
			return nil, nil, errors.Join(fmt.Errorf("%d of %d reports never came", missing, len(sent)), within.Err())
		case <-tick.C:
		}
	}
}

// withoutStream stands before the server and refuses its stream, as some
// proxies do.
func (s *stage) withoutStream() *httptest.Server {
	target, _ := url.Parse(s.server.url)
	forward := &httputil.ReverseProxy{
		ErrorLog: log.New(io.Discard, "", 0), // a page that goes away is no news
		Rewrite: func(r *httputil.ProxyRequest) {
			r.SetURL(target)
			r.Out.Host = r.In.Host
		},
	}
	return httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/v1/events/stream" {
			http.Error(w, "no", http.StatusBadGateway)
			return
		}
		forward.ServeHTTP(w, r)
	}))
}
