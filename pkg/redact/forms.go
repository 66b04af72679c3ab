package redact

import "strings"

// jwtEnd returns the end of the JSON web token at k, where "eyJ" stands: base64url
// segments joined by dots, the second at least begun. 0 when it is none.
func jwtEnd(s string, k int) int {
	p := k
	for p < len(s) && charsets[s[p]]&csWord != 0 {
		p++
	}
	if p-k < 10 || p+4 >= len(s) || s[p] != '.' || charsets[s[p+1]]&csWord == 0 {
		return 0
	}
	second := p + 1
	for p < len(s) && (charsets[s[p]]&(csDot|csBlob) != 0 || s[p] == '=') {
		p++
	}
	for p > second && s[p-1] == '.' {
		p--
	}
	if p-second < 4 {
		return 0
	}
	return p
}

// pemEnd looks at "-----BEGIN" (four or five dashes) that begins at i and ends at
// j. It returns the end of a private key: behind its END line, or the end of the
// text where none follows. 0 for certificates, public keys, and anything else.
func (z *scanner) pemEnd(i, j int) int {
	s := z.s
	head := s[j:min(len(s), j+80)]
	if k := strings.Index(head, "--"); k >= 0 {
		head = head[:k]
	}
	if !strings.Contains(head, "PRIVATE KEY") && !strings.Contains(head, "SECRET KEY") {
		return 0
	}
	if z.noPEM {
		return len(s)
	}
	k := strings.Index(s[j:], "--END ")
	if k < 0 {
		if k = strings.Index(s[j:], "-- END "); k < 0 {
			z.noPEM = true
			return len(s)
		}
	}
	p := j + k + 6
	// behind the closing dashes
	for n := 0; p < len(s) && n < 64 && s[p] != '-' && s[p] != '\n'; n++ {
		p++
	}
	for p < len(s) && s[p] == '-' {
		p++
	}
	return p
}

// cardEnd returns the end of a payment card number that begins at i, or 0. s[i:j]
// is a word of digits, perhaps with dashes; a first group of four may go on after
// blanks. Identifiers glued to other words are not cards.
func cardEnd(s string, i, j int) int {
	if i > 0 {
		switch c := s[i-1]; {
		case classes[c]&isWord != 0, c == '/', c == '#', c == ':' && i > 1 && classes[s[i-2]]&isDigit != 0, c == '$',
			c == '+' && j-i < 16: // a telephone number has at most 15
			return 0
		}
	}
	if j-i == 4 && byteAt(s, j) == ' ' {
		return groupedCard(s, i, j)
	}
	if j-i < 14 || j-i > 23 || byteAt(s, j) == ':' || byteAt(s, j) == '/' {
		return 0
	}
	var d [19]byte
	n, dashes := 0, 0
	end := j
	for k := i; k < j; k++ {
		c := s[k]
		if c == '.' && k == j-1 {
			end = k
			break
		}
		if c == '-' && k > i && s[k-1] != '-' {
			dashes++
			continue
		}
		if classes[c]&isDigit == 0 || n == len(d) {
			return 0
		}
		d[n] = c - '0'
		n++
	}
	if dashes > 0 && dashes != 2 && dashes != 3 || dashes == 0 && n > 16 {
		return 0
	}
	if dashes > 0 && s[i+4] != '-' {
		return 0
	}
	if !issued(d[:n]) || !luhn(d[:n]) {
		return 0
	}
	return end
}

// groupedCard reads 4-4-4-4 and 4-6-5 digits apart by single blanks.
func groupedCard(s string, i, j int) int {
	var d [19]byte
	n := copy(d[:], s[i:j])
	p := j
	for p+1 < len(s) && s[p] == ' ' && classes[s[p+1]]&isDigit != 0 && n < 16 {
		g := 0
		for p++; p < len(s) && classes[s[p]]&isDigit != 0; p++ {
			if n == len(d) || g == 6 {
				return 0
			}
			d[n] = s[p]
			n++
			g++
		}
		if g < 4 {
			return 0
		}
	}
	if n < 14 || p < len(s) && classes[s[p]]&(isWord&^isJoin) != 0 {
		return 0
	}
	for k := range n {
		d[k] -= '0'
	}
	if !issued(d[:n]) || !luhn(d[:n]) {
		return 0
	}
	return p
}

// issued reports that the digits begin and count as card issuers' numbers do.
func issued(d []byte) bool {
	two := int(d[0])*10 + int(d[1])
	four := two*100 + int(d[2])*10 + int(d[3])
	switch len(d) {
	case 14:
		return two == 30 || two == 36 || two == 38 || two == 39
	case 15:
		return two == 34 || two == 37
	case 16:
		return d[0] == 4 || two >= 51 && two <= 55 || four >= 2221 && four <= 2720 ||
			four == 6011 || two == 65 || two == 64 || two == 35 || two == 62 || four >= 2200 && four <= 2204 ||
			two == 50 || two >= 56 && two <= 58 || two == 63 || two == 67
	case 19:
		return d[0] == 4 || two == 62 || two == 63 || two == 67
	}
	return false
}

func luhn(d []byte) bool {
	sum, double, same := 0, false, true
	for k := len(d) - 1; k >= 0; k-- {
		v := int(d[k])
		same = same && d[k] == d[0]
		if double {
			if v *= 2; v > 9 {
				v -= 9
			}
		}
		sum += v
		double = !double
	}
	return sum%10 == 0 && !same
}

// telegramEnd looks at the colon at i in 57468743:A-7f2…: digits, a colon, and 35
// bytes that begin with A.
func telegramEnd(s string, i int) int {
	if i < 5 || i+35 >= len(s) || s[i+1] != 'A' || classes[s[i-1]]&isDigit == 0 {
		return 0
	}
	k := i
	for k > 0 && i-k < 17 && classes[s[k-1]]&isDigit != 0 {
		k--
	}
	if i-k < 5 || i-k > 16 {
		return 0
	}
	p := i + 1
	for p < len(s) && p-i <= 36 && charsets[s[p]]&csWord != 0 {
		p++
	}
	if p-i-1 < 34 || p-i-1 > 36 {
		return 0
	}
	return p
}

// facebookApp looks at the bar at i in 1308742762612587|rhoK1…: an application's
// number and its secret.
func facebookApp(s string, i, last int) (from, end int) {
	if i < 15 || i+27 >= len(s)+0 && i+28 > len(s) {
		return 0, 0
	}
	from = i
	for from > last && i-from < 19 && classes[s[from-1]]&isDigit != 0 {
		from--
	}
	if i-from < 15 || i-from > 18 {
		return 0, 0
	}
	end = i + 1
	for end < len(s) && end-i < 30 && charsets[s[end]]&csWord != 0 {
		end++
	}
	if end-i-1 < 24 || end-i-1 > 28 || !randomish(s[i+1:end]) {
		return 0, 0
	}
	return from, end
}

// azureSecret looks at the tilde at i in dO29Q~F5-…: three bytes, a digit, Q, the
// tilde, and 31 to 34 bytes more.
func azureSecret(s string, i, last int) (from, end int) {
	if i < 5 || s[i-1] != 'Q' || classes[s[i-2]]&isDigit == 0 || i-5 < last {
		return 0, 0
	}
	in := func(c byte) bool { return charsets[c]&csDot != 0 || c == '~' }
	from = i - 5
	for k := from; k < i; k++ {
		if !in(s[k]) {
			return 0, 0
		}
	}
	if from > last && from > 0 && in(s[from-1]) {
		return 0, 0
	}
	end = i + 1
	for end < len(s) && end-i <= 35 && in(s[end]) {
		end++
	}
	if end-i-1 < 31 || end-i-1 > 34 {
		return 0, 0
	}
	return from, end
}
