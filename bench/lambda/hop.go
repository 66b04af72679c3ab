package lambda

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-lambda-go/lambda"

	"rynda/bench/figure"
	"rynda/pkg/lambdahttp"
	"rynda/pkg/lambdahttp/emulator"
)

// roleEnv makes a process that was started again the function that streams.
const roleEnv = "RYNDA_BENCH_LAMBDA"

// Child is the function, in a process that Run has started, and reports whether
// this is one: the caller's main returns then.
func Child() bool {
	if os.Getenv(roleEnv) == "" {
		return false
	}
	lambda.Start(lambdahttp.NewStreaming(http.HandlerFunc(speak), nil).Invoke)
	return true
}

const between = 5 * time.Millisecond // two frames

// speak writes frames of the size of an event, each with the time at which it
// was written, until the caller's number is reached.
func speak(w http.ResponseWriter, r *http.Request) {
	n, _ := strconv.Atoi(r.URL.Query().Get("n"))
	w.Header().Set("Content-Type", "text/event-stream")
	flusher := http.NewResponseController(w)
	padding := strings.Repeat("x", 900)
	tick := time.NewTicker(between)
	defer tick.Stop()
	for range n {
		select {
		case <-r.Context().Done():
			return
		case <-tick.C:
		}
		if _, err := fmt.Fprintf(w, "event: group.changed\ndata: {\"at\":%d,\"x\":\"%s\"}\n\n", time.Now().UnixNano(), padding); err != nil || flusher.Flush() != nil {
			return
		}
	}
}

// hops reads the same stream straight from the handler and through a function,
// in turns, so that whatever else the machine does concerns both.
func hops(ctx context.Context, each time.Duration) ([]figure.Figure, error) {
	program, err := os.Executable()
	if err != nil {
		return nil, err
	}
	e := emulator.New(emulator.Config{Freeze: true}, emulator.Function{
		Name: "stream", Command: []string{program}, Dir: ".", Environment: []string{roleEnv + "=1"}, Memory: 512, Timeout: time.Minute, Streaming: true,
	})
	defer e.Close()
	direct, through := httptest.NewServer(http.HandlerFunc(speak)), httptest.NewServer(e.Front("stream"))
	defer direct.Close()
	defer through.Close()
	const turns = 4
	n := max(int(each/between)/turns, 20)
	var straight, function []time.Duration
	for range turns {
		for url, took := range map[string]*[]time.Duration{direct.URL: &straight, through.URL: &function} {
			one, err := listen(ctx, url, n)
			if err != nil {
				return nil, err
			}
			*took = append(*took, one...)
		}
	}
	added := func(q float64) float64 { return ms(quantile(function, q)) - ms(quantile(straight, q)) }
	return []figure.Figure{
		figure.Most("lambda: added to a frame by the function and its front, p50", added(0.5), "ms", maxAdded).Beside(ms(quantile(straight, 0.5))),
		figure.Most("lambda: added to a frame by the function and its front, p99", added(0.99), "ms", 5*maxAdded).Beside(ms(quantile(straight, 0.99))),
	}, nil
}

// listen reads n frames and returns how long each was on its way.
func listen(ctx context.Context, url string, n int) (took []time.Duration, err error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, fmt.Sprintf("%s/?n=%d", url, n), nil)
	if err != nil {
		return nil, err
	}
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		return nil, err
	}
	defer answer.Body.Close()
	in := bufio.NewScanner(answer.Body)
	for in.Scan() {
		rest, isData := strings.CutPrefix(in.Text(), `data: {"at":`)
		if !isData {
			continue
		}
		at, _, _ := strings.Cut(rest, ",")
		nanos, err := strconv.ParseInt(at, 10, 64)
		if err != nil {
			return nil, err
		}
		took = append(took, time.Since(time.Unix(0, nanos)))
	}
	if len(took) != n {
		return nil, errors.Join(in.Err(), fmt.Errorf("%d of %d frames came from the stream", len(took), n))
	}
	return took, nil
}
