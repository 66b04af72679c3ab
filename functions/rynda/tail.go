package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/url"
	"os"
	"strings"
	"time"

	"github.com/r3labs/sse/v2"
	"gopkg.in/cenkalti/backoff.v1"

	"rynda/pkg/journal"
)

// target is the server that a client command talks to.
type target struct {
	url   string
	token string
}

func targetFlags(flags *flag.FlagSet, staff bool) func() (target, error) {
	env, help := "RYNDA_INGEST_TOKEN", "ingest token"
	if staff {
		env, help = "RYNDA_STAFF_TOKEN", "staff token"
	}
	at := flags.String("url", os.Getenv("RYNDA_URL"), "address of the server; empty is the development start found here")
	token := flags.String("token", "", help+"; empty is $"+env+" or that of the development start")
	return func() (target, error) {
		t := target{*at, *token}
		if t.token == "" {
			t.token = os.Getenv(env)
		}
		if t.url != "" && t.token != "" {
			return t, nil
		}
		dev, err := readDevFile()
		if err != nil {
			return t, err
		}
		if t.url == "" {
			t.url = dev.URL
		}
		if t.token == "" && t.url == dev.URL {
			t.token = dev.IngestToken
			if staff {
				t.token = dev.StaffToken
			}
		}
		if t.token == "" {
			return t, fmt.Errorf("no -token given for %s", t.url)
		}
		return t, nil
	}
}

// runTail follows the log. The client library ends without an error when a
// server closes politely, so it stands in a loop that comes back from the last
// position.
func runTail(ctx context.Context, args []string, out io.Writer) error {
	flags := flag.NewFlagSet("rynda tail", flag.ContinueOnError)
	find := targetFlags(flags, true)
	topics := flags.String("topics", "", "topics, separated by commas; empty is errors,runs,deploys")
	raw := flags.Bool("json", false, "print events as they come, one a line")
	after := flags.String("after", "", "position to start from; empty is now")
	if err := flags.Parse(args); err != nil {
		return err
	}
	to, err := find()
	if err != nil {
		return err
	}
	t := tail{out: out, raw: *raw, after: *after}
	for ctx.Err() == nil {
		if err := t.follow(ctx, to, *topics); err != nil {
			return err
		}
		select {
		case <-ctx.Done():
		case <-time.After(t.pause/2 + rand.N(t.pause)):
		}
	}
	return nil
}

type tail struct {
	out   io.Writer
	raw   bool
	after string
	pause time.Duration
}

// follow reads one connection to its end. An error is final.
func (t *tail) follow(ctx context.Context, to target, topics string) error {
	query := url.Values{}
	if topics != "" {
		query.Set("topics", topics)
	}
	if t.after != "" {
		query.Set("after", t.after)
	}
	client := sse.NewClient(to.url+"/v1/events/stream?"+query.Encode(), sse.ClientMaxBufferSize(1<<20))
	client.Headers["Authorization"] = "Bearer " + to.token
	client.ReconnectStrategy = &backoff.StopBackOff{} // the loop outside knows the position
	var refused error
	client.ResponseValidator = func(_ *sse.Client, r *http.Response) error {
		if r.StatusCode == http.StatusUnauthorized || r.StatusCode == http.StatusForbidden || r.StatusCode == http.StatusNotFound {
			refused = fmt.Errorf("the server answers %s", r.Status)
			return refused
		}
		if r.StatusCode != http.StatusOK {
			return errors.New(r.Status)
		}
		return nil
	}
	t.pause = time.Second
	_ = client.SubscribeRawWithContext(ctx, func(e *sse.Event) { t.event(e) }) // however it ended, we come back
	return refused
}

func (t *tail) event(e *sse.Event) {
	if len(e.ID) > 0 {
		t.after = string(e.ID)
	}
	switch kind := string(e.Event); kind {
	case "hello", "ping", "bye":
	case "reset":
		fmt.Fprintln(t.out, "-- the position is gone: the log goes on from now --")
	default:
		if t.raw {
			fmt.Fprintf(t.out, "%s\n", e.Data)
			return
		}
		fmt.Fprintln(t.out, describe(kind, e))
	}
}

// describe is one event on one line.
func describe(kind string, e *sse.Event) string {
	var event struct {
		At   time.Time       `json:"at"`
		Data json.RawMessage `json:"data"`
	}
	unread := fmt.Sprintf("%s %s", kind, e.ID)
	if json.Unmarshal(e.Data, &event) != nil {
		return unread
	}
	line := fmt.Sprintf("%s  %-14s ", event.At.Local().Format(time.TimeOnly), kind)
	var work struct {
		journal.Progress
		RunID    string `json:"run_id"`
		DeployID string `json:"deploy_id"`
		journal.Logged
	}
	var g journal.Group
	switch {
	case strings.HasPrefix(kind, "group."):
		if json.Unmarshal(event.Data, &g) != nil {
			return unread
		}
		return line + fmt.Sprintf("%-8s %-10s x%-6d %s  [%s #%s]", g.Severity, g.State, g.Count, printable(g.Title), g.Project, g.GroupID)
	case json.Unmarshal(event.Data, &work) != nil:
		return unread
	}
	id := work.RunID
	if strings.HasPrefix(kind, "deploy.") {
		id = work.DeployID
	}
	if strings.HasSuffix(kind, ".logged") {
		end := ""
		if work.Ended {
			end = ", the end"
		}
		return line + fmt.Sprintf("lines %d to %d%s  [%s %s]", work.FromSeq, work.ToSeq, end, work.Project, printable(id))
	}
	return line + fmt.Sprintf("%-10s attempt %-3d %s  [%s %s]", work.Status, work.Attempt, printable(work.Name), work.Project, printable(id))
}

// printable keeps what a reporter wrote from steering the terminal.
func printable(s string) string {
	out := []rune(s)
	for i, r := range out {
		if r < ' ' || r >= 0x7f && r < 0xa0 || r >= 0x202a && r <= 0x202e || r >= 0x2066 && r <= 0x2069 {
			out[i] = '·'
		}
	}
	return string(out)
}
