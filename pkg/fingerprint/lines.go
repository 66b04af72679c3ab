package fingerprint

import (
	"strings"
	"unicode/utf8"
)

// maxSource bounds how much of a message is searched for its two lines.
const maxSource = 16 << 10

// readLines appends to dst the first two non-empty lines of message, joined by
// a space: colours and control characters removed, runs of white space made one
// space, invalid UTF-8 made U+FFFD. A second line that is a stack frame is left
// out. It stops at maxInput, between two words where there are two.
func readLines(dst []byte, message string) []byte {
	if strings.HasPrefix(message, traceback) {
		message = lastLine(message)
	}
	if len(message) > maxSource {
		message = message[:maxSource]
	}
	first := -1 // where the second line begins in dst
	space := false
	for i := 0; i < len(message); {
		c := message[i]
		if c == '\n' || c == '\r' {
			if len(dst) > max(first, 0) {
				if first >= 0 {
					return dst
				}
				if stackLine(message[i:]) {
					return dst
				}
				first, space = len(dst), true
			}
			i++
			continue
		}
		var r rune
		size := 1
		switch {
		case c == 0x1b:
			i += escape(message[i:])
			continue
		case c == ' ' || c == '\t':
			space = true
			i++
			continue
		case c < ' ' || c == 0x7f:
			i++
			continue
		case c >= utf8.RuneSelf:
			r, size = utf8.DecodeRuneInString(message[i:])
			switch r {
			case '\u00a0', '\u2007', '\u2009', '\u202f', '\u3000', '\u2028', '\u2029', '\u0085':
				space = true
				i += size
				continue
			case '\u200b', '\u200c', '\u200d', '\ufeff':
				i += size
				continue
			}
		}
		if len(dst)+1+utf8.UTFMax > maxInput {
			return atSpace(dst)
		}
		if space && len(dst) > 0 {
			dst = append(dst, ' ')
		}
		space = false
		if c < utf8.RuneSelf {
			dst = append(dst, c)
		} else {
			dst = utf8.AppendRune(dst, r)
		}
		i += size
	}
	return dst
}

// atSpace drops the last word of b, which may have been cut, unless there is
// only one.
func atSpace(b []byte) []byte {
	for i := len(b) - 1; i > 0; i-- {
		if b[i] == ' ' {
			return b[:i]
		}
	}
	return b
}

// escape returns the length of the terminal escape sequence that s begins with.
func escape(s string) int {
	if len(s) < 2 {
		return 1
	}
	switch s[1] {
	case '[':
		for i := 2; i < len(s) && i < 32; i++ {
			if s[i] >= 0x40 && s[i] <= 0x7e {
				return i + 1
			}
		}
		return 2
	case ']':
		for i := 2; i < len(s) && i < 256; i++ {
			if s[i] == 0x07 {
				return i + 1
			}
		}
		return 2
	}
	return 1
}

// stackLine tells whether the next line of s is a stack frame or the header of
// a stack, which says where and not what.
func stackLine(s string) bool {
	s = strings.TrimLeft(s[:min(len(s), 256)], " \t\r\n")
	return strings.HasPrefix(s, "at ") || strings.HasPrefix(s, "File \"") ||
		strings.HasPrefix(s, "goroutine ") || strings.HasPrefix(s, traceback)
}

// lastLine returns the last non-empty line of s.
func lastLine(s string) string {
	s = strings.TrimRight(s, " \t\r\n")
	return s[strings.LastIndexByte(s, '\n')+1:]
}
