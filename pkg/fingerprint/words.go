package fingerprint

// codeWord says how the number that comes next is to be read.
type codeWord uint8

const (
	noCode     codeWord = iota
	wideCode            // after status, code, exit, http, sqlstate, errno, signal
	narrowCode          // after error: only with nothing but a space or = between
	replyCode           // after returned, response: only 100 to 599, and not "500 rows"
	weakCode            // after got, failed, error: only a status of HTTP that there is
)

// survives tells whether the code may still follow after the punctuation c.
func (k codeWord) survives(c byte) bool {
	switch c {
	case ' ', '=', '#', '(', '"', '\'':
		return k != noCode
	case ':', '[', '-', '_':
		return k == wideCode || k == replyCode && (c == ':' || c == '[')
	}
	return false
}

// after returns what may follow the word b.
func (k codeWord) after(b []byte) codeWord {
	if len(b) > 24 {
		return noCode
	}
	var buf [24]byte
	lower := buf[:len(b)]
	for i, c := range b {
		if c >= 'A' && c <= 'Z' {
			c |= 0x20
		}
		lower[i] = c
	}
	if len(b) >= 2 && b[0] == 0xd0 && b[1] >= 0x90 && b[1] < 0xb0 { // a Cyrillic capital
		if lower[1] += 0x20; lower[1] >= 0xc0 {
			lower[0], lower[1] = 0xd1, lower[1]-0x40
		}
	}
	switch string(lower) {
	case "status", "code", "exit", "http", "https", "sqlstate", "errno", "signal",
		"statuscode", "exitcode", "errorcode", "errcode", "returncode", "retcode", "rc", "exited",
		"sqlcode", "ret", "hr", "hresult", "ntstatus",
		"код", "кодом", "кода", "статус", "статусом", "статуса", "сигнал", "сигналом":
		return wideCode
	case "error", "err", "exception", "ошибка":
		return narrowCode
	case "returned", "response", "responded", "replied", "answered",
		"ответ", "ответил", "ответила", "ответило", "вернул", "вернула", "вернуло":
		return replyCode
	case "got", "received", "failed":
		return weakCode
	case "is", "was", "of", "with", "by", "ответа", "возврата", "завершения", "ошибки":
		return k
	}
	if hasTail(b, "Code") || hasTail(b, "Status") {
		return wideCode
	}
	return noCode
}

func hasTail(b []byte, tail string) bool {
	return len(b) > len(tail) && string(b[len(b)-len(tail):]) == tail
}

// statusCode keeps a code of at most five characters right after a code word:
// exit status 1 and 137, HTTP 404 and 500, SQLSTATE 23505 and 42P01 are
// different causes. It reports false when the current run is no such code.
func (s *scanner) statusCode() bool {
	in, i := s.in, s.i
	end := wordEnd(in, i)
	run := in[i:end]
	switch digits := digitsEnd(in, i); {
	case digits == end && len(run) <= 5:
		if end+1 < len(in) && (in[end] == '.' && isDigit(in[end+1]) || in[end] == '%') {
			return false
		}
		if _, ph := spacedUnit(in, end); ph != "" {
			return false
		}
		switch s.code {
		case replyCode:
			if !reply(in, i, end) && !(in[i-1] == '-' && len(run) <= 3 && noCount(in, end)) {
				return false
			}
		case weakCode:
			if !reply(in, i, end) || !httpError(run) {
				return false
			}
		}
	case s.code == narrowCode && hexLiteral(in, i) == end && len(run) == 10: // error 0x80070005
	case s.code != wideCode:
		return false
	case hexLiteral(in, i) == end && len(run) <= 10: // 0xc0000005
	case len(run) == 5 && upperCode(run):
	default:
		return false
	}
	s.verbatim(end)
	s.code = noCode
	return true
}

// reply tells whether in[i:end] is an HTTP status and not a count of things.
func reply(in []byte, i, end int) bool {
	return end-i == 3 && in[i] >= '1' && in[i] <= '5' && noCount(in, end)
}

// noCount tells whether the number that ends at end is not one of things: what
// follows is no noun.
func noCount(in []byte, end int) bool {
	if end+1 >= len(in) || in[end] != ' ' || in[end+1] >= 'A' && in[end+1] <= 'Z' || !isWord(in[end+1]) {
		return true
	}
	switch string(in[end+1 : wordEnd(in, end+1)]) {
	case "in", "after", "for", "from", "on", "at", "to", "with", "when", "while", "and", "but", "instead",
		"за", "от", "для", "при", "на", "после":
		return true
	}
	return false
}

// httpError tells whether b is the status of an error of HTTP that is in use.
func httpError(b []byte) bool {
	n := int(b[0]-'0')*100 + int(b[1]-'0')*10 + int(b[2]-'0')
	return n >= 400 && n <= 418 || n >= 421 && n <= 431 || n == 451 || n >= 500 && n <= 508 || n >= 520 && n <= 526
}

// knownPort tells whether the number in[i:end] is the port of a service by its
// number and by what stands before it: localhost:5432, "listen tcp :8080".
func knownPort(in []byte, i, end int) bool {
	if i < 2 || in[i-1] != ':' || in[i-2] != ' ' && in[i-2] != '(' && (i < 10 || string(in[i-10:i-1]) != "localhost") {
		return false
	}
	if end < len(in) && in[end] == ':' && end+1 < len(in) && isDigit(in[end+1]) {
		return false
	}
	return end-i == 4 || end-i < 4 && (string(in[i:end]) == "80" || string(in[i:end]) == "443")
}

// afterRequest tells whether a method and a path stand right before i, as in an
// access log: GET /x 404, GET /x: 404, GET /x -> 404.
func afterRequest(in []byte, i int) bool {
	if i == 0 || in[i-1] != ' ' {
		return false
	}
	k := i
	for k > 0 && i-k < 4 && (in[k-1] == ' ' || in[k-1] == '>' || in[k-1] == '-' || in[k-1] == '=' || in[k-1] == ':') {
		k--
	}
	end := k
	for k > 0 && i-k < 128 && in[k-1] != ' ' {
		k--
	}
	if k < 4 || k == end || in[k] != '/' && (end-k < 8 || in[k] != 'h' || in[k+1] != 't') {
		return false
	}
	end = k - 1
	for k = end; k > 0 && end-k < 8 && in[k-1] >= 'A' && in[k-1] <= 'Z'; k-- {
	}
	switch string(in[k:end]) {
	case "GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS":
		return true
	}
	return false
}

func upperCode(b []byte) bool {
	digit := false
	for _, c := range b {
		if !isDigit(c) && (c < 'A' || c > 'Z') {
			return false
		}
		digit = digit || isDigit(c)
	}
	return digit
}

// known tells whether b is a word with digits that names one thing for ever.
func known(b []byte) bool {
	if len(b) > 10 {
		return false
	}
	var buf [10]byte
	lower := buf[:len(b)]
	for i, c := range b {
		if c >= 'A' && c <= 'Z' {
			c |= 0x20
		}
		lower[i] = c
	}
	switch string(lower) {
	case "x509", "sha1", "sha224", "sha256", "sha384", "sha512", "sha3", "md4", "md5", "hs256", "rs256", "es256",
		"crc32", "crc64", "blake2b", "aes128", "aes256", "ed25519", "x25519", "p256", "pkcs1", "pkcs7", "pkcs8", "pkcs12",
		"utf8", "utf16", "utf32", "utf8mb4", "latin1", "base32", "base58", "base64", "punycode2",
		"ipv4", "ipv6", "ip4", "ip6", "tcp4", "tcp6", "udp4", "udp6", "l4", "l7", "h2", "h2c", "h3",
		"http1", "http2", "http3", "tls1", "socks4", "socks5", "oauth1", "oauth2", "saml2", "web3",
		"s3", "ec2", "r2", "b2", "k8s", "k3s", "i18n", "l10n", "a11y", "n8n", "e2e", "p2p", "b2b", "2fa",
		"int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64",
		"float32", "float64", "complex64", "i32", "i64", "u8", "u16", "u32", "u64", "f32", "f64",
		"x86", "x64", "i386", "i686", "amd64", "arm64", "armv7", "win32", "win64", "mips64",
		"mp3", "mp4", "h264", "h265", "gpt4", "log4j", "slf4j", "neo4j", "psycopg2", "libpq5", "boto3", "urllib3",
		"python2", "python3", "py2", "py3", "lua5", "es5", "es6", "p50", "p95", "p99",
		"1xx", "2xx", "3xx", "4xx", "5xx",
		"v1alpha1", "v1beta1", "v2beta1", "v2beta2":
		return true
	}
	// v1 to v99 name an interface; v20.9.6 is read as a version before.
	return len(lower) <= 3 && lower[0] == 'v' && digitsEnd(lower, 1) == len(lower)
}

// codePrefix tells whether the digits after b belong to an error code that
// names one cause: ORA-00942, TS2304.
func codePrefix(b []byte) bool {
	switch string(b) {
	case "ORA", "TNS", "PLS", "TS", "CS", "MSB", "NU", "RFC", "SQL", "PGRST", "AADSTS", "SRVE", "HHH":
		return true
	}
	return false
}

// stem cuts the ending that depends on a number before the word: 1 file and 5
// files, 1 ошибка and 5 ошибок are one template. Words shorter than four
// letters, capitals and verbs that people write after an id stay.
func stem(b []byte) []byte {
	if len(b) < 4 {
		return b
	}
	if b[0] >= 0x80 {
		return stemRussian(b)
	}
	for _, c := range b {
		if c < 'a' || c > 'z' {
			return b
		}
	}
	n := len(b)
	switch string(b) {
	case "does", "exists", "fails", "waits", "needs", "requires", "exceeds", "expects",
		"contains", "lacks", "belongs", "remains", "always", "sometimes":
		return b
	}
	switch {
	case b[n-1] != 's' || b[n-2] == 's' || b[n-2] == 'u' || b[n-2] == 'i':
		return b
	case n > 4 && b[n-2] == 'e' && b[n-3] == 'i' && b[n-4] != 'k' && b[n-4] != 'v':
		b[n-3] = 'y' // retries; not cookies, movies
		return b[:n-2]
	case n > 4 && b[n-2] == 'e' && (b[n-3] == 'h' || b[n-3] == 'x' || b[n-3] == 's'):
		return b[:n-2] // matches, boxes, processes
	}
	return b[:n-1]
}

var russianEndings = [...]string{
	"ами", "ями", "иях", "ов", "ев", "ей", "ий", "ах", "ях", "ам", "ям",
	"а", "я", "ы", "и", "у", "ю", "е", "о", "ь", "й",
}

// stemRussian cuts endings until none is left or three letters are, then the
// vowel that comes and goes: ошибка, ошибки, ошибок give ошибк.
func stemRussian(b []byte) []byte {
	const letter = 2 // bytes of a Cyrillic letter in UTF-8
	for range 4 {
		cut := 0
		for _, e := range russianEndings {
			if len(b)-len(e) >= 3*letter && string(b[len(b)-len(e):]) == e {
				cut = len(e)
				break
			}
		}
		if cut == 0 {
			break
		}
		b = b[:len(b)-cut]
	}
	n := len(b)
	if n < 5*letter || string(b[n-letter:]) != "к" {
		return b
	}
	if v := string(b[n-2*letter : n-letter]); v == "о" || v == "е" || v == "ё" {
		b[n-2*letter], b[n-2*letter+1] = b[n-letter], b[n-letter+1]
		return b[:n-letter]
	}
	return b
}
