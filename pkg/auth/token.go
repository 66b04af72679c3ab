package auth

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"time"
)

// Prefixes of the texts of tokens. They tell people, and secret scanners, what
// they have found.
const (
	IngestPrefix = "ryi"
	StaffPrefix  = "rys"
)

const (
	findLength   = 8  // finds the row
	secretLength = 43 // 256 bits
	tokenLength  = 3 + 1 + findLength + 1 + secretLength
)

// TokenRow is a token as it is stored. Of an ingest token Project and Scopes
// are set, of a staff token Name and Projects.
type TokenRow struct {
	Prefix    string   // the 8 characters that find the row
	SHA256    [32]byte // of the whole text
	Name      string   // for people
	Project   Project  // of an ingest token
	Scopes    []Scope  // of an ingest token
	Projects  []int64  // of a staff token; nil is every project, empty is none
	ExpiresAt time.Time
	RevokedAt time.Time // zero: live
}

// SessionRow is the session of a person as it is stored, by the SHA-256 of the
// value of its cookie.
type SessionRow struct {
	SHA256    [32]byte
	UserID    string
	Name      string
	Projects  []int64 // nil is every project, empty is none
	CreatedAt time.Time
	ExpiresAt time.Time
	RevokedAt time.Time // zero: live
}

// ProjectRow is a project as people see it. LinkTemplates are by kind of ref,
// with {id} in place of the id.
type ProjectRow struct {
	ID            int64
	Slug          string
	Name          string
	LinkTemplates map[string]string
}

// NewToken makes a token whose text is <prefix>_<8>_<43>, with 256 bits of
// chance in the last part. The text is to be shown once; of the row Prefix and
// SHA256 are set. prefix is IngestPrefix or StaffPrefix.
func NewToken(prefix string) (text string, row TokenRow) {
	row.Prefix = chance(findLength)
	text = prefix + "_" + row.Prefix + "_" + chance(secretLength)
	row.SHA256 = sha256.Sum256([]byte(text))
	return text, row
}

// NewSession makes the value of a session cookie; of the row SHA256 is set.
func NewSession() (value string, row SessionRow) {
	value = chance(secretLength)
	return value, SessionRow{SHA256: sha256.Sum256([]byte(value))}
}

// chance gives n characters of base64url, 6 bits each.
func chance(n int) string {
	raw := make([]byte, n) // more than enough
	rand.Read(raw)         // never fails
	return base64.RawURLEncoding.EncodeToString(raw)[:n]
}

// splitToken reports the parts of a text that has the form of a token.
func splitToken(text string) (prefix, find string, ok bool) {
	if len(text) != tokenLength || text[3] != '_' || text[4+findLength] != '_' || !tokenCharacters(text) {
		return "", "", false
	}
	return text[:3], text[4 : 4+findLength], true
}

// tokenCharacters reports whether a text has only those of base64url.
func tokenCharacters(text string) bool {
	for i := range len(text) {
		switch c := text[i]; {
		case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c >= '0' && c <= '9', c == '-', c == '_':
		default:
			return false
		}
	}
	return true
}
