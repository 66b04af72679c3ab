package journal

import (
	"encoding/json"
	"time"
)

// State says whether people should see a group now.
type State string

const (
	Unraised State = "unraised" // journaled, below what the raise policy shows
	Active   State = "active"   // raised and not yet dismissed
	Viewed   State = "viewed"   // dismissed by a person; claims nothing about repair
)

// Reason says why a group was put into the feed.
type Reason string

const (
	New       Reason = "new"
	Recurred  Reason = "recurred"  // came back after the quiet window
	Escalated Reason = "escalated" // worse than what was dismissed
	Regressed Reason = "regressed" // first time in a new release
	Surged    Reason = "surged"    // far more often than usual
)

// Ref links a group to a run, deploy, task, namespace, job or another thing.
type Ref struct {
	Kind string `json:"kind" doc:"run, deploy, task, namespace, job, correlation or link"`
	ID   string `json:"id"`
	URL  string `json:"url" doc:"empty where the page makes the link from a template of the project"`
}

// Group is occurrences with one fingerprint, as lists, the feed and events
// carry it: all that a card or a row needs, never a stack or a payload.
type Group struct {
	GroupID       string     `json:"group_id"`
	Project       string     `json:"project"`
	Fingerprint   string     `json:"fingerprint"`
	Version       int64      `json:"version" doc:"raised by every change; the higher one wins, whatever way it came"`
	RaisedVersion int64      `json:"raised_version" doc:"version at the last raise; a view applies when it saw at least this"`
	State         State      `json:"state" enum:"unraised,active,viewed"`
	Severity      Severity   `json:"severity"`
	Type          string     `json:"type"`
	Title         string     `json:"title"`
	Culprit       string     `json:"culprit"`
	Source        string     `json:"source"`
	Environment   string     `json:"environment"`
	Release       string     `json:"release"`
	Count         int64      `json:"count"`
	FirstSeenAt   time.Time  `json:"first_seen_at"`
	LastSeenAt    time.Time  `json:"last_seen_at"`
	RaisedAt      *time.Time `json:"raised_at"`
	RaisedReason  *Reason    `json:"raised_reason"`
	ViewedAt      *time.Time `json:"viewed_at"`
	ViewedBy      *string    `json:"viewed_by"`
	Refs          []Ref      `json:"refs"`
}

// Totals says how many groups of a project are active, by severity. Counts are
// absolute and Version grows with every change, so the newer one wins.
type Totals struct {
	Project  string `json:"project"`
	Version  int64  `json:"version"`
	Critical int64  `json:"critical"`
	Error    int64  `json:"error"`
	Warning  int64  `json:"warning"`
	Info     int64  `json:"info"`
}

// Add changes the count of one severity by delta.
func (t *Totals) Add(s Severity, delta int64) {
	switch s {
	case Critical:
		t.Critical += delta
	case Error:
		t.Error += delta
	case Warning:
		t.Warning += delta
	case Info:
		t.Info += delta
	}
}

// GroupEvent is the data of a group.changed or group.viewed event.
type GroupEvent struct {
	Group
	Totals Totals `json:"totals"`
}

// GroupRemoved is the data of a group.removed event.
type GroupRemoved struct {
	GroupID string `json:"group_id"`
	Project string `json:"project"`
	Version int64  `json:"version"`
	Totals  Totals `json:"totals"`
}

// Feed is what the corner of a page shows: at most five active groups.
type Feed struct {
	Groups           []Group    `json:"groups"`
	ActiveTotal      int64      `json:"active_total"`
	ActiveBySeverity BySeverity `json:"active_by_severity"`
	Totals           []Totals   `json:"totals"`
	Cursor           string     `json:"cursor"`
}

// BySeverity is a count of each of the four severities, by its word.
type BySeverity map[string]int64

// HistoryEntry is one line of the audit of a group.
type HistoryEntry struct {
	At      time.Time `json:"at"`
	Action  string    `json:"action" enum:"raised,viewed,undone"`
	Reason  string    `json:"reason"`
	Actor   string    `json:"actor"`
	Version int64     `json:"version"`
}

// Bucket counts the occurrences of a group from At on for one step.
type Bucket struct {
	At    time.Time `json:"at"`
	Count int64     `json:"count"`
}

// Detail is one group with what a page about it shows first.
type Detail struct {
	Group      Group           `json:"group"`
	Occurrence json.RawMessage `json:"occurrence"` // newest Occurrence, or null
	Grouping   json.RawMessage `json:"grouping"`   // fingerprint.Reason
	History    []HistoryEntry  `json:"history"`
	Deploy     *DeployRef      `json:"deploy"` // after which it was first seen, or nil
	Cursor     string          `json:"cursor"`
}
