package redact

import (
	"cmp"
	"slices"
	"unicode/utf16"
	"unicode/utf8"
)

// str reads the string literal at pos. It returns the literal as it stands, the
// text it means, and whether the literal may be kept when the text is: a lone
// surrogate and a written-out NUL may not, for no database stores them.
func (w *walker) str() (raw []byte, s string, kept bool, err error) {
	from := w.pos
	p := from + 1
	for p < len(w.in) {
		c := w.in[p]
		if c == '"' {
			w.pos = p + 1
			raw = w.in[from:w.pos]
			return raw, string(raw[1 : len(raw)-1]), true, nil
		}
		if c == '\\' {
			return w.escapedStr(from, p)
		}
		if c < 0x20 {
			break
		}
		p++
	}
	w.pos = p
	return nil, "", false, w.syntax()
}

// escapedStr goes on at the first backslash.
func (w *walker) escapedStr(from, p int) (raw []byte, s string, kept bool, err error) {
	text := append(w.room[:0], w.in[from+1:p]...)
	kept = true
	fail := func() ([]byte, string, bool, error) {
		w.pos = p
		return nil, "", false, w.syntax()
	}
	for p < len(w.in) {
		c := w.in[p]
		switch {
		case c == '"':
			w.pos = p + 1
			w.room = text[:0]
			return w.in[from:w.pos], string(text), kept, nil
		case c < 0x20:
			return fail()
		case c != '\\':
			text = append(text, c)
			p++
			continue
		}
		if p+1 >= len(w.in) {
			return fail()
		}
		switch e := w.in[p+1]; e {
		case '"', '\\', '/':
			text = append(text, e)
		case 'b':
			text = append(text, '\b')
		case 'f':
			text = append(text, '\f')
		case 'n':
			text = append(text, '\n')
		case 'r':
			text = append(text, '\r')
		case 't':
			text = append(text, '\t')
		case 'u':
			r, ok := hex4(w.in, p+2)
			if !ok {
				return fail()
			}
			p += 4
			if utf16.IsSurrogate(r) {
				low, ok := rune(0), false
				if p+3 < len(w.in) && w.in[p+2] == '\\' && w.in[p+3] == 'u' {
					low, ok = hex4(w.in, p+4)
				}
				if pair := utf16.DecodeRune(r, low); ok && pair != utf8.RuneError {
					r = pair
					p += 6
				} else {
					r, kept = utf8.RuneError, false
				}
			}
			if r == 0 {
				r, kept = utf8.RuneError, false
			}
			text = utf8.AppendRune(text, r)
		default:
			return fail()
		}
		p += 2
	}
	return fail()
}

func hex4(b []byte, p int) (rune, bool) {
	if p+4 > len(b) {
		return 0, false
	}
	var r rune
	for _, c := range b[p : p+4] {
		if charsets[c]&csHex == 0 {
			return 0, false
		}
		r = r<<4 | rune(unhex(c))
	}
	return r, true
}

// plainString returns the text of a literal that has been read before.
func plainString(raw []byte) string {
	w := walker{in: raw}
	_, s, _, err := w.str()
	if err != nil {
		return ""
	}
	return s
}

// appendQuoted appends s, valid UTF-8, as a JSON string.
func appendQuoted(b []byte, s string) []byte {
	const digits = "0123456789abcdef"
	b = append(b, '"')
	last := 0
	for i := range len(s) {
		c := s[i]
		if c >= 0x20 && c != '"' && c != '\\' {
			continue
		}
		b = append(b, s[last:i]...)
		last = i + 1
		switch c {
		case '"', '\\':
			b = append(b, '\\', c)
		case '\n':
			b = append(b, '\\', 'n')
		case '\r':
			b = append(b, '\\', 'r')
		case '\t':
			b = append(b, '\\', 't')
		default:
			b = append(b, '\\', 'u', '0', '0', digits[c>>4], digits[c&15])
		}
	}
	b = append(b, s[last:]...)
	return append(b, '"')
}

func sortPatches(list []patch) {
	slices.SortFunc(list, func(a, b patch) int { return cmp.Compare(a.from, b.from) })
}
