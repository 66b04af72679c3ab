package lambdahttp

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"time"

	"github.com/aws/aws-lambda-go/events"
)

// errBroken ends the body of an answer whose handler broke off.
var errBroken = errors.New("the answer was broken off")

// Streaming answers events through h and passes on what h writes as it writes
// it. Hand its Invoke to lambda.Start, in a build with the tag lambda.norpc.
type Streaming struct {
	handler http.Handler
	logger  *slog.Logger
}

// NewStreaming returns the function that answers through h. nil for the logger is
// slog.Default.
func NewStreaming(h http.Handler, logger *slog.Logger) *Streaming {
	return &Streaming{h, orDefault(logger)}
}

// Invoke begins to answer one event and returns when the handler has said its
// status, or has returned. Its error is that the event is no request.
//
// The body ends when the handler has returned and never before. A write of the
// handler waits until the runtime has taken it, no longer than the deadline that
// the handler set. Closing the body ends the context of the request and waits
// for the handler. A handler that panics before it said its status answers 500;
// one that panics later ends the body with an error, and the caller sees that
// it is not whole.
func (s *Streaming) Invoke(ctx context.Context, event Event) (*events.LambdaFunctionURLStreamingResponse, error) {
	ctx, cancel := early(ctx)
	r, err := NewRequest(ctx, &event)
	if err != nil {
		cancel()
		return nil, err
	}
	inner, outer := net.Pipe() // a pipe with deadlines
	w := &streamWriter{head: head{header: http.Header{}, request: r}, pipe: inner, begun: make(chan struct{})}
	body := &streamBody{pipe: outer, cancel: cancel, ended: make(chan struct{})}
	go func() {
		defer close(body.ended)
		defer cancel()
		body.err = s.serve(w, r)
		w.begin(http.StatusOK)
		_ = inner.Close()
	}()
	<-w.begun
	out := &events.LambdaFunctionURLStreamingResponse{StatusCode: w.status, Body: body}
	out.Headers, out.Cookies = w.split()
	return out, nil
}

// serve runs the handler and returns why the body is not whole, if it is not.
func (s *Streaming) serve(w *streamWriter, r *http.Request) (err error) {
	defer func() {
		p := recover()
		switch {
		case p == nil:
			return
		case p != http.ErrAbortHandler:
			s.logger.Error("a handler panicked", "path", r.URL.Path, "type", fmt.Sprintf("%T", p))
		}
		if w.status != 0 {
			err = errBroken
			return
		}
		clear(w.header)
		fail(w, "Something went wrong.")
	}()
	s.handler.ServeHTTP(w, r)
	return nil
}

// streamWriter is used by the handler's goroutine alone.
type streamWriter struct {
	head
	pipe  net.Conn
	begun chan struct{} // closed when status and headers are fixed
}

func (w *streamWriter) Header() http.Header    { return w.header }
func (w *streamWriter) WriteHeader(status int) { w.begin(status) }

// begin fixes status and headers. Nobody looks for the type of a body that is
// still to come: a handler that streams names it, and a first write names it for
// one that forgot.
func (w *streamWriter) begin(status int, first ...byte) {
	if !w.say(status) {
		return
	}
	w.look(first)
	if w.request.Method != http.MethodHead {
		w.said.Del("Content-Length") // the stream says where it ends
	}
	close(w.begun)
}

func (w *streamWriter) Write(p []byte) (int, error) {
	w.begin(http.StatusOK, p[:min(len(p), 512)]...)
	switch {
	case !mayHaveBody(w.status):
		return 0, http.ErrBodyNotAllowed
	case w.bare():
		return len(p), nil
	}
	n, err := w.pipe.Write(p)
	if errors.Is(err, io.ErrClosedPipe) {
		err = net.ErrClosed
	}
	return n, err
}

// Flush has nothing to do but to say the status: each write leaves at once.
func (w *streamWriter) Flush()                              { w.begin(http.StatusOK) }
func (w *streamWriter) SetReadDeadline(time.Time) error     { return nil } // the body is in memory
func (w *streamWriter) SetWriteDeadline(at time.Time) error { return w.pipe.SetWriteDeadline(at) }
func (w *streamWriter) EnableFullDuplex() error             { return nil }

// streamBody is what the runtime reads.
type streamBody struct {
	pipe   net.Conn
	cancel context.CancelFunc
	ended  chan struct{} // closed when the handler has returned
	err    error         // read after ended
}

func (b *streamBody) Read(p []byte) (int, error) {
	n, err := b.pipe.Read(p)
	if err == nil {
		return n, nil
	}
	<-b.ended
	if b.err != nil {
		return n, b.err
	}
	return n, io.EOF
}

// Close ends the handler. It may be called at any time, and more than once.
func (b *streamBody) Close() error {
	b.cancel()
	err := b.pipe.Close()
	<-b.ended
	return err
}
