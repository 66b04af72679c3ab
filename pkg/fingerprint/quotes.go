package fingerprint

// openBracket keeps a redaction mark whole and reads [address]:port as one
// address.
func (s *scanner) openBracket() {
	if end := mark(s.in, s.i); end > 0 {
		s.writeBytes(s.in[s.i:end], end)
		s.variable, s.code = true, noCode
		return
	}
	if end := address6(s.in, s.i+1); end > 0 && end < len(s.in) && s.in[end] == ']' {
		s.placeholder(phAddress, port(s.in, end+1))
		return
	}
	s.punctuation('[')
}

// mark returns the end of a redaction mark at i, or 0.
func mark(in []byte, i int) int {
	const open = "[redacted:"
	if len(in)-i <= len(open) || string(in[i:i+len(open)]) != open {
		return 0
	}
	for j := i + len(open); j < len(in) && j < i+80; j++ {
		switch c := in[j]; {
		case c == ']':
			return j + 1
		case !isWord(c) && c != '-' && c != '_' && c != ':' && c != '.':
			return 0
		}
	}
	return 0
}

// openAngle keeps a placeholder that is already there, so that the template of
// a template is itself.
func (s *scanner) openAngle() {
	rest := s.in[s.i:]
	for _, ph := range [...]string{
		phNumber, phHex, phID, phUUID, phTime, phDuration, phSize,
		phVersion, phAddress, phMAC, phEmail, phPath, phChar,
	} {
		if len(rest) >= len(ph) && string(rest[:len(ph)]) == ph {
			s.placeholder(ph, s.i+len(ph))
			return
		}
	}
	s.punctuation('<')
}

// quote writes <c> for a lone quoted character ('a', '\n', '\u00e9'); longer
// quoted text stays and is read like any other: a column or key that is missing
// is the cause. A lone digit is a number, as "10" would be, unless the text
// speaks of characters.
func (s *scanner) quote(q byte) {
	in, j := s.in, s.i+1
	switch {
	case j >= len(in) || in[j] == ' ':
		s.punctuation(q)
		return
	case in[j] == '\\' && j+1 < len(in):
		for j += 2; j < len(in) && j < s.i+12 && isWord(in[j]); j++ {
		}
	case in[j] == q:
		s.punctuation(q)
		return
	case isDigit(in[j]) && !s.afterCharacter():
		s.punctuation(q)
		return
	default:
		for j++; j < len(in) && in[j]&0xC0 == 0x80; j++ {
		}
	}
	if j < len(in) && in[j] == q && (s.i == 0 || !isWord(in[s.i-1])) {
		s.punctuation(q)
		s.placeholder(phChar, j)
		s.punctuation(q)
		return
	}
	s.punctuation(q)
}

// afterCharacter tells whether the output ends with a word for a character.
func (s *scanner) afterCharacter() bool {
	out := s.out[:s.n]
	for _, word := range [...]string{"character ", "char ", "rune ", "token ", "symbol ", "символ "} {
		if len(out) >= len(word) && string(out[len(out)-len(word):]) == word {
			return true
		}
	}
	return false
}
