package relay

import (
	"context"
	"net/http"
	"net/http/httptest"
	"slices"
	"testing"
)

// bare is a response writer that can only write and flush, like one that
// streams through the Lambda runtime.
type bare struct {
	header http.Header
	frames chan string
}

func (b *bare) Header() http.Header { return b.header }
func (b *bare) WriteHeader(int)     {}
func (b *bare) Flush()              {}
func (b *bare) Write(p []byte) (int, error) {
	b.frames <- string(p)
	return len(p), nil
}

func TestBareWriter(t *testing.T) {
	t.Parallel()
	log := newMemory()
	r := New(log, Config{})
	run(t, r)
	w := &bare{header: http.Header{}, frames: make(chan string, 16)}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() {
		defer close(done)
		r.Handler(anyone(staff), plainProblem).ServeHTTP(w, httptest.NewRequestWithContext(ctx, "GET", "/v1/events/stream", nil))
	}()
	var got []string
	got = append(got, <-w.frames, <-w.frames)
	log.add("errors/shop")
	got = append(got, <-w.frames)
	if !slices.ContainsFunc(got, func(s string) bool { return s == string(AppendFrame(nil, epochA, log.events[0])) }) {
		t.Errorf("got %q", got)
	}
	cancel()
	<-done
}
