package journal

import (
	"bytes"
	"cmp"
	"encoding/json"
	"io"
	"slices"
	"strconv"
	"time"
)

// Bounds of what is appended to a log at once.
const (
	maxLines    = 10_000
	maxLineText = 16 << 10
	maxSeq      = 1 << 53  // what JavaScript can count to
	linesBudget = 48 << 20 // bytes that the redactor looks at: a request three times
)

// LogLine is a line of the log of a run or deploy.
type LogLine struct {
	Seq    int64      `json:"seq" doc:"Place in the log, from 1."`
	At     *time.Time `json:"at"`
	Level  string     `json:"level" doc:"critical, error, warning or info; empty where none was given."`
	Text   string     `json:"text"`
	Marker bool       `json:"marker" doc:"A place to jump to: the beginning of a step, a failure."`
}

// Severity is the level as it is stored, 0 for none.
func (l LogLine) Severity() (s Severity) {
	if l.Level != "" {
		s, _ = ParseSeverity(l.Level)
	}
	return s
}

// LogAppend is what is appended to a log: accepted, by seq, none twice, and not
// yet redacted, so it is neither stored nor logged. Redact makes lines of it.
type LogAppend struct {
	lines []sentLine
	ended bool
}

// Len is how many lines there are, and First the seq of the first one.
func (a LogAppend) Len() int { return len(a.lines) }

// First is the lowest seq; 0 where there are no lines.
func (a LogAppend) First() int64 {
	if len(a.lines) == 0 {
		return 0
	}
	return a.lines[0].Seq
}

// Ended reports whether nothing comes after these lines.
func (a LogAppend) Ended() bool { return a.ended }

// sentLine is a line as it is sent. Level is a word or a number, as in a report.
type sentLine struct {
	Seq    int64           `json:"seq"`
	At     *time.Time      `json:"at"`
	Level  json.RawMessage `json:"level"`
	Text   string          `json:"text"`
	Marker bool            `json:"marker"`
	Ended  bool            `json:"ended"` // a line of its own, {"ended": true}, where there is one object per line
}

// AcceptLog reads lines from {"lines": [{seq, at, level, text, marker}], "ended":
// true}, or from one such line per line of text. The errors are *FieldError and
// hold nothing of the text.
func AcceptLog(raw []byte, perLine bool) (LogAppend, error) {
	read := readLines
	if perLine {
		read = readLinesEach
	}
	a, err := read(raw)
	switch {
	case err != nil:
		return LogAppend{}, err
	case len(a.lines) > maxLines:
		return LogAppend{}, tooLarge("lines", "are more than 10,000")
	case len(a.lines) == 0 && !a.ended:
		return LogAppend{}, invalid("lines", "is required")
	}
	for i := range a.lines {
		if seq := a.lines[i].Seq; seq < 1 || seq > maxSeq {
			return LogAppend{}, invalid("lines["+strconv.Itoa(i)+"].seq", "must be a whole number from 1")
		}
	}
	slices.SortStableFunc(a.lines, func(x, y sentLine) int { return cmp.Compare(x.Seq, y.Seq) })
	a.lines = slices.CompactFunc(a.lines, func(x, y sentLine) bool { return x.Seq == y.Seq })
	return a, nil
}

var errLogShape = invalid("body", `must be {"lines": [{seq, at, level, text, marker}], "ended": true}, or one line per line`)

// readLines reads the lines one by one: a small text can stand for many.
func readLines(raw []byte) (a LogAppend, err error) {
	decoder := json.NewDecoder(bytes.NewReader(raw))
	decoder.DisallowUnknownFields()
	if token, err := decoder.Token(); err != nil || token != json.Delim('{') {
		return a, errLogShape
	}
	seen := map[string]bool{}
	for decoder.More() {
		key, err := decoder.Token()
		name, _ := key.(string)
		if err != nil || seen[name] {
			return a, errLogShape
		}
		seen[name] = true
		switch name {
		case "ended":
			if decoder.Decode(&a.ended) != nil {
				return a, errLogShape
			}
		case "lines":
			if token, err := decoder.Token(); err != nil || token != json.Delim('[') {
				return a, errLogShape
			}
			for decoder.More() && len(a.lines) <= maxLines {
				var s sentLine
				if decoder.Decode(&s) != nil {
					return a, errLogShape
				}
				a.lines, a.ended = append(a.lines, s), a.ended || s.Ended
			}
			if len(a.lines) > maxLines {
				return a, nil
			}
			if _, err := decoder.Token(); err != nil {
				return a, errLogShape
			}
		default:
			return a, errLogShape
		}
	}
	if token, err := decoder.Token(); err != nil || token != json.Delim('}') {
		return a, errLogShape
	}
	if _, err := decoder.Token(); err != io.EOF {
		return a, errLogShape
	}
	return a, nil
}

func readLinesEach(raw []byte) (a LogAppend, err error) {
	for line := range bytes.Lines(raw) {
		if line = bytes.TrimSpace(line); len(line) == 0 {
			continue
		}
		decoder := json.NewDecoder(bytes.NewReader(line))
		decoder.DisallowUnknownFields()
		var s sentLine
		if decoder.Decode(&s) != nil {
			return a, errLogShape
		}
		if _, err := decoder.Token(); err != io.EOF {
			return a, errLogShape
		}
		a.ended = a.ended || s.Ended
		if s.Seq == 0 && s.Ended && s.Text == "" {
			continue
		}
		if a.lines = append(a.lines, s); len(a.lines) > maxLines {
			break
		}
	}
	return a, nil
}

// levelOf is the word of a level, or nothing where none was given.
func levelOf(raw json.RawMessage) string {
	var word string
	if len(raw) == 0 || string(raw) == "null" {
		return ""
	}
	if json.Unmarshal(raw, &word) != nil {
		word = string(raw)
	}
	if word == "" {
		return ""
	}
	return SeverityOf(word).String()
}

// RunLogged is the data of a run.logged event: which lines are new, not the
// lines.
type RunLogged struct {
	Project string `json:"project"`
	RunID   string `json:"run_id"`
	Logged
}

// DeployLogged is the data of a deploy.logged event.
type DeployLogged struct {
	Project  string `json:"project"`
	DeployID string `json:"deploy_id"`
	Logged
}

// Logged says which lines of a log are new.
type Logged struct {
	FromSeq int64 `json:"from_seq" doc:"Lowest of the new lines; 0 where only the end is new."`
	ToSeq   int64 `json:"to_seq" doc:"Of the last line there is."`
	Ended   bool  `json:"ended"`
}

// LogPage is a part of a log.
type LogPage struct {
	Lines   []LogLine `json:"lines"`
	ToSeq   int64     `json:"to_seq" doc:"Of the last line that is there."`
	Ended   bool      `json:"ended" doc:"Nothing comes after to_seq."`
	HasMore bool      `json:"has_more"`
}

// LogState says how far a log goes.
type LogState struct {
	ToSeq int64 `json:"to_seq" doc:"Of the last line; 0 for a log without lines."`
	Ended bool  `json:"ended"`
}

// LogAppended says what became of lines.
type LogAppended struct {
	Accepted   int   `json:"accepted" doc:"how many were stored now"`
	Duplicates int   `json:"duplicates" doc:"how many were there already, by their seq"`
	ToSeq      int64 `json:"to_seq"`
	Ended      bool  `json:"ended"`
}
