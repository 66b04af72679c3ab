package redact

import "strings"

// assigned handles a word that may be a key: s[i:j], with a closing quote, an
// operator, or spaces before an operator behind it. It knows = := ?= += => : and
// their kin, "key", "value" in a call, and <key>value</key>. It returns where to
// go on, or 0 when the word is no key or its value may stay.
func (z *scanner) assigned(i, j int) int {
	s := z.s
	if s[j] == '(' {
		return z.call(i, j)
	}
	a, b := i, j
	for a < b && (s[a] == '-' || s[a] == '.') {
		a++
	}
	for b > a && (s[b-1] == '-' || s[b-1] == '.') {
		b--
	}
	if b-a < 2 {
		return 0
	}
	p := j
	quoted := false
	for p < len(s) && s[p] == '\\' {
		p++
	}
	if p < len(s) && (s[p] == '"' || s[p] == '\'' || s[p] == '`') {
		if i == 0 || s[i-1] != s[p] {
			return 0
		}
		quoted = true
		p++
		for p < len(s) && (s[p] == ']' || s[p] == ')') {
			p++
		}
	} else if p == j && byteAt(s, p) == '&' {
		switch {
		case strings.HasPrefix(s[p:], "&quot;"):
			quoted = true
			p += len("&quot;")
		case !strings.HasPrefix(s[p:], "&gt;"):
			return 0
		}
	} else if p != j {
		return 0
	} else if p < len(s) && s[p] == ']' {
		if p++; p < len(s) && s[p] == '"' { // "user[password]": "x"
			quoted = true
			p++
		}
	}
	tight := p
	p = skipBlank(s, p)
	op, v := operator(s, p, i, quoted)
	if op == 0 {
		return 0
	}
	return z.value(s[a:b], a, op, v, quoted, p > tight)
}

// value judges what stands at p behind a key and an operator, and replaces it.
// at is where the key begins.
func (z *scanner) value(key string, at int, op byte, p int, quoted, spaced bool) int {
	s := z.s
	if op == '=' || op == ':' {
		if v := skipBlank(s, p); byteAt(s, v) == '[' {
			if end := z.markAt(v); end > 0 && (op == '=' || end == len(s)) && (end == len(s) || bareStop[s[end]]) {
				return end // redacted before
			}
		}
	}
	kind, t := nameKind(key)
	if len(key) == 3 && t == suspicious && kind == kindKey && at > 0 && s[at-1] == ' ' {
		kind, t = z.twoWords(at, at+len(key)) // cache key: …, secret key: …
	}
	if kind == kindPersonal && t == suspicious && len(key) == 3 && op == ':' && !quoted && at > 0 && s[at-1] == ' ' {
		t = innocent // GPIO pin: 17
	}
	if t == innocent && at >= 4 && s[at-1] == ' ' {
		switch key {
		case "code", "phrase":
			kind, t = z.twoWords(at, at+len(key))
		case "passe":
			if strings.HasSuffix(s[:at], "mot de ") || strings.HasSuffix(s[:at], "Mot de ") {
				kind, t = kindPassword, condemned
			}
		}
	}
	if t == innocent && (op == ':' || op == '=') && z.nounEnd > 0 && !quoted && at >= z.nounEnd && at-z.nounEnd <= 64 {
		if end := z.ofNoun(at, p, op); end > 0 {
			return end
		}
	}
	if t == innocent && op == '=' && key == "code" && at > 0 && (s[at-1] == '?' || s[at-1] == '&') {
		kind, t = kindToken, suspicious // of an authorization
	}
	if t != condemned && len(key) <= 6 && (op == ':' || op == '=' || op == '>') {
		if p < z.named && (isValueName(key) || op == '>' && key == "string") {
			kind, t = z.nameOf, condemned
		} else {
			z.pairedName(key, p)
		}
	}
	if t != condemned && op == ':' {
		if p < z.dataEnd {
			kind, t = kindSecret, condemned
		} else if len(key) >= 4 && (key == "data" || key == "stringData") {
			z.secretData(at, p)
		}
	}
	if t == innocent {
		return 0
	}
	switch {
	case op == '>':
		return z.element(kind, t, key, p)
	case op == '|':
		if t != condemned {
			return 0
		}
		return z.cell(kind, p)
	}
	v := skipBlank(s, p)
	if op == ',' {
		v = skipSpace(s, p)
	}
	if v >= len(s) {
		return 0
	}
	if kind == kindAuthorization && s[v] == '(' && op == '=' && opensQuote(s, v+1) {
		return z.pairOf(v + 1) // auth=("user", "x")
	}
	if kind == kindAuthorization && t == condemned {
		return z.authorization(at, v, op, quoted)
	}
	if kind == kindCookie && op == ':' && !opensQuote(s, v) {
		return z.cookies(at, v)
	}
	if typed := typeName(s, v); op == ':' && typed > 0 { // token: str = "…"
		if q := skipBlank(s, typed); byteAt(s, q) == '=' && byteAt(s, q+1) != '=' {
			op, v = '=', skipBlank(s, q+1)
			if v >= len(s) {
				return 0
			}
		} else if c := byteAt(s, q); c == ')' || c == ',' {
			return 0 // def login(name: str, password: str)
		}
	}
	v = skipType(s, v)
	if op == ':' && v == p && (s[v] == '"' || s[v] == '\'') && !quoted {
		switch byteAt(s, v+1) {
		case ',', ')', ';', ']':
			return 0 // the quote ends the literal that ends with "token:"
		}
	}
	window := s
	if t == suspicious {
		window = s[:min(len(s), v+maxLook+16)] // longer values are not judged
	}
	if from, to, end := quotedValue(window, v); end > 0 {
		return z.quoted(key, at, kind, t, op, quoted, from, to, end)
	}
	if window[v] == '&' && strings.HasPrefix(window[v:], "&quot;") {
		from := v + len("&quot;")
		to := from + max(0, strings.IndexByte(window[from:min(len(window), from+maxLook)], '&'))
		return z.quoted(key, at, kind, t, op, quoted, from, to, to)
	}
	if op == ',' || op == 'e' {
		return 0
	}
	return z.bare(key, at, kind, t, op, quoted, spaced, v)
}

func isValueName(key string) bool {
	return strings.EqualFold(key, "value") || strings.EqualFold(key, "val") || strings.EqualFold(key, "v")
}

// pairedName remembers "name: DB_PASSWORD" and <add key="Token" so that the value
// that follows as a pair of its own is known for what it is.
func (z *scanner) pairedName(key string, p int) {
	switch len(key) {
	case 3:
		if !strings.EqualFold(key, "key") {
			return
		}
	case 4:
		if !strings.EqualFold(key, "name") {
			return
		}
	case 6:
		if !strings.EqualFold(key, "header") {
			return
		}
	default:
		return
	}
	s := z.s
	p = skipBlank(s, p)
	for p < len(s) && (s[p] == '"' || s[p] == '\'' || s[p] == '\\') {
		p++
	}
	q := p
	for q < len(s) && q-p < maxName && classes[s[q]]&isWord != 0 {
		q++
	}
	if q-p < 4 || q == len(s) || classes[s[q]]&isWord != 0 || !lastByteOfName[s[q-1]] {
		return
	}
	if kind, t := nameKind(s[p:q]); t == condemned {
		z.named, z.nameOf = q+160, kind
		if s[q] == '"' && byteAt(s, q+1) == '>' { // <property name="password">x</property>
			z.element(kind, t, s[p:q], q+2)
		}
	}
}

// twoWords judges the word s[at:end] as a name together with the word before it.
func (z *scanner) twoWords(at, end int) (string, trust) {
	from := at - 1
	for from > 0 && at-from < 24 && classes[z.s[from-1]]&(isLower|isUpper|isJoin) != 0 {
		from--
	}
	return nameKind(z.s[from:end])
}

// ofNoun judges the value at p behind words that say whose secret it is: "password
// for backup: x", "токен доступа: x". at is where the last of the words begins.
func (z *scanner) ofNoun(at, p int, op byte) int {
	s := z.s
	for k := z.nounEnd; k < at; k++ {
		if c := s[k]; classes[c]&isWord == 0 && c != ' ' && c != '"' && c != '\'' {
			return 0
		}
	}
	kind, t := nameKind(s[z.nounAt:z.nounEnd])
	z.nounEnd = 0
	if t == innocent || t == suspicious && classes[s[at]]&isHigh == 0 && !strings.EqualFold(s[at:min(len(s), at+3)], "api") {
		return 0
	}
	v := skipBlank(s, p)
	window := s[:min(len(s), v+maxLook+16)]
	from, to, end := quotedValue(window, v)
	if end == 0 {
		from, to = v, bareEnd(window, v, condemned)
		end = to
	}
	if val := trimStops(s[from:to]); to-from <= maxLook && mixedUp(val) {
		z.emit(from, from+len(val), kind)
		return end
	}
	return 0
}

func opensQuote(s string, p int) bool {
	for p < len(s) && s[p] == '\\' {
		p++
	}
	return p < len(s) && (s[p] == '"' || s[p] == '\'' || s[p] == '`')
}

// callBefore reports that the quoted key at position at is the first argument of
// a call: setProperty("API_TOKEN", "…").
func callBefore(s string, at int) bool {
	for at--; at >= 0 && (s[at] == '"' || s[at] == '\'' || s[at] == '\\'); at-- {
	}
	return at >= 0 && s[at] == '('
}

// element judges <key>value</key>; p is behind the ">".
func (z *scanner) element(kind string, t trust, key string, p int) int {
	s := z.s
	window := s[p:min(len(s), p+8*maxLook)]
	bracket, closing := byte('<'), "</"
	if p >= 4 && s[p-4:p] == "&gt;" {
		bracket, closing = '&', "&lt;/"
	}
	k := strings.IndexByte(window, bracket)
	if k < 0 || !strings.HasPrefix(window[k:], closing) {
		return 0
	}
	from, to := skipSpace(s, p), p+k
	for to > from && classes[s[to-1]]&isSpace != 0 {
		to--
	}
	if from >= to {
		return 0
	}
	v := s[from:to]
	if vacant(v) || reference(v) || t == suspicious && !suspect(key, kind, v) {
		return 0
	}
	return z.emit(from, to, kind)
}
