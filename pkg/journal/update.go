package journal

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"strconv"
	"strings"
	"time"
	"unicode"

	"rynda/pkg/redact"
)

// Bounds of an update. What is longer is shortened, so that the event of a run
// or deploy is a frame of at most 16 KiB whatever it is told.
const (
	maxUpdate     = 256 << 10 // bytes of one update as JSON
	maxSteps      = 50
	maxStepName   = 80
	maxStepsBytes = 6 << 10
	maxLinksBytes = 2 << 10
	maxWorkURL    = 1000
	maxAttempt    = 1_000_000
)

// Update is an accepted, redacted update of a run or deploy. Only AcceptUpdate
// makes one; the zero value changes nothing.
type Update struct {
	at      time.Time
	untimed bool // at is when it came: it is newer than all that came before
	attempt int  // 0 when none is named
	final   bool
	fields  map[string]json.RawMessage
}

// updateTexts are the fields that are one line of text, by the works that have
// them.
var updateTexts = map[Work][]string{
	RunWork:    {"name", "trigger", "actor", "ref", "commit", "deploy_id"},
	DeployWork: {"name", "trigger", "actor", "ref", "commit", "environment", "namespace", "service", "revision"},
}

// AcceptUpdate reads an update from JSON, redacts every string of it and checks
// the rest. now is when it came: an update without updated_at is of then, or
// right after the newest that came before it, and one from more than five
// minutes later is refused. null takes a field back. The errors are *FieldError
// and hold nothing of the text.
func AcceptUpdate(work Work, raw []byte, now time.Time) (Update, error) {
	if len(raw) > maxUpdate {
		return Update{}, tooLarge("body", "is larger than 256 KiB")
	}
	s := scanner{data: raw}
	members, err := s.topLevel()
	if err != nil {
		return Update{}, err
	}
	u := Update{at: now.UTC().Truncate(time.Microsecond), untimed: true, fields: map[string]json.RawMessage{}}
	a := acceptance{redactor: redact.New(budget)}
	for _, m := range members {
		if err := u.set(work, &a, m); err != nil {
			return Update{}, err
		}
	}
	if u.at.After(now.Add(ahead)) {
		return Update{}, invalid("updated_at", "is more than five minutes ahead of the server")
	}
	return u, nil
}

func (u *Update) set(work Work, a *acceptance, m member) error {
	null := bytes.Equal(m.value, []byte("null"))
	for _, name := range updateTexts[work] {
		if m.key == name {
			text, ok := oneLine(a, m, maxText)
			if !ok {
				return invalid(m.key, "must be a string")
			}
			return u.put(m.key, text)
		}
	}
	steps := "steps"
	if work == DeployWork {
		steps = "stages"
	}
	switch m.key {
	case "updated_at":
		at, ok := timeOf(m.value)
		if !ok || at == nil {
			return invalid("updated_at", "must be an RFC 3339 time")
		}
		u.at, u.untimed = *at, false
	case "attempt":
		n, err := strconv.Atoi(string(m.value))
		if err != nil || n < 1 || n > maxAttempt {
			return invalid("attempt", "must be a whole number from 1 to 1,000,000")
		}
		u.attempt = n
	case "status":
		status, ok := statusOf(m.value)
		if !ok || status == "" {
			return invalid("status", "must be queued, running, succeeded, failed or canceled")
		}
		u.final = status.Final()
		return u.put("status", status)
	case "started_at", "finished_at":
		at, ok := timeOf(m.value)
		if !ok {
			return invalid(m.key, "must be an RFC 3339 time or null")
		}
		return u.put(m.key, at)
	case "url":
		if !null && (m.value[0] != '"' || len(m.value) > 2 && !webURL(unquote(m.value))) {
			return invalid("url", "must be an http or https address")
		}
		text, _ := oneLine(a, m, maxWorkURL)
		if !webURL(text) { // a secret was part of it, or it is too long
			text = ""
		}
		return u.put("url", text)
	case "links":
		var links []Ref
		if !null && json.Unmarshal(m.value, &links) != nil {
			return invalid("links", "must be a list of {kind, id, url}, all strings")
		}
		return u.put("links", fitInto(a.links(links), maxLinksBytes))
	case steps:
		list, err := stepsOf(a, m)
		if err != nil {
			return err
		}
		return u.put(steps, list)
	default:
		return invalid(m.key, "is not a field of a "+string(work))
	}
	return nil
}

func (u *Update) put(field string, v any) error {
	text, err := Marshal(v)
	if err != nil {
		return invalid(field, "cannot be kept")
	}
	u.fields[field] = text
	return nil
}

// oneLine is a redacted string without control characters; null is "".
func oneLine(a *acceptance, m member, most int) (string, bool) {
	if bytes.Equal(m.value, []byte("null")) {
		return "", true
	}
	if m.value[0] != '"' {
		return "", false
	}
	return a.line(m.key, unquote(m.value), most), true
}

func (a *acceptance) line(path, s string, most int) string {
	s = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return ' '
		}
		return r
	}, a.redactor.Text(path, s))
	return a.shorten(path, s, most)
}

// timeOf reads a time, to the microsecond as Postgres keeps it; null is none.
func timeOf(value []byte) (*time.Time, bool) {
	if bytes.Equal(value, []byte("null")) {
		return nil, true
	}
	var at time.Time
	if value[0] != '"' || at.UnmarshalText([]byte(unquote(value))) != nil || at.Year() > 9999 || at.Year() < 1 {
		return nil, false
	}
	at = at.UTC().Truncate(time.Microsecond)
	switch {
	case at.Year() == 1: // the zero time of many a program
		return nil, true
	case at.Before(time.Unix(0, 0)):
		return nil, false
	}
	return &at, true
}

func statusOf(value []byte) (Status, bool) {
	if value[0] != '"' {
		return "", bytes.Equal(value, []byte("null"))
	}
	status := Status(unquote(value))
	if status == "" {
		return "", true
	}
	for _, known := range Statuses {
		if status == known {
			return status, true
		}
	}
	return "", false
}

// stepsOf reads a list of steps, of which the last are left out when there are
// more than can be shown.
func stepsOf(a *acceptance, m member) ([]Step, error) {
	var sent []map[string]json.RawMessage
	if err := json.Unmarshal(m.value, &sent); err != nil {
		return nil, invalid(m.key, "must be a list of {name, status, started_at, finished_at}")
	}
	steps, left := []Step{}, maxStepsBytes
	for i, fields := range sent {
		path := m.key + "[" + strconv.Itoa(i) + "]"
		var step Step
		for key, value := range fields {
			ok := true
			switch key {
			case "name":
				step.Name, ok = oneLine(a, member{path + ".name", value}, maxStepName)
			case "status":
				step.Status, ok = statusOf(value)
			case "started_at":
				step.StartedAt, ok = timeOf(value)
			case "finished_at":
				step.FinishedAt, ok = timeOf(value)
			default:
				return nil, invalid(path, "has an unknown field")
			}
			if !ok {
				return nil, invalid(path+"."+key, "is not valid")
			}
		}
		text, err := Marshal(step)
		if err != nil {
			return nil, invalid(path, "cannot be kept")
		}
		if left -= len(text) + 1; left < 0 || len(steps) == maxSteps {
			break
		}
		steps = append(steps, step)
	}
	return steps, nil
}

// HoldsSecret reports whether an id looks like a secret. Such an id is refused:
// it stands in addresses and topics, where nothing can be taken out of it.
func HoldsSecret(id string) bool { return redact.Text(id) != id }

// lessByHash orders values that came at one time, the same way everywhere.
func lessByHash(a, b []byte) bool {
	x, y := sha256.Sum256(a), sha256.Sum256(b)
	return bytes.Compare(x[:], y[:]) < 0
}
