package redact

import (
	"strings"
	"unicode/utf8"
)

const replacement = "\uFFFD"

// clean replaces NUL and what is not UTF-8 by U+FFFD, one for each run, so that
// the text can be stored and a secret is not hidden by a byte that is dropped on
// the way.
func clean(s string) string {
	if strings.IndexByte(s, 0) >= 0 {
		s = strings.ReplaceAll(s, "\x00", replacement)
	}
	if !utf8.ValidString(s) {
		s = strings.ToValidUTF8(s, replacement)
	}
	return s
}
