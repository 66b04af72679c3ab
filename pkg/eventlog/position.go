package eventlog

import (
	"fmt"
	"strconv"
	"strings"
)

// Position is a place in one log: the log's identity and the id of the last
// event before the place. Clients keep it as text and never look inside.
type Position struct {
	Epoch string // 8 lower hex digits
	ID    int64  // 0 is before the first event
}

// String gives the form that goes over the wire: "1f0a9c3b-42".
func (p Position) String() string {
	return p.Epoch + "-" + strconv.FormatInt(p.ID, 10)
}

// ParsePosition reads ^[0-9a-f]{8}-[0-9]+$. It reports false for anything else,
// ids beyond int64 and needless leading zeros included; callers answer that
// with a reset and never with an error.
func ParsePosition(s string) (Position, bool) {
	epoch, digits, found := strings.Cut(s, "-")
	if !found || !validEpoch(epoch) || len(digits) == 0 || len(digits) > 19 {
		return Position{}, false
	}
	for i := range len(digits) {
		if digits[i] < '0' || digits[i] > '9' {
			return Position{}, false
		}
	}
	if len(digits) > 1 && digits[0] == '0' {
		return Position{}, false
	}
	id, err := strconv.ParseInt(digits, 10, 64)
	if err != nil {
		return Position{}, false
	}
	return Position{Epoch: epoch, ID: id}, true
}

func validEpoch(s string) bool {
	if len(s) != 8 {
		return false
	}
	for i := range len(s) {
		if c := s[i]; (c < '0' || c > '9') && (c < 'a' || c > 'f') {
			return false
		}
	}
	return true
}

// MarshalText and UnmarshalText make a Position a JSON string.
func (p Position) MarshalText() ([]byte, error) { return []byte(p.String()), nil }

func (p *Position) UnmarshalText(text []byte) error {
	q, ok := ParsePosition(string(text))
	if !ok {
		return fmt.Errorf("not a position")
	}
	*p = q
	return nil
}
