// Package wiring puts the parts of Rynda together: one place for the binary and
// for the Lambda mains, so that they differ in what they start and not in how.
//
// [New] connects and builds, [App.Run] keeps the loops going (the recorder's
// committer, the folder, the doorbell, the relay's tail, the sweep), and
// [App.Serve] answers HTTP until it is told to end, in the order that loses
// nothing: streams are asked to come back, requests are finished, what was
// waiting for a commit gets its answer, and only then do connections close.
//
// The environment is read here and nowhere else; each package owns the part of
// [Config] that it understands.
package wiring

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"runtime/debug"
	"sync"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"rynda/pkg/auth"
	"rynda/pkg/eventlog"
	"rynda/pkg/httpapi"
	"rynda/pkg/journal"
	"rynda/pkg/postgres"
	"rynda/pkg/relay"
)

// Options are what only the start that is chosen knows.
type Options struct {
	Resting      bool         // the process answers one request at a time and rests between: no Run, no Serve
	Sweeps       bool         // of a resting process: it calls Sweep, which holds its turn on a second connection
	Local        bool         // the local staff user exists
	LocalName    string       // what "viewed by" shows for that user
	ExampleToken string       // ingest token for the example line of the page
	Static       http.Handler // the web page; nil answers 404
	Logger       *slog.Logger // nil is slog.Default
}

// App is a running Rynda.
type App struct {
	Config   Config
	Pool     *pgxpool.Pool
	Log      *eventlog.Log
	Doorbell *eventlog.Doorbell
	Store    *postgres.Store
	Recorder *postgres.Recorder
	Folder   *postgres.Folder
	Relay    *relay.Relay
	Auth     *auth.Authenticator
	Handler  http.Handler

	core     *pgxpool.Pool // of the committer and the folder: readers cannot starve them
	logger   *slog.Logger
	quiet    *slog.Logger // does not report to the journal
	self     *selfReporter
	metrics  *metrics
	ending   atomic.Bool
	recorded atomic.Bool // something that a resting process has to fold
}

// source is the log together with what wakes its readers, as the relay wants it.
type source struct {
	*eventlog.Log
	*eventlog.Doorbell
}

func (s source) Head(ctx context.Context) (eventlog.Head, error) { return s.Log.Head(ctx) }

// recording is the store with the recorder's group commit in front of it.
type recording struct {
	*postgres.Store
	recorder *postgres.Recorder
	metrics  *metrics
}

func (r recording) Record(ctx context.Context, occurrences []journal.Occurrence) ([]journal.Recorded, error) {
	out, err := r.recorder.Record(ctx, occurrences)
	if err == nil {
		r.metrics.redactions(occurrences)
	}
	return out, err
}

// New connects to the database and builds the parts. It does not wait for the
// database to answer; Ready does.
func New(ctx context.Context, config Config, options Options) (*App, error) {
	a := &App{Config: config, quiet: options.Logger}
	if a.quiet == nil {
		a.quiet = slog.Default()
	}
	err := errors.Join(config.Auth.Check(), config.HTTP.Check())
	if err != nil {
		return nil, fmt.Errorf("the environment is not right:\n  %w", err)
	}
	if err := a.connect(ctx, options.Resting, options.Sweeps); err != nil {
		return nil, err
	}
	a.metrics = newMetrics(a)
	core := postgres.NewStore(a.core, nil)
	a.Log = eventlog.New(a.Pool)
	bell := eventlog.DoorbellConfig{Poll: lookEvery}
	if !options.Resting {
		bell = eventlog.DoorbellConfig{}
		if direct, heard, err := config.Direct(); err != nil {
			return nil, err
		} else if heard {
			bell.Listen = direct.listen
		}
	}
	a.Doorbell = eventlog.NewDoorbell(a.Log, bell)
	a.Store = postgres.NewStore(a.Pool, nil)
	a.Folder = postgres.NewFolder(a.core, config.Fold, nil)
	a.Recorder = postgres.NewRecorder(core, config.Recorder)
	a.self = newSelfReporter(a.Recorder.Record, a.quiet)
	a.logger = slog.New(tee{a.quiet.Handler(), a.self.offer})

	a.Folder.OnHead = a.Doorbell.Seen
	a.Folder.OnPartition = core.EnsureEventPartitions
	a.Folder.OnDead = func(project, kind, reason string) {
		logger := a.logger
		if project == ownProject {
			logger = a.quiet // to report it would make the next one
		}
		logger.Error("inbox row set aside", "project", project, "kind", kind, "reason", reason)
	}
	a.Recorder.OnCommit = func(int) { a.Folder.Kick() }
	tick := a.tick
	if options.Resting {
		a.Recorder.OnCommit = func(int) { a.recorded.Store(true) }
		tick = a.foldSoon
	}
	a.Store.Fold = a.Folder.Fold
	a.Store.Retention, core.Retention = config.Retention, config.Retention

	config.Auth.Local, config.Auth.LocalName = options.Local, options.LocalName
	a.Auth = auth.New(a.Store, config.Auth, nil)
	var login httpapi.Login // an interface that is nil where there is none
	if l := auth.NewLogin(a.Auth, a.Store); l != nil {
		login = l
	}
	a.Relay = relay.New(source{a.Log, a.Doorbell}, config.Relay)
	stream := a.Relay.Handler(a.authenticateStream, httpapi.WriteProblem)
	if options.Resting {
		stream = a.stream(config.Relay)
	}
	config.HTTP.ExampleToken = options.ExampleToken
	config.HTTP.Retention = config.Retention.Occurrences
	config.HTTP.Version = Version()
	a.Handler = httpapi.New(httpapi.Deps{
		Auth: a.Auth, Tickets: auth.NewTickets(a.Auth, a.Store), Login: login,
		Store: recording{a.Store, a.Recorder, a.metrics}, Log: a.Log, Waiter: a.Doorbell,
		Tick:    tick,
		Stream:  stream,
		Metrics: a.metrics.handler(), Static: options.Static, Ready: a.Ready, Observer: a.metrics, Logger: a.logger,
	}, config.HTTP)
	if options.Resting {
		a.Handler = a.resting(a.Handler)
	}
	return a, nil
}

// connect makes the pools: one for everybody and one of which readers cannot
// starve the committer and the folder, or as few connections as a resting process needs.
func (a *App) connect(ctx context.Context, resting, sweeps bool) error {
	database, err := a.Config.Database()
	if err != nil {
		return err
	}
	if resting {
		connections := int32(1)
		if sweeps {
			connections = 2
		}
		a.Pool, err = database.Pool(ctx, connections, restingPool)
		a.core = a.Pool
		return err
	}
	if a.Pool, err = database.Pool(ctx, max(a.Config.Connections, 4), nil); err != nil {
		return err
	}
	committers := int32(max(a.Config.Recorder.Committers, 1))
	if a.core, err = database.Pool(ctx, committers+2, postgres.TuneForWriting); err != nil {
		a.Pool.Close()
	}
	return err
}

// Histogram names the step as the store does.
func (r recording) Histogram(ctx context.Context, scope []auth.Project, id int64, from, to time.Time, step time.Duration) ([]journal.Bucket, error) {
	name := map[time.Duration]string{time.Minute: "minute", time.Hour: "hour", 24 * time.Hour: "day"}[step]
	return r.Store.Histogram(ctx, scope, id, from, to, name)
}

// authenticateStream says who is behind a stream, when it begins and while it
// goes on. Who is nobody has been told so before, and for whom nothing is known
// now, nothing more is looked up.
func (a *App) authenticateStream(r *http.Request) (auth.Identity, error) {
	if auth.From(r.Context()).Kind == "" {
		return auth.Identity{}, relay.ErrUnavailable
	}
	who, err := a.Auth.Confirm(r)
	if err != nil && !errors.Is(err, auth.ErrUnauthorized) && !errors.Is(err, auth.ErrForbidden) {
		return who, fmt.Errorf("%w: %w", relay.ErrUnavailable, err)
	}
	return who, err
}

// tick folds what is due before a poll reads. It is cheap when nothing is.
func (a *App) tick(ctx context.Context) {
	if due := a.Folder.Due(); !due.IsZero() && time.Now().After(due) {
		a.Folder.Kick()
	}
}

// Version is what people see: the module's version, or the commit.
func Version() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "unknown"
	}
	for _, s := range info.Settings {
		if s.Key == "vcs.revision" && len(s.Value) >= 12 {
			return s.Value[:12]
		}
	}
	if v := info.Main.Version; v != "" && v != "(devel)" {
		return v
	}
	return "development"
}

// Ready says why the process cannot serve, or nil.
func (a *App) Ready(ctx context.Context) error {
	if a.ending.Load() {
		return errors.New("the process is ending")
	}
	if _, err := a.Log.Head(ctx); err != nil {
		return errors.New("the database does not answer")
	}
	return nil
}

// Run keeps the loops going until ctx ends, and returns when what was accepted
// to be done is done.
func (a *App) Run(ctx context.Context) error {
	var loops sync.WaitGroup
	if a.Config.Sweeps {
		if err := a.Store.EnsureOccurrencePartitions(ctx); err != nil && ctx.Err() == nil {
			a.logger.Warn("partitions not made yet", "error", err)
		}
		loops.Go(func() { a.sweep(ctx) })
	}
	loops.Go(func() { a.Doorbell.Run(ctx) })
	loops.Go(func() { a.self.run(ctx, a.Store.Projects) })
	loops.Go(func() {
		if err := a.Relay.Run(ctx); err != nil && ctx.Err() == nil {
			a.logger.Error("relay ended", "error", err)
		}
	})
	loops.Go(func() { a.Recorder.Run(ctx) })
	// The folder outlives the recorder, so that what is accepted last is folded
	// before the process ends where there is time for it.
	fold, stop := context.WithCancel(context.WithoutCancel(ctx))
	var folding sync.WaitGroup
	folding.Go(func() {
		a.Folder.Run(fold, time.Second, func(err error) {
			if errors.Is(err, journal.ErrUnavailable) || ctx.Err() != nil {
				a.quiet.Warn("fold failed", "error", err)
				return
			}
			a.logger.Error("fold failed", "error", err)
		})
	})
	loops.Wait()
	last, cancel := context.WithTimeout(fold, 2*time.Second)
	_ = a.Folder.Fold(last) // another process, or the next start, does it otherwise
	cancel()
	stop()
	folding.Wait()
	return nil
}

func (a *App) sweep(ctx context.Context) {
	ticker := time.NewTicker(time.Minute)
	defer ticker.Stop()
	for {
		if err := a.Sweep(ctx); err != nil && ctx.Err() == nil {
			a.logger.Error("sweep failed", "error", err)
		}
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
	}
}

// Sweep applies the retention once.
func (a *App) Sweep(ctx context.Context) error {
	swept, err := a.Store.Sweep(ctx)
	a.metrics.swept(swept)
	return err
}

// Serve answers on listener until ctx ends, and then ends in order.
func (a *App) Serve(ctx context.Context, listener net.Listener) error {
	defer holdHeap()()
	loops, stopLoops := context.WithCancel(context.WithoutCancel(ctx))
	ran := make(chan struct{})
	go func() { defer close(ran); _ = a.Run(loops) }()
	server := &http.Server{
		Handler:           a.Handler, // sets the deadlines of bodies and answers
		ReadHeaderTimeout: 5 * time.Second,
		WriteTimeout:      10 * time.Second, // of what net/http answers by itself; the handler renews it
		IdleTimeout:       2 * time.Minute,
		MaxHeaderBytes:    64 << 10,
		ErrorLog:          slog.NewLogLogger(a.quiet.Handler(), slog.LevelDebug),
		BaseContext:       func(net.Listener) context.Context { return context.WithoutCancel(ctx) },
	}
	failed := make(chan error, 1)
	go func() { failed <- server.Serve(listener) }()
	var err error
	select {
	case <-ctx.Done():
	case err = <-failed:
	}
	a.ending.Store(true)
	within, cancel := context.WithTimeout(context.WithoutCancel(ctx), a.Config.ShutdownWithin)
	defer cancel()
	_ = a.Relay.Drain(within)
	if e := server.Shutdown(within); e != nil {
		_ = server.Close()
	}
	stopLoops()
	<-ran
	if err != nil && !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("serve: %w", err)
	}
	return nil
}

// Close closes the connections. Call it after Run and Serve have returned.
func (a *App) Close() {
	a.core.Close()
	a.Pool.Close()
}
