package fingerprint

// name consumes a word or a name of several words joined by '-', and cuts the
// suffixes that machines append to names: etl-worker-6hhgbgxs8-2gz9z (a pod),
// nightly-etl-28786764-r6sd6 (a pod of a CronJob), session-a8f3kq2z.
func (s *scanner) name() {
	in := s.in
	if end := temporary(in, s.i); end > 0 {
		s.write("tmp")
		s.placeholder(phID, end)
		return
	}
	end, last, before, dashes := s.i, -1, -1, 0
	for end < len(in) {
		if isWord(in[end]) {
			end++
			continue
		}
		if in[end] != '-' || end+1 >= len(in) || !isWord(in[end+1]) {
			break
		}
		before, last = last, end
		dashes++
		end++
	}
	if dashes == 0 {
		s.run(end)
		return
	}
	cut := suffix(in, s.i, before, last, end)
	if cut == 0 {
		cut = end
	}
	for s.i < cut && !s.full {
		e := wordEnd(in, s.i)
		// A UUID or a date may stand inside a name: upload-<uuid>.
		if s.i > 0 && in[s.i-1] == '-' && isHex(in[s.i]) {
			if u := uuid(in, s.i); u > 0 {
				s.placeholder(phUUID, u)
				return
			}
			if isDigit(in[s.i]) {
				if t := timestamp(in, s.i); t > 0 {
					s.placeholder(phTime, t)
					return
				}
			}
		}
		if e < cut && codePrefix(in[s.i:e]) && digitsEnd(in, e+1) == wordEnd(in, e+1) && wordEnd(in, e+1)-e <= 8 {
			s.verbatim(wordEnd(in, e+1))
			continue
		}
		if s.i > 0 && in[s.i-1] == '-' && isDigit(in[s.i]) && !ends(in, digitsEnd(in, s.i)) {
			if n, ph := number(in, s.i); n > 0 && n <= cut && ph != phVersion {
				s.placeholder(ph, n)
				continue
			}
		}
		if e > s.i {
			s.run(e)
			continue
		}
		s.punctuation('-')
	}
	if cut < end && !s.full {
		s.placeholder(phID, padding(in, end))
	}
}

// suffix returns where the generated suffix of the name in[i:end] begins, or 0.
// last and before are its last two dashes.
func suffix(in []byte, i, before, last, end int) int {
	tail := in[last+1 : end]
	var prior []byte
	if before >= i {
		prior = in[before+1 : last]
	}
	if len(tail) == 5 && lowerAlnum(tail) {
		if len(prior) > 0 && (podHash(prior) || len(prior) >= 7 && len(prior) <= 10 && digitsOnly(prior)) {
			return before + 1
		}
		if len(prior) == 0 && podHash(in[i:last]) {
			return i
		}
		if safeAlphabet(tail) && !digitsOnly(tail) && !known(tail) && !plainWord(tail) {
			return last + 1
		}
		if len(prior) > 0 || last > i {
			if runs, trailing := digitRuns(tail); runs >= 1 && !trailing && !known(tail) && !digitsOnly(tail) && letters(tail) > 0 && !unitRun(tail) {
				return last + 1
			}
		}
		return 0
	}
	if len(tail) >= 8 && len(tail) <= 10 && lowerAlnum(tail) && !digitsOnly(tail) && !allHex(tail) {
		if runs, trailing := digitRuns(tail); runs >= 2 || runs == 1 && !trailing && !natural(tail) || safeAlphabet(tail) {
			return last + 1
		}
	}
	return 0
}

// safeAlphabet: the letters and digits that Kubernetes makes names from, chosen
// so that no words come out.
func safeAlphabet(b []byte) bool {
	for _, c := range b {
		switch c {
		case 'a', 'e', 'i', 'o', 'u', 'y', '0', '1', '3':
			return false
		}
	}
	return true
}

// plainWord: words of five letters without a vowel.
func plainWord(b []byte) bool {
	switch string(b) {
	case "https", "xhtml", "mssql", "grpcs", "crwth", "ssltls", "nttps", "psqls", "html5", "mp4v2":
		return true
	}
	return false
}

// podHash: the hash of a pod template, or something that looks like it.
func podHash(b []byte) bool {
	if len(b) < 6 || len(b) > 10 || !lowerAlnum(b) || digitsOnly(b) {
		return false
	}
	runs, trailing := digitRuns(b)
	return runs > 0 && (safeAlphabet(b) || allHex(b) || runs >= 2 || !trailing) || len(b) >= 8 && safeAlphabet(b)
}

func lowerAlnum(b []byte) bool {
	for _, c := range b {
		if !isDigit(c) && (c < 'a' || c > 'z') {
			return false
		}
	}
	return true
}

func digitsOnly(b []byte) bool { return digitsEnd(b, 0) == len(b) }

func letters(b []byte) int {
	n := 0
	for _, c := range b {
		if isLetter(c) {
			n++
		}
	}
	return n
}

// unitRun: 12min3 and the like, which number reads.
func unitRun(b []byte) bool {
	j := digitsEnd(b, 0)
	return j > 0 && j < len(b) && (duration(b, j) > 0 || sizeUnit(b[j:]))
}

// digitRuns counts the runs of digits in b and tells whether the only one ends
// it, as in worker3.
func digitRuns(b []byte) (runs int, trailing bool) {
	in := false
	for _, c := range b {
		d := isDigit(c)
		if d && !in {
			runs++
		}
		in = d
	}
	return runs, runs == 1 && in && !isDigit(b[0])
}

// run writes one run of letters and digits, up to end.
func (s *scanner) run(end int) {
	b := s.in[s.i:end]
	first := digitIndex(b)
	if first < 0 {
		s.letters(b, end)
		return
	}
	switch {
	case first == 0 && digitsOnly(b):
		s.placeholder(phNumber, end)
		return
	case first == 1 && (b[0] == 'v' || b[0] == 'V') && s.version(end):
		return
	case known(b):
		s.verbatim(end)
		s.code = noCode
		return
	case len(b) >= 7 && allHex(b):
		s.placeholder(phNumber, padding(s.in, end))
		return
	case codePrefix(b[:first]) && len(b)-first <= 6 && codeTail(b[first:]):
		s.verbatim(end)
		s.code = noCode
		return
	case random(b) || s.prefixed() && len(b) >= 10 && letters(b) < len(b):
		s.placeholder(phID, padding(s.in, end))
		return
	}
	for i := 0; i < len(b); {
		if isDigit(b[i]) {
			i = digitsEnd(b, i)
			s.write(phNumber)
			s.variable = true
			s.i = end - len(b) + i
			continue
		}
		j := i
		for j < len(b) && !isDigit(b[j]) {
			j++
		}
		s.verbatim(end - len(b) + j)
		i = j
	}
	s.i, s.code = end, noCode
}

func digitIndex(b []byte) int {
	for i, c := range b {
		if isDigit(c) {
			return i
		}
	}
	return -1
}

// letters writes a run without a digit.
func (s *scanner) letters(b []byte, end int) {
	if len(b) >= 12 && s.prefixed() && mixedCase(b) && !camel(b) {
		s.placeholder(phID, padding(s.in, end))
		return
	}
	s.code = s.code.after(b)
	if s.code == wideCode && end+1 < len(s.in) && s.in[end] == '/' && isDigit(s.in[end+1]) { // HTTP/1.1 503
		end = digitsEnd(s.in, end+1)
		if end+1 < len(s.in) && s.in[end] == '.' && isDigit(s.in[end+1]) {
			end = digitsEnd(s.in, end+1)
		}
		s.verbatim(end)
		return
	}
	if len(b) >= 4 && s.afterNumber() && (end >= len(s.in) || s.in[end] != '-' && s.in[end] != '_' && s.in[end] != '=') {
		s.writeBytes(stem(b), end)
		return
	}
	s.verbatim(end)
}

// afterNumber tells whether the output ends with "<n> ".
func (s *scanner) afterNumber() bool {
	n := s.n
	return n >= 4 && s.out[n-1] == ' ' && string(s.out[n-4:n-1]) == phNumber
}

// version takes v20.9.6; v20 alone is a name.
func (s *scanner) version(end int) bool {
	j := digitsEnd(s.in, s.i+1)
	if j != end || j+1 >= len(s.in) || s.in[j] != '.' || !isDigit(s.in[j+1]) {
		return false
	}
	for j+1 < len(s.in) && s.in[j] == '.' && isDigit(s.in[j+1]) {
		j = digitsEnd(s.in, j+1)
	}
	j, _ = versionTail(s.in, j)
	s.placeholder(phVersion, j)
	return true
}

// codeTail: the digits of an error code, and the letter that some end in: 0204N.
func codeTail(b []byte) bool {
	j := digitsEnd(b, 0)
	return j == len(b) || j == len(b)-1 && b[j] >= 'A' && b[j] <= 'Z'
}

// temporary returns the end of tmpab3x9k2q at i, behind a slash, as tempfile and
// mkdtemp name things, or 0.
func temporary(in []byte, i int) int {
	if i == 0 || in[i-1] != '/' || len(in)-i < 11 || in[i] != 't' || in[i+1] != 'm' || in[i+2] != 'p' {
		return 0
	}
	word := true
	for _, c := range in[i+3 : i+11] {
		if !isDigit(c) && (c < 'a' || c > 'z') && c != '_' {
			return 0
		}
		word = word && c >= 'a'
	}
	if word || i+11 < len(in) && (isWord(in[i+11]) || in[i+11] == '_' || in[i+11] == '-') {
		return 0
	}
	return i + 11
}

// prefixed tells whether a short prefix with '_' stands before the current
// byte: ch_, req_, sk_live_.
func (s *scanner) prefixed() bool {
	in, i := s.in, s.i-1
	if i < 2 || in[i] != '_' {
		return false
	}
	j := i
	for j > 0 && in[j-1] >= 'a' && in[j-1] <= 'z' && i-j < 8 {
		j--
	}
	return i-j >= 2 && (j == 0 || !isWord(in[j-1]))
}

// random tells whether b, which has letters and digits, was drawn and not
// written: many separate digits, or long and unlike words.
func random(b []byte) bool {
	if len(b) < 5 {
		return false
	}
	runs, trailing := digitRuns(b)
	switch {
	case runs >= 3:
		return true
	case trailing && (len(b) < 12 || natural(b)):
		return false
	case runs == 2:
		return len(b) >= 20 || len(b) >= 8 && !natural(b)
	}
	return len(b) >= 10 && !natural(b)
}

func mixedCase(b []byte) bool {
	upper, lower := false, false
	for _, c := range b {
		upper = upper || c >= 'A' && c <= 'Z'
		lower = lower || c >= 'a' && c <= 'z'
	}
	return upper && lower
}

// camel tells whether b is words written together: every capital begins a word
// of three letters or more.
func camel(b []byte) bool {
	for i, c := range b {
		if c < 'A' || c > 'Z' {
			continue
		}
		if i+2 >= len(b) || b[i+1] < 'a' || b[i+2] < 'a' {
			return false
		}
	}
	return true
}

// natural tells whether the letters of b look like words of a language or of a
// program: long enough humps, vowels among them, no digit inside a hump shorter
// than three.
func natural(b []byte) bool {
	changes, count, vowels, streak, longest, hump := 0, 0, 0, 0, 0, 0
	var prev byte
	for _, c := range b {
		if c >= 0x80 {
			return true
		}
		if isDigit(c) {
			prev, streak, hump = 0, 0, 0
			continue
		}
		count++
		hump++
		longest = max(longest, hump)
		if prev != 0 && (prev^c)&0x20 != 0 {
			changes++
		}
		switch c | 0x20 {
		case 'a', 'e', 'i', 'o', 'u', 'y':
			vowels++
			streak = 0
		default:
			streak++
			if streak > 6 {
				return false
			}
		}
		prev = c
	}
	return longest >= 3 && vowels*6 >= count && changes*3 <= count+2
}
