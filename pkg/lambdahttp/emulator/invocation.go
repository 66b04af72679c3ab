package emulator

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"rynda/pkg/lambdahttp"
)

// invocation is one event on its way through an environment.
type invocation struct {
	id       string
	payload  []byte
	deadline time.Time
	began    time.Time     // with deadline, guarded by the environment's mu
	used     int64         // bytes of memory, the most so far; read after over
	answered atomic.Bool   // set by who may fill answer
	answer   chan answer   // of one place, filled at most once
	over     chan struct{} // closed when the environment asked for the next, or ended
	once     sync.Once
	err      error // why there was no answer, read after over
}

// finish closes over, once; err is nil when the function did what it should.
func (i *invocation) finish(err error) {
	i.once.Do(func() {
		i.err = err
		close(i.over)
	})
}

// answer is what the function posted, while it is still posting it, or that it
// failed.
type answer struct {
	failed  error
	kind    string
	body    io.Reader
	trailer http.Header   // complete when body is at its end
	taken   chan struct{} // closed by who has read the body
}

// drain reads what nobody wants, so that the function can come to its end.
func (a answer) drain() {
	if a.failed != nil {
		return
	}
	_, _ = io.Copy(io.Discard, a.body)
	close(a.taken)
}

// Read gives the body, and an error in place of its end when the function broke
// off.
func (a answer) Read(p []byte) (int, error) {
	n, err := a.body.Read(p)
	if err == io.EOF && a.trailer.Get("Lambda-Runtime-Function-Error-Type") != "" {
		return n, fmt.Errorf("%w: it broke off its answer", ErrFailed)
	}
	return n, err
}

// pass gives the answer to receive. What receive leaves of it is read in the
// background.
func (v *environment) pass(a answer, receive func(string, io.Reader) error) error {
	if a.failed != nil {
		return errors.Join(ErrFailed, a.failed)
	}
	if v.function.Streaming {
		err := receive(a.kind, a)
		go a.drain()
		return err
	}
	whole, err := io.ReadAll(io.LimitReader(a, lambdahttp.MaxBuffered+1))
	go a.drain()
	switch {
	case err != nil:
		return errors.Join(ErrFailed, err)
	case len(whole) > lambdahttp.MaxBuffered:
		v.say("an answer of more than 6 MB was thrown away")
		return fmt.Errorf("%w: %w", ErrFailed, ErrTooLarge)
	}
	return receive(a.kind, bytes.NewReader(whole))
}
