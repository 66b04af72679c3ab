package main

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// heardLine is one reader of the stream, over one connection.
type heardLine struct {
	c      *conversation
	frames chan frame // closed at the end of the connection
	close  func()
	header http.Header
	status int
}

// dial opens the stream; what begins it is in frames.
func (c *conversation) dial(query, lastEventID string) *heardLine {
	c.t.Helper()
	ctx, cancel := context.WithCancel(c.t.Context())
	r, err := http.NewRequestWithContext(ctx, "GET", c.url+"/v1/events/stream?"+query, nil)
	if err != nil {
		c.t.Fatal(err)
	}
	if !strings.Contains(query, "ticket=") {
		r.Header.Set("Authorization", "Bearer "+c.staff)
	}
	if lastEventID != "" {
		r.Header.Set("Last-Event-ID", lastEventID)
	}
	answer, err := conformanceTransport.RoundTrip(r)
	if err != nil {
		c.t.Fatal(err)
	}
	l := &heardLine{c: c, frames: make(chan frame, 1<<12), header: answer.Header, status: answer.StatusCode}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		defer close(l.frames)
		defer answer.Body.Close()
		var raw bytes.Buffer
		_ = framesOf(answer.Body, &raw, func(f frame) bool { l.frames <- f; return false })
	}()
	l.close = func() { cancel(); <-ended }
	c.t.Cleanup(l.close)
	return l
}

// next is the next frame that is no ping, unless one is what is waited for.
func (l *heardLine) next(ping bool) frame {
	l.c.t.Helper()
	late := time.NewTimer(patience)
	defer late.Stop()
	for {
		select {
		case f, open := <-l.frames:
			if !open || f.event == "bye" || ping == (f.event == "ping") {
				return f
			}
		case <-late.C:
			l.c.t.Fatalf("nothing came within %v", patience)
		}
	}
}

// tell makes a step out of frames of a stream.
func (c *conversation) tell(step string, l *heardLine, frames ...frame) {
	e := exchange{Step: "stream: " + step, Header: map[string]string{}}
	if l != nil {
		e.Step, e.Status = "a stream: "+step, l.status
		for _, name := range telling {
			if value := l.header.Get(name); value != "" {
				e.Header[name] = lasting(value)
			}
		}
	}
	for _, f := range frames {
		e.Body += fmt.Sprintf("event: %s\nid: %s\n%s\n", f.event, lasting(f.id), c.bodyOf("json", []byte(f.data), false))
	}
	c.said = append(c.said, e)
}

// listen begins the polls that wait, and returns the rest of what is heard.
func (c *conversation) listen() func() {
	waited := make(chan time.Duration, 1)
	from := c.head()
	go func() {
		began := time.Now()
		r, _ := http.NewRequestWithContext(c.t.Context(), "GET", c.url+"/v1/events?wait=20&topics=run%2Facme%2Fquiet&after="+from, nil)
		r.Header.Set("Authorization", "Bearer "+c.staff)
		answer, err := conformanceTransport.RoundTrip(r)
		if err != nil {
			c.t.Errorf("a poll of 20 s: %v", err)
			waited <- 0
			return
		}
		answer.Body.Close()
		if answer.StatusCode != http.StatusOK {
			c.t.Errorf("a poll of 20 s: %s", answer.Status)
		}
		waited <- time.Since(began)
	}()
	return func() {
		c.streams()
		if took := <-waited; took < 19*time.Second || took > patience {
			c.t.Errorf("a poll that waits for 20 s took %v", took)
		}
	}
}

func (c *conversation) streams() {
	report := func(name string) {
		c.must("POST", "/v1/reports", c.ingest, `{"message":"`+name+` is heard","type":"Heard`+name+`","report_id":"heard-`+name+`"}`, nil)
	}
	// heard waits for the event of a report, and returns the line that it came on. A
	// stream that was told bye before its time is opened once more.
	heard := func(l *heardLine, name string) (*heardLine, frame) {
		c.t.Helper()
		for range 3 {
			f := l.next(false)
			if strings.Contains(f.data, name+" is heard") {
				return l, f
			}
			if f.event != "bye" {
				c.t.Fatalf("%q came in place of %s", f, name)
			}
			l = c.dial("topics=errors", f.id)
			l.next(false)
		}
		c.t.Fatalf("%s was not heard", name)
		return nil, frame{}
	}

	l := c.dial("topics=errors,errors/nowhere", "")
	c.done["stream-events"] = true
	hello := l.next(false)
	c.tell("hello", l, hello)
	var f frame
	for _, name := range []string{"Aa", "Bb", "Cc"} { // the next is sent when the last was heard
		report(name)
		l, f = heard(l, name)
		c.tell("one by one: "+name, nil, f)
	}
	ping := l.next(true)
	if ping.event == "bye" {
		l = c.dial("topics=errors", ping.id)
		l.next(false)
		ping = l.next(true)
	}
	c.tell("ping", nil, ping)
	l.close()
	for _, name := range []string{"Dd", "Ee"} {
		report(name)
		c.folded() // each by itself: an event tells the totals of its fold
	}
	l = c.dial("topics=errors", f.id)
	again := l.next(false)
	if again.event != "hello" || !strings.Contains(again.data, f.id) {
		c.t.Errorf("it goes on with %q, not from %s", again, f.id)
	}
	for _, name := range []string{"Dd", "Ee"} {
		l, f = heard(l, name)
		c.tell("resumed: "+name, nil, f)
	}
	l.close()
	for _, place := range []string{"nonsense", "00000000-5"} {
		l = c.dial("topics=errors", place)
		c.tell("reset of "+place, l, l.next(false), l.next(false))
		l.close()
	}
	c.ask("stream: HEAD", "stream-events", call{token: c.staff, method: "HEAD"})
	c.ask("stream: without a token", "stream-events", call{})
	c.ask("stream: a ticket", "create-stream-ticket", call{token: c.staff})
	_, ticket, _ := strings.Cut(c.raw, `"ticket":"`)
	ticket, _, _ = strings.Cut(ticket, `"`)
	l = c.dial("topics=errors&ticket="+url.QueryEscape(ticket), "")
	c.tell("by a ticket", l, l.next(false))
	c.ask("stream: the ticket again", "stream-events", call{query: "ticket=" + url.QueryEscape(ticket)})
	for f = l.next(false); f.event != "bye" && f.event != ""; f = l.next(false) {
	}
	c.tell("bye", nil, f)
	if _, open := <-l.frames; open {
		c.t.Error("something came after bye")
	}

	// A poll that waits is answered by what comes.
	got := make(chan string, 1)
	from := c.head()
	go func() {
		var text []byte
		status, err := c.call("GET", "/v1/events?wait=20&topics=run%2Facme%2Fwaited&after="+from, c.staff, nil, &text)
		got <- fmt.Sprint(status, err, c.bodyOf("json", text, false))
	}()
	c.must("PUT", "/v1/runs/waited", c.ingest, `{"name":"waited","status":"running","updated_at":"2026-01-02T03:04:05Z"}`, nil)
	c.said = append(c.said, exchange{Step: "a poll that waits", Body: <-got})
}
