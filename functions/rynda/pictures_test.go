package main

import (
	"flag"
	"image/png"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"
	"time"
)

var update = flag.Bool("update", false, "take the pictures of docs/pictures anew")

// pictures are what the README shows, 1440 x 900 each.
var pictures = []string{"errors-light", "errors-dark", "detail-light", "alerts-ru-dark", "runs-light", "run-dark", "deploys-light", "deploy-light"}

const mostBytes = 300 << 10 // of a picture

// TestPictures takes the pictures from the real page with -update. Without it,
// it looks whether they are there and small enough to be in a README.
func TestPictures(t *testing.T) {
	t.Parallel()
	root, err := checkout()
	if err != nil {
		t.Fatal(err)
	}
	folder := filepath.Join(root, "docs", "pictures")
	if *update {
		if err := os.MkdirAll(folder, 0o755); err != nil {
			t.Fatal(err)
		}
		chromium := needBrowser(t)
		s := newStage(t, builtWeb(t), chromium, "RYNDA_BODY_BURST=1000") // a day in a second is no storm
		s.badDay()
		s.workday()
		s.play(filepath.Join(root, "web", "e2e", "pictures.mjs"), "RYNDA_PICTURES="+folder)
	}
	for _, name := range pictures {
		path := filepath.Join(folder, name+".png")
		file, err := os.Open(path)
		if err != nil {
			t.Errorf("%v; go test ./functions/rynda -run TestPictures -update takes it", err)
			continue
		}
		defer file.Close()
		config, err := png.DecodeConfig(file)
		if err != nil || config.Width != 1440 || config.Height != 900 {
			t.Errorf("%s is %d x %d, %v", name, config.Width, config.Height, err)
		}
		if info, err := file.Stat(); err != nil || info.Size() > mostBytes {
			t.Errorf("%s has %d bytes, %v", name, info.Size(), err)
		}
	}
}

// badDay is what the demo plays, spread over the last day: more of it lately.
func (s *stage) badDay() {
	s.t.Helper()
	const reports = 600
	play := newPlay(rand.New(rand.NewPCG(7, 1)))
	now := time.Now().UTC()
	batch := make([]any, 0, reports)
	for n := range reports {
		report := play.next()
		left := float64(reports-1-n) / reports // of the day
		// A busy morning, a quiet afternoon and a bad hour at the end.
		ago := time.Duration(left * left * float64(23*time.Hour))
		ago += time.Duration(play.chance.Int64N(int64(20*time.Minute))) * time.Duration(min(1, n%7))
		at := now.Add(-ago - time.Duration(reports-n)*time.Second/4)
		report.OccurredAt = &at
		batch = append(batch, report)
	}
	for len(batch) > 0 {
		part := batch[:min(100, len(batch))]
		batch = batch[len(part):]
		s.must("POST", "/v1/reports", s.ingest, map[string]any{"reports": part}, nil)
		s.folded()
	}
}

// workday is what the demo's platform does, spread over the last hours.
func (s *stage) workday() {
	s.t.Helper()
	const steps = 240
	p := newPlatform(rand.New(rand.NewPCG(11, 2)), 9000, 418)
	p.fails = 4
	now := time.Now().UTC()
	for n := range steps {
		for _, a := range p.step(now.Add(-time.Duration(steps-n) * 40 * time.Second)) {
			s.must(a.method, a.path, s.ingest, a.body, nil)
		}
	}
	s.folded()
}
