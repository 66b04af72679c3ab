package fingerprint

const (
	// maxInput is how many bytes of the first two lines are looked at. It is
	// larger than maxTemplate so that a template is cut by its own length, which
	// is the same for every variant, and not by the length of the variable parts.
	maxInput = 2 << 10
	// maxTemplate bounds a template, in bytes.
	maxTemplate = 512
	// maxScheme and maxMailbox bound how far ahead a run of letters looks for the
	// "://" and the '@' that would make it one.
	maxScheme, maxMailbox = 24, 64
)

// The placeholders. A hexadecimal number of seven characters or more is a
// number: one abbreviated commit in thirty has digits only, and must not split
// the group.
const (
	phNumber   = "<n>"
	phHex      = "<hex>" // written with 0x
	phID       = "<id>"  // random: ULID, generated name suffix, prefixed token
	phUUID     = "<uuid>"
	phTime     = "<ts>"
	phDuration = "<dur>"
	phSize     = "<size>"
	phVersion  = "<ver>"
	phAddress  = "<ip>"
	phMAC      = "<mac>"
	phEmail    = "<email>"
	phPath     = "<path>"
	phChar     = "<c>"
)

// Template returns message with its variable parts replaced by placeholders:
// two reports of one cause have the same template, reports of two causes do not.
// It reads the first two non-empty lines (a traceback: its last line), at most
// 2 KiB, and returns at most 512 bytes of valid UTF-8 on one line. The time is
// linear in what it reads; the only allocation is the result. Marks such as
// [redacted:token] pass unchanged. Any number of goroutines may call it.
func Template(message string) string {
	var in [maxInput]byte
	s := scanner{in: readLines(in[:0], message)}
	s.scan()
	return string(s.out[:s.n])
}

// scanner walks once over the prepared text. Every byte belongs to one token;
// what decides about a token looks at most a bounded distance ahead.
type scanner struct {
	in  []byte
	i   int
	out [maxTemplate]byte // the template so far is out[:n]
	n   int

	// The current chunk: the text up to the next space, quote, bracket or comma,
	// looked at once for what needs a wide view.
	chunkEnd int
	at       int  // index of its first '@', or -1
	scheme   int  // index of its first "://", or -1
	base64   bool // nothing but base64 characters, with a '+' or a '/' among them
	drawn    bool // an identifier drawn from the characters of base64url

	code codeWord // whether a status code may follow

	// For folding lists: where the current word began in out, where the separator
	// before it began, and whether the word holds a placeholder or a mark.
	word, sep int
	variable  bool

	full bool // out has reached maxTemplate
}

func (s *scanner) scan() {
	for s.i < len(s.in) && !s.full {
		switch c := s.in[s.i]; {
		case isWord(c):
			s.token()
		case c == ' ', c == ',', c == ';', c == '|':
			s.separator(c)
		case c == '[':
			s.openBracket()
		case c == '<':
			s.openAngle()
		case c == '\'', c == '"', c == '`':
			s.quote(c)
		case c == ')', c == ']', c == '}':
			s.foldList()
			s.punctuation(c)
		case c == ':' && s.startsAddress():
			s.placeholder(phAddress, address6(s.in, s.i))
		case (c == '_' || c == '-' || c == '+') && s.startsDrawn():
			s.placeholder(phID, padding(s.in, s.chunkEnd))
		case (c == '-' || c == '+') && s.startsNumber():
			s.sign(c)
		default:
			s.punctuation(c)
		}
	}
	s.foldList()
	for s.n > 0 && s.out[s.n-1] == ' ' {
		s.n--
	}
}

// token consumes at least one whole run of letters and digits.
func (s *scanner) token() {
	if s.i >= s.chunkEnd {
		s.readChunk()
	}
	i, c := s.i, s.in[s.i]
	if s.scheme > i && s.scheme-i <= maxScheme && s.url() {
		return
	}
	if s.at > i && s.at-i <= maxMailbox {
		if end := email(s.in, i, s.at); end > 0 {
			s.placeholder(phEmail, end)
			return
		}
	}
	if s.code != noCode && s.statusCode() {
		return
	}
	if isDigit(c) {
		if end := digitsEnd(s.in, i); ends(s.in, end) && (end == i+3 && c <= '5' && afterRequest(s.in, i) || knownPort(s.in, i, end)) {
			s.verbatim(end)
			s.code = noCode
			return
		}
	}
	if s.base64 && s.chunkEnd-i >= 20 {
		s.placeholder(phID, padding(s.in, s.chunkEnd))
		return
	}
	if s.drawn && s.i+20 <= s.chunkEnd {
		s.drawn = false
		s.placeholder(phID, s.chunkEnd)
		return
	}
	if isHex(c) {
		if end := uuid(s.in, i); end > 0 {
			s.placeholder(phUUID, end)
			return
		}
	}
	if isDigit(c) {
		if end := timestamp(s.in, i); end > 0 {
			s.placeholder(phTime, end)
			return
		}
		if end := address4(s.in, i); end > 0 {
			s.placeholder(phAddress, end)
			return
		}
	}
	if isHex(c) {
		if end, ph := colonHex(s.in, i); end > 0 {
			s.placeholder(ph, end)
			return
		}
	}
	if isDigit(c) {
		if end, ph := number(s.in, i); end > 0 {
			s.placeholder(ph, end)
			return
		}
	} else if end := spelledDate(s.in, i); end > 0 {
		s.placeholder(phTime, end)
		return
	}
	s.name()
}

func (s *scanner) readChunk() {
	s.at, s.scheme = -1, -1
	plain, odd, upper, lower, digit := true, false, false, false, false
	joints, turns, last := 0, 0, byte(0)
	j := s.i
scan:
	for ; j < len(s.in); j++ {
		switch c := s.in[j]; c {
		case ' ', '"', '\'', '`', '<', '>', '(', ')', '[', ']', '{', '}', ',', ';', '|', '=':
			break scan
		case '@':
			if s.at < 0 {
				s.at = j
			}
			plain = false
		case ':':
			if s.scheme < 0 && j+2 < len(s.in) && s.in[j+1] == '/' && s.in[j+2] == '/' {
				s.scheme = j
			}
			plain = false
		case '+':
			odd = true
		case '/':
			joints = 9
		default:
			kind := byte(0)
			switch {
			case c >= 'a' && c <= 'z':
				lower, kind = true, 'a'
			case c >= 'A' && c <= 'Z':
				upper, kind = true, 'A'
			case isDigit(c):
				digit, kind = true, '0'
			case c == '-' || c == '_':
				if joints++; joints == 1 && lower && !upper && !digit {
					joints = 9 // ch_…: the prefix stays
				}
				plain = false
			default:
				joints, plain = 9, false
			}
			if kind != last {
				turns++
			}
			last = kind
		}
	}
	s.chunkEnd = j
	// An identifier in base64url: a joint or three among many changes of class.
	s.drawn = joints >= 1 && joints <= 3 && s.at < 0 && s.scheme < 0 && !odd && upper && lower && digit &&
		j-s.i >= 20 && j-s.i <= 44 && turns*2 >= j-s.i
	padded := j < len(s.in) && s.in[j] == '=' && padding(s.in, j) > j
	s.base64 = plain && upper && lower && (digit && (odd || padded) || padded && j-s.i >= 20 && !camel(s.in[s.i:j]))
}

// placeholder writes ph for the input up to end.
func (s *scanner) placeholder(ph string, end int) {
	s.write(ph)
	s.variable = true
	s.code = noCode
	s.i = end
}

// verbatim copies the input up to end.
func (s *scanner) verbatim(end int) {
	room := maxTemplate - s.n
	text := s.in[s.i:end]
	if len(text) > room {
		for room > 0 && text[room]&0xC0 == 0x80 {
			room--
		}
		text, s.full = text[:room], true
	}
	s.n += copy(s.out[s.n:], text)
	s.i = end
}

// write appends a placeholder whole, or not at all.
func (s *scanner) write(atom string) {
	if s.n+len(atom) > maxTemplate {
		s.full = true
		return
	}
	s.n += copy(s.out[s.n:], atom)
}

// writeBytes appends text of the input whole, or not at all, for the input up
// to end.
func (s *scanner) writeBytes(text []byte, end int) {
	if s.n+len(text) > maxTemplate {
		s.full = true
		return
	}
	s.n += copy(s.out[s.n:], text)
	s.i = end
}

func (s *scanner) punctuation(c byte) {
	if c == ':' && s.code == narrowCode { // Error: 404
		s.code = weakCode
	} else if !s.code.survives(c) {
		s.code = noCode
	}
	s.verbatim(s.i + 1)
}

func (s *scanner) separator(c byte) {
	s.foldList()
	if s.n > s.word || s.word == 0 {
		s.sep = s.n
	}
	if !s.code.survives(c) {
		s.code = noCode
	}
	s.verbatim(s.i + 1)
	s.word, s.variable = s.n, false
}

// foldList drops the current word when the word before it is the same and both
// hold a placeholder, so that lists of any length have one template.
func (s *scanner) foldList() {
	w := s.out[s.word:s.n]
	if !s.variable || len(w) == 0 || s.sep < len(w) || s.sep >= s.word {
		return
	}
	start := s.sep - len(w)
	if string(s.out[start:s.sep]) != string(w) {
		return
	}
	if start > 0 && !opens(s.out[start-1]) {
		return
	}
	s.n = s.sep
	s.word, s.sep, s.full = start, 0, false
}

// opens tells whether a list item may begin after c.
func opens(c byte) bool {
	switch c {
	case ' ', ',', ';', '|', '(', '[', '{', '=', ':', '"', '\'', '`':
		return true
	}
	return false
}

// startsNumber tells whether the sign at the current byte belongs to a number.
func (s *scanner) startsNumber() bool {
	return s.i+1 < len(s.in) && isDigit(s.in[s.i+1]) && (s.i == 0 || opens(s.in[s.i-1]))
}

func (s *scanner) sign(c byte) {
	if s.code != noCode && s.code != weakCode { // exit code -1
		s.verbatim(s.i + 1)
		return
	}
	s.i++
	if end, ph := number(s.in, s.i); end > 0 && timestamp(s.in, s.i) == 0 && address4(s.in, s.i) == 0 {
		s.placeholder(ph, end)
		return
	}
	s.i--
	s.punctuation(c)
}

// startsDrawn tells whether the joint at the current byte begins an identifier in
// base64.
func (s *scanner) startsDrawn() bool {
	if s.i < s.chunkEnd || s.i > 0 && !opens(s.in[s.i-1]) || s.i+1 >= len(s.in) || !isWord(s.in[s.i+1]) {
		return false
	}
	s.readChunk()
	return s.drawn || s.base64 && s.chunkEnd-s.i >= 20
}

func (s *scanner) startsAddress() bool {
	return s.i+2 < len(s.in) && s.in[s.i+1] == ':' && isHex(s.in[s.i+2]) &&
		(s.i == 0 || !isWord(s.in[s.i-1])) && address6(s.in, s.i) > 0
}

func isDigit(c byte) bool { return c-'0' < 10 }

func isHex(c byte) bool { return isDigit(c) || c|0x20-'a' < 6 }

func isLetter(c byte) bool { return c|0x20-'a' < 26 }

// isWord: ASCII letters and digits, and every byte of other scripts.
func isWord(c byte) bool { return isLetter(c) || isDigit(c) || c >= 0x80 }

// wordEnd returns the end of the run of letters and digits that holds i.
func wordEnd(in []byte, i int) int {
	for i < len(in) && isWord(in[i]) {
		i++
	}
	return i
}

// digitsEnd returns the end of the run of digits from i.
func digitsEnd(in []byte, i int) int {
	for i < len(in) && isDigit(in[i]) {
		i++
	}
	return i
}

// ends tells whether no letter or digit stands at i.
func ends(in []byte, i int) bool { return i >= len(in) || !isWord(in[i]) }
