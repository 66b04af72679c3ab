// Package page measures what a person feels: the staff app in a real Chromium,
// against the real server, while events pour in.
//
// Three things are asked. Does the page stay quick under the hand while the log
// storms (storm.go)? How long is it from a report to the frame that shows it
// (pixel.go)? And does a page that is open all day stay as light as it was in
// the morning (soak.go)? Each has its peer in the same run: the same page in
// quiet, a reader of the bare stream, the same page an hour before.
//
// The machine is the server's, the database's, the load's and the browser's at
// once, without a graphics card, so the page has less than a person's would
// have. A task that waits for a core counts as long as one that works, which
// is why the time on a core is given beside it.
//
// Chromium is driven over the DevTools protocol (browser.go) by a person made
// of clicks and keys (person.go); watch.js is put into the page and does the
// counting there.
package page

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"time"

	"rynda/bench/figure"
)

// patience is how long the page may take for one step.
const patience = 2 * time.Minute

// Config says with what to measure.
type Config struct {
	Binary string        // the program
	DSN    string        // of an empty, migrated database
	State  string        // folder of the server's state; a page that was built there stays
	Dir    string        // of the browser's profile, which goes with it
	Each   time.Duration // a storm takes fifteen times as long, a latency five times
	// Traces is a folder for quiet.json and storm.json, which say what the page did
	// when, its functions too; "" for none.
	Traces string
}

// trace is the path of a trace; "" when none is wanted.
func (c Config) trace(name string) string {
	if c.Traces == "" {
		return ""
	}
	return filepath.Join(c.Traces, name)
}

// stage is a server and a browser.
type stage struct {
	*server
	*browser
	counted int // reports of each group of pixel.go
}

func (c Config) set(ctx context.Context) (*stage, error) {
	chromium, err := findChromium()
	if err != nil {
		return nil, err
	}
	state, err := filepath.Abs(c.State)
	if err != nil {
		return nil, err
	}
	s, err := serve(ctx, c.Binary, c.DSN, state)
	if err != nil {
		return nil, err
	}
	b, err := launch(ctx, chromium, c.Dir)
	if err != nil {
		s.Stop()
		return nil, err
	}
	return &stage{server: s, browser: b}, nil
}

func (s *stage) clear() {
	s.browser.close()
	s.server.Stop()
}

// findChromium looks where RYNDA_CHROMIUM says, or where programs are.
func findChromium() (string, error) {
	names := []string{"chromium", "chromium-browser", "google-chrome"}
	if chosen := os.Getenv("RYNDA_CHROMIUM"); chosen != "" {
		names = []string{chosen}
	}
	for _, name := range names {
		if path, err := exec.LookPath(name); err == nil {
			return path, nil
		}
	}
	return "", errors.New("there is no Chromium on this machine (RYNDA_CHROMIUM says where one is)")
}

// Pixel takes the figures of event to pixel, live and by polling.
func Pixel(ctx context.Context, c Config) ([]figure.Figure, error) {
	s, err := c.set(ctx)
	if err != nil {
		return nil, err
	}
	defer s.clear()
	if err := s.seed(ctx, "pixel", pixelGroups); err != nil {
		return nil, err
	}
	s.counted = 1
	pause(ctx, 11*time.Second) // no storm any more: see pixels
	live, err := s.pixels(ctx, c, false)
	if err != nil {
		return live, err
	}
	polling, err := s.pixels(ctx, c, true)
	if err != nil {
		return live, err
	}
	return append(live, polling...), s.faultless()
}

// Storm takes the figures of the storm, with those of the quiet page beside them.
func Storm(ctx context.Context, c Config) ([]figure.Figure, error) {
	s, err := c.set(ctx)
	if err != nil {
		return nil, err
	}
	defer s.clear()
	figures, err := s.storm(ctx, c)
	if err != nil {
		return figures, err
	}
	return figures, s.faultless()
}
