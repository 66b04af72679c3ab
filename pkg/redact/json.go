package redact

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
)

// MaxDepth is how deep arrays and objects may be nested in what JSON is given.
const MaxDepth = 32

// Errors of JSON, wrapped with the offset in bytes and never with the input.
var (
	ErrDepth  = errors.New("JSON is nested too deep")
	ErrSyntax = errors.New("not valid JSON")
)

// JSON redacts every string of one JSON value, keys included, and returns a value
// of the same shape in compact form: the same arrays and objects with their keys
// in order, numbers and literals as they were written. What stands under the name
// of a secret goes as a whole, at any depth below it; a number there, or one that
// is a card's, becomes a string that holds the mark. Pairs are understood as well:
// ["authorization", "…"], {"name": "DB_PASSWORD", "value": "…"} and
// ["--password", "…"]. Of duplicate keys each is redacted.
//
// The path is put before the paths of the findings. The input is read once, token
// by token, without building a tree. ErrSyntax and ErrDepth come back wrapped.
func (r *Redactor) JSON(path string, raw []byte) ([]byte, error) {
	w := &walker{r: r, in: raw, base: path, out: make([]byte, 0, len(raw)+len(raw)/8)}
	err := w.value(under{})
	if err == nil {
		w.space()
		if w.pos != len(w.in) {
			err = w.syntax()
		}
	}
	if err != nil {
		return nil, err
	}
	return w.patched(), nil
}

// walker reads in and writes out at once.
type walker struct {
	r       *Redactor
	in      []byte
	pos     int
	out     []byte
	base    string
	steps   []step  // from the root to here
	patches []patch // pieces of out to be replaced at the end, in order
	secret  int8    // whether the document is a Kubernetes Secret: 0 not known
	room    []byte
}

// step is one segment of the path: a key, or an index where key is empty.
type step struct {
	key   string
	index int
}

// under says what a value stands under: the nearest key, and the kind of secret
// that the key or one above it makes of it.
type under struct {
	key  string
	kind string
}

// patch replaces out[from:to], a "value" member that came before its "name".
type patch struct {
	from, to int
	kind     string
}

func (w *walker) syntax() error { return fmt.Errorf("%w at byte %d", ErrSyntax, w.pos) }

func (w *walker) path() string {
	var b strings.Builder
	b.WriteString(w.base)
	for _, s := range w.steps {
		if s.index >= 0 {
			b.WriteString(indexSegment(s.index))
		} else {
			if b.Len() > 0 {
				b.WriteByte('.')
			}
			b.WriteString(s.key)
		}
		if b.Len() > 4*maxPath {
			break
		}
	}
	return b.String()
}

func (w *walker) space() {
	for w.pos < len(w.in) {
		switch w.in[w.pos] {
		case ' ', '\t', '\n', '\r':
			w.pos++
		default:
			return
		}
	}
}

func (w *walker) value(u under) error {
	w.space()
	if w.pos >= len(w.in) {
		return w.syntax()
	}
	switch c := w.in[w.pos]; c {
	case '{', '[':
		if len(w.steps) >= MaxDepth {
			return fmt.Errorf("%w at byte %d", ErrDepth, w.pos)
		}
		if c == '{' {
			return w.object(u)
		}
		return w.array(u)
	case '"':
		raw, s, kept, err := w.str()
		if err != nil {
			return err
		}
		w.put(raw, s, kept, u)
		return nil
	case 't':
		return w.literal("true")
	case 'f':
		return w.literal("false")
	case 'n':
		return w.literal("null")
	default:
		return w.number(u)
	}
}

func (w *walker) literal(text string) error {
	if !bytes.HasPrefix(w.in[w.pos:], []byte(text)) {
		return w.syntax()
	}
	w.out = append(w.out, text...)
	w.pos += len(text)
	return nil
}

func (w *walker) number(u under) error {
	from, p := w.pos, w.pos
	digits := func() bool {
		at := p
		for p < len(w.in) && w.in[p] >= '0' && w.in[p] <= '9' {
			p++
		}
		return p > at
	}
	if w.in[p] == '-' {
		p++
	}
	whole := p
	if !digits() || w.in[whole] == '0' && p-whole > 1 {
		return w.syntax()
	}
	integer := p - from
	if p < len(w.in) && w.in[p] == '.' {
		p++
		if !digits() {
			return w.syntax()
		}
	}
	if p < len(w.in) && w.in[p]|0x20 == 'e' {
		p++
		if p < len(w.in) && (w.in[p] == '+' || w.in[p] == '-') {
			p++
		}
		if !digits() {
			return w.syntax()
		}
	}
	w.pos = p
	text := w.in[from:p]
	kind := u.kind
	if !w.r.spend(len(text)) {
		kind = kindBudget
	}
	if kind == "" && integer == len(text) && integer >= 14 && integer <= 19 {
		if s := string(text); cardEnd(s, 0, len(s)) == len(s) {
			kind = kindCard
		}
	}
	if kind == "" {
		w.out = append(w.out, text...)
		return nil
	}
	w.r.record(w.path, kind, 1)
	w.out = appendQuoted(w.out, Mark(kind))
	return nil
}

// put writes the string s, which stood as raw in the input, redacted, and returns
// what it became.
func (w *walker) put(raw []byte, s string, kept bool, u under) string {
	out := s
	switch {
	case u.kind != "" && !vacant(s) && !onlyMark(s):
		kind := u.kind
		if !w.r.spend(len(s)) {
			kind = kindBudget
		}
		w.r.record(w.path, kind, 1)
		out = Mark(kind)
	case u.key != "":
		out = w.r.field(u.key, s, w.path)
	default:
		out = w.r.text(s, w.path)
	}
	if kept && out == s {
		w.out = append(w.out, raw...)
		return out
	}
	w.out = appendQuoted(w.out, out)
	return out
}

func (w *walker) array(u under) error {
	w.out = append(w.out, '[')
	w.pos++
	w.steps = append(w.steps, step{})
	defer func() { w.steps = w.steps[:len(w.steps)-1] }()
	before, became, beforeIsString := "", "", false
	for n := 0; ; n++ {
		w.space()
		if w.pos >= len(w.in) {
			return w.syntax()
		}
		if w.in[w.pos] == ']' && n == 0 {
			break
		}
		if n > 0 {
			w.out = append(w.out, ',')
		}
		w.steps[len(w.steps)-1] = step{index: n}
		if w.in[w.pos] != '"' {
			if err := w.value(u); err != nil {
				return err
			}
			beforeIsString = false
		} else {
			raw, s, kept, err := w.str()
			if err != nil {
				return err
			}
			v := u
			if beforeIsString && u.kind == "" {
				w.space()
				pair := n == 1 && w.pos < len(w.in) && w.in[w.pos] == ']'
				v = neighbour(u, before, became, s, pair)
			}
			became = w.put(raw, s, kept, v)
			before, beforeIsString = s, true
		}
		w.space()
		if w.pos < len(w.in) && w.in[w.pos] == ',' {
			w.pos++
			continue
		}
		if w.pos < len(w.in) && w.in[w.pos] == ']' {
			break
		}
		return w.syntax()
	}
	w.pos++
	w.out = append(w.out, ']')
	return nil
}

func (w *walker) object(u under) error {
	w.out = append(w.out, '{')
	w.pos++
	w.steps = append(w.steps, step{index: -1})
	defer func() { w.steps = w.steps[:len(w.steps)-1] }()
	renamed := 0
	pairName, pairSafe := "", "" // the string under "name" or "key", and redacted
	waiting := []piece(nil)      // "value" members that came before it
	for n := 0; ; n++ {
		w.space()
		if w.pos >= len(w.in) {
			return w.syntax()
		}
		if w.in[w.pos] == '}' && n == 0 {
			break
		}
		if w.in[w.pos] != '"' {
			return w.syntax()
		}
		if n > 0 {
			w.out = append(w.out, ',')
		}
		raw, key, kept, err := w.str()
		if err != nil {
			return err
		}
		here := &w.steps[len(w.steps)-1]
		here.key = ""
		safe := w.r.text(key, w.keyPath)
		if safe != key && safe != clean(key) {
			if renamed++; renamed > 1 {
				safe += fmt.Sprintf(" (%d)", renamed)
			}
		}
		here.key = safe
		if kept && safe == key {
			w.out = append(w.out, raw...)
		} else {
			w.out = appendQuoted(w.out, safe)
		}
		w.space()
		if w.pos >= len(w.in) || w.in[w.pos] != ':' {
			return w.syntax()
		}
		w.pos++
		w.out = append(w.out, ':')
		w.space()

		v := named(under{kind: u.kind}, key, safe)
		role := pairRole(key)
		if role == pairValue && pairName != "" && v.kind == "" {
			v = named(v, pairName, pairSafe)
		}
		if (key == "data" || key == "stringData") && v.kind == "" && w.pos < len(w.in) && w.in[w.pos] == '{' && w.isSecret() {
			v.kind = kindSecret
		}
		from, at := len(w.out), w.pos
		if err := w.value(v); err != nil {
			return err
		}
		switch {
		case role == pairKey && w.in[at] == '"':
			pairName, pairSafe = plainString(w.in[at:w.pos]), plainString(w.out[from:])
			for _, p := range waiting {
				w.replace(p, named(under{}, pairName, pairSafe))
			}
			waiting = nil
		case role == pairValue && pairName == "" && v.kind == "" && w.in[at] != '{' && w.in[at] != '[' && len(waiting) < 4:
			waiting = append(waiting, piece{from, len(w.out), at, w.pos, safe})
		}
		w.space()
		if w.pos < len(w.in) && w.in[w.pos] == ',' {
			w.pos++
			continue
		}
		if w.pos < len(w.in) && w.in[w.pos] == '}' {
			break
		}
		return w.syntax()
	}
	w.pos++
	w.out = append(w.out, '}')
	return nil
}

// keyPath is the path of the object that holds the key at hand.
func (w *walker) keyPath() string {
	steps := w.steps
	w.steps = steps[:len(steps)-1]
	path := w.path()
	w.steps = steps
	return path
}
