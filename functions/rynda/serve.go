package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"

	"rynda/functions/internal/wiring"
)

func runServe(ctx context.Context, args []string, _ io.Writer) error {
	if len(args) > 0 {
		return errors.New("serve takes no arguments; it is set by the environment, see rynda help config")
	}
	config, err := wiring.Load()
	if err != nil {
		return err
	}
	if config.DatabaseURL == "" {
		return errors.New("DATABASE_URL is not set")
	}
	static, err := servedWeb()
	if err != nil {
		return err
	}
	logger := wiring.NewLogger(os.Stderr, wiring.ParseLevel(config.LogLevel))
	if static == nil {
		logger.Warn("there is no page in this binary: the API alone is served; a release is built with the tag embed_web, see Taskfile.yml")
	}
	app, err := wiring.New(ctx, config, wiring.Options{Static: static, Logger: logger})
	if err != nil {
		return err
	}
	defer app.Close()
	listener, err := net.Listen("tcp", config.Listen)
	if err != nil {
		return err
	}
	return app.Serve(ctx, listener)
}

func runMigrate(ctx context.Context, _ []string, out io.Writer) error {
	config, err := wiring.Load()
	if err != nil {
		return err
	}
	if config.DatabaseURL == "" {
		return errors.New("DATABASE_URL is not set")
	}
	applied, err := wiring.Migrate(ctx, config)
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "migrations applied: %d\n", applied)
	return nil
}

func runLog(ctx context.Context, args []string, out io.Writer) error {
	if len(args) != 1 || args[0] != "new-epoch" {
		return errors.New("usage: rynda log new-epoch")
	}
	return withStore(ctx, func(s *stores) error {
		head, err := s.NewEpoch(ctx)
		if err != nil {
			return err
		}
		fmt.Fprintf(out, "the log is at %s; every page takes a new snapshot\n", head.Position())
		return nil
	})
}
