package journal

import (
	"bytes"
	"encoding/json"
	"unicode/utf8"
)

// Bounds of the shape of a report, checked before anything is decoded: a small
// text can stand for a large tree.
const (
	maxDepth = 32
	maxNodes = 10_000
)

// scanner checks one JSON text by RFC 8259, with the bounds above, and refuses
// repeated keys: the second value of a key would pass by a redactor that saw
// the first. It allocates only for keys.
type scanner struct {
	data  []byte
	pos   int
	nodes int
}

var (
	errSyntax    = invalid("body", "is not valid JSON")
	errDuplicate = invalid("body", "repeats a key within one object")
	errDepth     = tooLarge("body", "is nested deeper than 32 levels")
	errNodes     = tooLarge("body", "has more than 10,000 values")
)

// member is one key of an object and the text of its value.
type member struct {
	key   string
	value []byte
}

// topLevel checks the whole text and returns the members of the object that it
// must be.
func (s *scanner) topLevel() ([]member, error) {
	s.space()
	if s.pos >= len(s.data) || s.data[s.pos] != '{' {
		if err := s.value(1); err != nil {
			return nil, err
		}
		return nil, invalid("body", "must be a JSON object")
	}
	members := make([]member, 0, 16)
	if err := s.object(1, &members); err != nil {
		return nil, err
	}
	s.space()
	if s.pos != len(s.data) {
		return nil, errSyntax
	}
	return members, nil
}

func (s *scanner) space() {
	for s.pos < len(s.data) {
		switch s.data[s.pos] {
		case ' ', '\t', '\n', '\r':
			s.pos++
		default:
			return
		}
	}
}

func (s *scanner) value(depth int) error {
	if s.nodes++; s.nodes > maxNodes {
		return errNodes
	}
	if s.pos >= len(s.data) {
		return errSyntax
	}
	switch c := s.data[s.pos]; {
	case c == '{':
		return s.object(depth, nil)
	case c == '[':
		return s.array(depth)
	case c == '"':
		_, err := s.text()
		return err
	case c == '-' || c >= '0' && c <= '9':
		return s.number()
	default:
		for _, word := range [...]string{"true", "false", "null"} {
			if bytes.HasPrefix(s.data[s.pos:], []byte(word)) {
				s.pos += len(word)
				return nil
			}
		}
		return errSyntax
	}
}

func (s *scanner) object(depth int, into *[]member) error {
	if depth > maxDepth {
		return errDepth
	}
	s.pos++
	keys := keySet{}
	for first := true; ; first = false {
		s.space()
		if s.pos >= len(s.data) {
			return errSyntax
		}
		if s.data[s.pos] == '}' && first {
			s.pos++
			return nil
		}
		if s.data[s.pos] != '"' {
			return errSyntax
		}
		quoted, err := s.text()
		if err != nil {
			return err
		}
		key := unquote(quoted)
		if !keys.add(key) {
			return errDuplicate
		}
		s.space()
		if s.pos >= len(s.data) || s.data[s.pos] != ':' {
			return errSyntax
		}
		s.pos++
		s.space()
		start := s.pos
		if err := s.value(depth + 1); err != nil {
			return err
		}
		if into != nil {
			*into = append(*into, member{key, s.data[start:s.pos]})
		}
		if done, err := s.next('}'); done || err != nil {
			return err
		}
	}
}

func (s *scanner) array(depth int) error {
	if depth > maxDepth {
		return errDepth
	}
	s.pos++
	s.space()
	if s.pos < len(s.data) && s.data[s.pos] == ']' {
		s.pos++
		return nil
	}
	for {
		s.space()
		if err := s.value(depth + 1); err != nil {
			return err
		}
		if done, err := s.next(']'); done || err != nil {
			return err
		}
	}
}

// next steps over a comma, or over the end of the collection.
func (s *scanner) next(end byte) (done bool, err error) {
	s.space()
	if s.pos >= len(s.data) {
		return false, errSyntax
	}
	c := s.data[s.pos]
	s.pos++
	switch c {
	case ',':
		return false, nil
	case end:
		return true, nil
	}
	return false, errSyntax
}

// text steps over a string and returns it with its quotes.
func (s *scanner) text() ([]byte, error) {
	start := s.pos
	for s.pos++; s.pos < len(s.data); s.pos++ {
		switch c := s.data[s.pos]; {
		case c == '"':
			s.pos++
			return s.data[start:s.pos], nil
		case c < 0x20:
			return nil, errSyntax
		case c == '\\':
			s.pos++
			if s.pos >= len(s.data) {
				return nil, errSyntax
			}
			switch s.data[s.pos] {
			case '"', '\\', '/', 'b', 'f', 'n', 'r', 't':
			case 'u':
				for range 4 {
					s.pos++
					if s.pos >= len(s.data) || !isHex(s.data[s.pos]) {
						return nil, errSyntax
					}
				}
			default:
				return nil, errSyntax
			}
		}
	}
	return nil, errSyntax
}

func (s *scanner) number() error {
	if s.data[s.pos] == '-' {
		s.pos++
	}
	if s.pos < len(s.data) && s.data[s.pos] == '0' {
		s.pos++
	} else if !s.digits() {
		return errSyntax
	}
	if s.pos < len(s.data) && s.data[s.pos] == '.' {
		s.pos++
		if !s.digits() {
			return errSyntax
		}
	}
	if s.pos < len(s.data) && (s.data[s.pos] == 'e' || s.data[s.pos] == 'E') {
		s.pos++
		if s.pos < len(s.data) && (s.data[s.pos] == '+' || s.data[s.pos] == '-') {
			s.pos++
		}
		if !s.digits() {
			return errSyntax
		}
	}
	return nil
}

func (s *scanner) digits() bool {
	start := s.pos
	for s.pos < len(s.data) && s.data[s.pos] >= '0' && s.data[s.pos] <= '9' {
		s.pos++
	}
	return s.pos > start
}

func isHex(c byte) bool {
	return c >= '0' && c <= '9' || c >= 'a' && c <= 'f' || c >= 'A' && c <= 'F'
}

// unquote decodes a JSON string that the scanner has passed. Invalid UTF-8 and
// lone surrogates become U+FFFD.
func unquote(quoted []byte) string {
	inner := quoted[1 : len(quoted)-1]
	if bytes.IndexByte(inner, '\\') < 0 && utf8.Valid(inner) {
		return string(inner)
	}
	var s string
	if json.Unmarshal(quoted, &s) != nil {
		return string(bytes.ToValidUTF8(inner, []byte("\uFFFD")))
	}
	return s
}

// keySet finds repeats: by looking through a few keys, by hashing many.
type keySet struct {
	few  [8]string
	n    int
	many map[string]struct{}
}

func (k *keySet) add(key string) bool {
	if k.many == nil && k.n < len(k.few) {
		for _, seen := range k.few[:k.n] {
			if seen == key {
				return false
			}
		}
		k.few[k.n] = key
		k.n++
		return true
	}
	if k.many == nil {
		k.many = make(map[string]struct{}, 2*len(k.few))
		for _, seen := range k.few {
			k.many[seen] = struct{}{}
		}
	}
	if _, seen := k.many[key]; seen {
		return false
	}
	k.many[key] = struct{}{}
	return true
}
