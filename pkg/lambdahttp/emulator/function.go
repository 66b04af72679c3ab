package emulator

import (
	"slices"
	"sync"
)

// function is a Function with its environments.
type function struct {
	Function
	emulator *Emulator

	mu     sync.Mutex
	all    map[*environment]bool
	idle   []*environment // the one that worked last is taken first, as on Lambda
	closed bool
}

// take gives inv an environment that does nothing else: an idle one, or a new
// one while there may be more.
func (f *function) take(inv *invocation) (*environment, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.closed {
		return nil, ErrFailed
	}
	for len(f.idle) > 0 {
		last := len(f.idle) - 1
		v := f.idle[last]
		f.idle = f.idle[:last]
		if v.reserve(inv) {
			return v, nil
		}
	}
	if len(f.all) >= f.Concurrency {
		return nil, ErrThrottled
	}
	v := newEnvironment(f)
	v.reserve(inv)
	f.all[v] = true
	f.emulator.running.Go(v.live)
	return v, nil
}

// rest makes the environment available again.
func (f *function) rest(v *environment) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.all[v] && !f.closed && !slices.Contains(f.idle, v) {
		f.idle = append(f.idle, v)
	}
}

// forget takes an environment that has ended out of the count; retire only one
// that is idle, and says whether it was.
func (f *function) forget(v *environment) {
	f.mu.Lock()
	defer f.mu.Unlock()
	delete(f.all, v)
	f.idle = slices.DeleteFunc(f.idle, func(one *environment) bool { return one == v })
}

func (f *function) retire(v *environment) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	at := slices.Index(f.idle, v)
	if at < 0 {
		return false
	}
	f.idle = slices.Delete(f.idle, at, at+1)
	return true
}

func (f *function) close() {
	f.mu.Lock()
	f.closed, f.idle = true, nil
	var all []*environment
	for v := range f.all {
		all = append(all, v)
	}
	f.mu.Unlock()
	for _, v := range all {
		v.end()
	}
}
