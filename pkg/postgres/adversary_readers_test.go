package postgres

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"rynda/pkg/auth"
	"rynda/pkg/eventlog"
	"rynda/pkg/httpapi"
	"rynda/pkg/relay"
)

// reader remembers what it was given, in the order in which it was given.
type reader struct {
	name   string
	topics string // asked for
	read   func(ctx context.Context, tr *trial, rnd *rand.Rand)

	ids    []int64
	last   map[string]finally // by group
	runs   map[string]int64   // version of each run that was told last
	resets int
	fault  error
}

// finally is what a group was when it was last heard of.
type finally struct {
	GroupID string `json:"group_id"`
	Version int64  `json:"version"`
	Count   int64  `json:"count"`
}

// everything is the topics of all events of a trial.
const everything = "errors,runs,deploys,run/alpha/r-0,run/alpha/r-1,run/alpha/r-2,run/beta/r-0,run/beta/r-1,run/beta/r-2"

func (r *reader) logTopics() []string {
	var topics []string
	for _, topic := range strings.Split(r.topics, ",") {
		if strings.Contains(topic, "/") {
			topics = append(topics, topic)
		} else {
			topics = append(topics, topic+"/alpha", topic+"/beta")
		}
	}
	return topics
}

func (r *reader) take(id int64, data []byte) {
	r.ids = append(r.ids, id)
	var run struct {
		RunID   string `json:"run_id"`
		Project string `json:"project"`
		Version int64  `json:"version"`
	}
	if json.Unmarshal(data, &run) == nil && run.RunID != "" {
		if run.Version == 0 { // of its log
			return
		}
		if r.runs == nil {
			r.runs = map[string]int64{}
		}
		key := run.Project + "/" + run.RunID
		if was := r.runs[key]; was >= run.Version {
			r.fault = fmt.Errorf("event %d shows version %d of a run after %d", id, run.Version, was)
		}
		r.runs[key] = run.Version
		return
	}
	var f finally
	if err := json.Unmarshal(data, &f); err != nil {
		r.fault = fmt.Errorf("event %d: %w", id, err)
		return
	}
	if r.last == nil {
		r.last = map[string]finally{}
	}
	if was := r.last[f.GroupID]; was.Version >= f.Version {
		r.fault = fmt.Errorf("event %d shows version %d after %d", id, f.Version, was.Version)
	}
	r.last[f.GroupID] = f
}

// everyReader is one of each kind; listen is where the doorbell may listen,
// empty where it cannot.
func (tr *trial) everyReader(listen string) []*reader {
	one, two := tr.process(listen, relay.Config{Warm: 0, Page: 7}), tr.process("", relay.Config{Warm: 50, Page: 50, Plain: true})
	var list []*reader
	for _, topics := range []string{everything, "errors/beta"} {
		for i := range 2 {
			r := &reader{name: fmt.Sprintf("pages %d of %q", i, topics), topics: topics}
			r.read = r.pages
			list = append(list, r)
		}
		r := &reader{name: fmt.Sprintf("poll of %q", topics), topics: topics}
		r.read = func(ctx context.Context, tr *trial, rnd *rand.Rand) { r.poll(ctx, tr, rnd, one, two) }
		list = append(list, r)
		for i := range 2 {
			r := &reader{name: fmt.Sprintf("stream %d of %q", i, topics), topics: topics}
			r.read = func(ctx context.Context, tr *trial, rnd *rand.Rand) { r.stream(ctx, tr, rnd, one, two) }
			list = append(list, r)
		}
	}
	return list
}

// process is one of the processes that serve polls and streams; its URL.
func (tr *trial) process(listen string, config relay.Config) string {
	t := tr.t
	t.Helper()
	bellConfig := eventlog.DoorbellConfig{Poll: 10 * time.Millisecond}
	if listen != "" {
		bellConfig.Poll = 0
		bellConfig.Listen = func(ctx context.Context) (*pgx.Conn, error) { return pgx.Connect(ctx, listen) }
	}
	bell := eventlog.NewDoorbell(tr.readLog, bellConfig)
	config.Heartbeat, config.MaxAge = 50*time.Millisecond, 2*time.Second
	r := relay.New(relay.FromLog(tr.readLog, bell), config)
	who := staffOf(tr.projects)
	server := httptest.NewServer(httpapi.New(httpapi.Deps{
		Auth: who, Log: tr.readLog, Waiter: bell,
		Stream: r.Handler(who.Authenticate, httpapi.WriteProblem),
	}, httpapi.Config{}))
	ctx, stop := context.WithCancel(context.Background())
	done := make(chan struct{}, 2)
	go func() { bell.Run(ctx); done <- struct{}{} }()
	go func() { _ = r.Run(ctx); done <- struct{}{} }()
	t.Cleanup(func() { stop(); <-done; <-done; server.Close() })
	return server.URL
}

// staffOf authenticates everybody as staff with these projects in reach.
type staffOf []auth.Project

func (s staffOf) Authenticate(*http.Request) (auth.Identity, error) {
	return auth.Identity{Kind: auth.StaffToken, ID: "ann", Name: "Ann", Projects: s}, nil
}

func (s staffOf) Projects(context.Context) ([]auth.ProjectRow, error) { return nil, nil }

// over reports whether a reader at p has come to the end, or is to give up.
func (tr *trial) over(ctx context.Context, p eventlog.Position) bool {
	end := tr.end.Load()
	return end > 0 && p.ID >= end || ctx.Err() != nil
}

// pages reads pages of 1 to 50 and now and then forgets the later part of one.
func (r *reader) pages(ctx context.Context, tr *trial, rnd *rand.Rand) {
	filter := eventlog.Filter{Topics: r.logTopics()}
	for at := tr.start; !tr.over(ctx, at); {
		page, err := tr.readLog.Read(ctx, at, filter, 1+rnd.IntN(50))
		switch {
		case err != nil && tr.rough:
			pause(ctx, rnd, 20*time.Millisecond)
			continue
		case err != nil:
			r.fault = err
			return
		case page.Reset:
			r.resets++
			return
		}
		events := page.Events
		at = page.Next
		if len(events) > 0 && rnd.IntN(3) == 0 {
			events = events[:1+rnd.IntN(len(events))]
			at.ID = events[len(events)-1].ID
		}
		for _, e := range events {
			r.take(e.ID, e.Data)
		}
		if len(page.Events) == 0 {
			pause(ctx, rnd, 4*time.Millisecond)
		}
	}
}

// wireEvent is an event as the web has it.
type wireEvent struct {
	ID   eventlog.Position
	Data json.RawMessage
}

// poll asks now one process and now the other, waits or does not, loses some
// answers on the way, and now and then forgets the later part of one.
func (r *reader) poll(ctx context.Context, tr *trial, rnd *rand.Rand, bases ...string) {
	for at := tr.start; !tr.over(ctx, at); {
		query := url.Values{"limit": {fmt.Sprint(1 + rnd.IntN(50))}, "after": {at.String()}, "topics": {r.topics}}
		if rnd.IntN(2) == 0 && tr.end.Load() == 0 {
			query.Set("wait", "1")
		}
		header := http.Header{}
		if rnd.IntN(3) == 0 { // as a browser's EventSource does it, whose URL is old
			header.Set("Last-Event-ID", at.String())
			query.Set("after", tr.start.String())
		}
		var page struct {
			Events []wireEvent
			Cursor eventlog.Position
			Reset  bool
		}
		status, err := getJSON(ctx, bases[rnd.IntN(len(bases))]+"/v1/events?"+query.Encode(), header, &page)
		switch {
		case tr.rough && (err != nil || status == http.StatusServiceUnavailable):
			pause(ctx, rnd, 20*time.Millisecond)
			continue
		case err != nil || status != http.StatusOK:
			r.fault = fmt.Errorf("poll: status %d, %v", status, err)
			return
		case page.Reset:
			r.resets++
			return
		case rnd.IntN(10) == 0: // lost on the way
			continue
		}
		at = page.Cursor
		events := page.Events
		if len(events) > 0 && rnd.IntN(3) == 0 {
			events = events[:1+rnd.IntN(len(events))]
			at = events[len(events)-1].ID
		}
		for _, e := range events {
			r.take(e.ID.ID, e.Data)
		}
		if len(page.Events) == 0 {
			pause(ctx, rnd, 10*time.Millisecond)
		}
	}
}

func getJSON(ctx context.Context, address string, header http.Header, into any) (status int, err error) {
	ctx, cancel := context.WithTimeout(ctx, 3*time.Minute)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return 0, err
	}
	req.Header = header
	response, err := http.DefaultClient.Do(req)
	if err != nil {
		return 0, err
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err == nil && response.StatusCode == http.StatusOK {
		err = json.Unmarshal(body, into)
	}
	return response.StatusCode, err
}

// stream reads frames until a random byte, is cut there, and comes back to this
// or the other process with the last id, as a browser does.
func (r *reader) stream(ctx context.Context, tr *trial, rnd *rand.Rand, bases ...string) {
	for at := tr.start; !tr.over(ctx, at); {
		base := bases[rnd.IntN(len(bases))]
		next, err := r.connection(ctx, tr, base, at, 1+rnd.Int64N(30_000))
		if err != nil && !tr.rough {
			r.fault = fmt.Errorf("stream: %w", err)
			return
		}
		at = next
		pause(ctx, rnd, 5*time.Millisecond)
	}
}

// connection reads at most n bytes of a stream and returns the last position.
func (r *reader) connection(ctx context.Context, tr *trial, base string, at eventlog.Position, n int64) (eventlog.Position, error) {
	ctx, cancel := context.WithTimeout(ctx, 3*time.Minute)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, base+"/v1/events/stream?after="+tr.start.String()+"&topics="+r.topics, nil)
	if err != nil {
		return at, err
	}
	req.Header.Set("Last-Event-ID", at.String())
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	response, err := client.Do(req)
	if err != nil {
		return at, err
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return at, fmt.Errorf("status %d", response.StatusCode)
	}
	in := bufio.NewReader(io.LimitReader(response.Body, n))
	for !tr.over(ctx, at) {
		event, id, data, err := readFrame(in)
		if err != nil {
			return at, nil // cut: an unfinished frame is dropped
		}
		p, ok := eventlog.ParsePosition(id)
		switch {
		case event == "": // the delay alone
			continue
		case !ok:
			return at, fmt.Errorf("frame %s has id %q", event, id)
		case event == "reset":
			r.resets++
		case strings.Contains(event, "."):
			var e wireEvent
			if err := json.Unmarshal(data, &e); err != nil || e.ID != p {
				return at, fmt.Errorf("event %s says it is %s, %v", p, e.ID, err)
			}
			r.take(p.ID, e.Data)
		}
		at = p
	}
	return at, nil
}

// readFrame reads up to an empty line.
func readFrame(in *bufio.Reader) (event, id string, data []byte, err error) {
	for {
		line, err := in.ReadBytes('\n')
		if err != nil {
			return "", "", nil, err
		}
		line = bytes.TrimSuffix(line, []byte("\n"))
		field, value, _ := bytes.Cut(line, []byte(": "))
		switch string(field) {
		case "":
			return event, id, data, nil
		case "event":
			event = string(value)
		case "id":
			id = string(value)
		case "data":
			data = value
		}
	}
}

func TestReadersSeeWhatIsWrong(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		got         []int64
		missed, odd int
	}{
		"nothing wrong":    {got: []int64{1, 2, 3, 4}},
		"one missed":       {got: []int64{1, 2, 4}, missed: 1},
		"one twice":        {got: []int64{1, 2, 2, 3, 4}, odd: 1},
		"out of order":     {got: []int64{1, 3, 2, 4}, missed: 1, odd: 1},
		"one not in there": {got: []int64{1, 2, 3, 4, 9}, odd: 1},
	} {
		missed, odd := differ(c.got, []int64{1, 2, 3, 4})
		if missed != c.missed || odd != c.odd {
			t.Errorf("%s: %d missed, %d odd", name, missed, odd)
		}
	}
	r := &reader{}
	r.take(1, []byte(`{"group_id":"1","version":2}`))
	r.take(2, []byte(`{"group_id":"1","version":2}`))
	if r.fault == nil {
		t.Error("a version that does not grow is no fault")
	}
}
