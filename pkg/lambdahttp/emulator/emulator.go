package emulator

import (
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"sync"
	"time"

	"rynda/pkg/lambdahttp"
)

const (
	// MaxStream is how many bytes a streamed answer has at most.
	MaxStream = 200 << 20

	invokedARN = "arn:aws:lambda:local:000000000000:function:"
)

var (
	// ErrThrottled is returned when every environment is busy and there may be no
	// more.
	ErrThrottled = errors.New("every environment of the function is busy")

	// ErrTooLarge is returned for an event or a buffered answer over 6 MB.
	ErrTooLarge = errors.New("larger than Lambda allows")

	// ErrFailed is returned when the function answered with an error, ended,
	// did not begin or took longer than its timeout. What it said is in the log.
	ErrFailed = errors.New("the function failed")

	// ErrUnknown is returned for a function that is not there.
	ErrUnknown = errors.New("there is no such function")
)

// Function is what an environment is made of.
type Function struct {
	Name        string
	Command     []string      // the program and its arguments
	Dir         string        // the working directory: where the package was unpacked
	Environment []string      // name=value, beside what Lambda sets itself; nothing of ours is inherited
	Memory      int           // MB; 0 is 128
	Timeout     time.Duration // of one invocation; 0 is 3 s
	Concurrency int           // environments at most; 0 is 10
	Streaming   bool          // the answer is passed on as it comes
}

// Config is what all functions share. The zero value is usable.
type Config struct {
	Freeze bool          // stop the processes between invocations
	Idle   time.Duration // an environment that had nothing to do for so long is ended; 0 is 10 minutes
	Init   time.Duration // within which an environment asks for its first invocation; 0 is 10 s
	End    time.Duration // what one with an extension is given to end in order, others are not asked; 0 is 2 s
	Output io.Writer     // what the functions write, and START, END, REPORT; nil drops it
	Logger *slog.Logger  // what the emulator has to say; nil is slog.Default
}

// Emulator holds functions and their environments. All methods may be called at
// once.
type Emulator struct {
	config    Config
	out       *lines
	functions map[string]*function
	starter   *starter
	running   sync.WaitGroup // environments and what waits for them
}

// New returns an emulator of the functions. No environment is started before it
// is needed. Call Close at the end.
func New(config Config, functions ...Function) *Emulator {
	config.Idle, config.Init, config.End = cmp.Or(config.Idle, 10*time.Minute), cmp.Or(config.Init, 10*time.Second), cmp.Or(config.End, 2*time.Second)
	if config.Logger == nil {
		config.Logger = slog.Default()
	}
	if config.Output == nil {
		config.Output = io.Discard
	}
	e := &Emulator{config: config, out: &lines{to: config.Output}, functions: map[string]*function{}, starter: newStarter()}
	for _, f := range functions {
		f.Memory, f.Timeout, f.Concurrency = cmp.Or(f.Memory, 128), cmp.Or(f.Timeout, 3*time.Second), cmp.Or(f.Concurrency, 10)
		e.functions[f.Name] = &function{Function: f, emulator: e, all: map[*environment]bool{}}
	}
	return e
}

// Close ends every environment and returns when their processes are gone.
// Invocations that are under way fail.
func (e *Emulator) Close() {
	for _, f := range e.functions {
		f.close()
	}
	e.running.Wait()
	e.starter.close()
}

// Environments is how many environments of the function there are, and how many
// of them are idle.
func (e *Emulator) Environments(name string) (all, idle int) {
	f := e.functions[name]
	if f == nil {
		return 0, 0
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	return len(f.all), len(f.idle)
}

// Call invokes a function and returns its answer in one piece, as the scheduler
// does. The answer of a function that streams is what it streamed.
func (e *Emulator) Call(ctx context.Context, name string, payload []byte) (answer []byte, err error) {
	err = e.Invoke(ctx, name, payload, func(_ string, body io.Reader) error {
		answer, err = io.ReadAll(body)
		return err
	})
	return answer, err
}

// Invoke hands the payload to an environment of the function and its answer to
// receive, as it comes: a reader that ends with an error when the function broke
// off. receive is called at most once, and not when the error is from before the
// answer: ErrUnknown, ErrTooLarge, ErrThrottled, ErrFailed. Invoke returns when
// the answer is complete; the environment may be busy a little longer.
//
// When ctx ends or receive returns early, the function goes on and its answer is
// dropped, as on Lambda.
func (e *Emulator) Invoke(ctx context.Context, name string, payload []byte, receive func(contentType string, body io.Reader) error) error {
	f := e.functions[name]
	if f == nil {
		return ErrUnknown
	}
	if len(payload) > lambdahttp.MaxBuffered {
		return ErrTooLarge
	}
	inv := &invocation{id: newID(), payload: payload, answer: make(chan answer, 1), over: make(chan struct{})}
	v, err := f.take(inv)
	if err != nil {
		return err
	}
	if err := v.begin(inv); err != nil {
		return err
	}
	select {
	case a := <-inv.answer:
		return v.pass(a, receive)
	case <-inv.over:
	case <-ctx.Done():
		go func() { // somebody has to take the answer
			select {
			case a := <-inv.answer:
				a.drain()
			case <-inv.over:
			}
		}()
		return ctx.Err()
	}
	select { // both may have come true at once
	case a := <-inv.answer:
		return v.pass(a, receive)
	default:
		return fmt.Errorf("%w: %w", ErrFailed, inv.err)
	}
}

// newID is a random UUID, as the ids of invocations are.
func newID() string {
	var b [16]byte
	_, _ = rand.Read(b[:])
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}
