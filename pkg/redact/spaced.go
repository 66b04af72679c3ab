package redact

import "strings"

// spaced handles the words whose value follows after a blank: --password x,
// var token string = "x", Bearer x, "password is x", IDENTIFIED BY 'x', curl -u user:password.
func (z *scanner) spaced(i, j int) int {
	s := z.s
	if s[i] == '-' {
		return z.flag(i, j)
	}
	if j-i < 2 {
		return 0
	}
	if d := byteAt(s, j+1); d == 'A' && strings.HasPrefix(s[j+1:], "As String = ") {
		return z.value(s[i:j], i, '=', j+1+len("As String = "), false, true)
	} else if d == 's' || d == 'S' || d == '[' {
		if end := typeName(s, j+1); end > 0 {
			if q := skipBlank(s, end); byteAt(s, q) == '=' && byteAt(s, q+1) != '=' {
				return z.value(s[i:j], i, '=', q+1, false, true)
			}
		}
	}
	switch s[j-1] | 0x20 {
	case 'r', 'c', 'n', 'd', 't', 'y', 'e', 'l', 's', 'h', 'o', 'p', 'i', 'g':
	default:
		if s[j-1] >= 0x80 || s[j-1] == 'a' {
			if z.nounEnd > 0 && s[i:j] == "é" && i-z.nounEnd <= 64 {
				return z.ofNoun(i, j, ' ')
			}
			if kind, t := foreignKind([]byte(s[max(i, j-24):j])); t != innocent {
				z.nounAt, z.nounEnd = i, j
				v := skipBlank(s, j)
				end := bareEnd(s, v, condemned)
				if val := trimStops(s[v:end]); t == condemned && end-v <= maxLook && mixedUp(val) {
					return z.emit(v, v+len(val), kind)
				}
			}
		}
		return 0
	}
	var tail [6]byte
	k := 0
	for m := max(i, j-6); m < j; m++ {
		tail[k] = s[m] | 0x20
		k++
	}
	switch last := string(tail[:k]); last {
	case "bearer":
		return z.bearer(j, kindBearer)
	case "basic":
		return z.basic(j)
	case "curl":
		z.curl = true
		return 0
	case "is", "to", "was", "ist", "lautet", "es", "est":
		if z.nounEnd > 0 && i > z.nounEnd && i-z.nounEnd <= 64 {
			return z.ofNoun(i, j, ' ')
		}
		return 0
	case "mysql", "qldump", "ariadb", "qladmin":
		z.command(glued, j)
		return 0
	case "is-cli":
		z.command('a', j)
		return 0
	case "shpass":
		z.command('p', j)
		return 0
	case "login":
		switch {
		case i >= 7 && (s[i-7:i] == "docker " || s[i-7:i] == "podman ") || i >= 3 && (s[i-3:i] == "az " || s[i-3:i] == "oc "):
			z.command('p', j)
		}
		return 0
	case "sqlcmd":
		z.command('P', j)
		return 0
	case "search", "modify", "whoami":
		if j-i >= 10 && strings.HasPrefix(s[j-10:j], "ldap") {
			z.command('w', j)
		}
		return 0
	case "string":
		if j-i >= 12 && strings.HasSuffix(s[i:j], "SecureString") {
			return z.literal(skipBlank(s, j), kindSecret)
		}
		return 0
	case "c\x7fauth", "icauth": // basic_auth, its joint folded as the letters are
		return z.pairOf(skipBlank(s, j))
	case "values":
		if v := skipBlank(s, j); byteAt(s, v) == '(' {
			return z.columns(i, v)
		}
		return 0
	case "auth":
		if j-i == 4 && s[i] == 'A' && s[j-1] == 'H' {
			return z.auth(j)
		}
		return 0
	case "key":
		if i > 0 && s[i-1] == ' ' {
			if kind, t := z.twoWords(i, j); t == condemned {
				return z.plainKey(j, kind)
			}
		}
		return 0
	case "by":
		if k := strings.LastIndex(s[max(0, i-48):i], "IDENTIFIED"); k >= 0 || i >= 11 && strings.EqualFold(s[i-11:i-1], "identified") {
			return z.literal(skipBlank(s, j), kindPassword)
		}
		return 0
	case "apikey", "pi-key":
		return z.bearer(j, kindKey)
	case "ssword", "passwd", "secret", "phrase", "pass", "sswort", "nnwort", "repass", "erauth":
	default:
		if k < 5 || last[k-5:] != "token" && last[k-3:] != "key" {
			return 0
		}
	}
	z.nounAt, z.nounEnd = i, j
	return z.noun(i, j)
}

// auth handles the command AUTH of Redis and of mail servers.
func (z *scanner) auth(j int) int {
	s := z.s
	v := skipBlank(s, j)
	for _, word := range [...]string{"default ", "PLAIN ", "LOGIN "} {
		if strings.HasPrefix(s[v:], word) {
			v = skipBlank(s, v+len(word))
		}
	}
	end := bareEnd(s, v, suspicious)
	if val := s[v:end]; end-v <= maxLook && randomish(val) && !isID(val) {
		return z.emit(v, end, kindPassword)
	}
	return 0
}

// plainKey handles "api key x": words of a key that opens something.
func (z *scanner) plainKey(j int, kind string) int {
	s := z.s
	v := skipBlank(s, j)
	if strings.HasPrefix(s[v:], "is ") {
		v += len("is ")
	}
	end := bareEnd(s, v, suspicious)
	if val := s[v:end]; end-v <= maxLook && randomish(val) && (len(val) >= 32 || !isID(val)) && !isPath(val) {
		return z.emit(v, end, kind)
	}
	return 0
}

// noun looks at what follows the name of a secret in prose or in SQL.
func (z *scanner) noun(i, j int) int {
	s := z.s
	v := skipBlank(s, j)
	if v >= len(s) {
		return 0
	}
	if i > 0 && (s[i-1] == '<' || s[i-1] == ':' && strings.LastIndexByte(s[max(0, i-16):i], '<') >= 0) {
		if k := strings.IndexByte(s[v:min(len(s), v+96)], '>'); k >= 0 { // <Password Type="…">x</Password>
			if kind, t := nameKind(s[i:j]); t == condemned {
				return z.element(kind, t, s[i:j], v+k+1)
			}
		}
	}
	if byteAt(s, v+1) == ' ' && classes[s[v]]&isDigit != 0 {
		v = skipBlank(s, v+1) // password 7 x, as routers number the ways of hiding it
	}
	if i > 0 && s[i-1] == ' ' && classes[byteAt(s, v)]&(isUpper|isDigit|isLower) != 0 && userBefore(s, i) {
		if end := bareEnd(s, v, condemned); end-v >= 4 && end-v <= maxLook {
			val := s[v:end]
			if sh := shapeOf(val); sh.other || sh.seen&isDigit != 0 || sh.seen&isUpper != 0 && sh.seen&isLower != 0 {
				return z.emit(v, end, kindPassword)
			}
		}
	}
	if v >= len(s) {
		return 0
	}
	prose := false
	switch s[v] {
	case 'i', 'w', 't', 'p':
		for _, verb := range [...]string{"is ", "was ", "to ", "provided: ", "provided is "} {
			if strings.HasPrefix(s[v:], verb) {
				v = skipBlank(s, v+len(verb))
				prose = true
				break
			}
		}
	}
	end := bareEnd(s, v, suspicious)
	for end > v && (s[end-1] == '.' || s[end-1] == ':') {
		end--
	}
	least := 12 // what randomish asks for
	if prose {
		least = 5
	}
	if end-v < least && s[min(v, len(s)-1)] != '\\' && !opensQuote(s, v) {
		return 0
	}
	kind, t := nameKind(s[i:j])
	if t != condemned {
		return 0
	}
	sql := s[i] == 'P' && s[j-1] == 'D'
	window := s
	if !sql {
		window = s[:min(len(s), v+maxLook+16)]
	}
	if from, to, end := quotedValue(window, v); end > 0 {
		val := s[from:min(to, from+maxLook)]
		if vacant(val) || reference(val) || !sql && to-from > maxLook || !sql && !(randomish(val) && !isID(val)) && !(kind == kindPassword && guessable(val)) {
			return 0
		}
		z.emit(from, to, kind)
		return end
	}
	if end <= v || end-v > maxLook {
		return 0
	}
	val := s[v:end]
	if randomish(val) && !isID(val) {
		return z.emit(v, end, kind)
	}
	if prose && kind == kindPassword && len(val) >= 5 {
		sh := shapeOf(val)
		if sh.seen&isDigit != 0 && sh.seen&(isLower|isUpper) != 0 {
			return z.emit(v, end, kind)
		}
	}
	return 0
}

// guessable reports that v, a literal after the word password, is one that a
// person made up: letters and digits in one word.
func guessable(v string) bool {
	sh := shapeOf(v)
	return sh.n >= 6 && sh.seen&isDigit != 0 && sh.seen&(isLower|isUpper) != 0 && !strings.ContainsAny(v, " _()[]/:")
}

// flag handles a word that begins with a dash: the flag of a command line.
func (z *scanner) flag(i, j int) int {
	s := z.s
	a := i
	for a < j && s[a] == '-' {
		a++
	}
	if a == j || a-i > 2 || i > 0 && classes[s[i-1]]&isSpace == 0 && !opensQuote(s, i-1) && s[i-1] != '[' && s[i-1] != '(' {
		return 0
	}
	v := skipBlank(s, j)
	if z.tool != 0 {
		if next := z.short(i, j); next > 0 {
			return next
		}
	}
	if v >= len(s) || s[v] == '-' {
		return 0
	}
	name := s[a:j]
	switch name {
	case "u", "user", "U", "proxy-user":
		if name == "u" && !z.curl || name == "U" && !z.curl {
			return 0
		}
		return z.userPair(v)
	case "b", "cookie":
		if z.curl {
			if from, to, end := quotedValue(s[:min(len(s), v+4*maxLook)], v); end > 0 && strings.IndexByte(s[from:min(to, from+maxLook)], '=') > 0 {
				z.emit(from, to, kindCookie)
				return end
			}
		}
		return 0
	}
	if len(name) < 3 {
		return 0
	}
	kind, t := nameKind(name)
	if t == innocent {
		return 0
	}
	window := s
	if t == suspicious {
		window = s[:min(len(s), v+maxLook+16)]
	}
	if from, to, end := quotedValue(window, v); end > 0 {
		val := s[from:min(to, from+maxLook)]
		if vacant(val) || reference(val) || t == suspicious && to-from > maxLook || t == suspicious && !suspect(name, kind, val) {
			return 0
		}
		z.emit(from, to, kind)
		return end
	}
	end := bareEnd(s, v, t)
	val := s[v:min(end, v+maxLook)]
	if val == "" {
		return 0
	}
	if vacant(val) || reference(val) || expression(val) || val[0] == '(' || stopWords[lowerASCII(val)] || placeholder(val) || t == suspicious && !suspect(name, kind, val) {
		return 0
	}
	return z.emit(v, end, kind)
}

// userPair handles what follows curl -u: user:password, quoted in one piece, in
// two, or not at all. A name without a password stays.
func (z *scanner) userPair(v int) int {
	s := z.s
	end := v
	for end < len(s) && classes[s[end]]&isSpace == 0 {
		if c := s[end]; c == '"' || c == '\'' || c == '`' || c == '\\' {
			if _, _, e := quotedValue(s, end); e > 0 {
				end = e
				continue
			}
		}
		end++
	}
	if end == v {
		return 0
	}
	pair := s[v:end]
	if len(pair) > 4*maxLook {
		return z.emit(v, end, kindCredential)
	}
	colon := strings.IndexByte(pair, ':')
	if colon < 0 || strings.HasPrefix(pair[colon:], "://") {
		return 0
	}
	for k := range len(pair) {
		switch c := pair[k]; c {
		case '"', '\'', '`', ':', '\\':
			continue
		case '$', '{', '<', '%':
			if reference(strings.Trim(pair[k:], "\"'`:\\")) {
				return 0
			}
		}
		return z.emit(v, end, kindCredential)
	}
	return 0 // nothing but quotes and colons
}

// literal replaces the quoted literal at v.
func (z *scanner) literal(v int, kind string) int {
	from, to, end := quotedValue(z.s, v)
	if end == 0 || z.s[from-1] == '`' {
		return 0
	}
	z.emit(from, to, kind)
	return end
}
