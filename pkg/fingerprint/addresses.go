package fingerprint

// url writes a URL at the current byte as scheme, host and <path>. User and
// password are left out, as are ports from 10000 up, which systems hand out at
// random. It reports false when the chunk's "://" does not belong to this byte.
func (s *scanner) url() bool {
	in := s.in
	for _, c := range in[s.i:s.scheme] {
		if !isLetter(c) && !isDigit(c) && c != '+' && c != '-' && c != '.' {
			return false
		}
	}
	host := s.scheme + 3
	end := urlEnd(in, host)
	authority := host
	for authority < end && in[authority] != '/' && in[authority] != '?' && in[authority] != '#' {
		if in[authority] == '@' {
			host = authority + 1
		}
		authority++
	}
	s.code = noCode
	s.verbatim(s.scheme + 3)
	s.i = host
	s.host(authority)
	s.i = end
	rest := in[authority:end]
	follows := len(in)-end >= len(phPath) && string(in[end:end+len(phPath)]) == phPath
	if follows {
		s.i += len(phPath)
	}
	switch {
	case follows || len(rest) > 1:
		s.write("/" + phPath)
		s.variable = true
	case len(rest) == 1 && s.i < len(in) && in[s.i] == '<':
		s.write("/")
	}
	s.chunkEnd = s.i
	return true
}

// urlEnd returns the end of the URL whose authority begins at i.
func urlEnd(in []byte, i int) int {
	j := i
scan:
	for ; j < len(in); j++ {
		switch in[j] {
		case ' ', '"', '\'', '`', '<', '>', ')', ']', '}', '|', ',', ';':
			break scan
		case '[':
			end := mark(in, j)
			if end == 0 {
				if a := address6(in, j+1); a > 0 && a < len(in) && in[a] == ']' {
					end = a + 1
				}
			}
			if end == 0 {
				break scan
			}
			j = end - 1
		}
	}
	for j > i && (in[j-1] == ':' || in[j-1] == '.' || in[j-1] == '!' || in[j-1] == '?') {
		j--
	}
	return j
}

// host writes the host of a URL with its names made general. No name goes past
// end, where the authority's last letter or digit has been.
func (s *scanner) host(end int) {
	for s.i < end && !s.full {
		switch c := s.in[s.i]; {
		case c == '[':
			s.openBracket()
		case c == ':':
			k := digitsEnd(s.in, s.i+1)
			if k-s.i-1 > 0 && k-s.i-1 < 5 {
				s.verbatim(k)
			}
			s.i = max(k, s.i+1)
		case isDigit(c) && address4(s.in, s.i) > 0:
			s.placeholder(phAddress, min(address4(s.in, s.i), end))
		case isWord(c):
			s.name()
		default:
			s.punctuation(c)
		}
	}
}

// email returns the end of an address at i whose '@' is at at, or 0. The last
// label of the domain has letters only, so that name@1.9.6 is not one.
func email(in []byte, i, at int) int {
	for _, c := range in[i:at] {
		if !isWord(c) && c != '.' && c != '_' && c != '%' && c != '+' && c != '-' {
			return 0
		}
	}
	j, label, dots := at+1, at+1, 0
	for ; j < len(in) && (isWord(in[j]) || (in[j] == '.' || in[j] == '-') && j+1 < len(in) && isWord(in[j+1])); j++ {
		if in[j] == '.' {
			label = j + 1
			dots++
		}
	}
	if dots == 0 || j-label < 2 {
		return 0
	}
	for _, c := range in[label:j] {
		if isDigit(c) || c == '-' {
			return 0
		}
	}
	return j
}

// uuid returns the end of a UUID at i, or 0.
func uuid(in []byte, i int) int {
	if len(in)-i < 36 || in[i+8] != '-' || in[i+13] != '-' || in[i+18] != '-' || in[i+23] != '-' {
		return 0
	}
	for k, c := range in[i : i+36] {
		if k != 8 && k != 13 && k != 18 && k != 23 && !isHex(c) {
			return 0
		}
	}
	if !ends(in, i+36) {
		return 0
	}
	return i + 36
}

// address4 returns the end of an IPv4 address at i with its port or prefix
// length, or 0.
func address4(in []byte, i int) int {
	j := i
	for k := range 4 {
		if k > 0 {
			if j >= len(in) || in[j] != '.' {
				return 0
			}
			j++
		}
		end := digitsEnd(in, j)
		if end == j || end-j > 3 || !small(in[j:end], 255) {
			return 0
		}
		j = end
	}
	if !ends(in, j) || j+1 < len(in) && in[j] == '.' && isDigit(in[j+1]) {
		return 0
	}
	if j+1 < len(in) && in[j] == '/' && isDigit(in[j+1]) {
		if end := digitsEnd(in, j+1); end-j <= 3 && ends(in, end) {
			return end
		}
	}
	return port(in, j)
}

// port takes ":443" at j.
func port(in []byte, j int) int {
	if j+1 < len(in) && in[j] == ':' {
		if end := digitsEnd(in, j+1); end > j+1 && end-j <= 6 && ends(in, end) {
			return end
		}
	}
	return j
}

// address6 returns the end of an IPv6 address at i with its zone or prefix
// length, or 0.
func address6(in []byte, i int) int {
	end, ph := colonHex(in, i)
	if ph != phAddress {
		return 0
	}
	return end
}

// colonHex reads an IPv6 or a MAC address at i: groups of hexadecimal digits
// between colons. An IPv6 address has "::" or eight groups, and a digit.
func colonHex(in []byte, i int) (int, string) {
	colons, group, short, pairs, digits := 0, 0, false, true, false
	j := i
scan:
	for ; j < len(in) && j < i+46; j++ {
		switch c := in[j]; {
		case isHex(c):
			if group++; group > 4 {
				return 0, ""
			}
			digits = digits || isDigit(c)
		case c == ':':
			next := byte(0)
			if j+1 < len(in) {
				next = in[j+1]
			}
			if next == ':' {
				if short {
					break scan
				}
				short = true
				colons++
				j++
			} else if !isHex(next) || j == i {
				break scan
			}
			pairs = pairs && group == 2
			colons++
			group = 0
		default:
			break scan
		}
	}
	switch {
	case colons < 2 || !ends(in, j) || !digits && !short:
		return 0, ""
	case colons == 5 && !short && pairs && group == 2:
		return j, phMAC
	case !digits || !short && colons != 7 || colons > 8:
		return 0, ""
	}
	if short && group > 0 && j < len(in) && in[j] == '.' { // ::ffff:10.0.0.1
		if end := address4(in, j-group); end > 0 {
			return end, phAddress
		}
	}
	if j+1 < len(in) && in[j] == '%' && isWord(in[j+1]) {
		j = wordEnd(in, j+1)
	} else if j+1 < len(in) && in[j] == '/' && isDigit(in[j+1]) {
		j = digitsEnd(in, j+1)
	}
	return j, phAddress
}
