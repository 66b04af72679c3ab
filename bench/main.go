// Bench measures what Rynda promises, each figure beside the limit or the peer
// that was measured in the same run.
//
//	go run ./bench                      everything, as a table
//	go run ./bench -json storage        one part, one JSON object a line
//	go run ./bench -for 1h page-soak    a page left open for an hour; only when it is named
//
// It starts a private Postgres with fsync on, and uses nothing but this
// machine. The parts are storage, pipeline, relay, lambda, feed, page-pixel,
// page-storm and page-soak; lambda needs Node as well, for the page in the
// packages, the last three Node and Chromium.
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
	"rynda/bench/lambda"
	"rynda/bench/page"
	"rynda/bench/pipeline"
	"rynda/bench/relay"
	"rynda/bench/storage"
	"rynda/migrations"
	"rynda/pkg/localpg"
)

func main() {
	if relay.Child() || lambda.Child() {
		return // this process is a server, the readers or the function of a part
	}
	asJSON := flag.Bool("json", false, "print one object a line")
	each := flag.Duration("each", 4*time.Second, "time of one cell")
	groups := flag.Int("groups", 1_000_000, "groups of the feed's part; a million take some minutes to make")
	soak := flag.Duration("for", 10*time.Minute, "how long page-soak leaves the page open")
	traces := flag.String("traces", "", "folder for traces of page-storm, as the DevTools open them; tracing slows the page")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, flag.Args(), *asJSON, &bench{each: *each, groups: *groups, soak: *soak, traces: *traces}); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

// part measures one thing on a fresh database.
type part struct {
	name string
	run  func(ctx context.Context, b *bench) ([]figure.Figure, error)
	// named says that it runs only when it is asked for by its name.
	named bool
}

type bench struct {
	dir    string
	server *localpg.Server
	each   time.Duration
	groups int           // of the feed's part
	soak   time.Duration // of page-soak
	traces string        // folder, of page-storm
}

// binary builds the program.
func (b *bench) binary(ctx context.Context) (string, error) {
	binary := filepath.Join(b.dir, "rynda")
	build := exec.CommandContext(ctx, "go", "build", "-o", binary, "rynda/functions/rynda")
	if out, err := build.CombinedOutput(); err != nil {
		return "", fmt.Errorf("build: %w: %s", err, out)
	}
	return binary, nil
}

// page is what the parts of the page measure with.
func (b *bench) page(ctx context.Context, name string) (page.Config, error) {
	url, err := b.database(ctx, name)
	if err != nil {
		return page.Config{}, err
	}
	binary, err := b.binary(ctx)
	return page.Config{
		Binary: binary, DSN: url, State: filepath.Join(".rynda", "bench"), Dir: filepath.Join(b.dir, name),
		Each: b.each, Traces: b.traces,
	}, err
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
	_, err = migrations.Up(ctx, url, nil)
	return url, err
}

var parts = []part{
	{name: "storage", run: func(ctx context.Context, b *bench) ([]figure.Figure, error) {
		url, err := b.database(ctx, "storage")
		if err != nil {
			return nil, err
		}
		return storage.Run(ctx, url, b.each)
	}},
	{name: "pipeline", run: func(ctx context.Context, b *bench) ([]figure.Figure, error) {
		url, err := b.database(ctx, "pipeline")
		if err != nil {
			return nil, err
		}
		binary, err := b.binary(ctx)
		if err != nil {
			return nil, err
		}
		return pipeline.Run(ctx, binary, url, b.dir, b.each)
	}},
	{name: "relay", run: func(ctx context.Context, b *bench) ([]figure.Figure, error) {
		url, err := b.database(ctx, "relay")
		if err != nil {
			return nil, err
		}
		return relay.Run(ctx, url, b.each)
	}},
	{name: "lambda", run: func(ctx context.Context, b *bench) ([]figure.Figure, error) {
		url, err := b.database(ctx, "lambda")
		if err != nil {
			return nil, err
		}
		binary, err := b.binary(ctx)
		if err != nil {
			return nil, err
		}
		return lambda.Run(ctx, binary, url, filepath.Join(b.dir, "lambda"), b.each)
	}},
	{name: "feed", run: func(ctx context.Context, b *bench) ([]figure.Figure, error) {
		url, err := b.database(ctx, "feed")
		if err != nil {
			return nil, err
		}
		return feed.Run(ctx, url, b.groups)
	}},
	{name: "page-pixel", run: func(ctx context.Context, b *bench) ([]figure.Figure, error) {
		config, err := b.page(ctx, "pixel")
		if err != nil {
			return nil, err
		}
		return page.Pixel(ctx, config)
	}},
	{name: "page-storm", run: func(ctx context.Context, b *bench) ([]figure.Figure, error) {
		config, err := b.page(ctx, "storm")
		if err != nil {
			return nil, err
		}
		return page.Storm(ctx, config)
	}},
	{name: "page-soak", named: true, run: func(ctx context.Context, b *bench) ([]figure.Figure, error) {
		config, err := b.page(ctx, "soak")
		if err != nil {
			return nil, err
		}
		return page.Soak(ctx, config, b.soak)
	}},
}

func run(ctx context.Context, names []string, asJSON bool, b *bench) error {
	for _, name := range names {
		if !slices.ContainsFunc(parts, func(p part) bool { return p.name == name }) {
			return fmt.Errorf("there is no part %q; the parts are storage, pipeline, relay, lambda, feed, page-pixel, page-storm and page-soak", name)
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
	b.dir, b.server = dir, server
	missed := 0
	for _, p := range parts {
		if (len(names) > 0 || p.named) && !slices.Contains(names, p.name) {
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
