package postgres

import (
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"strconv"

	"rynda/pkg/eventlog"
	"rynda/pkg/journal"
)

// publish makes at most one event per thing that changed, in the order in which
// they were touched, and remembers when the earliest held one is due.
func (w *foldWork) publish() {
	for _, t := range w.order {
		if t.remove {
			t.Version++
			w.append(t, "group.removed", journal.GroupRemoved{
				GroupID: strconv.FormatInt(t.ID, 10), Project: t.Project, Version: t.Version, Totals: t.project.totals})
			continue
		}
		if t.Version == t.PublishedVersion {
			continue
		}
		if t.Held(w.policy, w.now) {
			w.holdUntil(t.PublishedAt.Add(w.policy.Hold))
			continue
		}
		kind := "group.changed"
		if t.viewed {
			kind = "group.viewed"
		}
		w.append(t, kind, journal.GroupEvent{Group: t.Group(), Totals: t.project.totals})
		t.PublishedVersion, t.PublishedAt = t.Version, w.now
		if t.State == journal.Active && t.RaisedEventID == 0 {
			t.RaisedEventID = w.head.ID
		}
	}
}

func (w *foldWork) append(t *thing, kind string, data any) {
	w.appendEvent(kind, t.project.id, t.Version, []string{"errors/" + t.Project, "project/" + t.Project}, data)
}

func (w *foldWork) appendEvent(kind string, project, version int64, topics []string, data any) {
	text, err := journal.Marshal(data)
	if err != nil {
		panic(fmt.Sprintf("encode an event: %v", err)) // only types of ours stand in it
	}
	w.head.ID++
	w.events = append(w.events, eventlog.Event{
		ID: w.head.ID, At: w.now, Kind: kind, Project: project, Version: version, Topics: topics, Data: text,
	})
}

func newEpoch(old string) string {
	var b [4]byte
	for {
		rand.Read(b[:])
		if epoch := hex.EncodeToString(b[:]); epoch != old {
			return epoch
		}
	}
}
