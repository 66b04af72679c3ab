package wiring

import (
	"context"
	"fmt"
	"log/slog"
	"runtime/debug"
	"strings"
	"time"

	"golang.org/x/time/rate"

	"rynda/pkg/auth"
	"rynda/pkg/journal"
)

// ownProject is where Rynda's own errors are.
const ownProject = "system"

// selfReporter puts Rynda's own errors into the journal, as project "system".
// It cannot loop: it takes errors off a short queue that drops when full, at
// most a few a second; what goes wrong while it records is logged one level
// below what it listens for; and that a row of its own project was set aside is
// logged where it does not listen.
type selfReporter struct {
	record  func(context.Context, []journal.Occurrence) ([]journal.Recorded, error)
	queue   chan journal.Report
	limit   *rate.Limiter
	release string
	log     *slog.Logger // without the tee
}

func newSelfReporter(record func(context.Context, []journal.Occurrence) ([]journal.Recorded, error), log *slog.Logger) *selfReporter {
	s := &selfReporter{record: record, queue: make(chan journal.Report, 64), limit: rate.NewLimiter(2, 10), log: log}
	if info, ok := debug.ReadBuildInfo(); ok {
		s.release = info.Main.Version
	}
	return s
}

// offer takes a log record; it never blocks.
func (s *selfReporter) offer(r slog.Record) {
	if !s.limit.Allow() {
		return
	}
	report := journal.Report{
		Message: r.Message, Level: strings.ToLower(r.Level.String()), Source: "rynda", Release: s.release, Tags: map[string]string{},
	}
	r.Attrs(func(a slog.Attr) bool {
		switch a.Key {
		case "error":
			report.Message += ": " + a.Value.String()
		case "stack":
			report.Stack = a.Value.String()
		default:
			report.Tags[a.Key] = fmt.Sprint(a.Value.Resolve().Any())
		}
		return true
	})
	at := r.Time.UTC()
	report.OccurredAt = &at
	select {
	case s.queue <- report:
	default:
	}
}

// flush records what was offered so far, within a bound.
func (s *selfReporter) flush(ctx context.Context, projects func(context.Context) ([]auth.ProjectRow, error), within time.Duration) {
	ctx, cancel := context.WithTimeout(ctx, within)
	defer cancel()
	for {
		select {
		case report := <-s.queue:
			if err := s.store(ctx, report, projects); err != nil {
				s.log.Warn("own error not journaled", "error", err)
			}
		default:
			return
		}
	}
}

// run records what was offered, until ctx ends.
func (s *selfReporter) run(ctx context.Context, projects func(context.Context) ([]auth.ProjectRow, error)) {
	for {
		select {
		case <-ctx.Done():
			return
		case report := <-s.queue:
			if err := s.store(ctx, report, projects); err != nil && ctx.Err() == nil {
				s.log.Warn("own error not journaled", "error", err)
			}
		}
	}
}

func (s *selfReporter) store(ctx context.Context, report journal.Report, projects func(context.Context) ([]auth.ProjectRow, error)) error {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	rows, err := projects(ctx)
	if err != nil {
		return err
	}
	for _, p := range rows {
		if p.Slug != ownProject {
			continue
		}
		occurrence, err := report.Accept(journal.Options{ProjectID: p.ID, Project: p.Slug, Now: time.Now()})
		if err != nil {
			return err
		}
		_, err = s.record(ctx, []journal.Occurrence{occurrence})
		return err
	}
	return journal.ErrNotFound
}
