package page

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"syscall"
	"time"
)

// browser is a Chromium of its own, spoken to in the DevTools protocol over a
// pair of pipes: no port, no library, and nothing in the page that the protocol
// does not put there.
type browser struct {
	command *exec.Cmd
	in      *os.File
	exited  chan struct{}

	mu      sync.Mutex
	last    int
	waiting map[int]chan answer
	faults  []string // exceptions of the pages
	events  func(method string, params json.RawMessage)
}

type answer struct {
	Result json.RawMessage
	Error  *struct{ Message string }
}

// launch starts Chromium with a profile of its own in dir.
func launch(ctx context.Context, chromium, dir string) (*browser, error) {
	read, in, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	out, write, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	defer read.Close()
	defer write.Close()
	b := &browser{in: in, exited: make(chan struct{}), waiting: map[int]chan answer{}}
	b.command = exec.CommandContext(ctx, chromium, "--headless=new", "--remote-debugging-pipe",
		"--user-data-dir="+filepath.Join(dir, "chromium"), "--window-size=1440,900", "--no-first-run", "--disable-gpu",
		// Containers have no user namespaces for the sandbox; the pages are our own.
		"--no-sandbox", "--disable-background-networking", "--disable-component-update", "--disable-extensions", "about:blank")
	b.command.ExtraFiles = []*os.File{read, write}
	b.command.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	b.command.Cancel = func() error { return syscall.Kill(-b.command.Process.Pid, syscall.SIGKILL) }
	if err := b.command.Start(); err != nil {
		in.Close()
		out.Close()
		return nil, err
	}
	go func() { defer close(b.exited); _ = b.command.Wait() }()
	go b.hear(out)
	return b, nil
}

// close ends the browser and all its processes.
func (b *browser) close() {
	_ = syscall.Kill(-b.command.Process.Pid, syscall.SIGKILL)
	<-b.exited
	b.in.Close()
}

// hear hands each answer to who waits for it, until the browser ends.
func (b *browser) hear(out io.ReadCloser) {
	defer out.Close()
	for lines := bufio.NewReaderSize(out, 1<<20); ; {
		text, err := lines.ReadBytes(0)
		if err != nil {
			b.mu.Lock()
			for id, wait := range b.waiting {
				close(wait)
				delete(b.waiting, id)
			}
			b.waiting = nil
			b.mu.Unlock()
			return
		}
		var said struct {
			ID int
			answer
			Method string
			Params json.RawMessage
		}
		if json.Unmarshal(bytes.TrimRight(text, "\x00"), &said) != nil {
			continue
		}
		b.mu.Lock()
		if wait := b.waiting[said.ID]; said.ID != 0 && wait != nil {
			delete(b.waiting, said.ID)
			wait <- said.answer
		} else if said.Method == "Runtime.exceptionThrown" {
			b.faults = append(b.faults, fmt.Sprintf("%.600s", said.Params))
		}
		events := b.events
		b.mu.Unlock()
		if events != nil && said.Method != "" {
			events(said.Method, said.Params)
		}
	}
}

// listen has events handed to a function from now on, one after the other.
func (b *browser) listen(events func(method string, params json.RawMessage)) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.events = events
}

// faultless fails for exceptions that a page threw and nobody caught.
func (b *browser) faultless() error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if len(b.faults) > 0 {
		return fmt.Errorf("%d exceptions in the page, the first: %s", len(b.faults), b.faults[0])
	}
	return nil
}

type object = map[string]any

// call sends one command to the browser, or to the target of a session, and
// puts what it answers into result unless that is nil.
func (b *browser) call(ctx context.Context, session, method string, params object, result any) error {
	wait := make(chan answer, 1)
	b.mu.Lock()
	if b.waiting == nil {
		b.mu.Unlock()
		return errors.New("the browser has ended")
	}
	b.last++
	id := b.last
	b.waiting[id] = wait
	command := object{"id": id, "method": method, "params": params}
	if params == nil {
		command["params"] = object{}
	}
	if session != "" {
		command["sessionId"] = session
	}
	text, err := json.Marshal(command)
	if err == nil {
		_, err = b.in.Write(append(text, 0))
	}
	b.mu.Unlock()
	if err != nil {
		return fmt.Errorf("%s: %w", method, err)
	}
	select {
	case said, ok := <-wait:
		switch {
		case !ok:
			return fmt.Errorf("%s: the browser has ended", method)
		case said.Error != nil:
			return fmt.Errorf("%s: %s", method, said.Error.Message)
		case result == nil:
			return nil
		}
		return json.Unmarshal(said.Result, result)
	case <-ctx.Done():
		return fmt.Errorf("%s: %w", method, ctx.Err())
	}
}

// target is a page or a worker.
type target struct {
	*browser
	session string
}

func (t *target) call(ctx context.Context, method string, params object, result any) error {
	return t.browser.call(ctx, t.session, method, params, result)
}

// attach speaks to a target from now on.
func (b *browser) attach(ctx context.Context, id string) (*target, error) {
	var attached struct{ SessionID string }
	if err := b.call(ctx, "", "Target.attachToTarget", object{"targetId": id, "flatten": true}, &attached); err != nil {
		return nil, err
	}
	return &target{b, attached.SessionID}, nil
}

// workers are the shared workers that run now.
func (b *browser) workers(ctx context.Context) ([]*target, error) {
	var all struct {
		TargetInfos []struct{ TargetID, Type string }
	}
	if err := b.call(ctx, "", "Target.getTargets", nil, &all); err != nil {
		return nil, err
	}
	var workers []*target
	for _, info := range all.TargetInfos {
		if info.Type != "shared_worker" {
			continue
		}
		worker, err := b.attach(ctx, info.TargetID)
		if err != nil {
			return nil, err
		}
		workers = append(workers, worker)
	}
	return workers, nil
}

// value is what a JavaScript expression gives, which may be a promise.
func (t *target) value(ctx context.Context, expression string, result any) error {
	var said struct {
		Result           struct{ Value json.RawMessage }
		ExceptionDetails *struct {
			Text      string
			Exception struct{ Description string }
		}
	}
	err := t.call(ctx, "Runtime.evaluate", object{"expression": expression, "returnByValue": true, "awaitPromise": true}, &said)
	if err != nil {
		return err
	}
	if e := said.ExceptionDetails; e != nil {
		return fmt.Errorf("%s %s in %.200s", e.Text, e.Exception.Description, expression)
	}
	if result == nil {
		return nil
	}
	return json.Unmarshal(said.Result.Value, result)
}

// await waits until the expression is true.
func (t *target) await(ctx context.Context, what, expression string) error {
	within, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for {
		var is bool
		err := t.value(within, "Boolean("+expression+")", &is)
		if within.Err() != nil {
			return fmt.Errorf("waited for %s: %w", what, within.Err())
		}
		if err != nil || is {
			return err
		}
		select {
		case <-within.Done():
			return fmt.Errorf("waited for %s: %w", what, within.Err())
		case <-tick.C:
		}
	}
}
