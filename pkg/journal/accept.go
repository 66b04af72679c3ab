package journal

import (
	"bytes"
	"crypto/rand"
	"encoding/json"
	"maps"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"rynda/pkg/fingerprint"
	"rynda/pkg/redact"
)

// Options is what Accept needs to know beside the report.
type Options struct {
	ProjectID      int64
	Project        string // slug
	IdempotencyKey string // of the request; "" for none
	Index          int    // of the report within its request
	Now            time.Time
	Retention      time.Duration // of occurrences; 0 is 30 days
}

// ahead is how far in front of ours a time may be shown; far is how far a
// reporter's clock may be in front while the id still follows from it. There
// are partitions for so many days to come.
const (
	ahead = 5 * time.Minute
	far   = 6 * 24 * time.Hour
)

// budget bounds the bytes that the redactor looks at in one report. A report
// is at most MaxReport of JSON, and decoding does not make it longer.
const budget = 2 * MaxReport

// Accept makes an occurrence of the report: the only way to make one. It
// redacts every string whole, then shortens, decides the severity and finds the
// fingerprint. The errors are *FieldError.
func (r Report) Accept(o Options) (Occurrence, error) {
	if strings.TrimSpace(r.Message) == "" {
		return Occurrence{}, invalid("message", "is required")
	}
	if o.Retention == 0 {
		o.Retention = 30 * 24 * time.Hour
	}
	a := acceptance{redactor: redact.New(budget)}
	body := OccurrenceBody{
		Project:       o.Project,
		ReceivedAt:    o.Now.UTC(),
		Severity:      SeverityOf(r.Level),
		Level:         a.text("level", r.Level, maxText),
		Type:          a.text("type", r.Type, maxText),
		Message:       a.text("message", r.Message, maxMessage),
		Source:        a.text("source", r.Source, maxText),
		Environment:   a.text("environment", r.Environment, maxText),
		Release:       a.text("release", r.Release, maxText),
		ReportID:      a.text("report_id", r.ReportID, maxText),
		CorrelationID: a.text("correlation_id", r.CorrelationID, maxText),
		TraceID:       a.text("trace_id", r.TraceID, maxText),
		RunID:         a.text("run_id", r.RunID, maxText),
		DeployID:      a.text("deploy_id", r.DeployID, maxText),
		TaskID:        a.text("task_id", r.TaskID, maxText),
		Namespace:     a.text("namespace", r.Namespace, maxText),
		Job:           a.text("job", r.Job, maxText),
		Links:         a.links(r.Links),
		Stack:         a.text("stack", r.Stack, maxStack),
		Frames:        a.frames(r.Frames),
		Tags:          a.tags(r.Tags),
	}
	client := a.parts(r.Fingerprint)
	payload, err := a.payload(r.Payload)
	if err != nil {
		return Occurrence{}, err
	}
	body.Payload = payload
	body.Removed = a.redactor.Removed()
	if body.Removed == nil {
		body.Removed = []redact.Removal{}
	}
	body.Shortened = a.shortened
	if body.Shortened == nil {
		body.Shortened = []string{}
	}

	key, why := fingerprint.Of(fingerprint.Input{
		Project:     o.Project,
		Environment: body.Environment,
		Types:       nonEmpty(body.Type),
		Message:     body.Message,
		Level:       body.Level,
		Frames:      throwSite(body),
		Stack:       body.Stack,
		Client:      client,
		Tags:        body.Tags,
	})
	row := OccurrenceRow{
		ProjectID:   o.ProjectID,
		Fingerprint: key,
		ReceivedAt:  body.ReceivedAt,
		Severity:    body.Severity,
		Release:     body.Release,
		Removed:     body.Removed,
	}
	r.identify(&row, o)
	body.OccurredAt = row.OccurredAt
	body.OccurrenceID = row.ID.String()
	body.Fingerprint = key
	grouping, err := Marshal(why)
	if err != nil {
		return Occurrence{}, invalid("fingerprint", "cannot be kept")
	}
	row.Inbox = InboxReport{
		Type: body.Type, Title: title(body.Message), Culprit: redact.Shorten(why.Culprit, maxTitle),
		Source: body.Source, Environment: body.Environment, Release: body.Release,
		Correlation: body.CorrelationID, Refs: refsOf(body), Grouping: grouping,
	}
	if row.Body, err = Marshal(body); err != nil {
		return Occurrence{}, invalid("body", "cannot be kept")
	}
	return Occurrence{row}, nil
}

// identify chooses id, day and time of the occurrence. With a time of the
// reporter inside the window the id follows from it and the key, for ever. With
// none, or one that cannot be true, the id follows from the day of receipt and
// the key, and yesterday's is looked at too.
func (r Report) identify(row *OccurrenceRow, o Options) {
	now := o.Now.UTC()
	row.OccurredAt = now
	idAt, usable := now, false
	if r.OccurredAt != nil {
		at := r.OccurredAt.UTC()
		oldest := day(now.Add(-o.Retention)).Add(24 * time.Hour)
		row.OccurredAt = at
		switch {
		case at.After(now.Add(ahead)):
			row.OccurredAt = now.Add(ahead)
			idAt, usable = at, !at.After(now.Add(far))
		case at.Before(oldest):
			row.OccurredAt = oldest
		default:
			idAt, usable = at, true
		}
	}
	row.OccurredAt = row.OccurredAt.Truncate(time.Microsecond) // as Postgres keeps it
	var entropy [16]byte
	switch {
	case r.ReportID != "":
		entropy = keyEntropy(o.ProjectID, "report_id", r.ReportID, 0)
	case o.IdempotencyKey != "":
		entropy = keyEntropy(o.ProjectID, "idempotency_key", o.IdempotencyKey, o.Index)
	default:
		rand.Read(entropy[:])
		idAt, usable = row.OccurredAt, true // nothing to find again
	}
	if usable {
		row.ID, row.Day = newID(idAt, entropy), day(idAt)
		return
	}
	row.Day = day(now)
	row.ID = newID(row.Day, entropy)
	row.EarlierDay = row.Day.Add(-24 * time.Hour)
	row.EarlierID = newID(row.EarlierDay, entropy)
}

func day(t time.Time) time.Time { return t.UTC().Truncate(24 * time.Hour) }

// acceptance redacts and shortens the parts of one report and remembers which
// were too long.
type acceptance struct {
	redactor  *redact.Redactor
	shortened []string
}

func (a *acceptance) text(path, s string, most int) string {
	if s == "" {
		return ""
	}
	return a.shorten(path, a.redactor.Text(path, s), most)
}

func (a *acceptance) shorten(path, s string, most int) string {
	short := redact.Shorten(s, most)
	if len(short) != len(s) {
		a.cut(path)
	}
	return short
}

func (a *acceptance) cut(path string) {
	if len(a.shortened) < 50 {
		a.shortened = append(a.shortened, path)
	}
}

func (a *acceptance) links(links []Ref) []Ref {
	out := make([]Ref, 0, min(len(links), maxLinks))
	for i, l := range links {
		path := "links[" + strconv.Itoa(i) + "]"
		l.Kind = a.text(path+".kind", l.Kind, 40)
		l.ID = a.text(path+".id", l.ID, maxText)
		l.URL = a.text(path+".url", l.URL, maxURL)
		if l.URL != "" && !webURL(l.URL) {
			l.URL = ""
			a.cut(path + ".url")
		}
		if i < maxLinks && (l.ID != "" || l.URL != "") {
			out = append(out, l)
		}
	}
	if len(links) > maxLinks {
		a.cut("links")
	}
	return out
}

func webURL(s string) bool {
	u, err := url.Parse(s)
	return err == nil && (u.Scheme == "http" || u.Scheme == "https") && u.Host != "" && !strings.HasSuffix(s, "…")
}

// frames keeps the most recent calls, which stand last.
func (a *acceptance) frames(frames []Frame) []Frame {
	if len(frames) > maxFrames {
		frames = frames[len(frames)-maxFrames:]
		a.cut("frames")
	}
	out := make([]Frame, len(frames))
	for i, f := range frames {
		path := "frames[" + strconv.Itoa(i) + "]"
		f.Function = a.text(path+".function", f.Function, maxText)
		f.Module = a.text(path+".module", f.Module, maxText)
		f.File = a.text(path+".file", f.File, maxText)
		out[i] = f
	}
	return out
}

func (a *acceptance) tags(tags map[string]string) map[string]string {
	out := make(map[string]string, min(len(tags), maxTags))
	for i, key := range slices.Sorted(maps.Keys(tags)) {
		if i == maxTags {
			a.cut("tags")
			break
		}
		kept := redact.Shorten(a.redactor.Key("tags", key), maxText)
		value := a.redactor.Field("tags."+kept, key, tags[key]) // the path is stored, so it has the key as it is kept
		out[kept] = a.shorten("tags."+kept, value, maxTagValue)
	}
	return out
}

func (a *acceptance) parts(parts []string) []string {
	if len(parts) > maxFingerprint {
		parts = parts[:maxFingerprint]
		a.cut("fingerprint")
	}
	out := make([]string, len(parts))
	for i, part := range parts {
		out[i] = a.text("fingerprint["+strconv.Itoa(i)+"]", part, maxPart)
	}
	return out
}

// payload redacts the whole and then, where it is too large to keep, keeps the
// beginning of its text as a string: still JSON, and nothing of it unredacted.
func (a *acceptance) payload(raw json.RawMessage) (json.RawMessage, error) {
	if len(raw) == 0 {
		return json.RawMessage("null"), nil
	}
	clean, err := a.redactor.JSON("payload", raw)
	if err != nil {
		return nil, invalid("payload", "is not valid JSON or is nested too deeply")
	}
	if len(clean) <= maxPayload {
		return clean, nil
	}
	a.cut("payload")
	return Marshal(redact.Shorten(string(clean), maxPayload))
}

// Marshal is json.Marshal without the escapes that only HTML needs and that make
// six bytes of one. What is stored and sent is made with it.
func Marshal(v any) (json.RawMessage, error) {
	var out bytes.Buffer
	encoder := json.NewEncoder(&out)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(v); err != nil {
		return nil, err
	}
	return bytes.TrimSuffix(out.Bytes(), []byte("\n")), nil
}

// title is the first line of a message that says anything.
func title(message string) string {
	for line := range strings.Lines(message) {
		if line = strings.TrimSpace(line); line != "" {
			return redact.Shorten(line, maxTitle)
		}
	}
	return "(no message)"
}

// refsOf lists what a card can jump to, most specific first. A link of the
// reporter with the kind and id of one of them gives it its URL.
func refsOf(body OccurrenceBody) []Ref {
	refs := make([]Ref, 0, 8)
	for _, ref := range []Ref{
		{Kind: "run", ID: body.RunID}, {Kind: "deploy", ID: body.DeployID}, {Kind: "task", ID: body.TaskID},
		{Kind: "job", ID: body.Job}, {Kind: "namespace", ID: body.Namespace},
	} {
		if ref.ID != "" {
			refs = append(refs, ref)
		}
	}
next:
	for _, link := range body.Links {
		for i := range refs {
			if refs[i].Kind == link.Kind && (refs[i].ID == link.ID || link.ID == "") {
				refs[i].URL = link.URL
				continue next
			}
		}
		if len(refs) < maxRefs {
			refs = append(refs, link)
		}
	}
	return fitRefs(refs)
}

// throwSite gives the frames for grouping where they are those of the place
// that failed. Go is the exception: its stacks are taken where the error was
// reported, except for panics.
func throwSite(body OccurrenceBody) []fingerprint.Frame {
	if len(body.Frames) == 0 {
		return nil
	}
	platform := ""
	if strings.HasSuffix(body.Frames[len(body.Frames)-1].File, ".go") {
		platform = "go"
	}
	if !fingerprint.ThrowSite(platform, body.Type, body.Level) {
		return nil
	}
	frames := make([]fingerprint.Frame, len(body.Frames))
	for i, f := range body.Frames {
		frames[i] = fingerprint.Frame{Function: f.Function, Module: f.Module, File: f.File, Line: f.Line, InApp: f.InApp}
	}
	return frames
}

func nonEmpty(s string) []string {
	if s == "" {
		return nil
	}
	return []string{s}
}
