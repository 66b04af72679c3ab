package journal

import (
	"bytes"
	"cmp"
	"encoding/json"
	"slices"
	"strconv"
	"strings"
	"time"

	"rynda/pkg/redact"
)

// Bounds of what is appended to a log at once.
const (
	maxLines    = 10_000
	maxLineText = 16 << 10
	maxSeq      = 1 << 53                  // what JavaScript can count to
	linesBudget = 16 << 20                 // bytes that the redactor looks at: more than a request holds
	keyMark     = "[redacted:private-key]" // for each line of a key
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

// LogAppend is what is appended to a log: accepted, redacted, by seq, none
// twice. Only AcceptLog makes one.
type LogAppend struct {
	lines []LogLine
	ended bool
	open  bool // the last line stands inside a private key
	// head is how many lines stand inside one if the line before the first did,
	// and whether that ends among them.
	head   int
	closes bool
}

// Lines returns the lines, by seq. open says that the line before the first
// stands inside a private key, which then goes on: what belongs to it is
// redacted too.
func (a LogAppend) Lines(open bool) []LogLine {
	if !open || a.head == 0 {
		return a.lines
	}
	lines := slices.Clone(a.lines)
	for i := range a.head {
		lines[i].Text = keyMark
	}
	return lines
}

// Open reports whether a private key goes on behind the last line.
func (a LogAppend) Open(open bool) bool {
	return a.open || open && a.head == len(a.lines) && !a.closes
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
// true}, or from one such line per line of text, and redacts them. A private key
// that goes over many lines is taken out of all of them. The errors are
// *FieldError and hold nothing of the text.
func AcceptLog(raw []byte, perLine bool) (LogAppend, error) {
	sent, ended, err := decodeLog(raw, perLine)
	if err != nil {
		return LogAppend{}, err
	}
	if len(sent) > maxLines {
		return LogAppend{}, tooLarge("lines", "are more than 10,000")
	}
	if len(sent) == 0 && !ended {
		return LogAppend{}, invalid("lines", "is required")
	}
	for i := range sent {
		if sent[i].Seq < 1 || sent[i].Seq > maxSeq {
			return LogAppend{}, invalid("lines["+strconv.Itoa(i)+"].seq", "must be a whole number from 1")
		}
	}
	slices.SortStableFunc(sent, func(a, b sentLine) int { return cmp.Compare(a.Seq, b.Seq) })
	sent = slices.CompactFunc(sent, func(a, b sentLine) bool { return a.Seq == b.Seq })

	out := LogAppend{ended: ended, lines: make([]LogLine, len(sent))}
	redactor := redact.New(linesBudget)
	inside, leading := false, true
	for i, s := range sent {
		if leading {
			switch {
			case strings.Contains(s.Text, keyEnd):
				out.head, out.closes, leading = i+1, true, false
			case isKeyBody(s.Text):
				out.head = i + 1
			default:
				leading = false
			}
		}
		line := LogLine{Seq: s.Seq, At: s.At, Marker: s.Marker, Level: levelOf(s.Level)}
		if s.At != nil {
			at := s.At.UTC().Truncate(time.Microsecond)
			line.At = &at
			if at.Year() > 9999 || at.Year() < 1 {
				line.At = nil
			}
		}
		switch {
		case inside && strings.Contains(s.Text, keyEnd):
			line.Text, inside = keyMark, false
		case inside && isKeyBody(s.Text):
			line.Text = keyMark
		default:
			line.Text = redact.Shorten(redactor.Text("text", s.Text), maxLineText)
			inside = beginsKey(s.Text)
		}
		out.lines[i] = line
	}
	out.open = inside
	return out, nil
}

func decodeLog(raw []byte, perLine bool) (sent []sentLine, ended bool, err error) {
	if !perLine {
		var body struct {
			Lines []sentLine `json:"lines"`
			Ended bool       `json:"ended"`
		}
		if err := strictly(raw, &body); err != nil {
			return nil, false, err
		}
		return body.Lines, body.Ended, nil
	}
	for line := range bytes.Lines(raw) {
		if line = bytes.TrimSpace(line); len(line) == 0 {
			continue
		}
		var s sentLine
		if err := strictly(line, &s); err != nil {
			return nil, false, err
		}
		ended = ended || s.Ended
		if s.Seq == 0 && s.Ended && s.Text == "" {
			continue
		}
		if sent = append(sent, s); len(sent) > maxLines {
			break
		}
	}
	return sent, ended, nil
}

func strictly(raw []byte, into any) error {
	decoder := json.NewDecoder(bytes.NewReader(raw))
	decoder.DisallowUnknownFields()
	if decoder.Decode(into) != nil || decoder.More() {
		return invalid("body", `must be {"lines": [{seq, at, level, text, marker}], "ended": true}, or one line per line`)
	}
	return nil
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

const keyEnd = "-----END "

// beginsKey reports whether a private key begins in the line and does not end
// in it.
func beginsKey(text string) bool {
	at := strings.LastIndex(text, "-----BEGIN ")
	return at >= 0 && strings.Contains(text[at:], "PRIVATE KEY") && !strings.Contains(text[at:], keyEnd)
}

// isKeyBody reports whether a line may belong to a key that began before: its
// last word is base64, it is a header of the key, or it is blank. What logs put
// before each line does not matter.
func isKeyBody(text string) bool {
	text = strings.TrimSpace(text)
	if text == "" || strings.Contains(text, "Proc-Type:") || strings.Contains(text, "DEK-Info:") {
		return true
	}
	word := text[strings.LastIndexAny(text, " \t|:")+1:]
	if len(word) < 8 && word != "" && word != text && !strings.HasSuffix(word, "=") {
		return false
	}
	for _, c := range []byte(word) {
		if !('a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || c == '+' || c == '/' || c == '=' || c == '-' || c == '_') {
			return false
		}
	}
	return true
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
