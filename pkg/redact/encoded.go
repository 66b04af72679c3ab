package redact

// base64Value maps the bytes of both base64 alphabets to their six bits, others
// to 0xff.
var base64Value = func() (t [256]uint8) {
	for c := range 256 {
		t[c] = 0xff
	}
	const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
	for i := range len(letters) {
		t[letters[i]] = uint8(i)
	}
	t['+'], t['-'] = 62, 62
	t['/'], t['_'] = 63, 63
	return t
}()

// decodeBase64 appends the decoded bytes to dst. It stops with false at the first
// byte that text would not hold, so what is not text costs little.
func decodeBase64(dst []byte, v string) ([]byte, bool) {
	for len(v) > 0 && v[len(v)-1] == '=' {
		v = v[:len(v)-1]
	}
	if len(v)%4 == 1 {
		v = v[:len(v)-1]
	}
	high := 0
	for len(v) >= 4 {
		a, b, c, d := base64Value[v[0]], base64Value[v[1]], base64Value[v[2]], base64Value[v[3]]
		if a|b|c|d == 0xff {
			return dst, false
		}
		x, y, w := a<<2|b>>4, b<<4|c>>2, c<<6|d
		if binaryByte[x] || binaryByte[y] || binaryByte[w] {
			return dst, false
		}
		high += int(x>>7) + int(y>>7) + int(w>>7)
		dst = append(dst, x, y, w)
		if high*2 > len(dst) && len(dst) >= 12 {
			return dst, false // neither ASCII nor text in two-byte letters
		}
		v = v[4:]
	}
	if len(v) >= 2 {
		a, b := base64Value[v[0]], base64Value[v[1]]
		if a|b == 0xff {
			return dst, false
		}
		dst = append(dst, a<<2|b>>4)
		if len(v) == 3 {
			c := base64Value[v[2]]
			if c == 0xff {
				return dst, false
			}
			dst = append(dst, b<<4|c>>2)
		}
	}
	return dst, true
}

// binaryByte holds for the control bytes that no text has, and those that UTF-8
// never has.
var binaryByte = func() (t [256]bool) {
	for c := range 0x20 {
		t[c] = c != '\t' && c != '\n' && c != '\r' && c != 0x1b
	}
	t[0x7f], t[0xc0], t[0xc1] = true, true, true
	for c := 0xf5; c < 256; c++ {
		t[c] = true
	}
	return t
}()

// minBlob is the shortest run tried as base64: twelve bytes of text.
const minBlob = 16

// blob tries the run of base64 that begins at i. Where the decoded text holds a
// secret the whole run goes. It returns the position behind it then, else 0, and
// remembers the run so that the words inside are not tried again.
func (z *scanner) blob(i int) int {
	s := z.s
	end := i
	for end < len(s) && charsets[s[end]]&csBlob != 0 {
		end++
	}
	to := end
	for to < len(s) && s[to] == '=' && to-end < 2 {
		to++
	}
	z.blobEnd = to
	if end-i < minBlob {
		return 0
	}
	text, ok := decodeBase64(z.decoded[:0], s[i:to])
	z.decoded = text[:0]
	if !ok {
		return 0
	}
	if kind := z.within(text); kind != "" {
		return z.emit(i, to, kind)
	}
	return 0
}

// encoded tries the run around the percent sign or the backslash at i, between
// delimiters of URLs, forms and text, with its %XX, \xXX and \uXXXX decoded; where
// that shows nothing, with every + as the blank that it is in forms.
func (z *scanner) encoded(i int) int {
	s := z.s
	if s[i] == '%' && !(hexAt(s, i+1) && hexAt(s, i+2)) {
		return 0
	}
	from := i
	for from > z.last && from > z.runEnd && !runStop[s[from-1]] {
		from--
	}
	end := i
	for end < len(s) && !runStop[s[end]] {
		if s[end] == '[' && markEnd(s, end) > 0 {
			break
		}
		end++
	}
	z.runEnd = end
	text, found, plus := decodeRun(z.decoded[:0], s[from:end], '+')
	z.decoded = text[:0]
	if found == 0 {
		return 0
	}
	kind := z.within(text)
	if kind == "" && plus {
		text, _, _ = decodeRun(z.decoded[:0], s[from:end], ' ') // as forms have it
		z.decoded = text[:0]
		kind = z.within(text)
	}
	if kind != "" {
		return z.emit(from, end, kind)
	}
	return 0
}

// decodeRun appends the run with its escapes decoded, and with plus in place of
// each "+" that stands there as it is. It counts the escapes, and reports whether
// there was a "+".
func decodeRun(text []byte, s string, plus byte) (_ []byte, found int, anyPlus bool) {
	for k := 0; k < len(s); {
		c := s[k]
		switch {
		case c == '%' && hexAt(s, k+1) && hexAt(s, k+2):
			text = append(text, unhex(s[k+1])<<4|unhex(s[k+2]))
			found++
			k += 3
		case c == '\\' && k+3 < len(s) && s[k+1] == 'x' && hexAt(s, k+2) && hexAt(s, k+3):
			text = append(text, unhex(s[k+2])<<4|unhex(s[k+3]))
			found++
			k += 4
		case c == '\\' && k+5 < len(s) && s[k+1] == 'u' && s[k+2] == '0' && s[k+3] == '0' && hexAt(s, k+4) && hexAt(s, k+5):
			text = append(text, unhex(s[k+4])<<4|unhex(s[k+5]))
			found++
			k += 6
		case c == '+':
			text = append(text, plus)
			anyPlus = true
			k++
		default:
			text = append(text, c)
			k++
		}
	}
	return text, found, anyPlus
}

// within scans decoded text and returns the kind of the first secret in it. The
// text is looked at where it lies, so it must not change meanwhile; it is not
// decoded a second time.
func (z *scanner) within(text []byte) string {
	if z.inner == nil {
		z.inner = &scanner{deep: true}
	}
	z.inner.found = z.inner.found[:0]
	z.inner.scan(string(text))
	if len(z.inner.found) > 0 {
		return z.inner.found[0].kind
	}
	return ""
}

var runStop = func() (t [256]bool) {
	for _, c := range []byte(" \t\r\n\"'`&=?#;,<>()[]{}|") {
		t[c] = true
	}
	return t
}()

func hexAt(s string, i int) bool { return i < len(s) && charsets[s[i]]&csHex != 0 }

func unhex(c byte) byte {
	switch {
	case c <= '9':
		return c - '0'
	default:
		return c&^0x20 - 'A' + 10
	}
}
