package journal

import (
	"encoding/json"
	"slices"
	"strconv"
	"time"
)

// maxRefs is how many links a group carries in lists and events; all of them,
// up to 100 a kind, stand behind the filters.
const maxRefs = 8

// maxRefBytes bounds what the refs of a group or an inbox row take as JSON, so
// that an event is a frame of at most 16 KiB whatever reporters link to.
const maxRefBytes = 6 << 10

// Standing is a group as the fold works on it: what everybody sees and what the
// raise policy remembers. Its methods are pure and total; they return whether
// anything changed, and every change raises Version. Times are UTC; a zero time
// is "never".
type Standing struct {
	ID          int64
	ProjectID   int64
	Project     string // slug
	Fingerprint string

	Version          int64
	RaisedVersion    int64
	PublishedVersion int64
	PublishedAt      time.Time

	State    State
	Severity Severity // highest since the last raise

	Type, Title, Culprit, Source, Environment, Release string

	Count       int64
	FirstSeenAt time.Time
	LastSeenAt  time.Time

	RaisedAt      time.Time
	RaisedReason  Reason
	RaisedEventID int64 // event that told of the last raise; 0 while it is still to be told

	ViewedAt       time.Time
	ViewedBy       string
	ViewedVersion  int64
	ViewedSeverity Severity
	ViewedRate     float64
	ViewID         string

	RegressedAt time.Time
	SurgedAt    time.Time
	Refs        []Ref
	Grouping    json.RawMessage

	Releases map[string]bool // those seen before; read only where the policy asks
	History  []HistoryEntry  // what this fold adds
}

// Arrive counts an arrival and applies the raise policy. A standing with Count 0
// is a new group. A raise takes title and look from the arrival, so that what
// people see is what brought the group before them; in between they stay.
func (s *Standing) Arrive(p Policy, a Arrival, rates Rates, now time.Time) (raised bool) {
	fresh := s.Count == 0
	happened := a.LastAt
	if happened.After(now) { // by the clock of the reporter, which must not end a quiet window early
		happened = now
	}
	reason, raise := p.decide(s, a, happened, rates)
	s.Version++
	s.Count += a.Count
	if fresh || a.FirstAt.Before(s.FirstSeenAt) {
		s.FirstSeenAt = a.FirstAt
	}
	if fresh || a.LastAt.After(s.LastSeenAt) {
		s.LastSeenAt = a.LastAt
	}
	if fresh {
		s.State = Unraised
		s.Grouping = a.Look.Grouping
	}
	s.Refs = MergeRefs(a.Look.Refs, s.Refs)
	switch {
	case raise && s.State == Viewed: // a new raise has a severity of its own
		s.Severity = a.Severity
	case s.State == Viewed && !happened.After(s.ViewedAt): // what was before the view counts only
	default:
		s.Severity = max(s.Severity, a.Severity)
	}
	if fresh || raise {
		s.look(a.Look)
	}
	if raise {
		s.raise(reason, now, happened)
	}
	if a.Release != "" {
		if s.Releases == nil {
			s.Releases = map[string]bool{}
		}
		s.Releases[a.Release] = true
	}
	return raise
}

func (s *Standing) look(r InboxReport) {
	s.Type, s.Title, s.Culprit = r.Type, r.Title, r.Culprit
	s.Source, s.Environment, s.Release = r.Source, r.Environment, r.Release
}

func (s *Standing) raise(reason Reason, now, at time.Time) {
	s.State = Active
	s.RaisedAt, s.RaisedReason = now, reason
	s.RaisedVersion = s.Version
	s.RaisedEventID = 0
	switch reason {
	case Regressed:
		s.RegressedAt = at
	case Surged:
		s.SurgedAt = at
	}
	s.History = append(s.History, HistoryEntry{At: now, Action: "raised", Reason: string(reason), Version: s.Version})
}

// View marks the group viewed by actor at the time at, when it is active and the
// person saw the last raise: through is the version they saw. Otherwise nothing
// changes, so that a late click hides nothing and the first viewer is kept.
func (s *Standing) View(through int64, actor, viewID string, at time.Time, rates Rates) bool {
	if s.State != Active || through < s.RaisedVersion {
		return false
	}
	s.Version++
	s.State = Viewed
	s.ViewedAt, s.ViewedBy, s.ViewID = at, actor, viewID
	s.ViewedVersion, s.ViewedSeverity, s.ViewedRate = s.Version, s.Severity, rates.TenMinutes
	s.History = append(s.History, HistoryEntry{At: at, Action: "viewed", Actor: actor, Version: s.Version})
	return true
}

// Undo takes a view back, when the group is still viewed and the person saw that
// view: version is the one they saw. The raise stays as it was.
func (s *Standing) Undo(version int64, actor string, at time.Time) bool {
	if s.State != Viewed || version < s.ViewedVersion {
		return false
	}
	s.Version++
	s.State = Active
	s.ViewedAt, s.ViewedBy, s.ViewID = time.Time{}, "", ""
	s.ViewedVersion, s.ViewedSeverity, s.ViewedRate = 0, 0, 0
	s.History = append(s.History, HistoryEntry{At: at, Action: "undone", Actor: actor, Version: s.Version})
	return true
}

// Held reports whether the change must wait for its event, because the group
// had one less than p.Hold ago. A raise, a view and an undo are never held:
// people wait for them, and the policy bounds how often they come.
//
// An event that bears a time to come, from a clock that was put back since or
// from another process, holds nothing for longer than p.Hold.
func (s *Standing) Held(p Policy, now time.Time) bool {
	since := now.Sub(s.PublishedAt)
	return len(s.History) == 0 && -p.Hold <= since && since < p.Hold
}

// Group is the standing as everybody sees it.
func (s *Standing) Group() Group {
	g := Group{
		GroupID: strconv.FormatInt(s.ID, 10), Project: s.Project, Fingerprint: s.Fingerprint,
		Version: s.Version, RaisedVersion: s.RaisedVersion, State: s.State, Severity: s.Severity,
		Type: s.Type, Title: s.Title, Culprit: s.Culprit, Source: s.Source, Environment: s.Environment, Release: s.Release,
		Count: s.Count, FirstSeenAt: s.FirstSeenAt.UTC(), LastSeenAt: s.LastSeenAt.UTC(), Refs: s.Refs,
	}
	if g.Refs == nil {
		g.Refs = []Ref{}
	}
	if s.State != Unraised {
		at, reason := s.RaisedAt.UTC(), s.RaisedReason
		g.RaisedAt, g.RaisedReason = &at, &reason
	}
	if s.State == Viewed {
		at, by := s.ViewedAt.UTC(), s.ViewedBy
		g.ViewedAt, g.ViewedBy = &at, &by
	}
	return g
}

// MergeRefs puts the newer refs before the older ones, each kind and id once,
// within maxRefs and maxRefBytes. A ref keeps the URL it has when a newer mention
// brings none.
func MergeRefs(newer, older []Ref) []Ref {
	if len(newer) == 0 {
		return older
	}
	out := make([]Ref, 0, maxRefs)
	for _, ref := range slices.Concat(newer, older) {
		at := slices.IndexFunc(out, func(r Ref) bool { return r.Kind == ref.Kind && r.ID == ref.ID })
		switch {
		case at >= 0 && out[at].URL == "":
			out[at].URL = ref.URL
		case at < 0 && len(out) < maxRefs:
			out = append(out, ref)
		}
	}
	return fitRefs(out)
}

// fitRefs keeps the first refs that fit into maxRefBytes.
func fitRefs(refs []Ref) []Ref { return fitInto(refs, maxRefBytes) }

// fitInto keeps the first refs that fit into so many bytes of JSON. One that is
// too long with its URL stays without it, for what it names.
func fitInto(refs []Ref, left int) []Ref {
	out := refs[:0]
	for _, ref := range refs {
		const around = len(`{"kind":"","id":"","url":""},`)
		named, linked := around+jsonLen(ref.Kind)+jsonLen(ref.ID), jsonLen(ref.URL)
		switch {
		case named+linked <= left:
			left -= named + linked
		case named <= left && ref.ID != "":
			ref.URL = ""
			left -= named
		default:
			continue
		}
		out = append(out, ref)
	}
	return out
}

// jsonLen is at least how many bytes s takes inside a JSON string.
func jsonLen(s string) int {
	n := len(s)
	for i := range len(s) {
		switch c := s[i]; {
		case c < ' ' || c == 0x7f:
			n += 5
		case c == '"' || c == '\\':
			n++
		case c == 0xe2: // perhaps a line separator, which is escaped too
			n += 3
		}
	}
	return n
}
