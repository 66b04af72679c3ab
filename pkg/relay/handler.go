package relay

import (
	"context"
	"errors"
	"math/rand/v2"
	"net/http"
	"slices"
	"strings"
	"time"

	"rynda/pkg/auth"
	"rynda/pkg/eventlog"
)

// Handler answers GET /v1/events/stream?after=&topics=. Authenticate says who
// is calling and is called again, at least every 45 s, while the stream is open:
// see [Admitted] and [ErrUnavailable]. Where a lost right is to end a stream
// within a minute, it must not go by what is older than 5 s, not at the first
// time either. Problem writes an error answer with the status: 401 and 403 for
// identity, 405 for the method; there are no others.
//
// Over clear HTTP/1.1 the handler takes the connection over and returns while
// the stream goes on; see Config.Plain. Whatever stands in the header of w then
// is sent along.
func (r *Relay) Handler(authenticate func(*http.Request) (auth.Identity, error), problem func(http.ResponseWriter, *http.Request, int)) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		if req.Method != http.MethodGet {
			w.Header().Set("Allow", http.MethodGet)
			problem(w, req, http.StatusMethodNotAllowed)
			return
		}
		asked := askedPlaces(req)
		identity, err := identify(authenticate, req)
		switch {
		case errors.Is(err, ErrUnavailable):
			r.refuse(w, Unavailable, asked)
			return
		case err != nil:
			problem(w, req, http.StatusUnauthorized)
			return
		case !identity.Staff():
			problem(w, req, http.StatusForbidden)
			return
		}
		r.admit(w, req, asked, identity, authenticate)
	})
}

func (r *Relay) admit(w http.ResponseWriter, req *http.Request, asked places, identity auth.Identity, authenticate func(*http.Request) (auth.Identity, error)) {
	topics := askedTopics(req)
	granted, denied, inLog := identity.Grant(topics)
	if inLog == nil {
		inLog = []string{} // to the log, nil would mean every topic
	}
	slices.Sort(inLog)
	s := &subscriber{
		relay: r, shard: r.shards[r.turn.Add(1)%uint64(len(r.shards))],
		user: string(identity.Kind) + "/" + identity.ID, projects: projectsOf(inLog),
		place: -1, heaped: -1,
	}
	if why := r.limits.acquire(s.user, s.projects); why != "" {
		r.refuse(w, why, asked)
		return
	}
	s.rights = rights{authenticate: authenticate, request: req, identity: identity, asked: topics, checked: r.now()}
	s.limitAge(req.Context(), identity)

	t, conn, err := r.open(w, req, spread(r.cfg.Retry))
	s.conn = conn
	if err != nil {
		s.end(brokenBy(err))
		return
	}
	if conn == nil || conn.raw == nil {
		s.wake, s.done = make(chan struct{}, 1), make(chan struct{})
	}
	if why := r.greet(req.Context(), s, t, asked, granted, denied, inLog); why != "" {
		s.end(why)
		return
	}
	if conn == nil {
		s.end(s.pump(t, req.Context().Done()))
		return
	}
	go func() {
		defer r.tasks.Done()
		s.watch()
	}()
	if conn.raw == nil {
		s.end(s.pump(t, nil))
	}
}

// limitAge sets when the stream has to end, whatever happens.
func (s *subscriber) limitAge(ctx context.Context, identity auth.Identity) {
	r := s.relay
	now := r.now()
	if most := r.cfg.MaxAge; most > 0 {
		s.endBy(now+most/3+rand.N(most*2/3+1), Age)
	}
	if deadline, ok := ctx.Deadline(); ok {
		s.endBy(now+time.Until(deadline)-endMargin, Expired)
	}
	s.rights.end, s.rights.endWhy = s.endAt, s.endWhy
	if !identity.Expires.IsZero() {
		s.endBy(now+time.Until(identity.Expires), Expired)
	}
}

// greet writes hello, and all that is before the present. It returns an empty
// reason when s is attached to the tape, and otherwise has said bye if it could.
func (r *Relay) greet(ctx context.Context, s *subscriber, t transport, asked places, granted, denied, topics []string) Reason {
	if why := r.awaitTape(ctx); why != "" {
		return r.sayBye(t, why, asked.echo())
	}
	at, err := r.locate(ctx, asked)
	if err != nil {
		return r.sayBye(t, Unavailable, asked.echo())
	}
	c := newChunk()
	c.buf = appendHello(c.buf, hello{
		From: at.from, Head: at.head, HeartbeatMS: r.cfg.Heartbeat.Milliseconds(), Granted: granted, Denied: denied,
	})
	if at.reset {
		c.buf = appendReset(c.buf, at.next)
		r.counters.resets.Add(1)
	} else if asked.any {
		r.counters.resumed.Add(1)
	}
	r.counters.opened.Add(1)
	err = t.write(c, false)
	c.release()
	if err != nil {
		return brokenBy(err)
	}
	why, p := r.resume(ctx, s, t, topics, at)
	if why == "" || why == Gone || why == Slow {
		return why
	}
	return r.sayBye(t, why, p)
}

// awaitTape waits a little for the tail's first look at the log.
func (r *Relay) awaitTape(ctx context.Context) Reason {
	select {
	case <-r.ready:
		return ""
	default:
	}
	timer := time.NewTimer(startWait)
	defer timer.Stop()
	select {
	case <-r.ready:
		return ""
	case <-timer.C:
		return Unavailable
	case <-r.stopped:
		return Drained
	case <-ctx.Done():
		return Gone
	}
}

// sayBye ends a stream that was never attached. The reader goes on from at.
func (r *Relay) sayBye(t transport, why Reason, at eventlog.Position) Reason {
	c := newChunk()
	defer c.release()
	c.buf = appendBye(c.buf, at, spread(r.cfg.Retry))
	if err := t.write(c, true); err != nil {
		return brokenBy(err)
	}
	return why
}

// refuse answers with nothing but a bye. The delay is long, so that a relay
// that is full is not asked all the time.
func (r *Relay) refuse(w http.ResponseWriter, why Reason, asked places) {
	r.counters.count(r.counters.refused, why)
	at := asked.echo()
	if head := r.tape.head(); !asked.any && head.Epoch != "" {
		at = head
	}
	t := r.respond(w)
	w.WriteHeader(http.StatusOK)
	c := newChunk()
	defer c.release()
	c.buf = appendBye(c.buf, at, spread(5*r.cfg.Retry))
	_ = t.write(c, true) // there is nobody else to tell
}

// places is what a request says about where it wants to go on.
type places struct {
	positions []eventlog.Position // well-formed ones, the preferred first
	any       bool                // something was named, well-formed or not
}

// echo returns a place that leads a reader which is cut now to what it asked.
func (p places) echo() eventlog.Position {
	if len(p.positions) > 0 {
		return p.positions[0]
	}
	return Nowhere
}

// askedPlaces reads Last-Event-ID, which browsers keep up to date, and after,
// which is as old as the page's URL.
func askedPlaces(req *http.Request) places {
	var asked places
	for _, s := range []string{req.Header.Get("Last-Event-ID"), req.URL.Query().Get("after")} {
		if s == "" {
			continue
		}
		asked.any = true
		if p, ok := eventlog.ParsePosition(s); ok {
			asked.positions = append(asked.positions, p)
		}
	}
	return asked
}

const (
	topicsMost  = 256 // read of one request; what is beyond is not looked at
	topicLength = 512 // a longer one cannot be a topic; so much of it is repeated in hello
)

// askedTopics reads ?topics=a,b&topics=c.
func askedTopics(req *http.Request) []string {
	var topics []string
	for _, list := range req.URL.Query()["topics"] {
		for topic := range strings.SplitSeq(list, ",") {
			topic = strings.TrimSpace(topic)
			if topic == "" {
				continue
			}
			if len(topics) == topicsMost {
				return topics
			}
			topic = topic[:min(len(topic), topicLength)]
			topics = append(topics, strings.ToValidUTF8(topic, "\uFFFD"))
		}
	}
	return topics
}
