package redact

import "strings"

// call handles a word before a bracket: setPassword("x"), basicAuth("user", "x"),
// createHmac("sha256", "x"). Only literals are taken, and not those of calls that
// look a secret up by its name.
func (z *scanner) call(i, j int) int {
	s := z.s
	v := skipBlank(s, j+1)
	if v >= len(s) {
		return 0
	}
	name := s[max(i, j-maxName):j]
	switch k := strings.LastIndexByte(name, '.') + 1; name[k:] {
	case "createHmac", "sign", "verify", "encode", "decode", "pgp_sym_encrypt", "pgp_sym_decrypt", "aes_encrypt", "aes_decrypt",
		"PGP_SYM_ENCRYPT", "PGP_SYM_DECRYPT", "AES_ENCRYPT", "AES_DECRYPT", "PSCredential":
		return z.argument(v, true)
	case "SecretStr", "SecureString":
		return z.argument(v, false)
	}
	if !opensQuote(s, v) {
		return 0
	}
	if asks(name) {
		return 0
	}
	kind, t := nameKind(name)
	switch {
	case t != condemned:
		return 0
	case kind == kindCredential || kind == kindAuthorization:
		return z.pairOf(v)
	}
	window := s[:min(len(s), v+maxLook+16)]
	from, to, end := quotedValue(window, v)
	val := s[from:to]
	sh := shapeOf(val)
	if sh.n < 6 || sh.n > maxLook || sh.seen&isDigit == 0 && !sh.other || strings.IndexByte(val, ' ') >= 0 || reference(val) || vacant(val) || isPath(val) {
		return 0
	}
	if !sets(name) && !mixedUp(val) {
		return 0
	}
	z.emit(from, to, kind)
	return end
}

// sets reports that the call takes the secret itself: setPassword, withToken, and
// PASSWORD of SQL.
func sets(name string) bool {
	name = name[strings.LastIndexByte(name, '.')+1:]
	return strings.HasPrefix(name, "set") || strings.HasPrefix(name, "Set") || strings.HasPrefix(name, "with") || strings.HasPrefix(name, "With") ||
		name == "PASSWORD"
}

// asks reports that the call reads a secret rather than sets it.
func asks(name string) bool {
	name = name[strings.LastIndexByte(name, '.')+1:]
	if name == "" {
		return false
	}
	switch name[0] | 0x20 {
	case 'g', 'r', 'l', 'f', 'h', 'i', 'd', 'c', 'n':
	default:
		return false
	}
	for _, verb := range [...]string{"get", "read", "load", "find", "fetch", "lookup", "has", "is", "require", "delete", "remove", "create",
		"generate", "new", "reset", "list"} {
		if len(name) > len(verb) && name[0]|0x20 == verb[0] && strings.EqualFold(name[:len(verb)], verb) {
			return true
		}
	}
	return false
}

// argument takes the literal at v, or the second argument of a call, where it
// reads like generated text.
func (z *scanner) argument(v int, second bool) int {
	s := z.s
	limit := min(len(s), v+maxLook+80)
	if second {
		k := v
		if from, _, end := quotedValue(s[:limit], v); end > from {
			k = end
		}
		for k < limit && k-v < 80 && s[k] != ',' && s[k] != ')' && s[k] != '\n' {
			k++
		}
		if byteAt(s, k) != ',' {
			return 0
		}
		v = skipBlank(s, k+1)
	}
	from, to, end := quotedValue(s[:limit], v)
	if end == 0 || to-from > maxLook || !randomish(s[from:to]) || isID(s[from:to]) {
		return 0
	}
	return z.behind(from, to, end, kindSecret)
}

// behind replaces s[a:b], which does not follow at once. What stands before it has
// not been looked at and is in the next pass, which finds a mark here and 0.
func (z *scanner) behind(a, b, end int, kind string) int {
	was := z.hits
	z.emit(a, b, kind)
	if z.hits == was {
		return 0
	}
	return end
}

// pairOf takes the second of two literals, the first of which begins at v: a user's
// name and a password.
func (z *scanner) pairOf(v int) int {
	s := z.s
	window := s[:min(len(s), v+maxLook)]
	_, _, end := quotedValue(window, v)
	if end == 0 {
		return 0
	}
	k := skipBlank(s, end)
	if byteAt(s, k) != ',' {
		return 0
	}
	k = skipBlank(s, k+1)
	from, to, end := quotedValue(s[:min(len(s), k+maxLook)], k)
	if end == 0 || to-from < 4 || reference(s[from:to]) || shapeOf(s[from:to]).seen&(isDigit|isUpper) == 0 && !shapeOf(s[from:to]).other || strings.IndexByte(s[from:to], ' ') >= 0 {
		return 0
	}
	return z.behind(from, to, end, kindPassword)
}

// maxLine bounds how far behind the name of a command its flags are looked for.
const maxLine = 256

// command remembers the letter under which a command takes its password.
func (z *scanner) command(letter byte, at int) {
	z.tool, z.toolEnd = letter, at+maxLine
}

// glued is the letter of commands whose password follows -p without a blank.
const glued = 'g'

// short handles the flag -x of the command in sight, which is s[i:j].
func (z *scanner) short(i, j int) int {
	s := z.s
	from, end := 0, j
	switch {
	case i >= z.toolEnd || j-i < 2 || s[i] != '-':
		return 0
	case z.tool == glued:
		if s[i+1] != 'p' || j-i < 6 {
			return 0
		}
		from, end = i+2, bareEnd(s, i+2, condemned)
	case j-i == 2 && s[i+1] == z.tool:
		from = skipBlank(s, j)
		if a, b, e := quotedValue(s[:min(len(s), from+maxLook)], from); e > 0 {
			from, end = a, b
		} else {
			end = bareEnd(s, from, condemned)
		}
	default:
		return 0
	}
	val := s[from:min(end, from+maxLook)]
	if len(val) < 4 || vacant(val) || reference(val) || placeholder(val) || val[0] == '-' || shapeOf(val).seen&^(isLower|isJoin) == 0 ||
		shapeOf(val).seen&^isDigit == 0 {
		return 0
	}
	return z.emit(from, end, kindPassword)
}

// cell handles a key in one cell of a table: the next cell goes if it is a value
// and no type.
func (z *scanner) cell(kind string, p int) int {
	s := z.s
	v := skipBlank(s, p)
	end := v
	for end < len(s) && end-v <= 128 && s[end] != '|' && classes[s[end]]&isSpace == 0 {
		end++
	}
	if byteAt(s, skipBlank(s, end)) != '|' || !mixedUp(s[v:end]) {
		return 0
	}
	return z.emit(v, end, kind)
}

// userBefore reports that "login NAME" or its like stands right before at.
func userBefore(s string, at int) bool {
	k := at
	for range 2 {
		for k > 0 && at-k < 80 && (s[k-1] == ' ' || s[k-1] == '\t') {
			k--
		}
		word := k
		for k > 0 && at-k < 80 && classes[s[k-1]]&isSpace == 0 {
			k--
		}
		switch s[k:word] {
		case "login", "user", "username", "account", "USER", "LOGIN", "User":
			return word < at-1
		}
	}
	return false
}

// columns handles VALUES ('a', 'b') at v, where a list of columns stands before
// position at: the literals go whose columns name secrets.
func (z *scanner) columns(at, v int) int {
	s := z.s
	k := at
	for k > 0 && s[k-1] == ' ' {
		k--
	}
	if k == 0 || s[k-1] != ')' {
		return 0
	}
	open := strings.LastIndexByte(s[max(0, k-maxLine):k], '(')
	if open < 0 {
		return 0
	}
	list := s[max(0, k-maxLine)+open+1 : k-1]
	v = skipBlank(s, v+1)
	was := z.hits
	behind := func(end int) int {
		if z.hits == was {
			return 0
		}
		return end
	}
	for _, column := range strings.Split(list, ",") {
		if v >= len(s) {
			return behind(v)
		}
		from, to, end := quotedValue(s[:min(len(s), v+maxLook)], v)
		if end == 0 {
			for end = v; end < len(s) && end-v < maxLook && s[end] != ',' && s[end] != ')'; end++ {
			}
		} else if kind, t := nameKind(strings.Trim(column, " \"`'[]")); t == condemned && !vacant(s[from:to]) && !reference(s[from:to]) {
			z.emit(from, to, kind)
		}
		if v = skipBlank(s, end); byteAt(s, v) != ',' {
			return behind(end)
		}
		v = skipBlank(s, v+1)
	}
	return behind(v)
}
