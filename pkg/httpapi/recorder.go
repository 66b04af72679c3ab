package httpapi

import (
	"bufio"
	"io"
	"net"
	"net/http"
	"time"
)

const (
	writePiece = 64 << 10        // of an answer; each has a deadline of its own
	lingering  = 2 * time.Second // for the rest of a body that nobody has read
)

// recorder remembers what was answered, and sets the deadlines of the
// connection. Both belong to the request and not to a handler, because net/http
// waits where no handler looks: it reads what is left of a body before it sends
// an answer, and writes what is left of an answer after the handler has
// returned.
//
//   - A body has one deadline from the request's beginning. It is taken back
//     with the body's last byte: from then on net/http watches for the caller's
//     leaving by a read, whose end would cancel the context. For the same reason
//     a request without a body has none, so a poll may wait. Once the answer
//     begins, the rest of a body has a moment to arrive, so that a caller who is
//     refused sees why; without its rest the connection is closed.
//   - Each piece of an answer has a deadline that begins when it is written, so
//     whoever reads on gets an answer of any size, and whoever stops is cut.
//   - A handler that sets write deadlines by itself, as the relay does, is left
//     to it until it returns; one that takes the connection over, for ever.
//
// Writers without deadlines (a test's, Lambda's) have the whole body already and
// never wait for the reader.
type recorder struct {
	http.ResponseWriter
	control *http.ResponseController // of what is wrapped
	pace    time.Duration            // for one piece
	status  int                      // 0: nothing yet
	bytes   int64
	own     bool      // the handler sets write deadlines
	taken   bool      // the connection is not net/http's any more
	until   time.Time // when the body has to be there; zero: it is, or there is none
}

// begin sets the first deadlines and has the body take its own back.
func (r *recorder) begin(req *http.Request, body time.Duration) {
	r.renew()
	if req.ContentLength == 0 || req.Body == nil {
		return
	}
	until := time.Now().Add(body)
	if r.control.SetReadDeadline(until) == nil {
		r.until, req.Body = until, &timedBody{req.Body, r}
	}
}

// answer is called before anything of an answer is sent.
func (r *recorder) answer(status int) {
	if r.status != 0 {
		return
	}
	r.status = status
	if soon := time.Now().Add(min(lingering, r.pace/2)); soon.Before(r.until) {
		_ = r.control.SetReadDeadline(soon)
	}
}

// end gives what is left of the answer its time.
func (r *recorder) end() {
	if r.taken {
		return
	}
	r.answer(http.StatusOK)
	r.own = false
	r.renew()
}

func (r *recorder) renew() {
	if !r.own {
		_ = r.control.SetWriteDeadline(time.Now().Add(r.pace)) // there may be none: see above
	}
}

// timedBody is a body that ends the time for it with its last byte.
type timedBody struct {
	io.ReadCloser
	recorder *recorder
}

func (b *timedBody) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	if r := b.recorder; err == io.EOF && !r.until.IsZero() {
		r.until = time.Time{}
		_ = r.control.SetReadDeadline(time.Time{})
	}
	return n, err
}

func (r *recorder) WriteHeader(status int) {
	if status < 100 || status > 199 || status == http.StatusSwitchingProtocols {
		r.answer(status)
	}
	r.ResponseWriter.WriteHeader(status)
}

func (r *recorder) Write(b []byte) (int, error) {
	r.answer(http.StatusOK)
	written := 0
	for {
		piece := b[written:min(len(b), written+writePiece)]
		r.renew()
		n, err := r.ResponseWriter.Write(piece)
		r.bytes += int64(n)
		written += n
		if err != nil || n < len(piece) || written == len(b) {
			return written, err
		}
	}
}

// Unwrap is how http.ResponseController finds the read deadline.
func (r *recorder) Unwrap() http.ResponseWriter { return r.ResponseWriter }

// Flush is for those who ask for an http.Flusher.
func (r *recorder) Flush() { _ = r.FlushError() }

// FlushError is how http.ResponseController flushes.
func (r *recorder) FlushError() error {
	r.answer(http.StatusOK)
	r.renew()
	return r.control.Flush()
}

// SetWriteDeadline is how a handler takes its deadlines into its own hands.
func (r *recorder) SetWriteDeadline(at time.Time) error {
	r.own = true
	return r.control.SetWriteDeadline(at)
}

// Hijack is how a handler takes the connection over. net/http takes all
// deadlines back.
func (r *recorder) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	conn, in, err := r.control.Hijack()
	r.taken = r.taken || err == nil
	return conn, in, err
}
