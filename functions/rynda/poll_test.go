package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"
)

// frame is one frame of a stream.
type frame struct{ event, id, data string }

// framesOf reads frames until one is the last that the caller wants, or until
// the stream ends. Raw is every byte read so far.
func framesOf(r io.Reader, raw io.Writer, last func(frame) bool) error {
	lines := bufio.NewReaderSize(io.TeeReader(r, raw), 64<<10)
	var f frame
	for {
		line, err := lines.ReadString('\n')
		if err != nil {
			return err
		}
		name, value, _ := strings.Cut(strings.TrimSuffix(line, "\n"), ": ")
		switch name {
		case "event":
			f.event = value
		case "id":
			f.id = value
		case "data":
			f.data = value
		case "":
			if f.event != "" && last(f) {
				return nil
			}
			f = frame{}
		}
	}
}

// subscription is an open stream, read by a goroutine of its own.
type subscription struct {
	s     *system
	raw   lockedBuffer
	close func()
	ended chan struct{}
	seen  chan frame // every frame but pings; wide enough for a test
}

// subscribe opens the stream with a query such as "?topics=errors" and returns
// when its hello has come.
func (s *system) subscribe(token, query string) *subscription {
	s.t.Helper()
	ctx, cancel := context.WithCancel(s.t.Context())
	r, err := http.NewRequestWithContext(ctx, "GET", s.url+"/v1/events/stream"+query, nil)
	if err != nil {
		s.t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+token)
	answer, err := systemTransport.RoundTrip(r)
	if err != nil {
		s.t.Fatal(err)
	}
	if answer.StatusCode != http.StatusOK {
		s.t.Fatalf("stream: status %d", answer.StatusCode)
	}
	sub := &subscription{s: s, close: cancel, ended: make(chan struct{}), seen: make(chan frame, 1<<16)}
	go func() {
		defer close(sub.ended)
		defer answer.Body.Close()
		_ = framesOf(answer.Body, &sub.raw, func(f frame) bool {
			if f.event != "ping" {
				sub.seen <- f
			}
			return false
		})
	}()
	s.t.Cleanup(func() { cancel(); <-sub.ended })
	sub.next("hello")
	return sub
}

// next waits for a frame of this name, passing over others, and returns all
// frames up to and with it.
func (sub *subscription) next(event string) (passed []frame) {
	sub.s.t.Helper()
	return sub.until(event, func(f frame) bool { return f.event == event })
}

func (sub *subscription) until(what string, last func(frame) bool) (passed []frame) {
	sub.s.t.Helper()
	late := time.NewTimer(patience)
	defer late.Stop()
	for {
		select {
		case f := <-sub.seen:
			passed = append(passed, f)
			if last(f) {
				return passed
			}
		case <-late.C:
			sub.s.t.Fatalf("the stream did not bring %s; it brought %d frames", what, len(passed))
		}
	}
}

// page is the answer of a poll.
type page struct {
	Events []struct {
		ID     string          `json:"id"`
		Kind   string          `json:"kind"`
		Topics []string        `json:"topics"`
		Data   json.RawMessage `json:"data"`
	} `json:"events"`
	Cursor  string `json:"cursor"`
	HasMore bool   `json:"has_more"`
	Reset   bool   `json:"reset"`
}

// beginning is the position before the first event.
func (s *system) beginning() string {
	s.t.Helper()
	var epoch string
	s.query(`select epoch from log_head`, &epoch)
	return epoch + "-0"
}

// topicForm is one way of asking for a topic; %s is the slug of a project.
type topicForm struct {
	form    string
	valid   bool
	carries string // which events of that project; empty for none
}

const (
	ofErrors  = `kind like 'group.%'`
	ofRuns    = `kind = 'run.changed'`
	ofDeploys = `kind = 'deploy.changed'`
)

var topicForms = []topicForm{
	{"errors/%s", true, ofErrors}, {"project/%s", true, `kind not like '%.logged'`},
	{"runs/%s", true, ofRuns}, {"deploys/%s", true, ofDeploys},
	{"run/%s/shared", true, `kind like 'run.%' and data->>'run_id' = 'shared'`},
	{"deploy/%s/shared", true, `kind like 'deploy.%' and data->>'deploy_id' = 'shared'`},
	{"run/%s/r-1", true, ""}, {"deploy/%s/d-1", true, ""},
	{"errors/%s/1", false, ""}, {"project/%s/1", false, ""}, {"runs/%s/", false, ""}, {"run/%s", false, ""},
	{"run/%s/", false, ""}, {"deploy/%s", false, ""}, {"group/%s/1", false, ""}, {"ERRORS/%s", false, ""},
	{"%s", false, ""}, {"errors//%s", false, ""}, {"errors/%s*", false, ""}, {"/%s", false, ""},
	{"errors/../errors/%s", false, ""}, {"errors/%%%s", false, ""},
}

// Whatever form a topic is asked in, and by whom, it is granted exactly where
// its project is in reach, and brings exactly the events of that project.
func TestEveryTopicKeepsToItsProject(t *testing.T) {
	t.Parallel()
	w := newTenants(t)
	start := w.beginning()
	events := map[string]map[string]int{} // by slug and condition
	for _, slug := range tenantSlugs {
		events[slug] = map[string]int{"": 0}
		for _, form := range topicForms {
			if form.carries == "" {
				continue
			}
			n := int(w.number(`select count(*) from events join projects using (project_id) where slug = $1 and `+form.carries, slug))
			if n == 0 && tenantMarks[slug] != "" {
				t.Fatalf("nothing of %s to leak: %s", slug, form.carries)
			}
			events[slug][form.carries] = n
		}
	}
	cells := 0
	for _, c := range w.callers {
		if c.kind != staffCaller {
			continue
		}
		type asked struct {
			topic   string
			granted bool
			events  int
		}
		var all []asked
		for union, carries := range map[string]string{"errors": ofErrors, "runs": ofRuns, "deploys": ofDeploys} {
			one := asked{topic: union, granted: len(c.reach) > 0}
			for _, slug := range c.reach {
				one.events += events[slug][carries]
			}
			all = append(all, one)
		}
		for _, slug := range append(slices.Clone(tenantSlugs), "nowhere", "*") {
			for _, form := range topicForms {
				one := asked{topic: fmt.Sprintf(form.form, slug), granted: form.valid && slices.Contains(c.reach, slug)}
				if one.granted {
					one.events = events[slug][form.carries]
				}
				all = append(all, one)
			}
		}
		for i, one := range all {
			path := "?after=" + start + "&limit=500&topics=" + urlText(one.topic)
			if c.ticket {
				if i%3 != 0 { // a person has 60 tickets a minute
					continue
				}
			} else {
				cells++
				got := w.send(c, "GET", "/v1/events"+path, "")
				var p page
				if err := json.Unmarshal([]byte(got.body), &p); err != nil || got.status != http.StatusOK {
					t.Fatalf("%s polls %q: %d %v", c.name, one.topic, got.status, err)
				}
				if len(p.Events) != one.events {
					t.Errorf("%s polls %q: %d events, want %d", c.name, one.topic, len(p.Events), one.events)
				}
				w.leakFree(c, "poll "+one.topic, got.body)
			}
			cells++
			got := w.send(c, "GET", "/v1/events/stream"+path, "")
			var hello struct{ Granted, Denied []string }
			count := 0
			_ = framesOf(strings.NewReader(got.body), io.Discard, func(f frame) bool {
				switch f.event {
				case "hello":
					_ = json.Unmarshal([]byte(f.data), &hello)
				case "ping":
				default:
					count++
				}
				return false
			})
			granted, denied := []string{one.topic}, []string{}
			if !one.granted {
				granted, denied = denied, granted
			}
			if !slices.Equal(hello.Granted, granted) || !slices.Equal(hello.Denied, denied) || count != one.events {
				t.Errorf("%s asks for %q: granted %q, denied %q, %d events, want %v, %d",
					c.name, one.topic, hello.Granted, hello.Denied, count, one.granted, one.events)
			}
			w.leakFree(c, "stream "+one.topic, got.body)
		}
	}
	t.Logf("%d cells of topics, %d leaks", cells, w.leaks)
	if w.leaks > 0 {
		t.Errorf("%d leaks", w.leaks)
	}
}

// What one identity was given to go on from, another cannot use to see more.
func TestCursorsAndPagesOfOthersShowNothing(t *testing.T) {
	t.Parallel()
	w := newTenants(t)
	all, acme := w.caller("staff of all"), w.caller("staff of acme")
	get := func(c caller, path string) answer {
		got := w.send(c, "GET", path, "")
		w.leakFree(c, path, got.body)
		return got
	}
	var list struct {
		Groups   []struct{ Project string }
		NextPage string `json:"next_page"`
	}
	tried := 0
	for _, sort := range []string{"last_seen", "first_seen", "count", "raised"} {
		for _, filter := range []string{"", "&project=wharf", "&severity=error", "&q=fails"} {
			path := "/v1/groups?limit=1&sort=" + sort + filter
			for page := ""; ; page = "&page=" + urlText(list.NextPage) {
				if err := json.Unmarshal([]byte(get(all, path+page).body), &list); err != nil {
					t.Fatal(err)
				}
				if list.NextPage == "" {
					break
				}
				// Of the same query, of one without its filter, of another's.
				for _, other := range []string{path, "/v1/groups?sort=" + sort, "/v1/groups/" + w.groups["wharf"][0] + "/occurrences?limit=1"} {
					sep := "&"
					if !strings.Contains(other, "?") {
						sep = "?"
					}
					get(acme, other+sep+"page="+urlText(list.NextPage))
					tried++
				}
			}
			if got := get(acme, path); strings.Contains(filter, "wharf") != (got.status == http.StatusNotFound) {
				t.Errorf("%s: status %d", path, got.status)
			}
		}
	}
	var occurrences struct {
		NextPage string `json:"next_page"`
	}
	path := "/v1/groups/" + w.groups["wharf"][0] + "/occurrences?limit=1"
	if err := json.Unmarshal([]byte(get(all, path).body), &occurrences); err != nil || occurrences.NextPage == "" {
		t.Fatalf("no second page: %v", err)
	}
	for _, group := range []string{w.groups["acme"][0], w.groups["wharf"][0]} {
		get(acme, "/v1/groups/"+group+"/occurrences?page="+urlText(occurrences.NextPage))
		tried++
	}
	// Every position of the log, as a cursor of a poll and of a stream.
	start := w.beginning()
	for id := range w.number(`select id from log_head`) {
		at := strings.TrimSuffix(start, "0") + fmt.Sprint(id)
		get(acme, "/v1/events?limit=500&after="+at)
		tried++
	}
	t.Logf("%d pages and cursors of others, %d leaks", tried, w.leaks)
	if w.leaks > 0 || tried < 20 {
		t.Errorf("%d leaks", w.leaks)
	}
}

// A live stream, without topics and with those of another, carries what its
// caller may see and nothing else.
func TestLiveStreamsKeepToTheirProjects(t *testing.T) {
	t.Parallel()
	w := newTenants(t)
	token := func(name string) string { return w.caller(name).token }
	const topics = "?topics=errors,errors/acme,errors/wharf,project/wharf,project/acme"
	acme, wharf, all := w.subscribe(token("staff of acme"), ""), w.subscribe(token("staff of wharf"), topics), w.subscribe(token("staff of all"), "")
	sentinel := func(slug string) func(frame) bool {
		return func(f frame) bool { return strings.Contains(f.data, "sentinel of "+slug) }
	}
	for range 20 {
		w.report("wharf", "harbour wall fails again")
		w.report("acme", "mast fails again")
	}
	// One after another, so that whoever has seen the last has been passed by the others.
	w.report("wharf", "sentinel of wharf")
	all.until("the sentinel of wharf", sentinel("wharf"))
	w.report("acme", "sentinel of acme")
	acme.until("the sentinel of acme", sentinel("acme"))
	w.report("wharf", "last sentinel of wharf")
	wharf.until("the last sentinel of wharf", sentinel("wharf"))
	all.until("the sentinel of acme", sentinel("acme"))

	w.leakFree(w.caller("staff of acme"), "live stream", acme.raw.String())
	w.leakFree(w.caller("staff of wharf"), "live stream", strings.ReplaceAll(wharf.raw.String(), "acme", ""))
	if !strings.Contains(all.raw.String(), tenantMarks["acme"]) || !strings.Contains(all.raw.String(), tenantMarks["wharf"]) {
		t.Error("staff of all did not see both")
	}
	if w.leaks > 0 {
		t.Errorf("%d leaks", w.leaks)
	}
}
