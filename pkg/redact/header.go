package redact

import "strings"

// authorization handles the value of an Authorization header at v: the scheme
// stays, what follows goes. Of the schemes with a list of parameters the rest of
// the line goes, or of the literal the header stands in.
func (z *scanner) authorization(at, v int, op byte, keyQuoted bool) int {
	s := z.s
	for op == ':' && v < len(s) && s[v] == '[' && markEnd(s, v) == 0 { // a header's list, as Go prints it
		v++
	}
	if from, to, end := quotedValue(s, v); end > 0 {
		val := s[from:min(to, from+maxLook)]
		if rest := s[schemeEnd(s, from, to):min(to, from+2*maxLook)]; vacant(val) || reference(val) || reference(rest) || vacant(rest) {
			return 0
		}
		if op == ',' && len(val) < maxLook && !callBefore(s, at) && !strings.Contains(val, " ") && !randomish(val) {
			return 0
		}
		z.emit(schemeEnd(s, from, to), to, kindAuthorization)
		return end
	}
	if op == ',' || op == 'e' {
		return 0
	}
	// The header may stand inside a literal: -H "Authorization: Bearer x".
	stop := z.lineStop(v, quoteBefore(s, at))
	from := schemeEnd(s, v, stop)
	if from == v {
		// no scheme: one run, which must not be a word of a sentence
		end := bareEnd(s, v, condemned)
		val := s[v:min(end, v+maxLook)]
		sh := shapeOf(val)
		if vacant(val) || reference(val) || expression(val) || stopWords[lowerASCII(trimStops(val))] || isScheme(val) {
			return 0
		}
		if sh.seen&isDigit == 0 && !sh.other && sh.seen&isUpper == 0 && op == ':' {
			return 0
		}
		if strings.IndexByte(val, '=') > 0 && stop > end {
			end = stop
		}
		return z.emit(v, min(end, stop), kindAuthorization)
	}
	end := bareEnd(s, from, condemned)
	val := s[from:min(end, from+maxLook)]
	if vacant(val) || reference(val) || onlyMark(val) {
		return 0
	}
	if strings.IndexByte(strings.TrimRight(val, "="), '=') > 0 || byteAt(s, end) == ',' || strings.HasSuffix(val, "=") && byteAt(s, end) == '"' {
		end = stop
	}
	if end <= from {
		return 0
	}
	return z.emit(from, min(end, max(stop, from)), kindAuthorization)
}

// schemeEnd returns the position behind the authentication scheme at from and its
// blank, or from where none stands.
func schemeEnd(s string, from, to int) int {
	k := from
	for k < to && k-from < 24 && (classes[s[k]]&(isLower|isUpper|isDigit) != 0 || s[k] == '-') {
		k++
	}
	if k == from || k >= to || s[k] != ' ' {
		return from
	}
	if !isScheme(s[from:k]) {
		return from
	}
	for k < to && k-from < maxLook && (s[k] == ' ' || s[k] == '\t') {
		k++
	}
	return k
}

// isScheme knows the schemes of authentication.
func isScheme(word string) bool {
	switch lowerASCII(word) {
	case "bearer", "basic", "digest", "token", "apikey", "api-key", "api-token", "negotiate", "ntlm", "hmac",
		"aws4-hmac-sha256", "signature", "oauth", "jwt", "sentry", "key", "dpop", "splunk", "bot", "pat", "hawk",
		"sharedkey", "sharedkeylite", "sharedaccesssignature", "googlelogin", "aws", "aws4-ecdsa-p256-sha256", "apikeyauth",
		"genie-key", "klaviyo-api-key", "discogs", "mac", "private-token", "x-api-key", "access-token":
		return true
	}
	return false
}

// quoteBefore returns the quote that stands right before at, or 0.
func quoteBefore(s string, at int) byte {
	if at > 0 && (s[at-1] == '"' || s[at-1] == '\'' || s[at-1] == '`') {
		return s[at-1]
	}
	return 0
}

// line remembers where a line ends that has been looked for from position from,
// and the quote that would have ended it sooner.
type line struct {
	from, end int
	quote     byte
}

// lineStop returns the end of the line that holds p, or of the literal when q is
// the quote that opened it; \n written out ends a line as well.
func (z *scanner) lineStop(p int, q byte) int {
	memo := &z.lines[0]
	if q != 0 {
		memo = &z.lines[1]
	}
	if memo.quote == q && memo.from <= p && p < memo.end {
		return memo.end
	}
	*memo = line{p, findLineStop(z.s, p, q), q}
	return memo.end
}

func findLineStop(s string, p int, q byte) int {
	for k := p; k < len(s); k++ {
		switch c := s[k]; {
		case c == '\n' || c == '\r' || q != 0 && c == q:
			if q != 0 && c == q && k > p && s[k-1] == '\\' {
				return k - 1
			}
			return k
		case c == '\\' && k+1 < len(s) && (s[k+1] == 'n' || s[k+1] == 'r'):
			return k
		}
	}
	return len(s)
}

// bearer handles a token after the word that announces it, which ends at j.
func (z *scanner) bearer(j int, kind string) int {
	s := z.s
	v := skipBlank(s, j)
	end := v
	for end < len(s) && charsets[s[end]] != 0 {
		end++
	}
	for end > v && s[end-1] == '.' {
		end--
	}
	if end-v < 6 {
		return 0
	}
	sh := shapeOf(s[v:min(end, v+maxLook)])
	if sh.seen&isDigit == 0 && (sh.n < 20 || sh.seen&isUpper == 0 || sh.seen&isLower == 0) {
		return 0
	}
	if sh.seen&(isLower|isUpper) == 0 && sh.n < 12 {
		return 0
	}
	if kind != kindBearer && !randomish(s[v:min(end, v+maxLook)]) {
		return 0
	}
	return z.emit(v, end, kind)
}

// basic handles Basic followed by base64 of user:password.
func (z *scanner) basic(j int) int {
	s := z.s
	v := skipBlank(s, j)
	end := v
	for end < len(s) && charsets[s[end]]&csBlob != 0 {
		end++
	}
	for end < len(s) && s[end] == '=' {
		end++
	}
	if end-v < 4 || end-v > 8*maxLook || !basicUser(s[v:end]) {
		return 0
	}
	return z.emit(v, end, kindBasic)
}

// basicUser reports that v is base64 of printable text with a colon in it.
func basicUser(v string) bool {
	var buf [192]byte
	v = v[:min(len(v), 4*len(buf)/3)]
	text, ok := decodeBase64(buf[:0], v)
	if !ok || len(text) < 3 {
		return false
	}
	colon := false
	for _, c := range text {
		if c < 0x20 || c == 0x7f {
			return false
		}
		colon = colon || c == ':'
	}
	return colon
}

// cookies handles the value of a Cookie or Set-Cookie header: names and
// attributes are not worth telling apart, the whole goes.
func (z *scanner) cookies(at, v int) int {
	s := z.s
	stop := z.lineStop(v, quoteBefore(s, at))
	eq := strings.IndexByte(s[v:min(stop, v+maxLook)], '=')
	if eq < 1 || strings.ContainsAny(s[v:v+eq], " ,(") {
		return 0
	}
	return z.emit(v, stop, kindCookie)
}
