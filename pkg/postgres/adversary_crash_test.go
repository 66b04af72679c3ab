//go:build unix

package postgres

import (
	"context"
	"math/rand/v2"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"rynda/pkg/pgtest"
)

// A backend that is killed takes all others with it, and the server recovers
// from its log: every connection is cut, every open transaction undone, and
// the outcome of a commit that was under way is known to nobody.
func TestNoReaderMissesAnEventWhenTheServerCrashes(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("a server that crashes again and again")
	}
	server := pgtest.Server(t)
	tr := newTrial(t, server.URL(""))
	tr.rough = true
	const crashes = 4
	var crashed atomic.Int64
	var next atomic.Int64 // Unix ns before which no backend is killed
	kill := func(ctx context.Context) {
		now := time.Now().UnixNano()
		if at := next.Load(); now < at || crashed.Load() == crashes {
			tr.terminate(ctx)
			return
		}
		var pid int
		if err := tr.pool.QueryRow(ctx, holder).Scan(&pid); err != nil {
			return // cut off by the crash before
		}
		if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
			t.Errorf("kill a backend: %v", err)
			return
		}
		crashed.Add(1)
		next.Store(now + int64(700*time.Millisecond))
	}
	crowd := writing{writers: 24, each: 40, most: 60 * time.Millisecond}
	tr.run(crowd, &mortals{trial: tr, percent: 30, end: kill}, tr.everyReader(server.URL("")))
	if n := crashed.Load(); n < 2 {
		t.Errorf("the server crashed %d times", n)
	}
	t.Logf("the server crashed %d times", crashed.Load())

	t.Run("and whoever reads anew from the beginning sees the same", func(t *testing.T) {
		again := &reader{name: "from the beginning", topics: everything}
		tr := &trial{t: t, pool: tr.pool, readLog: tr.readLog, start: tr.start}
		end := tr.head()
		tr.end.Store(end.ID)
		again.pages(t.Context(), tr, rand.New(rand.NewPCG(1, 18)))
		if int64(len(again.ids)) != end.ID || again.resets > 0 || again.fault != nil {
			t.Errorf("%d of %d events, %d resets, %v", len(again.ids), end.ID, again.resets, again.fault)
		}
	})
}
