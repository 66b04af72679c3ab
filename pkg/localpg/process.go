package localpg

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"time"
)

// Process is a program that was started to live no longer than this process.
type Process struct {
	cmd  *exec.Cmd
	done chan struct{} // closed when it has ended, after err is set
	err  error
}

// Pid is the process id, also after the process has ended.
func (p *Process) Pid() int { return p.cmd.Process.Pid }

// Done is closed when the process has ended.
func (p *Process) Done() <-chan struct{} { return p.done }

// Err is how the process ended, as from exec.Cmd.Wait; valid once Done is
// closed.
func (p *Process) Err() error { return p.err }

// Kill ends the process at once and returns when it is gone.
func (p *Process) Kill() {
	p.cmd.Process.Kill()
	<-p.done
}

func (p *Process) ended() bool {
	select {
	case <-p.done:
		return true
	default:
		return false
	}
}

// StartProcess starts another program the way this package starts postgres:
// not as root, in a process group of its own, and on Linux with an interrupt
// signal sent to it when this process ends, however it ends. The program's
// user is made the owner of the given directories. For companions of a server
// that, like it, refuse to run as root.
func StartProcess(cmd *exec.Cmd, own ...string) (*Process, error) {
	var faults []error
	for _, user := range identities() {
		var err error
		for _, dir := range own {
			err = errors.Join(err, user.give(dir))
		}
		var process *Process
		if err == nil {
			process, err = startProcess(again(cmd), user)
		}
		if err == nil {
			return process, nil
		}
		faults = append(faults, fmt.Errorf("as %s: %w", user.name, err))
	}
	return nil, fmt.Errorf("start %s: %w", cmd.Path, errors.Join(faults...))
}

// again is a command that can be started: an exec.Cmd cannot be started twice.
func again(cmd *exec.Cmd) *exec.Cmd {
	return &exec.Cmd{Path: cmd.Path, Args: cmd.Args, Env: cmd.Env, Dir: cmd.Dir, Stdin: cmd.Stdin, Stdout: cmd.Stdout, Stderr: cmd.Stderr}
}

// startProcess starts the command as the user. The kernel ties the death
// signal to the thread that forked, not to the process, and Go ends threads
// and moves goroutines between them; so the goroutine that forks keeps its
// thread until the child is gone.
func startProcess(cmd *exec.Cmd, user identity) (*Process, error) {
	cmd.SysProcAttr = user.attr()
	p := &Process{cmd: cmd, done: make(chan struct{})}
	started := make(chan error)
	go func() {
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		err := cmd.Start()
		started <- err
		if err != nil {
			return
		}
		p.err = cmd.Wait()
		close(p.done)
	}()
	if err := <-started; err != nil {
		return nil, err
	}
	return p, nil
}

// runProcess starts the command and waits for its end; it is killed when the
// context is over.
func runProcess(ctx context.Context, cmd *exec.Cmd, user identity) error {
	p, err := startProcess(cmd, user)
	if err != nil {
		return err
	}
	select {
	case <-p.done:
		return p.err
	case <-ctx.Done():
		p.Kill()
		return ctx.Err()
	}
}

// shutdown is a way of ending a server.
type shutdown int

const (
	stopFast      shutdown = iota // roll back, checkpoint, end
	stopImmediate                 // end, recover at the next start
)

// shutdown ends a server and returns when it is gone: nil if it went the way
// that was asked for, or had gone before.
func (p *Process) shutdown(how shutdown, programs programs) error {
	var faults []error
	for ; how <= stopImmediate; how++ {
		if p.ended() {
			return errors.Join(faults...)
		}
		bound := fastBound
		if how == stopImmediate {
			bound = immediateBound
		}
		if err := signalServer(p.Pid(), how, programs); err != nil && !errors.Is(err, os.ErrProcessDone) && !p.ended() {
			faults = append(faults, err)
			continue
		}
		if p.await(bound) {
			return errors.Join(faults...)
		}
		faults = append(faults, fmt.Errorf("server process %d did not end within %v", p.Pid(), bound))
	}
	p.Kill()
	return errors.Join(faults...)
}

// await waits for the end, at most so long.
func (p *Process) await(bound time.Duration) bool {
	timer := time.NewTimer(bound)
	defer timer.Stop()
	select {
	case <-p.done:
		return true
	case <-timer.C:
		return false
	}
}
