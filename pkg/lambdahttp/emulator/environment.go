package emulator

import (
	"errors"
	"fmt"
	"net"
	"net/http"
	"path/filepath"
	"sync"
	"time"
)

// environment is one process of a function, and the Runtime API it speaks to.
type environment struct {
	function *function
	id       string
	next     chan *invocation // handed to the process when it asks
	ready    chan struct{}    // closed when it asked for the first time
	ended    chan struct{}    // closed when the process is gone
	stopping chan struct{}    // closed to have it end
	stopOnce sync.Once

	mu         sync.Mutex
	process    *process
	current    *invocation
	began      bool // the first invocation is or was there: a START without Init Duration
	asked      bool // ready is closed
	failure    error
	extensions map[string]*extension
	idle       *time.Timer
	born       time.Time
	initTook   time.Duration
}

func newEnvironment(f *function) *environment {
	return &environment{
		function: f, id: newID()[:8], next: make(chan *invocation), ready: make(chan struct{}), ended: make(chan struct{}),
		stopping: make(chan struct{}), extensions: map[string]*extension{}, born: time.Now(),
	}
}

// reserve makes inv what the environment does; false when it does something
// else, or nothing any more.
func (v *environment) reserve(inv *invocation) bool {
	v.mu.Lock()
	defer v.mu.Unlock()
	select {
	case <-v.ended:
		return false
	default:
	}
	if v.current != nil {
		return false
	}
	if v.idle != nil {
		v.idle.Stop()
	}
	v.current = inv
	return true
}

// live runs the process from its start to its end.
func (v *environment) live() {
	defer v.function.forget(v)
	err := v.run()
	v.mu.Lock()
	inv := v.current
	if v.failure == nil {
		v.failure = err
	}
	err = v.failure
	close(v.ended)
	v.mu.Unlock()
	if inv != nil {
		v.function.forget(v) // before the caller hears of it, who may try again at once
		inv.finish(err)
	}
}

func (v *environment) run() error {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return fmt.Errorf("no port for the Runtime API: %w", err)
	}
	server := &http.Server{Handler: v.api()}
	served := make(chan struct{})
	go func() { defer close(served); _ = server.Serve(listener) }()
	defer func() { _ = server.Close(); <-served }()

	f := v.function
	command := append([]string{}, f.Command...)
	if dir, err := filepath.Abs(f.Dir); err == nil && len(command) > 0 && !filepath.IsAbs(command[0]) {
		command[0] = filepath.Join(dir, command[0])
	}
	v.mu.Lock() // nobody hears from the process before it is known
	p, err := f.emulator.starter.start(command, f.Dir, v.environ(listener.Addr().String()), f.emulator.out.prefixed(v.name()))
	v.process = p
	v.mu.Unlock()
	if err != nil {
		v.say("it cannot be started: " + err.Error())
		return errors.New("it cannot be started")
	}
	within := f.emulator.config.Init
	init := time.AfterFunc(within, func() {
		select {
		case <-v.ready:
		default:
			v.fail(fmt.Errorf("it did not ask for an invocation within %v", within))
		}
	})
	defer init.Stop()
	go func() {
		select {
		case <-v.stopping:
			v.shutDown(p)
		case <-p.gone:
		}
	}()
	<-p.gone
	return fmt.Errorf("its process ended: %s", p.how)
}

// begin waits until the environment is there and gives it the invocation.
func (v *environment) begin(inv *invocation) error {
	select {
	case <-v.ready:
	case <-v.ended:
		return fmt.Errorf("%w: %w", ErrFailed, inv.reason(v))
	}
	f := v.function
	v.mu.Lock()
	p := v.process
	inv.began = time.Now()
	inv.deadline = inv.began.Add(f.Timeout)
	v.mu.Unlock()
	if f.emulator.config.Freeze {
		p.thaw()
	}
	v.print("START RequestId: %s Version: $LATEST", inv.id)
	kill := time.AfterFunc(f.Timeout, func() {
		select {
		case <-inv.over:
		default:
			v.fail(fmt.Errorf("%s Task timed out after %.2f seconds", inv.id, f.Timeout.Seconds()))
		}
	})
	go func() {
		<-inv.over
		kill.Stop()
		v.report(inv)
	}()
	select {
	case v.next <- inv:
		return nil
	case <-v.ended:
		return fmt.Errorf("%w: %w", ErrFailed, inv.reason(v))
	}
}

// reason is why the environment has ended.
func (i *invocation) reason(v *environment) error {
	<-i.over
	return i.err
}

// settle ends what the environment was doing, because it asks for more.
func (v *environment) settle() {
	v.mu.Lock()
	inv := v.current
	first := !v.asked
	if first {
		v.asked, v.initTook = true, time.Since(v.born)
		close(v.ready)
	} else if inv != nil && inv.began.IsZero() {
		inv = nil // reserved and not begun: it asks twice, which does no harm
	}
	if first || inv == nil {
		v.mu.Unlock()
		return
	}
	f, p := v.function, v.process
	used := p.peak()
	inv.used = used
	if used>>20 > int64(f.Memory) {
		v.mu.Unlock()
		v.fail(fmt.Errorf("it used %d MB of memory and has %d", used>>20, f.Memory))
		return
	}
	v.current = nil
	v.idle = time.AfterFunc(f.emulator.config.Idle, func() {
		if f.retire(v) {
			v.end()
		}
	})
	v.mu.Unlock()
	if f.emulator.config.Freeze {
		p.freeze()
	}
	inv.finish(errors.New("it asked for the next invocation without an answer to this one"))
	f.rest(v)
}

// fail ends the environment because of err.
func (v *environment) fail(err error) {
	v.mu.Lock()
	if v.failure == nil {
		v.failure = err
	}
	p := v.process
	v.mu.Unlock()
	v.print("%s", err)
	if p != nil {
		p.kill()
	}
}

// end has the environment end, in order where an extension wants to know.
func (v *environment) end() { v.stopOnce.Do(func() { close(v.stopping) }) }

func (v *environment) shutDown(p *process) {
	v.mu.Lock()
	for _, ext := range v.extensions {
		if ext.shutdown {
			select {
			case ext.events <- "SHUTDOWN":
			default:
			}
		}
	}
	asked := len(v.extensions) > 0
	v.mu.Unlock()
	p.thaw()
	if asked {
		p.terminate()
		select {
		case <-p.gone:
		case <-time.After(v.function.emulator.config.End):
		}
	}
	p.kill()
}

func (v *environment) name() string    { return v.function.Name + "/" + v.id }
func (v *environment) say(text string) { v.print("%s", text) }
