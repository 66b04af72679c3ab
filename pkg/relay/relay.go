package relay

import (
	"context"
	"runtime"
	"sync"
	"sync/atomic"
	"time"
)

// Relay serves the stream. Make it with New, keep Run going, and mount Handler.
// All methods may be called at once.
type Relay struct {
	cfg      Config
	source   Source
	fold     func(context.Context) error
	started  time.Time
	tape     *tape
	limits   *limits
	counters counters
	shards   []*shard
	turn     atomic.Uint64 // of the shard for the next subscriber

	reads    chan struct{} // a place for each read of a replay that runs
	rechecks chan struct{} // a place for each reading of rights that runs

	ready   chan struct{} // closed when the tape has a head
	stopped chan struct{} // closed when Run is ending
	life    context.Context
	die     context.CancelFunc
	tasks   sync.WaitGroup // goroutines that Run waits for
}

// New returns a relay of src. It does nothing before Run, and subscribers that
// come before it wait a little.
func New(src Source, cfg Config, options ...Option) *Relay {
	cfg = cfg.withDefaults()
	r := &Relay{
		cfg: cfg, source: src, started: time.Now(),
		tape:     newTape(segmentBytes, cfg.Segments),
		limits:   newLimits(cfg),
		counters: counters{closed: map[Reason]uint64{}, refused: map[Reason]uint64{}},
		reads:    make(chan struct{}, cfg.Replays),
		rechecks: make(chan struct{}, 8),
		ready:    make(chan struct{}),
		stopped:  make(chan struct{}),
	}
	r.life, r.die = context.WithCancel(context.Background())
	for range runtime.GOMAXPROCS(0) {
		r.shards = append(r.shards, newShard(r))
	}
	for _, o := range options {
		o(r)
	}
	return r
}

// Run tails the log and writes to the subscribers until ctx ends, and returns
// its error when every goroutine of the relay has ended. Streams that are still
// open then are cut; call Drain first to let them go in peace. A source that
// fails is tried again with a growing pause. Run is called once.
func (r *Relay) Run(ctx context.Context) error {
	for _, sh := range r.shards {
		r.tasks.Go(func() { sh.run(r.stopped) })
	}
	if r.fold != nil {
		r.tasks.Go(func() { r.keepFolding(ctx) })
	}
	r.tail(ctx)
	r.limits.drain()
	r.die()
	close(r.stopped)
	r.tasks.Wait()
	return ctx.Err()
}

// Drain refuses new streams and says bye to the open ones, each with its own
// delay for coming back. It returns nil when all have ended. When ctx ends
// first, the rest is cut and the error of ctx returned.
func (r *Relay) Drain(ctx context.Context) error {
	r.limits.drain()
	for _, sh := range r.shards {
		sh.drain()
	}
	err := r.limits.wait(ctx)
	if err != nil {
		for _, sh := range r.shards {
			sh.close(Drained)
		}
	}
	return err
}

// keepFolding calls the fold on its tick, one call at a time.
func (r *Relay) keepFolding(ctx context.Context) {
	ticker := time.NewTicker(r.cfg.FoldEvery)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
		if err := r.fold(ctx); err != nil && ctx.Err() == nil {
			r.counters.foldErrors.Add(1)
		}
	}
}
