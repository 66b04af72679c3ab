package redact

import "strings"

// operator reads the operator at p behind the word that begins at i, and returns
// '=' ':' ',' '>' or 'e' (a comparison), and the position behind it.
func operator(s string, p, i int, quoted bool) (op byte, next int) {
	if p >= len(s) {
		return 0, 0
	}
	switch c := s[p]; c {
	case '=':
		switch byteAt(s, p+1) {
		case '>':
			return '=', p + 2
		case '=':
			if byteAt(s, p+2) == '=' {
				return 'e', p + 3
			}
			return 'e', p + 2
		case '~':
			return 0, 0
		}
		return '=', p + 1
	case ':':
		q := p + 1
		for q < len(s) && q-p < 4 && s[q] == ':' {
			q++
		}
		if byteAt(s, q) == '=' {
			return '=', q + 1
		}
		if q-p > 1 || strings.HasPrefix(s[p:], "://") {
			return 0, 0
		}
		return ':', q
	case '|':
		k := i
		for k > 0 && s[k-1] == ' ' {
			k--
		}
		if k > 0 && s[k-1] == '|' && byteAt(s, p+1) != '|' {
			return '|', p + 1
		}
		if byteAt(s, p+1) == '|' && byteAt(s, p+2) == '=' {
			return '=', p + 3
		}
	case '?', '+', '.', '~':
		q := p + 1
		if byteAt(s, q) == c && c != '.' {
			q++
		}
		if byteAt(s, q) == '=' && byteAt(s, q+1) != '=' {
			return '=', q + 1
		}
	case ',':
		if quoted {
			return ',', p + 1
		}
	case '&':
		if i >= 4 && strings.HasPrefix(s[p:], "&gt;") && s[i-4:i] == "&lt;" {
			return '>', p + len("&gt;")
		}
	case wide:
		switch {
		case strings.HasPrefix(s[p:], "："):
			return ':', p + len("：")
		case strings.HasPrefix(s[p:], "＝"):
			return '=', p + len("＝")
		}
	case '>':
		if i > 0 && s[i-1] == '<' {
			return '>', p + 1
		}
	}
	return 0, 0
}

func skipBlank(s string, p int) int {
	for p < len(s) && (s[p] == ' ' || s[p] == '\t') {
		p++
	}
	return p
}

func skipSpace(s string, p int) int {
	for p < len(s) && classes[s[p]]&isSpace != 0 {
		p++
	}
	return p
}

// skipType returns the position behind the type that Go prints before a value:
// []string{"…"}, (string) (len=9) "…". It is v where none stands.
func skipType(s string, v int) int {
	switch byteAt(s, v) {
	case '[':
		if strings.HasPrefix(s[v:], `[]string{"`) {
			return v + len(`[]string{`)
		}
	case 's': // of PHP
		if strings.HasPrefix(s[v:], "string(") {
			k := v + len("string(")
			for k < len(s) && classes[s[k]]&isDigit != 0 && k-v < 24 {
				k++
			}
			if strings.HasPrefix(s[k:], `) "`) {
				return k + 2
			}
		}
	case '(':
		if head := "(string) (len="; strings.HasPrefix(s[v:], head) {
			k := v + len(head)
			for k < len(s) && classes[s[k]]&isDigit != 0 && k-v < 24 {
				k++
			}
			if strings.HasPrefix(s[k:], `) "`) {
				return k + 2
			}
		}
	}
	return v
}

var otherTypes = [...]string{"string", "str", "String", "SecretStr", "&str", "[]byte", "Optional[str]"}

// typeName returns the end of the type's name at p, as in "var token string =",
// or 0.
func typeName(s string, p int) int {
	switch byteAt(s, p) {
	case 's', 'S', '&', '[', 'O':
	default:
		return 0
	}
	names := otherTypes[:]
	if s[p] == 's' {
		if byteAt(s, p+1) != 't' {
			return 0
		}
		names = names[:2]
	}
	for _, name := range names {
		if strings.HasPrefix(s[p:], name) {
			if end := p + len(name); end == len(s) || classes[s[end]]&isWord == 0 {
				return end
			}
		}
	}
	return 0
}
