package httpapi

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"runtime"
	"runtime/debug"
	"strings"
	"time"
)

// call is what is known of one request while it is answered. One goroutine
// writes it.
type call struct {
	id        string
	operation string
	who       string
	problem   *Problem // what was answered, where that was one
}

type callKey struct{}

func callOf(ctx context.Context) *call {
	if c, ok := ctx.Value(callKey{}).(*call); ok {
		return c
	}
	return &call{}
}

// frontHeaders are those that every answer has. The policy lets a page load only
// what this server serves, send forms only here, and gives the two renderers
// and the shared worker their trusted-types policies; frames says whose pages may show it.
func frontHeaders(frames []string) http.Header {
	ancestors := "'none'"
	if len(frames) > 0 {
		ancestors = strings.Join(frames, " ")
	}
	return http.Header{
		"Content-Security-Policy": {"default-src 'self'; script-src 'self'; style-src 'self'; img-src 'self' data:; " +
			"connect-src 'self'; worker-src 'self'; object-src 'none'; base-uri 'none'; form-action 'self'; " +
			"frame-ancestors " + ancestors + "; " +
			"require-trusted-types-for 'script'; trusted-types svelte-trusted-html lit-html rynda-worker 'allow-duplicates'"},
		"X-Content-Type-Options":     {"nosniff"},
		"Referrer-Policy":            {"no-referrer"},
		"Cross-Origin-Opener-Policy": {"same-origin"},
	}
}

// front is the outermost handler.
type front struct {
	next     http.Handler
	headers  http.Header
	logger   *slog.Logger
	observer Observer
	body     time.Duration // for a body to arrive
	pace     time.Duration // for 64 KiB of an answer to be taken
}

func (f *front) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	start := time.Now()
	c := &call{id: rand.Text(), operation: "none"}
	header := w.Header()
	for name, values := range f.headers {
		header.Set(name, values[0])
	}
	header.Set("X-Request-Id", c.id)
	rec := &recorder{ResponseWriter: w, control: http.NewResponseController(w), pace: f.pace}
	r = r.WithContext(context.WithValue(r.Context(), callKey{}, c))
	rec.begin(r, f.body)

	defer func() {
		v := recover()
		ended := v == nil || f.panicked(rec, r, c, v)
		rec.end()
		f.done(rec, r, c, start, !ended)
		if !ended {
			panic(http.ErrAbortHandler) // the caller must see that the answer is not whole
		}
	}()
	f.next.ServeHTTP(rec, r)
}

// panicked logs where a handler fell, and answers if nothing was answered yet:
// only then does it return true. What it fell over is logged only where it is
// the runtime's own sentence: the rest may hold what the caller sent.
func (f *front) panicked(rec *recorder, r *http.Request, c *call, v any) bool {
	if v == http.ErrAbortHandler {
		return false
	}
	why := fmt.Sprintf("%T", v)
	if err, ok := v.(runtime.Error); ok {
		why = err.Error()
	}
	f.logger.ErrorContext(r.Context(), "a handler panicked", "request_id", c.id, "operation", c.operation,
		"panic", why, "stack", string(debug.Stack()))
	if rec.status != 0 {
		return false
	}
	newProblem(http.StatusInternalServerError, "Something went wrong here. The log has the request_id.").write(rec, r)
	return true
}

func (f *front) done(rec *recorder, r *http.Request, c *call, start time.Time, aborted bool) {
	took := time.Since(start)
	status := rec.status
	if status == 0 {
		status = http.StatusOK
	}
	if f.observer != nil {
		f.observer.Request(c.operation, knownMethod(r.Method), status, took)
	}
	level := slog.LevelDebug
	var cause error
	switch {
	case status >= 500:
		level = slog.LevelError
		if status == http.StatusServiceUnavailable {
			level = slog.LevelWarn
		}
		if c.problem != nil {
			cause = c.problem.cause
		}
		if errors.Is(cause, context.Canceled) && r.Context().Err() != nil {
			level = slog.LevelDebug // the caller has left; there was nobody to answer
		}
	case status >= 400:
		level = slog.LevelInfo
	}
	if !f.logger.Enabled(r.Context(), level) {
		return
	}
	attrs := []slog.Attr{
		slog.String("request_id", c.id), slog.String("operation", c.operation), slog.String("method", knownMethod(r.Method)),
		slog.Int("status", status), slog.Int64("bytes", rec.bytes), slog.Duration("took", took),
	}
	if c.who != "" {
		attrs = append(attrs, slog.String("who", c.who))
	}
	if aborted {
		attrs = append(attrs, slog.Bool("aborted", true))
	}
	if cause != nil {
		attrs = append(attrs, slog.String("cause", cause.Error()))
	}
	f.logger.LogAttrs(r.Context(), level, "request", attrs...)
}

// knownMethod keeps invented methods out of logs and metrics.
func knownMethod(method string) string {
	switch method {
	case "GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "CONNECT", "TRACE":
		return method
	}
	return "other"
}
