package httpapi

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"rynda/pkg/auth"
	"rynda/pkg/eventlog"
	"rynda/pkg/journal"
)

const (
	eventsPath = "/v1/events"
	streamPath = "/v1/events/stream"
)

type eventsInput struct {
	After       string `query:"after" doc:"The cursor of the answer before; missing means from now. One that is not of this log any more is answered with reset."`
	LastEventID string `header:"Last-Event-ID" doc:"As a browser's EventSource sends it; a valid one wins over after."`
	Topics      string `query:"topics" doc:"Names of topics with commas between; missing means errors, runs and deploys of all projects in reach. Topics out of reach are passed over."`
	Limit       int    `query:"limit" minimum:"1" maximum:"500" default:"100"`
	Wait        int    `query:"wait" minimum:"0" maximum:"20" doc:"Seconds to wait for an event when there is none yet."`
	IfNoneMatch string `header:"If-None-Match" doc:"The ETag of the answer before: where nothing has happened since, the answer is 304."`
}

// Events is a page of the event log.
type Events struct {
	Events      []Event `json:"events" doc:"Oldest first."`
	Cursor      string  `json:"cursor" doc:"Go on from here; it also moves over events that are not of these topics."`
	HasMore     bool    `json:"has_more" doc:"There may be more at once."`
	Reset       bool    `json:"reset" doc:"The position asked for is not one of this log: take a snapshot (feed or list) and go on from cursor."`
	PollAfterMS int64   `json:"poll_after_ms" doc:"How long to pause before the next poll."`
}

// Event is one event, the same in a poll and in the stream.
type Event struct {
	ID      string    `json:"id" doc:"Its position."`
	Kind    string    `json:"kind" enum:"group.changed,group.viewed,group.removed,run.changed,run.logged,deploy.changed,deploy.logged"`
	At      time.Time `json:"at"`
	Topics  []string  `json:"topics"`
	Version int64     `json:"version" doc:"Of the thing in data. The higher one wins, whatever way it came."`
	Data    eventData `json:"data"`
}

// eventData is the state of the thing that the event is about.
type eventData struct{}

type eventsOutput struct {
	Status       int
	ETag         string `header:"ETag"`
	CacheControl string `header:"Cache-Control"`
	ContentType  string `header:"Content-Type"`
	Body         []byte
}

func (s *server) eventOperations(routes *router) {
	register(s, spec{
		Operation: Operation{ID: "poll-events", Method: http.MethodGet, Path: eventsPath, Need: auth.ToBeStaff},
		tag:       "Events",
		summary:   "Poll the event log",
		description: "The same events, ids and topics as the stream, for callers that cannot hold one. Events have gapless positions " +
			"in commit order: whoever goes on from `cursor` misses nothing and sees nothing twice. " +
			"The rows of a page are those of a bounded stretch of the log, so a page may be empty and `has_more` true.",
		problems: map[int]string{http.StatusUnprocessableEntity: "limit or wait is not a number or out of its bounds."},
	}, s.pollEvents, func(op *huma.Operation) {
		op.Responses = map[string]*huma.Response{
			"200": {Description: "Events, or none.", Content: map[string]*huma.MediaType{
				"application/json": {Schema: schemaOf[Events](s)},
			}},
			"304": {Description: "Nothing has happened since the answer with this ETag."},
		}
	})
	s.describeStream(spec{
		Operation: Operation{ID: "stream-events", Method: http.MethodGet, Path: streamPath, Need: auth.ToBeStaff},
		tag:       "Events",
		summary:   "Stream the event log",
		description: "Server-sent events. The first frame is `hello`; `ping` comes every `heartbeat_ms`; `reset` asks to take a snapshot; " +
			"`bye` announces the end of the connection, to be opened again after `after_ms`. Every other frame is an event of the log. " +
			"Every frame has an `id`, so a browser that reconnects goes on where it was: a valid `Last-Event-ID` wins over `after`, " +
			"and neither means from now. Overload is no status: the answer is 200 with `bye` alone.",
		problems: map[int]string{http.StatusTooManyRequests: "", http.StatusServiceUnavailable: ""},
	})
	routes.handle(http.MethodGet, streamPath, "stream-events", s.stream)
}

func (s *server) pollEvents(ctx context.Context, in *eventsInput) (*eventsOutput, error) {
	who := auth.From(ctx)
	var asked []string
	if in.Topics != "" {
		asked = strings.Split(in.Topics, ",")
	}
	_, _, topics := who.Grant(asked)
	p := poll{
		server: s, limit: in.Limit, wait: time.Duration(in.Wait) * time.Second,
		filter: eventlog.Filter{Projects: who.ProjectIDs(), Topics: orEmpty(topics)},
	}
	for _, asked := range []string{in.LastEventID, in.After} {
		p.known = p.known || asked != ""
		if after, ok := eventlog.ParsePosition(asked); ok {
			p.after = append(p.after, after)
		}
	}
	page, err := p.run(ctx)
	if err != nil {
		return nil, err
	}
	cursor := page.Next.String()
	out := &eventsOutput{Status: http.StatusOK, ContentType: "application/json"}
	quiet := len(page.Events) == 0 && !page.Reset && !page.More
	if quiet {
		out.ETag, out.CacheControl = `"`+cursor+`"`, "private, no-cache"
		if matches(in.IfNoneMatch, out.ETag) {
			out.Status = http.StatusNotModified
			return out, nil
		}
	}
	pause := s.config.PollAfter
	switch {
	case page.More:
		pause = 0
	case p.waited:
		pause = min(pause, 200*time.Millisecond)
	}
	out.Body = appendEvents(nil, page, pause)
	return out, nil
}

func appendEvents(dst []byte, page eventlog.Page, pause time.Duration) []byte {
	dst = append(dst, `{"events":[`...)
	for i, event := range page.Events {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = event.AppendJSON(dst, page.Head.Epoch)
	}
	return fmt.Appendf(dst, `],"cursor":%q,"has_more":%t,"reset":%t,"poll_after_ms":%d}`+"\n",
		page.Next.String(), page.More, page.Reset, pause.Milliseconds())
}

// matches reports whether an If-None-Match names the tag; proxies that compress
// make it weak.
func matches(header, tag string) bool {
	for one := range strings.SplitSeq(header, ",") {
		if strings.TrimPrefix(strings.TrimSpace(one), "W/") == tag {
			return true
		}
	}
	return false
}

// poll reads the log once, or until something comes.
type poll struct {
	server *server
	after  []eventlog.Position // well-formed ones, the preferred first
	known  bool                // something was asked for, well-formed or not; otherwise from now
	filter eventlog.Filter
	limit  int
	wait   time.Duration
	waited bool
}

func (p *poll) run(ctx context.Context) (eventlog.Page, error) {
	p.server.tick(ctx)
	page, err := p.begin(ctx)
	if err != nil {
		return page, err
	}
	if !p.known {
		page.Reset, page.Events, page.More = false, nil, false
	}
	if p.wait <= 0 || p.server.Waiter == nil || len(page.Events) > 0 || page.Reset || !p.server.waiting.TryAcquire(1) {
		return page, nil
	}
	defer p.server.waiting.Release(1)
	p.waited = true
	waitCtx, cancel := within(ctx, p.wait)
	defer cancel()
	for len(page.Events) == 0 && !page.Reset && waitCtx.Err() == nil {
		before := page.Next
		if p.waitAWhile(waitCtx, before) {
			if page, err = p.read(ctx, before); err != nil {
				return page, err
			}
			if page.Next == before && len(page.Events) == 0 {
				// The bell was heard before the row can be read, as on a replica.
				pause(waitCtx, 20*time.Millisecond)
			}
			continue
		}
		p.server.tickNowAndThen(waitCtx)
	}
	return page, ctx.Err()
}

// begin reads from the first position that is one of the log, as a stream
// begins there.
func (p *poll) begin(ctx context.Context) (eventlog.Page, error) {
	for i, after := range p.after {
		page, err := p.read(ctx, after)
		if err != nil || !page.Reset || i == len(p.after)-1 {
			return page, err
		}
	}
	return p.read(ctx, eventlog.Position{}) // of no log
}

// read returns the first page with an event in it, or the end of the log. It
// looks at a bounded number of pages: the cursor has moved in any case.
func (p *poll) read(ctx context.Context, after eventlog.Position) (eventlog.Page, error) {
	for range 9 {
		page, err := p.server.Log.Read(ctx, after, p.filter, p.limit)
		if err != nil || len(page.Events) > 0 || page.Reset || !page.More {
			return page, unreadable(err)
		}
		after = page.Next
	}
	page, err := p.server.Log.Read(ctx, after, p.filter, p.limit)
	return page, unreadable(err)
}

// unreadable says that a failing log is worth another try: nothing is written.
func unreadable(err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("poll: %w: %w", journal.ErrUnavailable, err)
}

// waitAWhile waits for the log to move beyond position, at most a second.
func (p *poll) waitAWhile(ctx context.Context, position eventlog.Position) bool {
	ctx, cancel := within(ctx, time.Second)
	defer cancel()
	err := p.server.Waiter.Wait(ctx, position)
	if err != nil && !errors.Is(err, ctx.Err()) {
		pause(ctx, 20*time.Millisecond)
	}
	return err == nil
}

func pause(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-timer.C:
	}
}

func (s *server) tick(ctx context.Context) {
	if s.Tick != nil {
		s.Tick(ctx)
	}
}

// tickNowAndThen ticks for all waiting polls together, at most once a second.
func (s *server) tickNowAndThen(ctx context.Context) {
	now, last := time.Now().UnixMilli(), s.lastTick.Load()
	if now-last >= 1000 && s.lastTick.CompareAndSwap(last, now) {
		s.tick(ctx)
	}
}

// stream lets the relay write. Who is not known is told so in the form of
// everything else. Who could not be asked about, or is not to be asked about
// now, is left to the relay as nobody, which answers 200 and bye: an EventSource
// gives up on any other status.
func (s *server) stream(w http.ResponseWriter, r *http.Request) {
	if s.Stream == nil {
		notFound().write(w, r)
		return
	}
	who, err := s.opener(r)
	var limited *auth.LimitedError
	if err != nil && !errors.Is(err, auth.ErrUnavailable) && !errors.As(err, &limited) {
		s.refuse(w, r, err)
		return
	}
	if r.Method == http.MethodHead {
		w.Header().Set("Content-Type", "text/event-stream")
		w.WriteHeader(http.StatusOK)
		return
	}
	s.Stream.ServeHTTP(w, r.WithContext(auth.With(r.Context(), who)))
}
