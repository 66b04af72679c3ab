package lambdahttp

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"time"
	"unicode/utf8"

	"github.com/aws/aws-lambda-go/events"
)

const (
	// MaxBuffered is how many bytes an event and a buffered answer have at most,
	// as they are encoded.
	MaxBuffered = 6 << 20

	margin = 500 * time.Millisecond
)

// early is a context that ends a little before the function would be ended, so
// that a handler can still say why it has no answer.
func early(ctx context.Context) (context.Context, context.CancelFunc) {
	if deadline, ok := ctx.Deadline(); ok {
		return context.WithDeadline(ctx, deadline.Add(-margin))
	}
	return context.WithCancel(ctx)
}

// Buffered answers events through h, each in one piece. It is a lambda.Handler:
// lambda.Start(lambdahttp.NewBuffered(h, logger)).
type Buffered struct {
	handler http.Handler
	logger  *slog.Logger
}

// NewBuffered returns the function that answers through h. nil for the logger is
// slog.Default.
func NewBuffered(h http.Handler, logger *slog.Logger) *Buffered {
	return &Buffered{h, orDefault(logger)}
}

// Invoke answers one event. Its error is that the event is no request; what goes
// wrong while a request is answered is an answer of 500. An answer that would be
// larger than MaxBuffered is one of 500 as well: Lambda would answer 502 and
// throw it away.
func (b *Buffered) Invoke(ctx context.Context, payload []byte) ([]byte, error) {
	var event Event
	if err := json.Unmarshal(payload, &event); err != nil {
		return nil, ErrEvent // the cause repeats the event
	}
	ctx, cancel := early(ctx)
	defer cancel()
	r, err := NewRequest(ctx, &event)
	if err != nil {
		return nil, err
	}
	w := &bufferedWriter{head: head{header: http.Header{}, request: r}}
	b.serve(w, r)
	encoded, err := json.Marshal(w.answer())
	if err != nil {
		return nil, fmt.Errorf("encode an answer: %w", err)
	}
	if len(encoded) > MaxBuffered {
		b.logger.Error("an answer was larger than a function may give", "path", r.URL.Path, "bytes", len(encoded))
		w = &bufferedWriter{head: head{header: http.Header{}, request: r}}
		fail(w, "The answer is larger than can be sent at once. Ask for less.")
		return json.Marshal(w.answer())
	}
	return encoded, nil
}

// serve runs the handler. What a handler that panics had said is forgotten.
func (b *Buffered) serve(w *bufferedWriter, r *http.Request) {
	defer func() {
		if p := recover(); p != nil {
			b.logger.Error("a handler panicked", "path", r.URL.Path, "type", fmt.Sprintf("%T", p))
			*w = bufferedWriter{head: head{header: http.Header{}, request: r}}
			fail(w, "Something went wrong.")
		}
	}()
	b.handler.ServeHTTP(w, r)
}

type bufferedWriter struct {
	head
	body bytes.Buffer
}

func (w *bufferedWriter) Header() http.Header    { return w.header }
func (w *bufferedWriter) WriteHeader(status int) { w.say(status) }

func (w *bufferedWriter) Write(p []byte) (int, error) {
	if w.say(http.StatusOK); w.body.Len() == 0 {
		w.look(p)
	}
	switch {
	case !mayHaveBody(w.status):
		return 0, http.ErrBodyNotAllowed
	case w.bare():
		return len(p), nil
	}
	return w.body.Write(p)
}

// What net/http's writer can do beside writing. There is nothing to wait for
// here, so the deadlines have no effect.
func (w *bufferedWriter) Flush()                           { w.say(http.StatusOK) }
func (w *bufferedWriter) SetReadDeadline(time.Time) error  { return nil }
func (w *bufferedWriter) SetWriteDeadline(time.Time) error { return nil }

func (w *bufferedWriter) answer() events.LambdaFunctionURLResponse {
	w.say(http.StatusOK)
	if w.request.Method != http.MethodHead {
		w.said.Del("Content-Length") // the front counts
	}
	out := events.LambdaFunctionURLResponse{StatusCode: w.status}
	out.Headers, out.Cookies = w.split()
	if w.said.Get("Content-Encoding") == "" && utf8.Valid(w.body.Bytes()) {
		out.Body = w.body.String()
	} else {
		out.Body, out.IsBase64Encoded = base64.StdEncoding.EncodeToString(w.body.Bytes()), true
	}
	return out
}

// fail answers 500 in the form of every error (RFC 9457).
func fail(w http.ResponseWriter, detail string) {
	w.Header().Set("Content-Type", "application/problem+json")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(http.StatusInternalServerError)
	encoded, _ := json.Marshal(map[string]any{
		"type": "about:blank", "title": "Internal Server Error", "status": http.StatusInternalServerError, "detail": detail,
	})
	_, _ = w.Write(encoded)
}

func orDefault(logger *slog.Logger) *slog.Logger {
	if logger == nil {
		return slog.Default()
	}
	return logger
}
