// Bench measures what Rynda promises, each figure beside the limit or the peer
// that was measured in the same run.
//
//	go run ./bench                 everything, as a table
//	go run ./bench -json storage   one part, one JSON object a line
//
// It starts a private Postgres with fsync on, and uses nothing but this
// machine. The parts are storage, pipeline, feed and relay.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"rynda/bench/feed"
	"rynda/bench/figure"
	"rynda/bench/pipeline"
	"rynda/bench/relay"
	"rynda/bench/storage"
	"rynda/migrations"
	"rynda/pkg/localpg"
)

func main() {
	if relay.Child() {
		return // this process is a server or the readers of the relay's part
	}
	asJSON := flag.Bool("json", false, "print one object a line")
	each := flag.Duration("each", 4*time.Second, "time of one cell")
	groups := flag.Int("groups", 1_000_000, "groups of the feed's part; a million take some minutes to make")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, flag.Args(), *asJSON, *each, *groups); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

// part measures one thing on a fresh database.
type part struct {
	name string
	run  func(ctx context.Context, b *bench) ([]figure.Figure, error)
}

type bench struct {
	dir    string
	server *localpg.Server
	each   time.Duration
	groups int // of the feed's part
}

// database makes an empty, migrated database and returns its URL.
func (b *bench) database(ctx context.Context, name string) (string, error) {
	conn, err := pgx.Connect(ctx, b.server.URL("postgres"))
	if err != nil {
		return "", err
	}
	defer conn.Close(ctx)
	if _, err := conn.Exec(ctx, "create database "+pgx.Identifier{name}.Sanitize()); err != nil {
		return "", err
	}
	url := b.server.URL(name)
	_, err = migrations.Up(ctx, url)
	return url, err
}

var parts = []part{
	{"storage", func(ctx context.Context, b *bench) ([]figure.Figure, error) {
		url, err := b.database(ctx, "storage")
		if err != nil {
			return nil, err
		}
		return storage.Run(ctx, url, b.each)
	}},
	{"pipeline", func(ctx context.Context, b *bench) ([]figure.Figure, error) {
		url, err := b.database(ctx, "pipeline")
		if err != nil {
			return nil, err
		}
		binary := filepath.Join(b.dir, "rynda")
		build := exec.CommandContext(ctx, "go", "build", "-o", binary, "rynda/functions/rynda")
		if out, err := build.CombinedOutput(); err != nil {
			return nil, fmt.Errorf("build: %w: %s", err, out)
		}
		return pipeline.Run(ctx, binary, url, b.dir, b.each)
	}},
	{"relay", func(ctx context.Context, b *bench) ([]figure.Figure, error) {
		url, err := b.database(ctx, "relay")
		if err != nil {
			return nil, err
		}
		return relay.Run(ctx, url, b.each)
	}},
	{"feed", func(ctx context.Context, b *bench) ([]figure.Figure, error) {
		url, err := b.database(ctx, "feed")
		if err != nil {
			return nil, err
		}
		return feed.Run(ctx, url, b.groups)
	}},
}

func run(ctx context.Context, names []string, asJSON bool, each time.Duration, groups int) error {
	for _, name := range names {
		if !slices.ContainsFunc(parts, func(p part) bool { return p.name == name }) {
			return fmt.Errorf("there is no part %q; the parts are storage, pipeline, feed and relay", name)
		}
	}
	dir, err := os.MkdirTemp("", "rynda-bench-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	server, err := localpg.Start(ctx, localpg.Config{
		DataDir: filepath.Join(dir, "postgres"), NodeModules: []string{filepath.Join("web", "node_modules")},
		Settings: map[string]string{"max_connections": "200", "shared_buffers": "1GB", "max_wal_size": "4GB", "wal_compression": "lz4", "default_toast_compression": "lz4"},
	})
	if err != nil {
		return err
	}
	defer server.Stop()
	b := &bench{dir: dir, server: server, each: each, groups: groups}
	missed := 0
	for _, p := range parts {
		if len(names) > 0 && !slices.Contains(names, p.name) {
			continue
		}
		fmt.Fprintf(os.Stderr, "%s …\n", p.name)
		figures, err := p.run(ctx, b)
		write := figure.WriteTable
		if asJSON {
			write = figure.WriteJSON
		}
		if e := write(os.Stdout, figures); e != nil {
			return e
		}
		if err != nil {
			return fmt.Errorf("%s: %w", p.name, err)
		}
		for _, f := range figures {
			if !f.OK {
				missed++
			}
		}
	}
	if missed > 0 {
		fmt.Fprintf(os.Stderr, "%d targets missed\n", missed)
	}
	return nil
}
