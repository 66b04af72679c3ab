package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"strings"
	"time"

	"rynda/pkg/journal"
)

// runDemo plays a small platform on a bad day, so that a newcomer sees the
// product alive: a few causes that recur, some that are rare, secrets that
// must not be seen again, and the runs and deploys behind them.
func runDemo(ctx context.Context, args []string, out io.Writer) error {
	flags := flag.NewFlagSet("rynda demo", flag.ContinueOnError)
	find := targetFlags(flags, false)
	perSecond := flags.Float64("rate", 2, "reports and steps of runs and deploys per second")
	count := flags.Int("count", 0, "end after so many; 0 is until Ctrl-C")
	seed := flags.Uint64("seed", uint64(time.Now().UnixNano()), "seed of the mix")
	if err := flags.Parse(args); err != nil {
		return err
	}
	to, err := find()
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "sending %.3g reports and steps of runs and deploys a second to %s; Ctrl-C ends it\n", *perSecond, to.url)
	play := newPlay(rand.New(rand.NewPCG(*seed, 1)))
	minutes := int(time.Since(time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)).Minutes()) // so that no two demos tell of the same run
	control := newPlatform(rand.New(rand.NewPCG(*seed, 2)), 10*minutes, minutes)
	mayControl := true
	pause := time.Duration(float64(time.Second) / max(*perSecond, 0.01))
	ticker := time.NewTicker(pause)
	defer ticker.Stop()
	for n := 1; ; n++ {
		if mayControl && n%2 == 0 {
			mayControl = perform(ctx, to, out, control.step(time.Now().UTC()))
			play.deploy, play.runs, play.release = control.deploy, control.runs, control.release()
		} else {
			report := play.next()
			if err := send(ctx, to, http.MethodPost, "/v1/reports", report); err != nil {
				fmt.Fprintln(out, "not accepted:", err)
			} else {
				fmt.Fprintf(out, "%-8s %-18s %s\n", report.Level, report.Source, title(report.Message))
			}
		}
		if n == *count {
			return nil
		}
		select {
		case <-ctx.Done():
			return nil
		case <-ticker.C:
		}
	}
}

func title(s string) string {
	s, _, _ = strings.Cut(s, "\n")
	if runes := []rune(s); len(runes) > 100 {
		s = string(runes[:99]) + "…"
	}
	return s
}

// perform sends what the platform does, and reports whether the token may.
func perform(ctx context.Context, to target, out io.Writer, acts []act) bool {
	for _, a := range acts {
		err := send(ctx, to, a.method, a.path, a.body)
		switch {
		case errors.Is(err, errNotAllowed):
			fmt.Fprintln(out, "the token may not control runs and deploys; sending reports alone")
			return false
		case err != nil:
			fmt.Fprintln(out, "not accepted:", err)
		case a.says != "":
			fmt.Fprintf(out, "%-8s %-18s %s\n", "", "control-plane", a.says)
		}
	}
	return true
}

var errNotAllowed = errors.New("not allowed")

func send(ctx context.Context, to target, method, path string, what any) error {
	body, err := json.Marshal(what)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, method, to.url+path, bytes.NewReader(body))
	if err != nil {
		return err
	}
	r.Header.Set("Authorization", "Bearer "+to.token)
	r.Header.Set("Content-Type", "application/json")
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	if answer.StatusCode == http.StatusForbidden {
		return errNotAllowed
	}
	if answer.StatusCode > 299 {
		text, _ := io.ReadAll(io.LimitReader(answer.Body, 500))
		return fmt.Errorf("%s: %s", answer.Status, text)
	}
	_, err = io.Copy(io.Discard, answer.Body)
	return err
}

type scene struct {
	weight int
	make   func(p *play) journal.Report
}

type play struct {
	chance  *rand.Rand
	release string
	deploy  int
	runs    int // number of the newest
	total   int
	scenes  []scene
}

func newPlay(chance *rand.Rand) *play {
	p := &play{chance: chance, release: "2026.11.3", deploy: 418, runs: 9000, scenes: scenes}
	for _, s := range scenes {
		p.total += s.weight
	}
	return p
}

func (p *play) next() journal.Report {
	if p.chance.IntN(200) == 0 { // a deploy: what fails anew after it has regressed
		p.deploy++
		p.release = fmt.Sprintf("2026.11.%d", p.deploy-415)
	}
	n := p.chance.IntN(p.total)
	for _, s := range p.scenes {
		if n -= s.weight; n < 0 {
			r := s.make(p)
			now := time.Now().UTC()
			r.OccurredAt = &now
			r.ReportID = fmt.Sprintf("demo-%016x", p.chance.Uint64())
			r.Release = p.release
			if r.Environment == "" {
				r.Environment = "production"
			}
			return r
		}
	}
	return scenes[0].make(p)
}

func (p *play) id() string               { return fmt.Sprintf("%08x", p.chance.Uint32()) }
func (p *play) run() string              { return fmt.Sprintf("run-%d", p.runs-p.chance.IntN(6)) }
func (p *play) pick(of ...string) string { return of[p.chance.IntN(len(of))] }
func (p *play) deployID() string         { return fmt.Sprintf("deploy-%d", p.deploy) }
