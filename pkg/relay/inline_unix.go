//go:build unix

package relay

import "syscall"

// canWriteNow says that inline works on this system.
const canWriteNow = true

// inline writes to sockets without ever waiting. It is used by one goroutine;
// the function it hands to the runtime is made once, so a write allocates
// nothing.
type inline struct {
	p   []byte
	n   int
	err error
	try func(fd uintptr) bool
}

func newInline() *inline {
	w := &inline{}
	w.try = func(fd uintptr) bool {
		for {
			w.n, w.err = syscall.Write(int(fd), w.p)
			if w.err != syscall.EINTR {
				return true // also when the socket is full: the runtime must not wait
			}
		}
	}
	return w
}

// write returns how much of p the socket took, which may be nothing.
func (w *inline) write(raw syscall.RawConn, p []byte) (int, error) {
	w.p, w.n, w.err = p, 0, nil
	err := raw.Write(w.try)
	w.p = nil
	switch {
	case err != nil:
		return 0, err
	case w.err == syscall.EAGAIN:
		return 0, nil
	case w.err != nil:
		return 0, w.err
	}
	return w.n, nil
}
