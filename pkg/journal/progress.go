package journal

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"time"
)

// Work says what a control plane tells about: a run or a deploy. It is the word
// in SQL, in topics, and in the kinds of events.
type Work string

const (
	RunWork    Work = "run"
	DeployWork Work = "deploy"
)

// Status of a run, a deploy, a step or a stage; empty where nobody has said it.
type Status string

const (
	Queued    Status = "queued"
	Running   Status = "running"
	Succeeded Status = "succeeded"
	Failed    Status = "failed"
	Canceled  Status = "canceled"
)

// Statuses lists them in the order in which they come.
var Statuses = []Status{Queued, Running, Succeeded, Failed, Canceled}

// Final reports whether nothing comes after it within an attempt.
func (s Status) Final() bool { return s == Succeeded || s == Failed || s == Canceled }

// Step is one step of a run, or one stage of a deploy.
type Step struct {
	Name       string     `json:"name"`
	Status     Status     `json:"status" enum:"queued,running,succeeded,failed,canceled," doc:"empty where nobody has said it"`
	StartedAt  *time.Time `json:"started_at"`
	FinishedAt *time.Time `json:"finished_at"`
}

// Progress is what runs and deploys have in common.
type Progress struct {
	Project    string     `json:"project"`
	Version    int64      `json:"version" doc:"raised by every change; the higher one wins, whatever way it came"`
	Name       string     `json:"name"`
	Status     Status     `json:"status" enum:"queued,running,succeeded,failed,canceled," doc:"empty where nobody has said it"`
	Attempt    int        `json:"attempt" doc:"From 1; a repeat under the same id has the next number."`
	Trigger    string     `json:"trigger" doc:"What started it: push, schedule, a person …"`
	Actor      string     `json:"actor" doc:"Who started it."`
	Ref        string     `json:"ref" doc:"Branch or tag."`
	Commit     string     `json:"commit"`
	CreatedAt  time.Time  `json:"created_at" doc:"When it was first heard of."`
	StartedAt  *time.Time `json:"started_at" doc:"Of this attempt."`
	FinishedAt *time.Time `json:"finished_at" doc:"Of this attempt."`
	UpdatedAt  time.Time  `json:"updated_at" doc:"Of the newest update."`
	URL        string     `json:"url" doc:"Where the control plane shows it."`
	Links      []Ref      `json:"links"`
	GroupID    string     `json:"group_id" doc:"The group that its failure raised or joined; empty for none."`
}

// Run is a run as lists, details and events carry it.
type Run struct {
	RunID string `json:"run_id"`
	Progress
	DeployID string `json:"deploy_id" doc:"The deploy that it belongs to."`
	Steps    []Step `json:"steps"`
}

// Deploy is a deploy as lists, details and events carry it.
type Deploy struct {
	DeployID string `json:"deploy_id"`
	Progress
	Environment   string `json:"environment"`
	Namespace     string `json:"namespace"`
	Service       string `json:"service"`
	Revision      string `json:"revision"`
	Stages        []Step `json:"stages"`
	NewGroupCount *int   `json:"new_group_count,omitempty" doc:"How many groups at error or worse were first seen in its environment after it and before the next deploy, up to 1,000. Lists and details carry it, events do not."`
}

// Standing of one field of a run or deploy: the value and what it wins by.
type register struct {
	Attempt int             `json:"n,omitempty"` // that its update named
	At      int64           `json:"t"`           // updated_at, microseconds since 1970
	Final   bool            `json:"f,omitempty"` // the update said a final status
	Value   json.RawMessage `json:"v"`
}

// Merged is a run or deploy as the sum of its updates: for each field the
// update that won. Merging is commutative, associative and idempotent, so the
// same updates end alike in any order and however often they come.
//
// Of each field there are two registers, for updates that named an attempt and
// for those that did not. Status, times and steps belong to an attempt: they
// count when their update named the current attempt, or named none and is not
// older than it. The zero value is a thing nobody has told of.
type Merged struct {
	Attempt int   `json:"attempt,omitempty"` // highest named; 0 for none
	Since   int64 `json:"since,omitempty"`   // oldest update that named it, microseconds
	Updated int64 `json:"updated,omitempty"`
	// Named and Unnamed hold the registers by field.
	Named   map[string]register `json:"named,omitempty"`
	Unnamed map[string]register `json:"unnamed,omitempty"`
}

// ofAttempt are the fields that begin anew with an attempt.
var ofAttempt = []string{"status", "started_at", "finished_at", "steps", "stages"}

// Merge adds an update and reports whether anything of the sum has changed.
func (m *Merged) Merge(u Update) (changed bool) {
	at := u.at.UnixMicro()
	if u.untimed && at <= m.Updated { // clocks differ, and the order of arrival is the only one it has
		at = m.Updated + 1
	}
	if at > m.Updated {
		m.Updated, changed = at, true
	}
	switch {
	case u.attempt > m.Attempt:
		m.Attempt, m.Since, changed = u.attempt, at, true
	case u.attempt != 0 && u.attempt == m.Attempt && at < m.Since:
		m.Since, changed = at, true
	}
	into := &m.Unnamed
	if u.attempt != 0 {
		into = &m.Named
	}
	for field, value := range u.fields {
		r := register{Attempt: u.attempt, At: at, Final: u.final, Value: value}
		if old, held := (*into)[field]; held && !old.loses(r, field) {
			continue
		}
		if *into == nil {
			*into = map[string]register{}
		}
		(*into)[field], changed = r, true
	}
	return changed
}

// loses reports whether r replaces old in a register of the field. The newer
// one wins; at the same time one that ends it; then the greater hash.
func (old register) loses(r register, field string) bool {
	if slices.Contains(ofAttempt, field) && old.Attempt != r.Attempt {
		return old.Attempt < r.Attempt
	}
	switch {
	case old.At != r.At:
		return old.At < r.At
	case old.Final != r.Final:
		return r.Final
	}
	if bytes.Equal(old.Value, r.Value) {
		return old.Attempt < r.Attempt
	}
	return lessByHash(old.Value, r.Value)
}

// value is what the field is now; nil for what nobody has said.
func (m *Merged) value(field string) json.RawMessage {
	named, isNamed := m.Named[field]
	unnamed, isUnnamed := m.Unnamed[field]
	if slices.Contains(ofAttempt, field) {
		isNamed = isNamed && named.Attempt == m.Attempt
		// What came before anybody named an attempt is of the first one.
		isUnnamed = isUnnamed && (m.Attempt <= 1 || unnamed.At >= m.Since)
	}
	switch {
	case !isNamed && !isUnnamed:
		return nil
	case !isUnnamed:
		return named.Value
	case !isNamed:
		return unnamed.Value
	}
	named.Attempt, unnamed.Attempt = 0, 0
	if named.loses(unnamed, field) {
		return unnamed.Value
	}
	return named.Value
}

func (m *Merged) text(field string) (s string) {
	_ = json.Unmarshal(m.value(field), &s) // nil is "", and what stands here is ours
	return s
}

func (m *Merged) time(field string) (t *time.Time) {
	_ = json.Unmarshal(m.value(field), &t)
	return t
}

func (m *Merged) steps(field string) []Step {
	steps := []Step{}
	_ = json.Unmarshal(m.value(field), &steps)
	return steps
}

// Progress is the common part of the view, without what only a store knows:
// project, version, created_at and group_id.
func (m *Merged) progress() Progress {
	p := Progress{
		Name: m.text("name"), Status: Status(m.text("status")), Attempt: max(m.Attempt, 1), Trigger: m.text("trigger"),
		Actor: m.text("actor"), Ref: m.text("ref"), Commit: m.text("commit"), URL: m.text("url"), Links: []Ref{},
		StartedAt: m.time("started_at"), FinishedAt: m.time("finished_at"), UpdatedAt: time.UnixMicro(m.Updated).UTC(),
	}
	_ = json.Unmarshal(m.value("links"), &p.Links)
	return p
}

// Run is the view of the sum as a run.
func (m *Merged) Run(id string) Run {
	return Run{RunID: id, Progress: m.progress(), DeployID: m.text("deploy_id"), Steps: m.steps("steps")}
}

// Deploy is the view of the sum as a deploy.
func (m *Merged) Deploy(id string) Deploy {
	return Deploy{
		DeployID: id, Progress: m.progress(), Environment: m.text("environment"), Namespace: m.text("namespace"),
		Service: m.text("service"), Revision: m.text("revision"), Stages: m.steps("stages"),
	}
}

// FailureType ends the type of the groups that failures raise.
const FailureType = "Failure"

// AttemptSince is when the current attempt was first told of, or has started;
// the zero time for the first attempt, to which all belongs that came before.
func (m *Merged) AttemptSince() time.Time {
	if m.Attempt <= 1 {
		return time.Time{}
	}
	since := time.UnixMicro(m.Since).UTC()
	if at := m.time("started_at"); at != nil && at.Before(since) {
		since = *at
	}
	return since
}

// Failure makes the report of a failed run or deploy: grouped by what failed,
// its name and the step or stage, and known by its id and attempt, so that one
// attempt fails once however often it is told. ok is false for what has not
// failed.
func (m *Merged) Failure(work Work, id string) (r Report, ok bool) {
	if Status(m.text("status")) != Failed {
		return Report{}, false
	}
	name, step := m.text("name"), ""
	if name == "" {
		name = "(no name)"
	}
	part, steps := "step", m.steps("steps")
	if work == DeployWork {
		part, steps = "stage", m.steps("stages")
	}
	for _, s := range steps {
		if s.Status == Failed {
			step = s.Name
			break
		}
	}
	what := map[Work]string{RunWork: "Run", DeployWork: "Deploy"}[work]
	r = Report{
		Message: what + " " + name + " failed", Type: what + FailureType, Level: "error", Source: name,
		ReportID:    fmt.Sprintf("rynda %s %s attempt %d", work, id, max(m.Attempt, 1)),
		Environment: m.text("environment"), Namespace: m.text("namespace"),
		Fingerprint: []string{string(work) + " failed", name, step},
	}
	if step != "" {
		r.Message += " at " + part + " " + step
	}
	at := time.UnixMicro(m.Updated).UTC()
	r.OccurredAt = &at
	if work == RunWork {
		r.RunID, r.DeployID = id, m.text("deploy_id")
	} else {
		r.DeployID, r.Release = id, m.text("revision")
	}
	if url := m.text("url"); url != "" {
		r.Links = []Ref{{Kind: string(work), ID: id, URL: url}}
	}
	return r, true
}
