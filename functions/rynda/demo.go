package main

import (
	"bytes"
	"context"
	"encoding/json"
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
// must not be seen again.
func runDemo(ctx context.Context, args []string, out io.Writer) error {
	flags := flag.NewFlagSet("rynda demo", flag.ContinueOnError)
	find := targetFlags(flags, false)
	perSecond := flags.Float64("rate", 2, "reports per second")
	count := flags.Int("count", 0, "end after so many; 0 is until Ctrl-C")
	seed := flags.Uint64("seed", uint64(time.Now().UnixNano()), "seed of the mix")
	if err := flags.Parse(args); err != nil {
		return err
	}
	to, err := find()
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "sending %.3g reports a second to %s; Ctrl-C ends it\n", *perSecond, to.url)
	play := newPlay(rand.New(rand.NewPCG(*seed, 1)))
	pause := time.Duration(float64(time.Second) / max(*perSecond, 0.01))
	ticker := time.NewTicker(pause)
	defer ticker.Stop()
	for n := 1; ; n++ {
		report := play.next()
		if err := send(ctx, to, report); err != nil {
			fmt.Fprintln(out, "not accepted:", err)
		} else {
			fmt.Fprintf(out, "%-8s %-18s %s\n", report.Level, report.Source, title(report.Message))
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

func send(ctx context.Context, to target, report journal.Report) error {
	body, err := json.Marshal(report)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, to.url+"/v1/reports", bytes.NewReader(body))
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
	if answer.StatusCode != http.StatusAccepted {
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
	total   int
	scenes  []scene
}

func newPlay(chance *rand.Rand) *play {
	p := &play{chance: chance, release: "2026.11.3", deploy: 418, scenes: scenes}
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
func (p *play) run() string              { return fmt.Sprintf("run-%d", 9000+p.chance.IntN(900)) }
func (p *play) pick(of ...string) string { return of[p.chance.IntN(len(of))] }
func (p *play) deployID() string         { return fmt.Sprintf("deploy-%d", p.deploy) }
