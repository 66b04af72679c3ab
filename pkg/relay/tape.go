package relay

import (
	"sort"
	"strconv"
	"strings"
	"sync"

	"rynda/pkg/eventlog"
)

// A segment holds frames of consecutive ids back to back. Its buffer is made
// with its full capacity, so written bytes never move.
type segment struct {
	first  int64 // id of the first frame
	buf    []byte
	ends   []uint32   // ends[i]: where the frame of first+i ends in buf
	topics [][]string // topics[i]: of the event first+i
}

func (g *segment) frame(id int64) []byte {
	i := id - g.first
	start := uint32(0)
	if i > 0 {
		start = g.ends[i-1]
	}
	return g.buf[start:g.ends[i]]
}

// An audience is all subscribers of one set of topics.
type audience struct {
	key    string
	topics []string
	count  int     // subscribers
	from   int64   // ids is complete for what came after this id and is on the tape
	lost   int64   // the newest matching id that fell off the tape
	ids    []int64 // matching frames on the tape, ascending
	marked bool    // in the list of the current publish
}

// tape is the newest part of the log as frames, and who is waiting for them.
type tape struct {
	segmentBytes int
	segmentsMost int

	mu         sync.RWMutex
	epoch      string
	generation uint64 // raised by every restart; subscribers of older ones get a reset
	first      int64  // oldest id held; last+1 when none is
	last       int64  // newest id
	floor      int64  // of the log, as last read
	segments   []*segment
	audiences  map[string]*audience
	index      map[string][]*audience // by topic
}

func newTape(segmentBytes, segmentsMost int) *tape {
	return &tape{
		segmentBytes: segmentBytes, segmentsMost: segmentsMost,
		audiences: map[string]*audience{}, index: map[string][]*audience{},
	}
}

// restart empties the tape and continues after p. Whoever is attached is of an
// older generation from then on.
func (t *tape) restart(p eventlog.Position, floor int64) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.epoch, t.first, t.last, t.floor = p.Epoch, p.ID+1, p.ID, floor
	t.generation++
	t.segments = nil
	for _, a := range t.audiences {
		a.ids, a.from, a.lost = nil, p.ID, 0
	}
}

// head returns the end of the tape; its epoch is empty before the first restart.
func (t *tape) head() eventlog.Position {
	end, _ := t.end()
	return end
}

// end returns the head and the generation it belongs to.
func (t *tape) end() (eventlog.Position, uint64) {
	t.mu.RLock()
	defer t.mu.RUnlock()
	return eventlog.Position{Epoch: t.epoch, ID: t.last}, t.generation
}

// append puts events on the tape, whose frames lie in bytes one after the other
// and end at ends. The ids follow the last one without a gap: the caller has
// seen to that. It returns the audiences that have something new.
func (t *tape) append(events []eventlog.Event, bytes []byte, ends []int, floor int64) []*audience {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.floor = max(t.floor, floor)
	var touched []*audience
	start := 0
	for i, ev := range events {
		g := t.room(ends[i] - start)
		g.buf = append(g.buf, bytes[start:ends[i]]...)
		g.ends = append(g.ends, uint32(len(g.buf)))
		g.topics = append(g.topics, ev.Topics)
		start, t.last = ends[i], ev.ID
		for _, topic := range ev.Topics {
			for _, a := range t.index[topic] {
				if n := len(a.ids); n > 0 && a.ids[n-1] == ev.ID {
					continue // by another of its topics
				}
				a.ids = append(a.ids, ev.ID)
				if !a.marked {
					a.marked = true
					touched = append(touched, a)
				}
			}
		}
	}
	for _, a := range touched {
		a.marked = false
	}
	return touched
}

// room returns the segment that has room for n more bytes, the last one.
func (t *tape) room(n int) *segment {
	if len(t.segments) > 0 {
		if g := t.segments[len(t.segments)-1]; len(g.buf)+n <= cap(g.buf) {
			return g
		}
	}
	g := &segment{first: t.last + 1, buf: make([]byte, 0, max(n, t.segmentBytes))}
	t.segments = append(t.segments, g)
	if len(t.segments) > t.segmentsMost {
		t.segments[0] = nil
		t.segments = t.segments[1:]
		t.first = t.segments[0].first
		for _, a := range t.audiences {
			if k := a.after(t.first - 1); k > 0 {
				a.lost = a.ids[k-1]
				a.ids = a.ids[k:]
			}
			a.from = max(a.from, t.first-1)
		}
	}
	return g
}

// after returns the index of the first of its ids that is greater than id.
func (a *audience) after(id int64) int {
	return sort.Search(len(a.ids), func(i int) bool { return a.ids[i] > id })
}

// holds reports whether a reader at p finds all that follows on the tape.
func (t *tape) holds(p eventlog.Position) bool {
	t.mu.RLock()
	defer t.mu.RUnlock()
	return p.ID <= t.last && t.reaches(p)
}

// reaches is holds for places that may be ahead of the tape too.
func (t *tape) reaches(p eventlog.Position) bool {
	return t.epoch != "" && p.Epoch == t.epoch && p.ID >= max(t.first, t.floor)-1
}

// join makes s a subscriber of the topics from p on. It reports false, and does
// nothing, when frames after p are missing here, or when p was found in another
// generation than this one: what p says may be of a past that is no more. Zero
// is any generation. P may be ahead of the tape.
//
// That p is on the tape, that the audience's list is complete from there, and
// that the index knows the audience becomes true in one critical section with
// regard to append. Waking is another matter: a shard that takes s in looks at
// it once, whenever that is.
func (t *tape) join(s *subscriber, topics []string, p eventlog.Position, generation uint64) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	if generation != 0 && generation != t.generation || !t.reaches(p) {
		return false
	}
	key := topicsKey(topics)
	a := t.audiences[key]
	if a == nil {
		a = &audience{key: key, topics: topics, from: t.last}
		t.audiences[key] = a
		for _, topic := range topics {
			t.index[topic] = append(t.index[topic], a)
		}
	}
	if p.ID < a.from {
		a.ids = append(t.matching(a, p.ID, a.from), a.ids...)
		a.from = p.ID
	}
	a.count++
	s.audience, s.position, s.generation = a, p, t.generation
	return true
}

// leave takes a subscriber out of its audience, and an empty audience out of
// the index.
func (t *tape) leave(a *audience) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if a.count--; a.count > 0 {
		return
	}
	delete(t.audiences, a.key)
	for _, topic := range a.topics {
		rest := t.index[topic]
		for i, b := range rest {
			if b == a {
				rest[i] = rest[len(rest)-1]
				rest[len(rest)-1] = nil
				rest = rest[:len(rest)-1]
				break
			}
		}
		if len(rest) == 0 {
			delete(t.index, topic)
		} else {
			t.index[topic] = rest
		}
	}
}

// matching lists the frames on the tape with after < id <= through that are for a.
func (t *tape) matching(a *audience, after, through int64) []int64 {
	wanted := make(map[string]bool, len(a.topics))
	for _, topic := range a.topics {
		wanted[topic] = true
	}
	var ids []int64
	for id, n := max(after+1, t.first), t.segmentOf(after+1); id <= through; id++ {
		for id-t.segments[n].first >= int64(len(t.segments[n].ends)) {
			n++
		}
		g := t.segments[n]
		for _, topic := range g.topics[id-g.first] {
			if wanted[topic] {
				ids = append(ids, id)
				break
			}
		}
	}
	return ids
}

// segmentOf returns the index of the segment that holds id, or of the first
// one for ids before the tape.
func (t *tape) segmentOf(id int64) int {
	n := sort.Search(len(t.segments), func(i int) bool { return t.segments[i].first > id })
	return max(n-1, 0)
}

// pulled says what pull has appended.
type pulled struct {
	to         eventlog.Position // everything up to here is written or not asked for
	generation uint64
	events     int
	more       bool // there is more than fits into one write
	reset      bool // to is the head that a reset frame names
	behind     bool // frames after the position have fallen off the tape
	private    bool // the bytes are for one subscriber: compose has added to them
}

// pull appends to dst the frames for a after p: all of them, or as many as fit
// into writeBytes, at least one. A reader of an older generation gets a reset,
// one that has left nothing.
func (t *tape) pull(dst []byte, a *audience, generation uint64, p eventlog.Position) ([]byte, pulled) {
	t.mu.RLock()
	defer t.mu.RUnlock()
	got := pulled{to: p, generation: t.generation}
	if a.count == 0 {
		// Its last subscriber has left while a shard was about to look at it: the
		// list of ids is not kept any more, and no position may be moved by it.
		return dst, got
	}
	if generation != t.generation {
		got.to = eventlog.Position{Epoch: t.epoch, ID: t.last}
		got.reset = true
		return appendReset(dst, got.to), got
	}
	if p.ID < a.lost {
		got.behind = true
		return dst, got
	}
	start := len(dst)
	i := a.after(p.ID)
	if i < len(a.ids) {
		n := t.segmentOf(a.ids[i])
		for ; i < len(a.ids); i++ {
			id := a.ids[i]
			for id-t.segments[n].first >= int64(len(t.segments[n].ends)) {
				n++
			}
			frame := t.segments[n].frame(id)
			if got.events > 0 && len(dst)-start+len(frame) > writeBytes {
				got.more = true
				return dst, got
			}
			dst = append(dst, frame...)
			got.to.ID = id
			got.events++
		}
	}
	got.to.ID = max(got.to.ID, t.last)
	return dst, got
}

// topicsKey names a set of topics; the list is sorted and without repeats. Each
// is written with its length, so that no topic can look like several: who shares
// an audience gets what the first of it asked for.
func topicsKey(topics []string) string {
	var key strings.Builder
	for _, topic := range topics {
		key.WriteString(strconv.Itoa(len(topic)))
		key.WriteByte(':')
		key.WriteString(topic)
	}
	return key.String()
}
