package redact

import "strings"

// Bits of classes: what the scanner wants to know of a byte at once.
const (
	isLower = 1 << iota
	isUpper
	isDigit
	isJoin  // _ - . inside a word
	isHigh  // a byte of a rune beyond ASCII
	isPunct // a byte that may begin a rule of its own
	isAfter // may stand between a key and its value
	isSpace

	wide = 0xef // the first byte of full-width punctuation

	isWord = isLower | isUpper | isDigit | isJoin | isHigh
)

var classes = func() (t [256]uint8) {
	for c := range 256 {
		b := byte(c)
		switch {
		case b >= 'a' && b <= 'z':
			t[c] = isLower
		case b >= 'A' && b <= 'Z':
			t[c] = isUpper
		case b >= '0' && b <= '9':
			t[c] = isDigit
		case b == '_', b == '-', b == '.':
			t[c] = isJoin
		case b >= 0x80:
			t[c] = isHigh
		}
	}
	for _, b := range []byte("[:%~@|\\") {
		t[b] |= isPunct
	}
	// The full-width colon, comma and their kin begin with this byte, and so do no
	// letters but rare ones: it ends a word.
	t[wide] = isPunct | isAfter
	for _, b := range []byte("=:\"'`>,?+|]\\)~&(") {
		t[b] |= isAfter
	}
	for _, b := range []byte(" \t\r\n") {
		t[b] |= isSpace
	}
	return t
}()

// shape is what one look over a value tells.
type shape struct {
	n       int
	seen    uint8 // classes of its bytes
	turns   int   // changes between lower, upper and digit
	longest int   // longest run of letters of one case
	hex     bool  // only 0-9 a-f, or 0-9 A-F, and dashes
	dashes  int
	slashes int
	other   bool // bytes beyond letters, digits and _-./+=~
}

func shapeOf(v string) shape {
	sh := shape{n: len(v), hex: true}
	var prev uint8
	run := 0
	for i := range len(v) {
		c := v[i]
		k := classes[c] & (isLower | isUpper | isDigit)
		sh.seen |= classes[c]
		switch {
		case k != 0:
			if k != prev {
				if prev != 0 {
					sh.turns++
				}
				run = 0
			}
			run++
			if k != isDigit && run > sh.longest {
				sh.longest = run
			}
			if charsets[c]&csHex == 0 {
				sh.hex = false
			}
			prev = k
			continue
		case c == '-':
			sh.dashes++
		case c == '/':
			sh.slashes++
			sh.hex = false
		case c == '_', c == '.', c == '+', c == '=', c == '~', c == ':', c >= 0x80:
			sh.hex = false
		default:
			sh.other = true
			sh.hex = false
		}
		prev, run = 0, 0
	}
	return sh
}

// randomish reports that v reads like something a generator made rather than
// something a person wrote: long enough, digits among letters, many changes of
// class, no long stretch of plain letters.
func randomish(v string) bool {
	sh := shapeOf(v)
	if sh.other || sh.seen&isHigh != 0 || sh.seen&isDigit == 0 || sh.seen&(isLower|isUpper) == 0 {
		return false
	}
	letters := sh.longest
	switch {
	case sh.n >= 32:
		return sh.turns*5 >= sh.n && letters <= 12 && sh.slashes <= 3
	case sh.n >= 16:
		return sh.turns*4 >= sh.n && letters <= 8 && sh.slashes <= 1
	case sh.n >= 12:
		return sh.turns*3 >= sh.n && letters <= 5 && sh.slashes == 0
	}
	return false
}

// isID reports that v has only the shape of an identifier: hex (a digest, a
// commit, a trace), a UUID, a ULID, or digits. Such a value is no secret unless
// its key says so.
func isID(v string) bool {
	sh := shapeOf(v)
	if sh.hex && sh.seen&(isDigit|isLower|isUpper) != 0 {
		return true
	}
	if k := strings.LastIndexByte(v, '-'); k > 0 && len(v)-k > 32 && sh.longest <= 12 { // Linux-node-6d3de6ac…
		if tail := shapeOf(v[k+1:]); tail.hex && shapeOf(v[:k]).seen&isDigit == 0 {
			return true
		}
	}
	return isULID(v) || isPath(v)
}

// isPath reports that v is the path of a file or an object: uploads/5/x.png. What
// is in base64 does not begin with a word in small letters before a slash.
func isPath(v string) bool {
	k := strings.IndexByte(v, '/')
	if k < 3 || k == len(v)-1 {
		return false
	}
	for i := range k {
		if classes[v[i]]&(isLower|isJoin) == 0 {
			return false
		}
	}
	return strings.IndexByte(v, '+') < 0
}

// mixedUp reports that v, with less around it than randomish asks for, was made
// to be hard to guess: no joints as names have, digits, and letters of both cases
// or symbols.
func mixedUp(v string) bool {
	for i := range len(v) {
		if notGuess[v[i]] {
			return false
		}
	}
	sh := shapeOf(v)
	if sh.n < 8 || sh.seen&(isHigh|isJoin) != 0 || sh.slashes > 0 || sh.seen&isDigit == 0 || sh.seen&(isLower|isUpper) == 0 || isID(v) {
		return false
	}
	return sh.other || sh.seen&isUpper != 0 && sh.seen&isLower != 0 || randomish(v)
}

// notGuess holds for the bytes that belong to the text around a value.
var notGuess = func() (t [256]bool) {
	for _, c := range []byte("(){}[]<>,;:=\"'`\\| ") {
		t[c] = true
	}
	return t
}()

func isULID(v string) bool {
	if len(v) != 26 || v[0] < '0' || v[0] > '7' {
		return false
	}
	for i := range len(v) {
		c := v[i] &^ 0x20
		switch {
		case v[i] >= '0' && v[i] <= '9':
		case c < 'A' || c > 'Z' || c == 'I' || c == 'L' || c == 'O' || c == 'U':
			return false
		}
	}
	return true
}

// stopWords follow the name of a secret in sentences about it: "token expired",
// "password: required". Sorted by nothing, looked up in a map of a few dozen.
var stopWords = map[string]bool{}

func init() {
	for _, w := range []string{
		"a", "accepted", "all", "already", "an", "and", "any", "are", "as", "at", "auth", "authentication",
		"authorization", "bad", "be", "but", "by", "can", "cannot", "challenge", "changed", "check", "contains",
		"could", "created", "deleted", "denied", "did", "does", "disabled", "do", "empty", "enabled", "error",
		"exceeded", "exists", "expected", "expired", "failed", "failure", "false", "fetch", "field", "file",
		"flag", "for", "format", "forbidden", "found", "from", "granted", "has", "have", "header", "if", "in",
		"incorrect", "invalid", "is", "it", "length", "lookup", "malformed", "mismatch", "missing", "must", "nil",
		"no", "none", "not", "null", "of", "off", "ok", "on", "only", "option", "or", "parse", "policy", "prompt",
		"provided", "received", "refresh", "refused", "rejected", "request", "required", "reset", "returned",
		"revoked", "rotated", "signature", "stale", "string", "successful", "that", "the", "this", "to", "too",
		"true", "type", "unable", "unauthorized", "undefined", "unexpected", "unknown", "unset", "unsupported",
		"updated", "used", "valid", "value", "include", "inherit", "omit", "same-origin", "verification", "via", "was", "were", "when", "will", "with",
		"wrong", "yes", "you", "your",
	} {
		stopWords[w] = true
	}
}

// vacant reports that v says there is no secret here: empty, null, a boolean, a
// row of stars. Such a value tells nothing and is kept.
func vacant(v string) bool {
	switch len(v) {
	case 0:
		return true
	case 2, 3, 4, 5, 9:
		if classes[v[0]]&(isLower|isUpper) != 0 {
			for _, w := range [...]string{"no", "nil", "yes", "null", "none", "true", "false", "undefined"} {
				if len(w) == len(v) && strings.EqualFold(w, v) {
					return true
				}
			}
		}
	}
	for i := range len(v) {
		if c := v[i]; c != '*' && c != '.' && c != '-' && c != '#' && c != '?' {
			return c|0x20 == 'x' && len(v) >= 3 && strings.Trim(v, "xX") == "" || hidden(v)
		}
	}
	return true
}

// hidden reports that somebody else has taken the secret out: [REDACTED], <hidden>.
func hidden(v string) bool {
	if len(v) < 7 || len(v) > 20 {
		return false
	}
	switch v[0] {
	case '[', '(', '<', '{':
	default:
		return false
	}
	switch lowerASCII(v[1 : len(v)-1]) {
	case "redacted", "filtered", "hidden", "masked", "removed", "protected", "omitted", "scrubbed", "sensitive", "sensitive value",
		"secret", "password", "token", "empty", "not set", "unset":
		return strings.IndexByte("])>}", v[len(v)-1]) >= 0
	}
	return false
}

// reference reports that v names where the secret comes from rather than being
// it: ${VAR}, $VAR, $(cmd), {{ template }}, %s, <placeholder>.
func reference(v string) bool {
	if len(v) < 2 {
		return false
	}
	last := v[len(v)-1]
	switch v[0] {
	case '$':
		switch v[1] {
		case '{', '(':
			return true
		}
		for i := 1; i < len(v); i++ {
			if classes[v[i]]&(isUpper|isDigit) == 0 && v[i] != '_' {
				return false
			}
		}
		return classes[v[1]]&isDigit == 0 || len(v) == 2
	case '{':
		if v[1] == '{' {
			return true
		}
		for i := 1; i < len(v)-1; i++ {
			if classes[v[i]]&(isLower|isUpper|isJoin) == 0 {
				return false
			}
		}
		return last == '}'
	case '<':
		return last == '>' && !randomish(v[1:len(v)-1])
	case '%':
		return len(v) == 2 || v[1] == '(' || v[1] == '{' || last == '%' && !randomish(v[1:len(v)-1])
	}
	return false
}

// placeholder reports that v stands for a value in a usage text: --token TOKEN.
func placeholder(v string) bool {
	if len(v) < 3 {
		return false
	}
	for i := range len(v) {
		if classes[v[i]]&isUpper == 0 && v[i] != '_' && v[i] != '-' {
			return false
		}
	}
	_, t := nameKind(v)
	return t != innocent
}

// expression reports that v is code rather than a value: a call, an index, a
// literal with a type name, an object as its runtime prints it.
func expression(v string) bool {
	letters, digits, dots := 0, 0, 0
	for i := range len(v) {
		c := v[i]
		switch {
		case classes[c]&(isLower|isUpper) != 0 || c == '_':
			letters++
		case c == '.' || c == ':' && i+1 < len(v) && v[i+1] == ':':
			if letters == 0 {
				return false
			}
			dots++
		case c == '@' || c == '$':
			if c == '@' {
				return dots > 0 && digits == 0 && len(v)-i <= 9 && isID(v[i+1:]) // android.os.Binder@5166a0e
			}
		case c == ':' && i > 0 && v[i-1] == ':':
		case c == '(' || c == '[' || c == '{':
			return letters > 0 && (digits == 0 || dots > 0)
		case classes[c]&isDigit != 0 && letters > 0:
			digits++
		default:
			return false
		}
	}
	return false
}

func lowerASCII(s string) string {
	for i := range len(s) {
		if classes[s[i]]&isUpper != 0 {
			b := []byte(s)
			for j := range b {
				if classes[b[j]]&isUpper != 0 {
					b[j] |= 0x20
				}
			}
			return string(b)
		}
	}
	return s
}
