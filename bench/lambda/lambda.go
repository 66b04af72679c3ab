// Package lambda measures what it costs to run as functions: the size of the
// packages, the start of the emulator, a cold start of the packages in it, and
// what the way through an event and a streamed answer adds to a frame, against
// the same handler served directly in the same run.
package lambda

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"time"

	"rynda/bench/figure"
	"rynda/bench/process"
	"rynda/functions"
	"rynda/pkg/lambdahttp/emulator"
)

// The limits. Cold starts and the delay are of the issue, a zip is what a
// function may have, and who tries it on a laptop waits no longer than this.
const (
	maxZip       = 8    // MB
	maxColdStart = 30   // ms
	maxAdded     = 2    // ms
	maxReady     = 3000 // ms
)

// Run measures with the program, an empty database that is migrated, and a
// folder to work in.
func Run(ctx context.Context, binary, dsn, dir string, each time.Duration) ([]figure.Figure, error) {
	if runtime.GOOS != "linux" {
		return nil, errors.New("the packages are for Linux")
	}
	zips := filepath.Join(dir, "zips")
	build := exec.CommandContext(ctx, binary, "package", "-arch", runtime.GOARCH, "-out", zips)
	if out, err := build.CombinedOutput(); err != nil {
		return nil, fmt.Errorf("rynda package: %w: %s", err, out)
	}
	zips = filepath.Join(zips, runtime.GOARCH)
	var all []figure.Figure
	for name := range functions.Read().Functions {
		about, err := os.Stat(filepath.Join(zips, name+".zip"))
		if err != nil {
			return nil, err
		}
		all = append(all, figure.Most("lambda: package of "+name, float64(about.Size())/(1<<20), "MB", maxZip))
	}
	slices.SortFunc(all, func(a, b figure.Figure) int { return int(b.Value*1000) - int(a.Value*1000) })

	address, err := process.Address()
	if err != nil {
		return nil, err
	}
	data := filepath.Join(dir, "data")
	command := exec.CommandContext(ctx, binary, "lambda", "-zips", zips)
	command.Env = append(os.Environ(), "DATABASE_URL="+dsn, "RYNDA_LISTEN="+address, "RYNDA_DATA_DIR="+data)
	began := time.Now()
	server, err := process.Start(ctx, command, address, time.Minute)
	if err != nil {
		return nil, err
	}
	defer server.Stop()
	all = append(all, figure.Most("lambda: from rynda lambda to ready, packages built", ms(time.Since(began)), "ms", maxReady))

	cold, err := coldStarts(ctx, filepath.Join(data, "functions"), dsn)
	if err != nil {
		return nil, err
	}
	all = append(all, cold...)
	hop, err := hops(ctx, each)
	if err != nil {
		return nil, err
	}
	return append(all, hop...), nil
}

// coldStarts times the first answers of environments that are started for them.
func coldStarts(ctx context.Context, folders, dsn string) ([]figure.Figure, error) {
	found, err := filepath.Glob(filepath.Join(folders, "feed-*"))
	if err != nil || len(found) != 1 {
		return nil, fmt.Errorf("the unpacked feed: %v, %v", found, err)
	}
	const times = 30
	var first, second []time.Duration
	for range times {
		e := emulator.New(emulator.Config{Freeze: true}, emulator.Function{
			Name: "feed", Command: []string{"bootstrap"}, Dir: found[0], Environment: []string{"DATABASE_URL=" + dsn}, Memory: 256, Timeout: 29 * time.Second,
		})
		front := httptest.NewServer(e.Front("feed"))
		for _, took := range []*[]time.Duration{&first, &second} {
			began := time.Now()
			if err = get(ctx, front.URL+"/readyz"); err != nil { // asks the database
				break
			}
			*took = append(*took, time.Since(began))
		}
		front.Close()
		e.Close()
		if err != nil {
			return nil, err
		}
	}
	return []figure.Figure{
		figure.Most("lambda: cold start to the first answer of the feed, p50", ms(quantile(first, 0.5)), "ms", maxColdStart).Beside(ms(quantile(second, 0.5))),
		figure.Most("lambda: cold start to the first answer of the feed, p90", ms(quantile(first, 0.9)), "ms", 2*maxColdStart),
	}, nil
}

func get(ctx context.Context, url string) error {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return err
	}
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		return err
	}
	answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		return errors.New(answer.Status)
	}
	return nil
}

// quantile sorts the list.
func quantile(list []time.Duration, q float64) time.Duration {
	slices.Sort(list)
	return list[int(q*float64(len(list)-1))]
}

func ms(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }
