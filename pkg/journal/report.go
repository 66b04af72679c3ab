package journal

import (
	"bytes"
	"encoding/json"
	"strconv"
	"time"
)

// Bounds of a report. Strings beyond a soft bound are shortened after
// redaction, lists are cut; what is beyond MaxReport is refused.
const (
	MaxReport = 1 << 20 // bytes of one report as JSON

	maxMessage     = 16 << 10
	maxText        = 200 // source, environment, ids and the like
	maxStack       = 64 << 10
	maxPayload     = 256 << 10
	maxURL         = 2000
	maxTagValue    = 1000
	maxLinks       = 10
	maxFrames      = 200
	maxTags        = 50
	maxFingerprint = 10
	maxPart        = 256
	maxTitle       = 300
)

// Report is what a job POSTs: not yet redacted, so it is neither stored nor
// logged. Accept turns it into an Occurrence.
type Report struct {
	Message       string            `json:"message" doc:"what went wrong; its first line becomes the title" example:"dial tcp 10.0.0.7:5432: connect: connection refused"`
	ReportID      string            `json:"report_id,omitempty" doc:"your id; a repeat with the same id is counted once"`
	OccurredAt    *time.Time        `json:"occurred_at,omitempty" doc:"when it happened; missing means now"`
	Level         string            `json:"level,omitempty" doc:"a word (fatal, error, warn, info …) or a number of syslog or OpenTelemetry; missing means error" example:"error"`
	Type          string            `json:"type,omitempty" doc:"class of the error" example:"ConnectError"`
	Source        string            `json:"source,omitempty" doc:"who reports" example:"billing-worker"`
	Environment   string            `json:"environment,omitempty" example:"production"`
	Release       string            `json:"release,omitempty" example:"2026.11.3"`
	CorrelationID string            `json:"correlation_id,omitempty"`
	TraceID       string            `json:"trace_id,omitempty"`
	RunID         string            `json:"run_id,omitempty"`
	DeployID      string            `json:"deploy_id,omitempty"`
	TaskID        string            `json:"task_id,omitempty"`
	Namespace     string            `json:"namespace,omitempty"`
	Job           string            `json:"job,omitempty"`
	Links         []Ref             `json:"links,omitempty" doc:"at most 10; a URL that is not http or https is left out"`
	Stack         string            `json:"stack,omitempty" doc:"text of the stack, as the language prints it"`
	Frames        []Frame           `json:"frames,omitempty" doc:"the stack in parts, most recent call last; at most 200"`
	Tags          map[string]string `json:"tags,omitempty" doc:"at most 50"`
	Payload       json.RawMessage   `json:"payload,omitempty" doc:"any JSON; unknown members of the report are put here too"`
	Fingerprint   []string          `json:"fingerprint,omitempty" doc:"your own grouping; parts may hold {{ default }}, {{ type }}, {{ message }}, {{ level }}, {{ tags.x }}"`
}

// Frame is one call of a stack.
type Frame struct {
	Function string `json:"function,omitempty"`
	Module   string `json:"module,omitempty"`
	File     string `json:"file,omitempty"`
	Line     int    `json:"line,omitempty"`
	InApp    bool   `json:"in_app,omitempty" doc:"true for code of your own"`
}

// DecodeReport reads one report from JSON. It is strict about the text (RFC
// 8259, no repeated keys, at most 32 levels and 10,000 values, at most
// MaxReport bytes) and lenient about the rest: unknown members go into Payload,
// null is the same as missing, level may be a number, tag values may be numbers
// and booleans. Errors are *FieldError and never hold the text.
func DecodeReport(raw []byte) (Report, error) {
	if len(raw) > MaxReport {
		return Report{}, tooLarge("body", "is larger than 1 MiB")
	}
	s := scanner{data: raw}
	members, err := s.topLevel()
	if err != nil {
		return Report{}, err
	}
	var r Report
	var unknown []member
	for _, m := range members {
		if bytes.Equal(m.value, []byte("null")) && m.key != "payload" {
			continue
		}
		known, err := r.set(m)
		if err != nil {
			return Report{}, err
		}
		if !known {
			unknown = append(unknown, m)
		}
	}
	r.adopt(unknown)
	return r, nil
}

func (r *Report) set(m member) (known bool, err error) {
	if field := r.textField(m.key); field != nil {
		if m.value[0] != '"' {
			return true, invalid(m.key, "must be a string")
		}
		*field = unquote(m.value)
		return true, nil
	}
	switch m.key {
	case "level":
		if m.value[0] == '"' {
			r.Level = unquote(m.value)
		} else if n, err := strconv.Atoi(string(m.value)); err == nil {
			r.Level = strconv.Itoa(n)
		} else {
			return true, invalid("level", "must be a string or a whole number")
		}
	case "occurred_at":
		var at time.Time
		if m.value[0] != '"' || at.UnmarshalText([]byte(unquote(m.value))) != nil {
			return true, invalid("occurred_at", "must be an RFC 3339 time")
		}
		r.OccurredAt = &at
	case "links":
		if json.Unmarshal(m.value, &r.Links) != nil {
			return true, invalid("links", "must be a list of {kind, id, url}, all strings")
		}
	case "frames":
		if json.Unmarshal(m.value, &r.Frames) != nil {
			return true, invalid("frames", "must be a list of {function, module, file, line, in_app}")
		}
	case "tags":
		tags, ok := decodeTags(m.value)
		if !ok {
			return true, invalid("tags", "must be an object of strings, numbers or booleans")
		}
		r.Tags = tags
	case "fingerprint":
		if json.Unmarshal(m.value, &r.Fingerprint) != nil {
			return true, invalid("fingerprint", "must be a list of strings")
		}
	case "payload":
		r.Payload = json.RawMessage(m.value)
	default:
		return false, nil
	}
	return true, nil
}

func (r *Report) textField(key string) *string {
	switch key {
	case "message":
		return &r.Message
	case "report_id":
		return &r.ReportID
	case "type":
		return &r.Type
	case "source":
		return &r.Source
	case "environment":
		return &r.Environment
	case "release":
		return &r.Release
	case "correlation_id":
		return &r.CorrelationID
	case "trace_id":
		return &r.TraceID
	case "run_id":
		return &r.RunID
	case "deploy_id":
		return &r.DeployID
	case "task_id":
		return &r.TaskID
	case "namespace":
		return &r.Namespace
	case "job":
		return &r.Job
	case "stack":
		return &r.Stack
	}
	return nil
}

// adopt puts unknown members into the payload: beside its own members where it
// is an object or missing, around it where it is something else. A member that
// the payload has already stays as it is there.
func (r *Report) adopt(unknown []member) {
	if len(unknown) == 0 {
		return
	}
	var own []member
	if len(r.Payload) > 0 {
		s := scanner{data: r.Payload}
		members, err := s.topLevel()
		if err != nil { // not an object
			members = []member{{"payload", r.Payload}}
		}
		own = members
	}
	taken := make(map[string]bool, len(own))
	var out bytes.Buffer
	write := func(m member) {
		if out.Len() == 0 {
			out.WriteByte('{')
		} else {
			out.WriteByte(',')
		}
		key, _ := json.Marshal(m.key) // strings cannot fail
		out.Write(key)
		out.WriteByte(':')
		out.Write(m.value)
	}
	for _, m := range own {
		taken[m.key] = true
		write(m)
	}
	for _, m := range unknown {
		if !taken[m.key] {
			write(m)
		}
	}
	out.WriteByte('}')
	r.Payload = out.Bytes()
}

func decodeTags(raw []byte) (map[string]string, bool) {
	if raw[0] != '{' {
		return nil, false
	}
	s := scanner{data: raw}
	members, err := s.topLevel()
	if err != nil {
		return nil, false
	}
	tags := make(map[string]string, len(members))
	for _, m := range members {
		switch m.value[0] {
		case '"':
			tags[m.key] = unquote(m.value)
		case '{', '[':
			return nil, false
		default: // a number, true, false or null, as it was written
			tags[m.key] = string(m.value)
		}
	}
	return tags, true
}
