package redact

import "strings"

// A redacted secret leaves a mark, "[redacted:kind]". The set of kinds is
// closed: text that merely looks like a mark is scanned as any other text, so a
// secret cannot hide by dressing as one.
const (
	markOpen   = "[redacted:"
	markClose  = ']'
	maxKindLen = 24
)

// Kinds that do not come from the provider table.
const (
	kindPassword      = "password"
	kindSecret        = "secret"
	kindToken         = "token"
	kindKey           = "api-key"
	kindCredential    = "credential"
	kindAuthorization = "authorization"
	kindBearer        = "bearer"
	kindBasic         = "basic"
	kindCookie        = "cookie"
	kindSession       = "session"
	kindSignature     = "signature"
	kindPrivateKey    = "private-key"
	kindJWT           = "jwt"
	kindURL           = "url-credentials"
	kindWebhook       = "webhook"
	kindConnection    = "connection-string"
	kindCard          = "card"
	kindPersonal      = "personal"
	kindBudget        = "budget"
	kindText          = "text"
)

// marks maps every kind to its mark. It is filled once, when the package loads,
// and only read afterwards.
var marks = func() map[string]string {
	m := map[string]string{}
	for _, kind := range []string{
		kindPassword, kindSecret, kindToken, kindKey, kindCredential, kindAuthorization,
		kindBearer, kindBasic, kindCookie, kindSession, kindSignature, kindPrivateKey,
		kindJWT, kindURL, kindWebhook, kindConnection, kindCard, kindPersonal,
		kindBudget, kindText,
	} {
		m[kind] = markOpen + kind + string(markClose)
	}
	for _, p := range providers {
		m[p.kind] = markOpen + p.kind + string(markClose)
	}
	return m
}()

// Mark returns the text that stands in for a secret of this kind.
func Mark(kind string) string {
	if m, ok := marks[kind]; ok {
		return m
	}
	return marks[kindText]
}

// markEnd returns the position after the mark that begins at s[i], or 0 when no
// mark begins there.
func markEnd(s string, i int) int {
	if len(s)-i <= len(markOpen)+1 || s[i] != '[' || s[i+1] != 'r' || s[i:i+len(markOpen)] != markOpen {
		return 0
	}
	from := i + len(markOpen)
	for j := from; j < len(s) && j-from <= maxKindLen; j++ {
		c := s[j]
		if c == markClose {
			if _, ok := marks[s[from:j]]; ok {
				return j + 1
			}
			return 0
		}
		if !(c >= 'a' && c <= 'z' || c >= '0' && c <= '9' || c == '-') {
			return 0
		}
	}
	return 0
}

// onlyMark reports that s is one mark and nothing else.
func onlyMark(s string) bool { return markEnd(s, 0) == len(s) && s != "" }

// withoutMarks returns s with its marks cut out: they are not part of a name.
func withoutMarks(s string) string {
	for i := 0; ; {
		k := strings.Index(s[i:], markOpen)
		if k < 0 {
			return s
		}
		i += k
		if end := markEnd(s, i); end > 0 {
			s = s[:i] + s[end:]
		} else {
			i++
		}
	}
}
