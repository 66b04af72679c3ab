package redact

import (
	"strings"
	"unicode/utf8"
)

const ellipsis = "…"

// Shorten returns s cut to at most maxBytes bytes, the ellipsis "…" at its end
// included. It cuts between runes and never inside a mark, so what is left still
// reads "[redacted:kind]" or does not mention it at all. A string that fits comes
// back as it is; where not even the ellipsis fits, the result is empty.
//
// Shorten what has been redacted, not the other way round: half a secret is not
// recognised any more, and is still half a secret.
func Shorten(s string, maxBytes int) string {
	if len(s) <= maxBytes {
		return s
	}
	cut := maxBytes - len(ellipsis)
	if cut < 0 {
		return ""
	}
	for cut > 0 && !utf8.RuneStart(s[cut]) {
		cut--
	}
	// A mark that crosses the cut begins less than a mark's length before it.
	from := max(0, cut-len(markOpen)-maxKindLen-1)
	for i := from; i < cut; i++ {
		k := strings.IndexByte(s[i:cut], '[')
		if k < 0 {
			break
		}
		i += k
		if end := markEnd(s, i); end > cut {
			cut = i
			break
		}
	}
	return s[:cut] + ellipsis
}
