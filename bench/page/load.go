package page

import (
	"context"
	"fmt"
	"sync"
	"time"
)

// load sends reports at a fixed rate, of causes in turn, so that each changes a
// group of its own: the fold tells of a group once a second at most, and the
// rate would not reach the page otherwise.
type load struct {
	server *server
	prefix string
	groups int
	// newEvery makes every so manieth report one of a new cause; 0 for none.
	newEvery int
	sent     int
	made     int // new causes
}

// next is the next report.
func (l *load) next() object {
	l.sent++
	if l.newEvery > 0 && l.sent%l.newEvery == 0 {
		l.made++
		return report(fmt.Sprintf("%s-new-%d", l.prefix, l.made))
	}
	// In steps that reach every group before any of them comes again, and lie apart.
	const stride = 7919
	return report(fmt.Sprintf("%s-%d", l.prefix, (l.sent*stride)%l.groups))
}

// run sends for as long as the context lives, ticks times a second. What is
// late is sent with the next, so that the rate holds on a slow machine. After
// the end everything that was sent has been accepted.
func (l *load) run(ctx context.Context, perSecond, ticks int) error {
	began := time.Now()
	begun := l.sent
	tick := time.NewTicker(time.Second / time.Duration(ticks))
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
		var batch []object
		for l.sent-begun < int(time.Since(began).Seconds()*float64(perSecond)) && len(batch) < 500 {
			batch = append(batch, l.next())
		}
		if len(batch) == 0 {
			continue
		}
		if err := l.server.post(context.WithoutCancel(ctx), batch...); err != nil {
			return err
		}
	}
}

// beside runs the load while do does.
func (l *load) beside(ctx context.Context, perSecond, ticks int, do func() error) error {
	loading, stop := context.WithCancel(ctx)
	var failed error
	var wait sync.WaitGroup
	wait.Go(func() { failed = l.run(loading, perSecond, ticks) })
	err := do()
	stop()
	wait.Wait()
	if err != nil {
		return err
	}
	return failed
}
