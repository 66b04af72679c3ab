package main

import (
	"bufio"
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"strings"
	"time"
)

const smokeUsage = `usage: rynda smoke [-ingest TOKEN] [-staff TOKEN] URL
The ingest token needs the scopes report and control, the staff token the same project. Without them those of
RYNDA_INGEST_TOKEN and RYNDA_STAFF_TOKEN are used, or those of the development start`

// runSmoke tries every promise of the product once against a running
// deployment, whatever it is made of, and prints a line for each. It leaves one
// viewed group, one run and one deploy of its own behind.
func runSmoke(ctx context.Context, args []string, out io.Writer) error {
	flags := flag.NewFlagSet("rynda smoke", flag.ContinueOnError)
	ingest := flags.String("ingest", os.Getenv("RYNDA_INGEST_TOKEN"), "ingest token with both scopes")
	staff := flags.String("staff", os.Getenv("RYNDA_STAFF_TOKEN"), "staff token")
	within := flags.Duration("within", 15*time.Second, "how long a step may take")
	if err := flags.Parse(args); err != nil {
		return err
	}
	base := strings.TrimSuffix(flags.Arg(0), "/")
	if dev, err := readDevFile(); err == nil && (base == "" || base == dev.URL) {
		base = dev.URL
		if *ingest == "" {
			*ingest = dev.IngestToken
		}
		if *staff == "" {
			*staff = dev.StaffToken
		}
	}
	if base == "" || *ingest == "" || *staff == "" {
		return errors.New(smokeUsage)
	}
	s := &smoke{base: base, ingest: *ingest, staff: *staff, mark: strings.ToLower(rand.Text()[:12]), client: &http.Client{}}
	defer s.hangUp()
	failed := 0
	for _, check := range s.checks() {
		began := time.Now()
		step, cancel := context.WithTimeout(ctx, *within)
		err := check.do(step)
		cancel()
		verdict, why := "pass", ""
		switch {
		case errors.Is(err, errSkipped):
			verdict, why = "skip", ": "+err.Error()
		case err != nil:
			verdict, why = "FAIL", ": "+err.Error()
			failed++
		}
		fmt.Fprintf(out, "%s  %5d ms  %s%s\n", verdict, time.Since(began).Milliseconds(), check.name, printable(why))
		if ctx.Err() != nil {
			return ctx.Err()
		}
	}
	if failed > 0 {
		return fmt.Errorf("%d of %d checks failed", failed, len(s.checks()))
	}
	fmt.Fprintf(out, "all %d checks passed\n", len(s.checks()))
	return nil
}

var errSkipped = errors.New("skipped")

type smokeCheck struct {
	name string
	do   func(context.Context) error
}

type smoke struct {
	base, ingest, staff string
	mark                string // in everything that this run makes
	client              *http.Client

	stream  *http.Response
	frames  *bufio.Reader
	start   string // position of the hello
	last    string // of the last frame
	groupID string
	version int64
	project string
}

func (s *smoke) checks() []smokeCheck {
	return []smokeCheck{
		{"the process is alive", s.plain("/healthz", http.StatusOK)},
		{"it is ready", s.plain("/readyz", http.StatusOK)},
		{"the document is served", s.plain("/openapi.yaml", http.StatusOK)},
		{"the page is served, under a strict policy", s.page},
		{"nobody is refused", s.nobody},
		{"the staff token is known", s.me},
		{"a stream greets", s.connect},
		{"a report is stored", s.report(1, 0)},
		{"and counted once when it is repeated", s.report(0, 1)},
		{"it comes down the stream", s.comes("group.changed", "active")},
		{"by a poll too", s.poll},
		{"its secret does not come back", s.secret},
		{"dismissing it is told to everybody", s.view},
		{"undoing that too", s.undo},
		{"a stream that was cut resumes where it was", s.resume},
		{"a run is told of, live", s.run},
		{"its log is kept, without secrets", s.log},
		{"its failure joins the group", s.fails},
		{"a deploy is told of, live", s.deploy},
		{"nothing is left in the corner", s.tidy},
	}
}

// ask sends a request and reads a JSON answer of the status. A server that is
// busy is asked again a few times, as clients must; nothing here does harm twice.
func (s *smoke) ask(ctx context.Context, method, path, token string, body any, status int, into any) error {
	for tries := 1; ; tries++ {
		busy, err := s.askOnce(ctx, method, path, token, body, status, into)
		if !busy || tries == 5 {
			return err
		}
		timer := time.NewTimer(time.Duration(tries) * 500 * time.Millisecond)
		select {
		case <-ctx.Done():
			timer.Stop()
			return err
		case <-timer.C:
		}
	}
}

func (s *smoke) askOnce(ctx context.Context, method, path, token string, body any, status int, into any) (busy bool, err error) {
	var in io.Reader
	if body != nil {
		text, err := json.Marshal(body)
		if err != nil {
			return false, err
		}
		in = bytes.NewReader(text)
	}
	r, err := http.NewRequestWithContext(ctx, method, s.base+path, in)
	if err != nil {
		return false, err
	}
	if token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	if body != nil {
		r.Header.Set("Content-Type", "application/json")
	}
	answer, err := s.client.Do(r)
	if err != nil {
		return false, err
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(io.LimitReader(answer.Body, 8<<20))
	switch {
	case err != nil:
		return false, err
	case answer.StatusCode != status:
		return answer.StatusCode == http.StatusServiceUnavailable, fmt.Errorf("%s %s: %s, want %d: %.300s", method, path, answer.Status, status, text)
	case into == nil:
		return false, nil
	}
	if raw, ok := into.(*string); ok {
		*raw = string(text)
		return false, nil
	}
	return false, json.Unmarshal(text, into)
}

func (s *smoke) plain(path string, status int) func(context.Context) error {
	return func(ctx context.Context) error { return s.ask(ctx, http.MethodGet, path, "", nil, status, nil) }
}

func (s *smoke) page(ctx context.Context) error {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, s.base+"/", nil)
	if err != nil {
		return err
	}
	answer, err := s.client.Do(r)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	policy := answer.Header.Get("Content-Security-Policy")
	switch {
	case answer.StatusCode == http.StatusNotFound:
		return fmt.Errorf("no page here, the API alone: %w", errSkipped)
	case answer.StatusCode != http.StatusOK:
		return errors.New(answer.Status)
	case policy == "" || strings.Contains(policy, "unsafe-inline") || !strings.Contains(policy, "trusted-types"):
		return errors.New("the page has no strict policy")
	}
	return nil
}

func (s *smoke) nobody(ctx context.Context) error {
	for _, token := range []string{"", "rys_wrongone_" + strings.Repeat("x", 43)} {
		if err := s.ask(ctx, http.MethodGet, "/v1/feed", token, nil, http.StatusUnauthorized, nil); err != nil {
			if token == "" && strings.Contains(err.Error(), "200") {
				continue // a development start has a local user
			}
			return err
		}
	}
	return s.ask(ctx, http.MethodGet, "/v1/feed", s.ingest, nil, http.StatusForbidden, nil)
}

func (s *smoke) me(ctx context.Context) error {
	return s.ask(ctx, http.MethodGet, "/v1/me", s.staff, nil, http.StatusOK, nil)
}

func (s *smoke) body() map[string]any {
	return map[string]any{"message": "smoke test " + s.mark + ": token=" + s.secretText(), "type": "SmokeTest", "source": "rynda smoke",
		"report_id": "smoke-" + s.mark, "run_id": "smoke-" + s.mark, "fingerprint": []string{s.mark}}
}

// secretText has the shape of a secret and opens nothing.
func (s *smoke) secretText() string { return "gh" + "p_" + s.mark + s.mark + s.mark }

func (s *smoke) report(accepted, duplicates int) func(context.Context) error {
	return func(ctx context.Context) error {
		var got struct{ Accepted, Duplicates int }
		if err := s.ask(ctx, http.MethodPost, "/v1/reports", s.ingest, s.body(), http.StatusAccepted, &got); err != nil {
			return err
		}
		if got.Accepted != accepted || got.Duplicates != duplicates {
			return fmt.Errorf("accepted %d, duplicates %d", got.Accepted, got.Duplicates)
		}
		return nil
	}
}

func (s *smoke) poll(ctx context.Context) error {
	for after := s.start; ; {
		var page struct {
			Events  []json.RawMessage
			Cursor  string
			HasMore bool `json:"has_more"`
			Reset   bool
		}
		if err := s.ask(ctx, http.MethodGet, "/v1/events?wait=1&after="+url.QueryEscape(after), s.staff, nil, http.StatusOK, &page); err != nil {
			return err
		}
		for _, e := range page.Events {
			if bytes.Contains(e, []byte("smoke test "+s.mark)) {
				return nil
			}
		}
		if page.Reset {
			return errors.New("the position of the hello is none of the log")
		}
		after = page.Cursor
	}
}

func (s *smoke) secret(ctx context.Context) error {
	var text string
	if err := s.ask(ctx, http.MethodGet, "/v1/groups/"+s.groupID, s.staff, nil, http.StatusOK, &text); err != nil {
		return err
	}
	if strings.Contains(text, s.secretText()) || !strings.Contains(text, "[redacted:") {
		return errors.New("the secret of the report is in the group")
	}
	return nil
}
