package postgres

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"

	"rynda/pkg/journal"
)

// RecorderConfig sets how occurrences are written.
type RecorderConfig struct {
	// Committers is how many transactions may be open at once in Run; 0 is 1.
	// More do not help on few cores: a committer takes all that waits for it.
	Committers int `envconfig:"RYNDA_COMMITTERS" default:"1"`
	// BodyRate is how many occurrences per second of one fingerprint keep their
	// text; the others are counted and keep only their id (sampled). 0 is 5,
	// negative keeps every text.
	BodyRate float64 `envconfig:"RYNDA_BODY_RATE" default:"5"`
	// BodyBurst is how many of one fingerprint keep their text at once; 0 is 100.
	BodyBurst int `envconfig:"RYNDA_BODY_BURST" default:"100"`
}

const (
	maxTogether   = 1000             // occurrences of one transaction
	bytesTogether = 8 << 20          // and their text; one call may have more
	maxWaiting    = 4096             // calls of Record that may wait at once
	bytesWaiting  = 64 << 20         // and their text
	patience      = time.Second / 2  // without any commit, before a caller is told to come back
	longPatience  = 10 * time.Second // with commits going on
)

// Recorder writes occurrences. Concurrent calls of Record share a transaction
// while Run is going (group commit); without Run each call has its own, which
// is right where one process serves one request at a time.
type Recorder struct {
	pool    *pgxpool.Pool
	store   *Store
	sampler *sampler
	config  RecorderConfig
	waiting chan *recordCall
	running atomic.Int32
	room    atomic.Int64 // bytes of bytesWaiting that are taken
	// lastSign is when a transaction last succeeded, or when the server answered
	// while one was under way, in Unix nanoseconds.
	lastSign atomic.Int64
	// OnCommit is called after a commit that stored something; nil for nobody.
	// It must not block: callers of Record wait for it.
	OnCommit func(occurrences int)
}

// NewRecorder returns a recorder over the pool of store.
func NewRecorder(store *Store, config RecorderConfig) *Recorder {
	return &Recorder{
		pool: store.pool, store: store, config: config,
		sampler: newSampler(config.BodyRate, config.BodyBurst),
		waiting: make(chan *recordCall, maxWaiting),
	}
}

type recordCall struct {
	rows  []journal.OccurrenceRow // for who has taken it
	n     int                     // of rows
	bytes int64
	taken atomic.Bool // by the committer, or by the caller who gives up before
	out   []journal.Recorded
	err   error
	done  chan struct{}
}

// Record stores occurrences and returns what became of each, in their order.
// When it returns nil they are durable. ErrUnavailable means that nothing is
// known: they may be stored, and repeating them does no harm to those with a
// key. While Run is going Record waits at most half a second for a database that
// gives no sign, and ten for one that is at work; without Run, as long as
// connecting and one statement may take. What waits is bounded in bytes too.
func (r *Recorder) Record(ctx context.Context, occurrences []journal.Occurrence) ([]journal.Recorded, error) {
	call := &recordCall{n: len(occurrences), done: make(chan struct{})}
	call.rows = make([]journal.OccurrenceRow, len(occurrences))
	for i, o := range occurrences {
		row, ok := o.Row()
		if !ok {
			return nil, fmt.Errorf("record: an occurrence that was not accepted: %w", journal.ErrInvalid)
		}
		call.rows[i] = row
		call.bytes += int64(len(row.Body) + len(row.Inbox.Grouping) + 1024)
	}
	if len(call.rows) == 0 {
		return nil, nil
	}
	if r.running.Load() == 0 {
		ctx, cancel := context.WithTimeout(ctx, longPatience)
		defer cancel()
		r.commit(ctx, []*recordCall{call})
		return call.out, call.err
	}
	// A call that is larger than all the room may come alone.
	if taken := r.room.Add(call.bytes); taken > bytesWaiting && taken > call.bytes {
		r.room.Add(-call.bytes)
		return nil, fmt.Errorf("record: too much is waiting: %w", journal.ErrUnavailable)
	}
	select {
	case r.waiting <- call:
	default:
		r.room.Add(-call.bytes)
		return nil, fmt.Errorf("record: too many are waiting: %w", journal.ErrUnavailable)
	}
	return r.await(ctx, call)
}

// abandon takes a call back that no transaction has begun with: its caller says
// that it is not stored, and it should not be.
func (r *Recorder) abandon(call *recordCall) {
	if call.taken.CompareAndSwap(false, true) {
		call.rows = nil
		r.room.Add(-call.bytes)
	}
}

func (r *Recorder) await(ctx context.Context, call *recordCall) ([]journal.Recorded, error) {
	start := time.Now()
	timer := time.NewTimer(patience)
	defer timer.Stop()
	for {
		select {
		case <-call.done:
			return call.out, call.err
		case <-ctx.Done():
			r.abandon(call)
			return nil, fmt.Errorf("record: %w", journal.ErrUnavailable)
		case <-timer.C:
			idle := time.Since(time.Unix(0, r.lastSign.Load()))
			if idle > patience || time.Since(start) > longPatience {
				r.abandon(call)
				return nil, fmt.Errorf("record: no commit in time: %w", journal.ErrUnavailable)
			}
			timer.Reset(patience - idle + time.Millisecond)
		}
	}
}

// Run commits what callers of Record bring, until ctx ends and all that was
// waiting then has an answer.
func (r *Recorder) Run(ctx context.Context) {
	committers := max(r.config.Committers, 1)
	finished := make(chan struct{})
	for range committers {
		r.running.Add(1)
		go func() {
			defer func() { finished <- struct{}{} }()
			defer r.running.Add(-1)
			r.commitAll(ctx)
		}()
	}
	for range committers {
		<-finished
	}
}

func (r *Recorder) commitAll(ctx context.Context) {
	var next *recordCall
	for {
		first := next
		next = nil
		if first == nil {
			select {
			case first = <-r.waiting:
			case <-ctx.Done():
				select {
				case first = <-r.waiting:
				default:
					return
				}
			}
		}
		if !r.take(first) {
			continue
		}
		calls, n, bytes := []*recordCall{first}, first.n, first.bytes
	more:
		for n < maxTogether && bytes < bytesTogether {
			select {
			case call := <-r.waiting:
				if n+call.n > maxTogether || bytes+call.bytes > bytesTogether {
					next = call
					break more
				}
				if r.take(call) {
					calls = append(calls, call)
					n, bytes = n+call.n, bytes+call.bytes
				}
			default:
				break more
			}
		}
		within, cancel := context.WithTimeout(context.WithoutCancel(ctx), longPatience)
		stop := r.vouch(within)
		r.commit(within, calls)
		stop()
		cancel()
		for _, call := range calls {
			close(call.done)
			r.room.Add(-call.bytes)
		}
	}
}

// take reports whether the call is still wanted, and keeps it from being
// abandoned.
func (r *Recorder) take(call *recordCall) bool { return call.taken.CompareAndSwap(false, true) }

// vouch asks the server for a sign of life while a transaction takes long, so
// that callers wait for one that works and not for one that is away. A slow
// transaction that is given up too early is stored and repeated for ever.
func (r *Recorder) vouch(ctx context.Context) (stop func()) {
	ctx, cancel := context.WithCancel(ctx)
	timer := time.AfterFunc(patience/4, func() {
		for ctx.Err() == nil {
			within, done := context.WithTimeout(ctx, patience/2)
			if r.pool.Ping(within) == nil {
				r.lastSign.Store(time.Now().UnixNano())
			}
			done()
			rest(ctx, patience/4)
		}
	})
	return func() { timer.Stop(); cancel() }
}

// commit writes the calls in one transaction. When the server refuses it (and
// so has certainly rolled it back) each call is tried by itself, so that one
// call's fault is not another's. After an error that leaves the outcome open
// nothing is tried again: that is for the one who has the key.
func (r *Recorder) commit(ctx context.Context, calls []*recordCall) {
	err := r.insert(ctx, calls)
	var refused *pgconn.PgError
	if err != nil && errors.As(err, &refused) && !isAway(refused) {
		if isNoPartition(err) {
			if e := r.store.EnsureOccurrencePartitions(ctx); e != nil {
				err = e
			} else {
				err = r.insert(ctx, calls)
			}
		}
		if err != nil && len(calls) > 1 {
			for _, call := range calls {
				r.commit(ctx, []*recordCall{call})
			}
			return
		}
	}
	if err != nil {
		err = fmt.Errorf("record: %w", unavailable(err))
		for _, call := range calls {
			call.err = err
		}
		return
	}
	r.lastSign.Store(time.Now().UnixNano())
	if r.OnCommit != nil {
		n := 0
		for _, call := range calls {
			n += len(call.out)
		}
		r.OnCommit(n)
	}
}

func isAway(e *pgconn.PgError) bool {
	return strings.HasPrefix(e.Code, "57P") || strings.HasPrefix(e.Code, "08") || e.Code == "57014"
}
