package httpapi

import (
	"bytes"
	"encoding/json"
	"net/http"
)

// batch is a body cut into its reports, which are not looked into yet.
type batch struct {
	items  [][]byte
	single bool // the body is one report, which answers for the request
}

var (
	errEmpty   = newProblem(http.StatusBadRequest, "The body is empty. Send one report, {\"reports\": [...]} or one report per line.")
	errNotJSON = newProblem(http.StatusBadRequest, "The body is not valid JSON.")
	errShape   = newProblem(http.StatusBadRequest, "Send one report, {\"reports\": [...]} or one report per line.")
	errMany    = newProblem(http.StatusRequestEntityTooLarge, "A request may hold at most 500 reports.")
)

// split finds the reports of a body: one object; the elements of "reports" of
// one object that has no "message"; several JSON values one after the other; or,
// where the type says so, one per line. Only the boundaries are looked at, at
// the speed of memory; each report is checked when it is decoded. So the rest of
// a body behind a value that never ends is one item, which will be refused.
func split(body []byte, lines bool) (batch, error) {
	body = bytes.TrimPrefix(body, []byte("\xef\xbb\xbf"))
	if lines {
		return splitLines(body)
	}
	var b batch
	for at := skipSpace(body, 0); at < len(body); at = skipSpace(body, at) {
		if len(b.items) == maxReports {
			return batch{}, errMany.copy()
		}
		end := skipValue(body, at)
		if end < 0 {
			end = len(body)
		}
		b.items = append(b.items, body[at:end])
		at = end
	}
	switch {
	case len(b.items) == 0:
		return batch{}, errEmpty.copy()
	case len(b.items) > 1:
		return b, nil
	}
	reports, found, err := envelope(b.items[0])
	switch {
	case err != nil:
		return batch{}, err
	case found:
		return batch{items: reports}, nil
	}
	b.single = true
	return b, nil
}

func splitLines(body []byte) (batch, error) {
	var b batch
	for line := range bytes.Lines(body) {
		line = bytes.TrimSpace(line)
		if len(line) == 0 {
			continue
		}
		if len(b.items) == maxReports {
			return batch{}, errMany.copy()
		}
		b.items = append(b.items, line)
	}
	if len(b.items) == 0 {
		return batch{}, errEmpty.copy()
	}
	return b, nil
}

// envelope returns the elements of {"reports": [...]}. found is false for an
// object that is a report itself. Other members of an envelope are checked to
// be JSON and passed over.
func envelope(value []byte) (reports [][]byte, found bool, err error) {
	if value[0] == '[' && json.Valid(value) {
		return nil, false, errShape.copy()
	}
	if value[0] != '{' {
		return nil, false, nil // the decoder of reports says what is wrong
	}
	var list []byte
	message := false
	var rest [][]byte
	at := skipSpace(value, 1)
	for at < len(value) && value[at] != '}' {
		keyEnd := skipValue(value, at)
		if value[at] != '"' || keyEnd < 0 {
			return nil, false, nil
		}
		key := value[at:keyEnd]
		at = skipSpace(value, keyEnd)
		if at >= len(value) || value[at] != ':' {
			return nil, false, nil
		}
		at = skipSpace(value, at+1)
		end := skipValue(value, at)
		if end < 0 {
			return nil, false, nil
		}
		switch string(key) {
		case `"message"`:
			message = true
		case `"reports"`:
			if found {
				return nil, false, newProblem(http.StatusBadRequest, "The body repeats a key within one object.")
			}
			list, found = value[at:end], true
		default:
			rest = append(rest, value[at:end])
		}
		at = skipSpace(value, end)
		if at < len(value) && value[at] == ',' {
			at = skipSpace(value, at+1)
			if at < len(value) && value[at] == '}' {
				return nil, false, errNotJSON.copy()
			}
		} else if at >= len(value) || value[at] != '}' {
			return nil, false, errNotJSON.copy()
		}
	}
	if !found || message || list[0] != '[' {
		return nil, false, nil
	}
	for _, other := range rest {
		if !json.Valid(other) {
			return nil, false, errNotJSON.copy()
		}
	}
	reports, err = elements(list)
	return reports, true, err
}

func elements(list []byte) ([][]byte, error) {
	reports := make([][]byte, 0, 16)
	at := skipSpace(list, 1)
	for list[at] != ']' {
		if len(reports) == maxReports {
			return nil, errMany.copy()
		}
		end := skipValue(list, at)
		if end < 0 || end == at {
			return nil, errNotJSON.copy()
		}
		reports = append(reports, list[at:end])
		at = skipSpace(list, end)
		switch list[at] { // the list ends with its bracket, so at is inside
		case ',':
			if at = skipSpace(list, at+1); list[at] == ']' {
				return nil, errNotJSON.copy()
			}
		case ']':
		default:
			return nil, errNotJSON.copy()
		}
	}
	return reports, nil
}

func skipSpace(b []byte, at int) int {
	for at < len(b) && (b[at] == ' ' || b[at] == '\t' || b[at] == '\n' || b[at] == '\r') {
		at++
	}
	return at
}

// skipValue returns where the value at at ends, or -1 when it does not. It
// counts brackets of both kinds together and looks at nothing else: what is
// wrong inside is found by whoever decodes the value.
func skipValue(b []byte, at int) int {
	depth := 0
	for at < len(b) {
		switch b[at] {
		case '"':
			if at = skipString(b, at); at < 0 {
				return -1
			}
			if depth == 0 {
				return at
			}
			continue
		case '{', '[':
			depth++
		case '}', ']':
			depth--
			if depth <= 0 {
				return at + 1
			}
		default:
			if depth == 0 {
				return skipWord(b, at)
			}
		}
		at++
	}
	return -1
}

// skipString returns where the string that begins at at ends, or -1.
func skipString(b []byte, at int) int {
	for at++; at < len(b); at++ {
		next := bytes.IndexAny(b[at:], `"\`)
		if next < 0 {
			return -1
		}
		if at += next; b[at] == '"' {
			return at + 1
		}
		at++ // what is escaped
	}
	return -1
}

// skipWord steps over a number, a word or garbage: never over a bracket, a
// comma or white space, but over one byte at least.
func skipWord(b []byte, at int) int {
	for at++; at < len(b); at++ {
		switch b[at] {
		case ' ', '\t', '\n', '\r', ',', ':', '{', '}', '[', ']', '"':
			return at
		}
	}
	return at
}
