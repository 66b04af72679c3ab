package redact

import "strings"

// scanner reads one string from left to right, word by word, and copies it to out
// with marks in place of secrets. A word is a run of letters, digits, _ - . and
// non-ASCII bytes; rules fire at the beginning of a word (provider prefixes,
// encoded text), behind it (operators, flags, headers), or at a byte of
// punctuation (URLs, PEM, marks). A rule that looks ahead either takes what it
// looked at or looks at a bounded piece or a piece remembered in one of the
// fields below, so that the whole is linear.
type scanner struct {
	s    string
	out  []byte // what has been written; meaningless while last is 0 and out empty
	last int    // s[:last] is in out
	deep bool   // scanning decoded text: nothing is decoded again

	blobEnd int  // end of the last run tried as base64
	runEnd  int  // end of the last run tried as percent-encoded
	noPEM   bool // no "-----END" stands ahead
	curl    bool // a curl command has been seen
	nounAt  int  // the last word that may name a secret in a sentence is s[nounAt:nounEnd]
	nounEnd int
	tool    byte // the letter of the flag that holds the password of the command in sight
	toolEnd int  // where its line has certainly ended
	named   int  // position before which a "value" key belongs to a secret name
	nameOf  string
	yaml    int8 // whether the text is a Kubernetes Secret: 0 not known, 1 yes, -1 no
	dataEnd int  // end of the block of secrets in it

	found   []tally  // what has been found since the caller emptied it
	hits    int      // how many times
	kind    string   // the kind emitted last
	mark    string   // its mark
	noAt    int      // s[:noAt] has no @ left that a URL could reach
	runs    [8]run   // runs of bytes of one charset that provider rules looked at
	lines   [2]line  // ends of lines found by header rules, outside and inside quotes
	decoded []byte   // room for decoded text
	inner   *scanner // scans it
}

// scan returns s redacted once. What it removed is added to found and hits.
func (z *scanner) scan(s string) string {
	z.s = s
	z.out = z.out[:0]
	z.last, z.blobEnd, z.runEnd, z.named = 0, 0, 0, 0
	z.nounAt, z.nounEnd, z.tool, z.toolEnd = 0, 0, 0, 0
	z.runs, z.lines, z.noAt = [8]run{}, [2]line{}, 0
	z.noPEM, z.curl, z.yaml, z.dataEnd = false, false, 0, 0
	n := len(s)
	for i := 0; i < n; {
		k := classes[s[i]]
		if k&isWord == 0 {
			if k&isPunct != 0 {
				i = max(i+1, z.punct(i))
			} else {
				i++
			}
			continue
		}
		seen := k
		j := i + 1
		for j < n {
			k = classes[s[j]]
			if k&isWord == 0 {
				break
			}
			seen |= k
			j++
		}
		i = z.word(i, j, seen)
	}
	if z.last == 0 {
		return s
	}
	z.out = append(z.out, s[z.last:]...)
	return string(z.out)
}

// maxRoom bounds the buffers that a pooled scanner may keep.
const maxRoom = 1 << 20

// forget lets go of the text, and reports whether the scanner is worth keeping.
func (z *scanner) forget() bool {
	z.s = ""
	if z.inner != nil {
		z.inner.s = ""
	}
	return cap(z.out) <= maxRoom && cap(z.decoded) <= maxRoom
}

// emit replaces s[a:b] by a mark. It does nothing where there is nothing to
// replace: an empty piece, or a mark already. It returns b.
func (z *scanner) emit(a, b int, kind string) int {
	if a < z.last {
		a = z.last
	}
	if a >= b || z.s[a] == '[' && (z.s[a:b] == z.mark || onlyMark(z.s[a:b])) {
		return b
	}
	if z.kind != kind {
		z.kind, z.mark = kind, Mark(kind)
	}
	z.out = append(z.out, z.s[z.last:a]...)
	z.out = append(z.out, z.mark...)
	z.last = b
	z.note(kind)
	return b
}

// tally counts the findings of one kind.
type tally struct {
	kind string
	n    int
}

func (z *scanner) note(kind string) {
	z.hits++
	for i := range z.found {
		if z.found[i].kind == kind {
			z.found[i].n++
			return
		}
	}
	z.found = append(z.found, tally{kind, 1})
}

// word handles the word s[i:j] whose bytes have the classes seen, and returns
// where to go on.
func (z *scanner) word(i, j int, seen uint8) int {
	s := z.s
	if j-i >= 12 || j < len(s) && (s[j] == '~' || s[j] == '/' || s[j] == '+' || s[j] == '$') {
		if next := z.opaque(i, j, seen); next > 0 {
			return next
		}
	}
	if s[j-1] == 'N' && j-i >= 5 && s[j-5:j] == "BEGIN" {
		from := j - 5
		for from > i && s[from-1] == '-' {
			from--
		}
		if from == i && j-i == 5 && i >= 5 && s[i-5:i] == "---- " {
			from = i - 5
		}
		if from < j-5 {
			if end := z.pemEnd(from, j); end > 0 {
				return z.emit(from, end, kindPrivateKey)
			}
		}
	}
	if seen&isJoin != 0 && j-i >= 12 {
		if next := z.leader(i, j); next > 0 {
			return next
		}
	}
	if seen&^isJoin == isDigit && j-i >= 4 && s[i] >= '2' && s[i] <= '6' {
		if end := cardEnd(s, i, j); end > 0 {
			return z.emit(i, end, kindCard)
		}
	}
	if j == len(s) {
		return j
	}
	c := s[j]
	if classes[c]&isAfter != 0 {
		if c == '"' && j-i == 2 && s[i] == '-' && s[i+1] == 'u' && z.curl {
			return max(j, z.userPair(j)) // curl -u"user:x"
		}
		if lastByteOfName[s[j-1]] {
			if next := z.assigned(i, j); next > 0 {
				return next
			}
		}
		return j
	}
	if (c == ' ' || c == '\t') && j+1 < len(s) {
		if !lastByteOfName[s[j-1]] && (z.tool == 0 || s[i] != '-') {
			return j
		}
		d := s[j+1]
		if classes[d]&(isAfter|isSpace) != 0 || d == '.' {
			if next := z.assigned(i, j); next > 0 {
				return next
			}
		}
		if next := z.spaced(i, j); next > 0 {
			return next
		}
	}
	return j
}

// leader handles a key and its value with dots between: password......: x
func (z *scanner) leader(i, j int) int {
	s := z.s
	k := strings.Index(s[i:j], "....")
	if k < 4 {
		return 0
	}
	kind, t := nameKind(s[i : i+k])
	if t != condemned || kind != kindPassword && kind != kindSecret && kind != kindToken {
		return 0
	}
	v := i + k
	for v < j && s[v] == '.' {
		v++
	}
	if v == j {
		if byteAt(s, j) == ':' {
			v++
		}
		v = skipBlank(s, v)
	}
	end := bareEnd(s, v, t)
	if val := s[v:end]; end-v > maxLook || end-v < 4 || vacant(val) || reference(val) || shapeOf(val).seen&^isDigit == 0 || shapeOf(val).seen&isDigit == 0 && !shapeOf(val).other {
		return 0
	}
	return z.emit(v, end, kind)
}

// opaque tries the rules for long words: provider prefixes at each part of the
// word, JSON web tokens, generated tokens with a prefix of their own, and base64.
func (z *scanner) opaque(i, j int, seen uint8) int {
	s := z.s
	boundary := true
	for k := i; k < j; k++ {
		c := s[k]
		if classes[c]&isJoin != 0 {
			boundary = true
			continue
		}
		if boundary {
			boundary = false
			if providerIndex[pairHash(c, byteAt(s, k+1))] != 0 {
				if end, kind := z.provider(k); end > 0 {
					return z.emit(k, end, kind)
				}
			}
			if c == 'e' && strings.HasPrefix(s[k:], "eyJ") {
				if end := jwtEnd(s, k); end > 0 {
					return z.emit(k, end, kindJWT)
				}
			}
		}
		if seen&isJoin == 0 {
			break
		}
	}
	if byteAt(s, j) == '/' && s[i] == 'h' && strings.HasPrefix(s[i:j], "hooks.") && webhookHost(s[i:j], s[j:]) {
		return z.emit(i, pathEnd(s, j), kindWebhook)
	}
	if seen&(isUpper|isDigit) != 0 && seen&isLower != 0 && seen&isJoin != 0 && j-i >= 28 {
		if from := prefixed(s[i:j]); from >= 0 {
			return z.emit(i, j, kindToken)
		}
	}
	if !z.deep && i >= z.blobEnd && seen&isHigh == 0 {
		if end := z.blob(i); end > 0 {
			return end
		}
	}
	return 0
}

func byteAt(s string, i int) byte {
	if i < len(s) {
		return s[i]
	}
	return 0
}

// prefixed recognises tokens of services nobody listed: a short word, a joint,
// and a long run of letters of both cases and digits without a pattern, as in
// "acme_live_9tRk2…". It returns where the run begins, or -1.
func prefixed(w string) int {
	from := 0
	first := classes[w[0]] & (isLower | isUpper)
	for k := 0; k < len(w) && k < 20; k++ {
		if c := w[k]; c == '_' || c == '-' {
			if k < 2 {
				return -1
			}
			from = k + 1
		} else if from == 0 && classes[c]&first == 0 {
			return -1 // a word is of one case; this is the identifier of a document
		} else if classes[c]&isDigit != 0 && from == 0 {
			return -1
		}
		if k-from >= 12 {
			break
		}
	}
	if from < 2 || len(w)-from < 22 {
		return -1
	}
	sh := shapeOf(w[from:])
	if sh.other || sh.dashes > 1 || sh.seen&isJoin != 0 && sh.n < 32 {
		return -1
	}
	if sh.seen&isDigit == 0 || sh.seen&isLower == 0 || sh.seen&isUpper == 0 {
		return -1
	}
	if sh.turns*3 < sh.n || sh.longest > 6 {
		return -1
	}
	return from
}

// punct handles a byte that may begin a rule and is not part of a word.
func (z *scanner) punct(i int) int {
	s := z.s
	switch s[i] {
	case '[':
		if end := z.markAt(i); end > 0 {
			return end
		}
	case ':':
		if strings.HasPrefix(s[i:], "://") {
			return z.url(i)
		}
		if end := telegramEnd(s, i); end > 0 {
			from := i
			for from > z.last && charsets[s[from-1]]&csDigit != 0 {
				from--
			}
			return z.emit(from, end, "telegram-token")
		}
	case '%':
		if !z.deep && i >= z.runEnd {
			if end := z.encoded(i); end > 0 {
				return end
			}
		}
	case '\\':
		if i+1 < len(s) {
			switch s[i+1] {
			case 'u', 'x':
				if !z.deep && i >= z.runEnd {
					if end := z.encoded(i); end > 0 {
						return end
					}
				}
			case 'n', 'r', 't':
				return z.escaped(i)
			case '\\', '"', '\'', '/':
				return i + 1
			}
		}
	case '~':
		if from, end := azureSecret(s, i, z.last); end > 0 {
			return z.emit(from, end, "azure-secret")
		}
	case '@':
		if from := dsnUser(s, i, z.last); from >= 0 {
			z.emit(from, i, kindConnection)
		} else if from := oracleUser(s, i, z.last); from >= 0 {
			z.emit(from, i, kindConnection)
		}
	case wide:
		if i+2 < len(s) && (s[i+1] == 0xbc || s[i+1] == 0xbd) {
			return i + 3
		}
	case '|':
		if from, end := facebookApp(s, i, z.last); end > 0 {
			return z.emit(from, end, "facebook-token")
		}
	}
	return i + 1
}

// markAt is markEnd with a memory for the kind seen last.
func (z *scanner) markAt(i int) int {
	s := z.s
	if m := z.mark; m != "" && len(s)-i >= len(m) && s[i:i+len(m)] == m {
		return i + len(m)
	}
	end := markEnd(s, i)
	if end > 0 {
		m := marks[s[i+len(markOpen):end-1]] // not a piece of s, which would keep s alive
		z.mark, z.kind = m, m[len(markOpen):len(m)-1]
	}
	return end
}

// escaped handles \n, \r and \t written out in text: the letter belongs to the
// escape, so the word begins behind it, unless it is DOMAIN\token after all.
func (z *scanner) escaped(i int) int {
	if strings.HasPrefix(z.s[i+1:], "token") {
		return i + 1
	}
	return i + 2
}
