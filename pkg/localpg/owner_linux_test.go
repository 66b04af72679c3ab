package localpg

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"runtime"
	"syscall"
	"testing"
	"time"
)

// The death signal is tied to the thread that forks. The one that asked for the
// server may end at any time.
func TestStart_the_server_outlives_the_thread_that_asked_for_it(t *testing.T) {
	t.Parallel()
	type result struct {
		server *Server
		thread int
		err    error
	}
	started := make(chan result)
	var start func()
	start = func() {
		runtime.LockOSThread() // and never unlocked: the thread ends with the goroutine
		if syscall.Gettid() == syscall.Getpid() {
			// The process's first thread, which Go parks instead of ending it.
			// While this goroutine holds it, another cannot get it.
			ended := make(chan struct{})
			go func() { defer close(ended); start() }()
			<-ended
			return
		}
		s, err := Start(t.Context(), Config{DataDir: t.TempDir(), Settings: quick})
		started <- result{s, syscall.Gettid(), err}
	}
	go start()
	r := <-started
	if r.err != nil {
		t.Fatal(r.err)
	}
	t.Cleanup(func() { r.server.Stop() })
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for {
		if _, err := os.Stat(fmt.Sprintf("/proc/self/task/%d", r.thread)); errors.Is(err, fs.ErrNotExist) {
			break
		}
		<-tick.C
	}
	if err := ping(t.Context(), r.server.URL("")); err != nil {
		t.Errorf("after the thread's end: %v", err)
	}
}
