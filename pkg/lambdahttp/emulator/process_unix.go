//go:build unix

package emulator

import (
	"errors"
	"io"
	"os/exec"
	"runtime"
	"sync"
	"syscall"
	"time"
)

// process is the program of one environment, in a process group of its own.
type process struct {
	pid  int
	gone chan struct{} // closed when it has ended and been reaped
	how  string        // read after gone

	mu    sync.Mutex
	ended bool // it may be somebody else's pid by now
}

func (p *process) signal(s syscall.Signal) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.ended {
		_ = syscall.Kill(-p.pid, s)
	}
}

func (p *process) freeze()    { p.signal(syscall.SIGSTOP) }
func (p *process) thaw()      { p.signal(syscall.SIGCONT) }
func (p *process) terminate() { p.signal(syscall.SIGTERM) }
func (p *process) kill()      { p.signal(syscall.SIGKILL) }

// starter starts processes from one thread that lives as long as the emulator:
// they die with the thread that started them, and so with this process, however
// it ends.
type starter struct {
	jobs chan func()
	done chan struct{}
	once sync.Once
}

func newStarter() *starter {
	s := &starter{jobs: make(chan func()), done: make(chan struct{})}
	go func() {
		defer close(s.done)
		runtime.LockOSThread() // and never unlocked: the thread ends with the goroutine
		for job := range s.jobs {
			job()
		}
	}()
	return s
}

func (s *starter) close() {
	s.once.Do(func() { close(s.jobs) })
	<-s.done
}

func (s *starter) start(command []string, dir string, environment []string, out io.Writer) (*process, error) {
	if len(command) == 0 {
		return nil, errors.New("there is no command")
	}
	cmd := exec.Command(command[0], command[1:]...)
	cmd.WaitDelay = time.Second // for output that somebody else still holds open
	cmd.Dir, cmd.Env, cmd.Stdout, cmd.Stderr = dir, environment, out, out
	cmd.SysProcAttr = dieWithParent(&syscall.SysProcAttr{Setpgid: true})
	started := make(chan error)
	s.jobs <- func() { started <- cmd.Start() }
	if err := <-started; err != nil {
		return nil, err
	}
	p := &process{pid: cmd.Process.Pid, gone: make(chan struct{})}
	go func() {
		state, err := cmd.Process.Wait()
		p.mu.Lock()
		p.ended = true
		_ = syscall.Kill(-p.pid, syscall.SIGKILL) // what it started goes with it
		p.mu.Unlock()
		if p.how = "unknown"; err == nil {
			p.how = state.String()
		}
		_ = cmd.Wait() // the rest of its output
		close(p.gone)
	}()
	return p, nil
}
