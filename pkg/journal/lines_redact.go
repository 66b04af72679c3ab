package journal

import (
	"regexp"
	"strings"
	"time"

	"rynda/pkg/redact"
)

// A secret may go over several lines of a log, and those over several requests.
// So each line is looked at together with the two before it, and a private key
// is followed through all its lines.
const (
	lineContext = 2   // lines before one that are looked at with it
	keyLines    = 300 // at most, of one private key that does not end
	keyMark     = "[redacted:private-key]"
)

// Redact returns the lines without their secrets. before are the texts of the
// last lines that are stored right before the first of these, redacted, at most
// two. after is the seq of the last line that is stored, and open how many lines
// behind it a private key may go on; left is the same for what comes after
// these lines.
func (a LogAppend) Redact(before []string, after int64, open int) (lines []LogLine, left int) {
	lines = make([]LogLine, len(a.lines))
	redactor := redact.New(linesBudget)
	bare := a.bareBodies()
	inside := 0
	recent := append(make([]string, 0, lineContext+1), before...)
	for i, s := range a.lines {
		line := LogLine{Seq: s.Seq, Level: levelOf(s.Level), Marker: s.Marker}
		if s.At != nil && s.At.Year() <= 9999 && s.At.Year() >= 1 {
			at := s.At.UTC().Truncate(time.Microsecond)
			line.At = &at
		}
		if s.Seq > after && (i == 0 || a.lines[i-1].Seq <= after) {
			inside = max(inside, open)
		}
		plain := s.Text
		if strings.IndexByte(plain, '\x1b') >= 0 {
			plain = escapes.ReplaceAllString(plain, "")
		}
		if len(recent) > lineContext {
			recent = recent[len(recent)-lineContext:]
		}
		window := strings.Join(recent, "\n")
		switch {
		case inside > 0 && endsKey.MatchString(plain):
			line.Text, inside = keyMark, 0
		case i < bare, inside > 0 && holdsKey(plain):
			line.Text = keyMark
			inside = max(inside-1, 0)
		default:
			line.Text = redact.Shorten(lastLine(redactor, window, s.Text), maxLineText)
			inside = max(inside-1, 0)
			if beginsKey(plain) || len(recent) > 0 && strings.Contains(recent[len(recent)-1], "BEGIN ") &&
				!beginsKey(recent[len(recent)-1]) && beginsKey(recent[len(recent)-1]+plain) {
				inside = keyLines
			}
		}
		recent = append(recent, plain)
		lines[i] = line
	}
	if len(a.lines) == 0 || a.lines[len(a.lines)-1].Seq <= after {
		return lines, open
	}
	return lines, inside
}

// lastLine redacts a text as it stands behind a window of lines, and returns
// what has become of it: all of it where a secret that began in the window
// goes on.
func lastLine(redactor *redact.Redactor, window, text string) string {
	alone := redactor.Text("text", text)
	if window == "" {
		return alone
	}
	together := redactor.Text("text", window+"\n"+text)
	ends := strings.Count(text, "\n") + 1 // lines of the text itself
	at := len(together)
	for range ends {
		if at = strings.LastIndexByte(together[:at], '\n'); at < 0 {
			break
		}
	}
	behind := together[at+1:]
	// The window alone may be changed, or the text by itself; what counts is
	// whether the two together take more out of the text.
	if at >= 0 && strings.Count(behind, "[redacted:") > strings.Count(alone, "[redacted:") {
		return behind
	}
	if mark := strings.LastIndex(together, "[redacted:"); at < 0 && mark >= 0 {
		return together[mark:]
	}
	return alone
}

var (
	escapes = regexp.MustCompile(`\x1b\[[0-9;?]*[ -/]*[@-~]`)
	begins  = regexp.MustCompile(`-----BEGIN [A-Z0-9 ]*PRIVATE KEY|---- BEGIN [A-Z0-9 ]*PRIVATE KEY|PuTTY-User-Key-File-|Private-Lines:`)
	endsKey = regexp.MustCompile(`-----END [A-Z0-9 ]*PRIVATE KEY|---- END [A-Z0-9 ]*PRIVATE KEY|Private-MAC:`)
	// What a line of a key has: a long run of base64, wherever it stands.
	bodyRun = regexp.MustCompile(`[A-Za-z0-9+/=_-]{16,}`)
	// All of a short last line.
	bodyEnd  = regexp.MustCompile(`(^|[\s|:>"'\]])[A-Za-z0-9+/]{2,}={1,2}($|[\s"'\\,<(])`)
	bareBody = regexp.MustCompile(`^[A-Za-z0-9+/]{48,76}={0,2}$`)
)

// beginsKey reports whether a private key begins in the text and does not end
// in it.
func beginsKey(text string) bool {
	if !strings.Contains(text, "BEGIN ") && !strings.Contains(text, "User-Key-File") && !strings.Contains(text, "Private-Lines") {
		return false // nearly always, and much faster to see
	}
	at := begins.FindAllStringIndex(text, -1)
	return len(at) > 0 && !endsKey.MatchString(text[at[len(at)-1][1]:])
}

// holdsKey reports whether a line may hold a part of the key that is going on.
func holdsKey(text string) bool {
	return bodyRun.MatchString(text) || bodyEnd.MatchString(text)
}

// bareBodies counts the first lines that are nothing but base64, where there
// are two or more: the beginning of the key may come later.
func (a LogAppend) bareBodies() int {
	n := 0
	for n < len(a.lines) && bareBody.MatchString(strings.TrimSpace(a.lines[n].Text)) {
		n++
	}
	if n < 2 {
		return 0
	}
	return n
}
