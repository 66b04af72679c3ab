package relay

import (
	"bytes"
	"errors"
	"net"
	"net/http"
	"strconv"
	"sync"
	"syscall"
	"time"
)

// chunkLead is room before a body for the size line of a chunk.
const chunkLead = 10

// chunk is the bytes of one write: frames, with room for the size line that
// makes them one chunk of HTTP/1.1.
type chunk struct{ buf []byte }

var chunks = sync.Pool{New: func() any { return new(chunk) }}

func newChunk() *chunk {
	c := chunks.Get().(*chunk)
	c.clear()
	return c
}

// release gives the chunk back; very large ones, after a very large frame, go
// to the garbage collector.
func (c *chunk) release() {
	if cap(c.buf) <= 4*writeBytes {
		chunks.Put(c)
	}
}

func (c *chunk) clear() { c.buf = append(c.buf[:0], "          "[:chunkLead]...) }

func (c *chunk) body() []byte { return c.buf[chunkLead:] }

// framed returns the body as one chunk, followed by the last chunk if it is
// the last. It may be called once.
func (c *chunk) framed(last bool) []byte {
	size := strconv.AppendInt(make([]byte, 0, chunkLead), int64(len(c.body())), 16)
	size = append(size, "\r\n"...)
	start := chunkLead - len(size)
	copy(c.buf[start:], size)
	c.buf = append(c.buf, "\r\n"...)
	if last {
		c.buf = append(c.buf, "0\r\n\r\n"...)
	}
	return c.buf[start:]
}

// transport writes to a subscriber and waits for it, up to a deadline.
type transport interface {
	// write sends the body of c and makes sure it is on its way. After an error
	// the stream is broken.
	write(c *chunk, last bool) error
}

// response is the transport of everything that is not taken over.
type response struct {
	w       http.ResponseWriter
	control *http.ResponseController
	timeout time.Duration
}

func (t *response) write(c *chunk, _ bool) error {
	// Not every writer has deadlines: Lambda's does not, and needs none.
	err := t.control.SetWriteDeadline(time.Now().Add(t.timeout))
	if err != nil && !errors.Is(err, http.ErrNotSupported) {
		return err
	}
	if _, err := t.w.Write(c.body()); err != nil {
		return err
	}
	if err := t.control.Flush(); err != nil && !errors.Is(err, http.ErrNotSupported) {
		return err
	}
	// HTTP/2 ends a stream at its deadline even when nothing is being written.
	err = t.control.SetWriteDeadline(time.Time{})
	if err != nil && !errors.Is(err, http.ErrNotSupported) {
		return err
	}
	return nil
}

// connection is the transport of a connection that was taken over.
type connection struct {
	net.Conn
	raw     syscall.RawConn // nil when it cannot be written to without waiting
	timeout time.Duration
}

func (t *connection) write(c *chunk, last bool) error {
	return t.send(c.framed(last))
}

func (t *connection) send(p []byte) error {
	if err := t.SetWriteDeadline(time.Now().Add(t.timeout)); err != nil {
		return err
	}
	if _, err := t.Write(p); err != nil {
		return err
	}
	return t.SetWriteDeadline(time.Time{})
}

// respond prepares an answer that stays with the writer.
func (r *Relay) respond(w http.ResponseWriter) *response {
	h := w.Header()
	h.Set("Content-Type", "text/event-stream")
	h.Set("Cache-Control", "no-store, no-transform")
	h.Set("X-Accel-Buffering", "no")
	return &response{w: w, control: http.NewResponseController(w), timeout: r.cfg.WriteTimeout}
}

// open begins the answer: status and headers, and the delay for coming back,
// sent at once. The connection is nil unless it was taken over.
func (r *Relay) open(w http.ResponseWriter, req *http.Request, retry time.Duration) (transport, *connection, error) {
	t := r.respond(w)
	c := newChunk()
	defer c.release()
	c.buf = appendRetry(c.buf, retry)
	if conn := r.takeOver(t, req); conn != nil {
		h := w.Header()
		h.Set("Transfer-Encoding", "chunked")
		h.Set("Connection", "close")
		h.Set("Date", time.Now().UTC().Format(http.TimeFormat))
		h.Del("Content-Length")
		var head bytes.Buffer
		head.WriteString("HTTP/1.1 200 OK\r\n")
		_ = h.Write(&head) // memory takes everything
		head.WriteString("\r\n")
		head.Write(c.framed(false))
		return conn, conn, conn.send(head.Bytes())
	}
	w.WriteHeader(http.StatusOK)
	// The first write waits for a body that was announced, for as long as the
	// server's read timeout says; after it that timeout would end the stream.
	err := t.write(c, false)
	_ = t.control.SetReadDeadline(time.Time{})
	return t, nil, err
}

// takeOver takes the connection from net/http, or returns nil where that is
// not possible or not wanted.
func (r *Relay) takeOver(t *response, req *http.Request) *connection {
	if r.cfg.Plain || !canWriteNow || req.ProtoMajor != 1 || req.ProtoMinor != 1 || req.TLS != nil {
		return nil
	}
	conn, _, err := t.control.Hijack()
	if err != nil {
		return nil
	}
	taken := &connection{Conn: conn, timeout: r.cfg.WriteTimeout}
	if sc, ok := conn.(syscall.Conn); ok {
		taken.raw, _ = sc.SyscallConn()
	}
	return taken
}
