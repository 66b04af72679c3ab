package relay

import (
	"bufio"
	"bytes"
	"context"
	"io"
	"net/http"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// clocked is a stream inside of a bubble: what it wrote, with the times.
type clocked struct {
	bare
	began  time.Time
	cancel context.CancelFunc
	done   chan struct{}

	mu     sync.Mutex
	frames []timedFrame
}

type timedFrame struct {
	frame
	at time.Duration // since the stream began
}

func (c *clocked) Write(p []byte) (int, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for in := bufio.NewReader(bytes.NewReader(p)); ; {
		f, err := readFrame(in)
		if err == io.EOF {
			return len(p), nil
		}
		if err != nil {
			return 0, err
		}
		if f.event != "" {
			c.frames = append(c.frames, timedFrame{f, time.Since(c.began)})
		}
	}
}

// of lists the frames of an event type.
func (c *clocked) of(event string) (list []timedFrame) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, f := range c.frames {
		if f.event == event {
			list = append(list, f)
		}
	}
	return list
}

func (c *clocked) ended() bool {
	select {
	case <-c.done:
		return true
	default:
		return false
	}
}

// listen opens a stream that ends with the test.
func listen(t *testing.T, ctx context.Context, h http.Handler, a ask) *clocked {
	c := &clocked{bare: bare{header: http.Header{}}, began: time.Now(), done: make(chan struct{})}
	ctx, c.cancel = context.WithCancel(ctx)
	t.Cleanup(func() { c.cancel(); <-c.done })
	go func() {
		defer close(c.done)
		h.ServeHTTP(c, a.request(ctx, "http://x"))
	}()
	synctest.Wait()
	return c
}

// after lets time pass and everything happen that is due by then.
func after(d time.Duration) {
	time.Sleep(d) // of the bubble's clock
	synctest.Wait()
}

// bubble runs a test with a relay on a clock of its own.
func bubble(t *testing.T, name string, cfg Config, test func(t *testing.T, r *Relay, log *memory), options ...Option) {
	t.Run(name, func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			log := newMemory()
			log.add("errors/shop")
			r := New(log, cfg, options...)
			run(t, r)
			synctest.Wait()
			test(t, r, log)
		})
	})
}
