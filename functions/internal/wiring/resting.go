package wiring

import (
	"context"
	"errors"
	"net/http"
	"sync"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"rynda/pkg/eventlog"
	"rynda/pkg/httpapi"
	"rynda/pkg/journal"
	"rynda/pkg/relay"
)

// A resting process answers one request at a time and is not there between two:
// Lambda freezes it, for a moment or for good, as soon as the answer is out. So
// nothing runs on its own. What a server's loops do is done within the request
// that needs it: who records folds before the answer, who waits for events looks
// at the log meanwhile, and a stream has a relay of its own for as long as it
// lasts. One connection to the database is enough (the sweep's turn is held on another), and is tried before each use,
// because the server may have closed it during the rest.

const (
	foldWithin = 250 * time.Millisecond // what a fold may add to an answer
	tellWithin = 250 * time.Millisecond // what journaling its own errors may
	lookEvery  = 50 * time.Millisecond  // how often the log is looked at while somebody waits
)

// restingPool makes pool one for a resting process.
func restingPool(config *pgxpool.Config) {
	config.MinConns, config.MinIdleConns = 0, 0
	config.ShouldPing = func(context.Context, pgxpool.ShouldPingParams) bool { return true }
}

// resting wraps the handler of a process that rests between requests.
func (a *App) resting(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		ctx, cancel := context.WithCancel(context.WithoutCancel(r.Context()))
		var loops sync.WaitGroup
		if r.URL.Query().Has("wait") {
			loops.Go(func() { a.Doorbell.Run(ctx) })
		}
		next.ServeHTTP(w, r)
		if a.recorded.Swap(false) || r.Method != http.MethodGet && r.Method != http.MethodHead {
			a.foldSoon(ctx)
		}
		a.self.flush(ctx, a.Store.Projects, tellWithin)
		cancel()
		loops.Wait()
	})
}

// foldSoon folds what is due, within a bound: what is left is folded by the next
// request, or by the sweep.
func (a *App) foldSoon(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, foldWithin)
	defer cancel()
	if err := a.Folder.Fold(ctx); err != nil && ctx.Err() == nil && !errors.Is(err, journal.ErrUnavailable) {
		a.logger.Error("fold failed", "error", err)
	}
}

// stream answers one stream with a relay that lives as long as it.
func (a *App) stream(config relay.Config) http.Handler {
	config.Warm, config.Plain, config.MaxAge = 0, true, 0
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		ctx, cancel := context.WithCancel(context.WithoutCancel(r.Context()))
		bell := eventlog.NewDoorbell(a.Log, eventlog.DoorbellConfig{Poll: lookEvery})
		if session := a.Config.Session; session > 0 {
			within, cancel := context.WithTimeout(r.Context(), session)
			defer cancel()
			r = r.WithContext(within)
		}
		one := relay.New(source{a.Log, bell}, config, relay.WithFold(a.Folder.Fold))
		var loops sync.WaitGroup
		loops.Go(func() { bell.Run(ctx) })
		loops.Go(func() { _ = one.Run(ctx) })
		one.Handler(a.authenticateStream, httpapi.WriteProblem).ServeHTTP(w, r)
		cancel()
		loops.Wait()
	})
}
