package redact

import "strings"

// quotedValue reads a quoted literal at p, with a string prefix such as b or @
// and with backslashes before the quotes where the text was itself quoted once.
// It returns the literal's inside and the position behind it; the inside of an
// unterminated literal ends with the text. end is 0 where no literal begins.
func quotedValue(s string, p int) (from, to, end int) {
	if p+1 < len(s) && s[p+1] == '"' || p+1 < len(s) && s[p+1] == '\'' {
		switch s[p] {
		case 'b', 'u', 'f', 'r', 'L', '@', '$', 'B', 'R', 'U', 'N', '[', '(':
			p++
		}
	}
	slashes := 0
	for p < len(s) && s[p] == '\\' {
		p++
		slashes++
	}
	if p >= len(s) || s[p] != '"' && s[p] != '\'' && s[p] != '`' {
		return 0, 0, 0
	}
	q := s[p]
	if slashes == 0 && p+2 < len(s) && s[p+1] == q && s[p+2] == q {
		from = p + 3
		if k := strings.Index(s[from:], s[p:p+3]); k >= 0 {
			return from, from + k, from + k + 3
		}
		return from, len(s), len(s)
	}
	from = p + 1
	for k := from; k < len(s); {
		c := s[k]
		if c == '\\' && q != '`' {
			n := k
			for k < len(s) && s[k] == '\\' {
				k++
			}
			if k < len(s) && s[k] == q {
				run := k - n
				if slashes == 0 && run%2 == 0 || slashes > 0 && run <= slashes {
					if slashes == 0 {
						return from, k, k + 1
					}
					return from, n, k + 1
				}
				k++
			}
			continue
		}
		if c == q {
			return from, k, k + 1
		}
		k++
	}
	return from, len(s), len(s)
}

// quoted judges the literal s[from:to].
func (z *scanner) quoted(key string, at int, kind string, t trust, op byte, keyQuoted bool, from, to, end int) int {
	s := z.s
	v := s[from:to]
	if t == suspicious {
		if len(v) > maxLook || !suspect(key, kind, v) {
			return 0
		}
		z.emit(from, to, kind)
		return end
	}
	if len(v) <= maxLook {
		if vacant(v) || reference(v) {
			return 0
		}
		switch {
		case op == ',' && !randomish(v) && (at == 0 || s[at-1] != '-') && !callBefore(s, at):
			return 0
		case kind == kindToken && op == ':' && !keyQuoted && len(v) < 8 && shapeOf(v).seen&isDigit == 0:
			return 0 // unexpected token: "}"
		case kind == kindToken && op == 'e' && len(v) < 8:
			return 0
		case aboutIt(v) || op == ':' && !keyQuoted && strings.HasPrefix(s[end:], " not found"):
			return 0
		case kind == kindPassword && lowerASCII(key) == "pwd" && directory(v):
			return 0
		}
	}
	z.emit(from, to, kind)
	if op == '=' && strings.HasPrefix(s[end:], ` -> "`) { // a plan's old value and new
		if from, to, next := quotedValue(s, end+4); next > 0 && !vacant(s[from:min(to, from+maxLook)]) {
			z.emit(from, to, kind)
			return next
		}
	}
	return end
}

// aboutIt reports that a literal under a secret's name is a sentence about it, as
// validators write them: "is required", "can't be blank".
func aboutIt(v string) bool {
	k := strings.IndexByte(v, ' ')
	if k < 2 || classes[v[0]]&isLower == 0 {
		return false
	}
	switch v[:k] {
	case "is", "must", "can't", "cannot", "may", "should", "does", "doesn't", "was", "has", "isn't", "too", "invalid",
		"required", "missing", "not":
	default:
		return false
	}
	for i := range len(v) {
		if classes[v[i]]&(isLower|isDigit|isJoin) == 0 && v[i] != ' ' && v[i] != '\'' && v[i] != ',' {
			return false
		}
	}
	return true
}

// maxLook bounds what a rule that may still say no looks at.
const maxLook = 512

// suspect judges a value under a name that is only suspicious.
func suspect(key, kind, v string) bool {
	if kind == kindPersonal {
		return len(v) >= 4 && len(v) <= 8 && strings.Trim(v, "0123456789") == ""
	}
	if len(v) < 8 {
		return false
	}
	if randomish(v) && !isID(v) {
		return true
	}
	switch kind {
	case kindKey: // of a role of Vault
		if len(v) == 36 && v[8] == '-' && len(key) >= 9 && strings.EqualFold(key[len(key)-9:len(key)-3], "secret") {
			return true
		}
	case kindPassword:
		if mixedUp(v) {
			return true
		}
	case kindSecret:
		if wordList(v) {
			return true
		}
	case kindSignature: // of a URL, with the signs of base64 escaped
		if strings.IndexByte(v, '%') > 0 {
			r := strings.NewReplacer("%2B", "x", "%2F", "x", "%3D", "", "%2b", "x", "%2f", "x", "%3d", "").Replace(v)
			return len(r) >= 16 && randomish(r) && !isID(r)
		}
	}
	if kind == kindAuthorization && basicUser(v) {
		return true
	}
	if len(v) < 12 || !vendorIn(key) {
		return false
	}
	sh := shapeOf(v)
	return !sh.other && sh.seen&isDigit != 0 && sh.seen&(isLower|isUpper) != 0 && sh.longest < 10 &&
		(sh.turns >= 3 || sh.hex && sh.n >= 16)
}

// wordList reports that v is what a wallet is recovered from: twelve words or
// more, small letters only.
func wordList(v string) bool {
	words := 1
	for i := range len(v) {
		switch {
		case v[i] == ' ' && i > 0 && v[i-1] != ' ':
			words++
		case classes[v[i]]&isLower == 0:
			return false
		}
	}
	return words >= 12
}

// bare judges an unquoted value that begins at v.
func (z *scanner) bare(key string, at int, kind string, t trust, op byte, keyQuoted, spaced bool, v int) int {
	s := z.s
	if s[v] == '[' {
		if end := z.markAt(v); end > 0 && (end == len(s) || bareStop[s[end]]) {
			return end
		}
	}
	end := bareEnd(s, v, t)
	if op == ':' && (s[v] == '>' && end == v || s[v] == '|' && end-v <= 3) {
		return z.block(at, v, max(end, bareEnd(s, v+1, t)), kind, t)
	}
	val := s[v:end]
	if val == "" {
		return 0
	}
	if op == ':' && val[0] == '!' && t == condemned && end-v <= 24 { // a tag of YAML: !vault x
		if k := skipBlank(s, end); k > end && k < len(s) && classes[s[k]]&isSpace == 0 && shapeOf(val[1:]).seen&^(isLower|isUpper|isJoin) == 0 {
			return z.bare(key, at, kind, t, op, keyQuoted, spaced, k)
		}
	}
	if t == suspicious {
		if len(val) > maxLook || !suspect(key, kind, val) {
			return 0
		}
		return z.emit(v, end, kind)
	}
	if len(val) > maxLook {
		return z.emit(v, end, kind)
	}
	if vacant(val) || reference(val) || onlyMark(val) {
		return 0
	}
	if expression(val) {
		if val[len(val)-1] == '(' { // password = String::from("x"), env("NAME", "x")
			if next := z.argument(end, false); next > 0 {
				return next
			}
			return z.argument(end, true)
		}
		return 0
	}
	if c := val[0]; (c == '[' || c == '{' || c == '(') && !strings.ContainsAny(val, "0123456789") {
		if len(val) < 12 {
			return 0 // the beginning of a list or a type
		}
	}
	sh := shapeOf(val)
	plain := sh.seen&isDigit == 0 && !sh.other // letters and joints only
	if plain {
		if _, t := nameKind(val); t != innocent && val != "secret" && val != "password" || strings.EqualFold(val, key) ||
			len(key) > len(val) && key[len(key)-len(val)-1] == '.' && strings.EqualFold(val, key[len(key)-len(val):]) {
			return 0 // password=db_password, self.password = password: a variable
		}
		if c := byteAt(s, end); c == '(' || c == '[' || c == '{' {
			return 0
		}
		if spaced && op == '=' && (kind == kindToken || kind == kindCookie) && sh.n < 20 {
			return 0 // token = Name.Class: a line of a program
		}
	}
	if kind == kindPassword && lowerASCII(key) == "pwd" && directory(val) {
		return 0
	}
	if op == '=' {
		if kind == kindToken && sh.n < 6 && sh.seen == isDigit {
			return 0 // page_token=15
		}
		return z.emit(v, end, kind)
	}
	if keyQuoted {
		if plain && (stopWords[lowerASCII(val)] || !lineEnd(s, end)) {
			return 0 // unrecognized token 'token': was expecting …
		}
		return z.emit(v, end, kind)
	}
	// key: value in what may be prose, key:value in a path or an image's name
	if classes[s[v-1]]&isSpace == 0 {
		if at > 0 && s[at-1] == '/' || at > 1 && s[at-1] == ':' && classes[s[at-2]]&isDigit != 0 && kind == kindSecret {
			return 0 // a name in a path or an ARN
		}
		if k := strings.IndexByte(val, ':'); k >= 0 && port(val[:k]) {
			return 0
		}
	}
	if onlyHan(val) {
		return 0
	}
	if sh.seen&^(isDigit|isJoin) == 0 && !sh.other && sh.slashes == 0 {
		if len(key) == 4 && lowerASCII(key) == "pass" {
			return 0 // first pass: 17 ms
		}
		if sh.n < 8 && !(kind == kindPassword && sh.n >= 4) {
			return 0
		}
		return z.emit(v, end, kind)
	}
	word := trimStops(val)
	if plain || len(word) == 0 {
		if stopWords[lowerASCII(word)] {
			return 0
		}
		alone := lineStart(s, at) && lineEnd(s, end)
		if !alone && !(sh.seen&isUpper != 0 && sh.seen&isLower != 0 && sh.turns >= 3) {
			return 0
		}
	}
	if val[0] == '/' && sh.slashes >= 2 && sh.turns*4 < sh.n && !randomish(val) {
		return 0
	}
	return z.emit(v, end, kind)
}

// directory reports that v is the working directory, which the shell calls PWD.
func directory(v string) bool {
	switch v[0] {
	case '/', '~', '\\', '.':
		return true
	}
	return len(v) >= 3 && v[1] == ':' && (v[2] == '\\' || v[2] == '/')
}

var bareStop = func() (t [256]bool) {
	for _, c := range []byte(" \t\r\n\"'`&;,<>)]}") {
		t[c] = true
	}
	return t
}()

// bareEnd returns the end of the unquoted value at v. A bracketed mark counts as
// part of the value, an escape such as \n ends it.
func bareEnd(s string, v int, t trust) int {
	k := v
	for k < len(s) {
		c := s[k]
		if c == '[' {
			if end := markEnd(s, k); end > 0 {
				k = end
				continue
			}
		}
		if bareStop[c] {
			break
		}
		if c == '\\' && k+1 < len(s) {
			switch s[k+1] {
			case 'n', 'r', 't', 'u', '"', '\'', '\\':
				return k
			}
		}
		if t == suspicious {
			// One word, with the padding of base64 at its end: what is let go is
			// looked at once more, as the words it is made of, and no oftener.
			if charsets[c] == 0 || k-v > maxLook {
				break
			}
			if c == '=' && k+1 < len(s) && s[k+1] != '=' && !bareStop[s[k+1]] {
				break
			}
		}
		k++
	}
	return k
}

// trimStops cuts the marks that end a sentence.
func trimStops(v string) string {
	for v != "" {
		switch v[len(v)-1] {
		case '.', ',', ':', ';', '!', '?':
			v = v[:len(v)-1]
		default:
			return v
		}
	}
	return v
}

// lineStart reports that nothing but indentation, a bullet or an opening quote or
// bracket stands between the beginning of the line and at.
func lineStart(s string, at int) bool {
	for k := at - 1; k >= 0 && at-k < 40; k-- {
		switch s[k] {
		case ' ', '\t', '-', '"', '\'', '\\':
		case '\n', '{', ',', '(', ';':
			return true
		case 'n':
			return k > 0 && s[k-1] == '\\'
		default:
			return false
		}
	}
	return at < 40
}

// lineEnd reports that the line, or the list or object, ends at p.
func lineEnd(s string, p int) bool {
	p = skipBlank(s, p)
	if p >= len(s) {
		return true
	}
	switch s[p] {
	case '\n', '\r', ',', '}', ';', '"', '\'', '`', ')', '\\':
		return true
	}
	return false
}
