package wiring

import (
	"context"
	"log/slog"
	"testing"
	"time"

	"rynda/pkg/pgtest"
)

// Its turn is held on one connection and the work is done on another: with one
// it would wait for itself.
func TestSweepOfARestingProcess(t *testing.T) {
	t.Parallel()
	config, err := Load()
	if err != nil {
		t.Fatal(err)
	}
	config.DatabaseURL = Secret(pgtest.New(t))
	for _, sweeps := range []bool{true, false} {
		app, err := New(t.Context(), config, Options{Resting: true, Sweeps: sweeps, Logger: slog.New(slog.DiscardHandler)})
		if err != nil {
			t.Fatal(err)
		}
		defer app.Close()
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		for range 2 {
			switch err := app.Sweep(ctx); {
			case sweeps && err != nil:
				t.Errorf("a process that sweeps: %v", err)
			case !sweeps && (err == nil || ctx.Err() != nil):
				t.Errorf("a process that does not: %v, want to be told that it cannot", err)
			}
		}
	}
}
