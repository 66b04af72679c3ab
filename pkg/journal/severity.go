package journal

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
)

// Severity is how bad a thing is as our rules decide, in rising order. The zero
// value is no severity at all. In JSON it is its word, in SQL its number.
type Severity int16

const (
	Info Severity = iota + 1
	Warning
	Error
	Critical
)

// Severities lists all of them, worst first, as people read them.
var Severities = []Severity{Critical, Error, Warning, Info}

var severityWords = [...]string{Info: "info", Warning: "warning", Error: "error", Critical: "critical"}

func (s Severity) String() string {
	if s < Info || s > Critical {
		return "none"
	}
	return severityWords[s]
}

// ParseSeverity reads the word of a severity; it knows no levels.
func ParseSeverity(word string) (Severity, error) {
	for s := Info; s <= Critical; s++ {
		if severityWords[s] == word {
			return s, nil
		}
	}
	return 0, fmt.Errorf("severity: %w", ErrInvalid)
}

func (s Severity) MarshalJSON() ([]byte, error) { return json.Marshal(s.String()) }

func (s *Severity) UnmarshalJSON(data []byte) error {
	var word string
	if err := json.Unmarshal(data, &word); err != nil {
		return err
	}
	v, err := ParseSeverity(word)
	*s = v
	return err
}

// SeverityOf decides how bad a report is from the level that the reporter gave:
// a word of syslog, Sentry, Python, Java or Go, or a number. Numbers 0 to 7 are
// syslog's (0 emergency … 7 debug); 8 to 24 are OpenTelemetry's severity_number
// (its 1 to 7 are trace and debug, which nobody sends as a bare number).
// Python's numbers (10, 20 … 50) are not read: 10 and 20 are OpenTelemetry's.
// Anything else, and nothing at all, is an error: silence must not hide one.
func SeverityOf(level string) Severity {
	switch word := strings.ToLower(strings.TrimSpace(level)); word {
	case "fatal", "panic", "critical", "crit", "emerg", "emergency", "alert":
		return Critical
	case "error", "err":
		return Error
	case "warning", "warn":
		return Warning
	case "info", "information", "informational", "notice", "debug", "trace", "log":
		return Info
	default:
		n, err := strconv.Atoi(word)
		if err != nil {
			return Error
		}
		return severityOfNumber(n)
	}
}

func severityOfNumber(n int) Severity {
	switch {
	case n >= 0 && n <= 2: // emergency, alert, critical
		return Critical
	case n == 3:
		return Error
	case n == 4:
		return Warning
	case n >= 5 && n <= 7: // notice, informational, debug
		return Info
	case n >= 8 && n <= 12: // OpenTelemetry DEBUG4, INFO
		return Info
	case n >= 13 && n <= 16:
		return Warning
	case n >= 17 && n <= 20:
		return Error
	case n >= 21 && n <= 24:
		return Critical
	}
	return Error
}
