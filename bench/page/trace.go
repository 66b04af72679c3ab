package page

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"time"
)

// The page itself knows how long a task took by the clock. Where other programs
// want the cores as well, that says little about the page: a task of 5 ms that
// had to wait is a long one. The browser's trace tells how long each task of the
// main thread was on a core.

// trace is what is kept of it.
type trace struct {
	mu    sync.Mutex
	names map[thread]string
	tasks map[thread][]float64 // ms on a core, of those that matter
	done  chan struct{}
	whole []json.RawMessage // every event, where it is asked for
	keep  bool
}

type thread struct{ pid, tid int }

// traced runs do and returns how long each task of a page's main thread was on
// a core, in milliseconds, without the many that took less than ten. Where a
// file is named, the trace is written there with what the functions did.
func (b *browser) traced(ctx context.Context, file string, do func() error) ([]float64, error) {
	r := &trace{names: map[thread]string{}, tasks: map[thread][]float64{}, done: make(chan struct{}), keep: file != ""}
	categories := []string{"disabled-by-default-devtools.timeline"}
	if r.keep {
		categories = append(categories, "devtools.timeline", "blink.user_timing", "v8.execute", "v8",
			"disabled-by-default-v8.cpu_profiler", "disabled-by-default-v8.gc")
	}
	b.listen(r.hear)
	defer b.listen(nil)
	err := b.call(ctx, "", "Tracing.start", object{"transferMode": "ReportEvents", "traceConfig": object{
		"includedCategories": categories, "excludedCategories": []string{"*"},
	}}, nil)
	if err != nil {
		return nil, err
	}
	failed := do()
	if err := b.call(ctx, "", "Tracing.end", nil, nil); err != nil {
		return nil, err
	}
	timer := time.NewTimer(patience)
	defer timer.Stop()
	select {
	case <-r.done:
	case <-timer.C:
		return nil, fmt.Errorf("the trace did not come")
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	var all []float64
	for thread, tasks := range r.tasks {
		if r.names[thread] == "CrRendererMain" {
			all = append(all, tasks...)
		}
	}
	if r.keep {
		text, err := json.Marshal(object{"traceEvents": r.whole})
		if err != nil {
			return nil, err
		}
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			return nil, err
		}
		if err := os.WriteFile(file, text, 0o644); err != nil {
			return nil, err
		}
	}
	return all, failed
}

// hear takes in what the browser tells by itself.
func (r *trace) hear(method string, params json.RawMessage) {
	switch method {
	case "Tracing.tracingComplete":
		close(r.done)
	case "Tracing.dataCollected":
		var said struct {
			Value []struct {
				Name     string
				PID, TID int
				TDur     float64 // µs
				Args     struct{ Name string }
			}
		}
		var whole struct{ Value []json.RawMessage }
		if r.keep && json.Unmarshal(params, &whole) == nil {
			r.mu.Lock()
			r.whole = append(r.whole, whole.Value...)
			r.mu.Unlock()
		}
		if json.Unmarshal(params, &said) != nil {
			return // of a form that has no tasks in it
		}
		r.mu.Lock()
		defer r.mu.Unlock()
		for _, e := range said.Value {
			at := thread{e.PID, e.TID}
			switch {
			case e.Name == "thread_name":
				r.names[at] = e.Args.Name
			case e.Name == "RunTask" && e.TDur >= 10_000:
				r.tasks[at] = append(r.tasks[at], e.TDur/1000)
			}
		}
	}
}
