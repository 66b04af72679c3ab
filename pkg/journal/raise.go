package journal

import "time"

// Policy is when a group is put before people. The zero value is not useful;
// see DefaultPolicy. docs/severity.md tells operators the same in prose.
type Policy struct {
	WarningCount  int64         // so many warnings …
	WarningWindow time.Duration // … within this time raise a group; at most 10 minutes are counted
	// Quiet is how long after a view a recurrence counts in silence, by severity.
	Quiet         map[Severity]time.Duration
	SurgeLeast    float64       // a surge has at least so many occurrences in ten minutes,
	SurgeOverMean float64       // so many times the mean of the last day,
	SurgeOverView float64       // and so many times the rate at which people dismissed it;
	SurgeHistory  time.Duration // and the group is at least this old
	Hold          time.Duration // least time between two events of one group
}

// DefaultPolicy is what Rynda does unless it is told otherwise.
var DefaultPolicy = Policy{
	WarningCount:  3,
	WarningWindow: 10 * time.Minute,
	Quiet:         map[Severity]time.Duration{Critical: 5 * time.Minute, Error: time.Hour, Warning: 24 * time.Hour, Info: 24 * time.Hour},
	SurgeLeast:    10,
	SurgeOverMean: 5,
	SurgeOverView: 2,
	SurgeHistory:  24 * time.Hour,
	Hold:          time.Second,
}

// Arrival is what one row of the inbox brings to a group.
type Arrival struct {
	Count    int64
	Severity Severity
	Release  string
	FirstAt  time.Time // of occurred_at
	LastAt   time.Time
	Look     InboxReport
}

// Rates are the occurrences of a group over time, the arrival included.
type Rates struct {
	TenMinutes float64 // in the last ten minutes
	DayMean    float64 // per ten minutes, over the 24 hours before
}

// decide is the raise policy: whether an arrival puts the group before people,
// and why. It is asked after the arrival has been counted, with the standing as
// it was before. At is when the newest of it happened, not later than now.
//
// An active group is there already; it moves up once when it gets worse. One
// that was never raised is raised by its first error, or by enough warnings. A
// viewed one comes back when it is worse than what was dismissed, when it is
// new in a release, when it surges, or when it is seen after the quiet window;
// what happened before the view never brings it back.
func (p Policy) decide(s *Standing, a Arrival, at time.Time, rates Rates) (Reason, bool) {
	switch s.State {
	case Active:
		return Escalated, a.Severity > s.Severity
	case Viewed:
		if !at.After(s.ViewedAt) || a.Severity == Info {
			return "", false
		}
		return p.decideViewed(s, a, at, rates)
	default:
		return New, p.loud(a.Severity, rates)
	}
}

// loud reports whether occurrences of a severity are worth a raise by number.
func (p Policy) loud(severity Severity, rates Rates) bool {
	return severity >= Error || severity == Warning && rates.TenMinutes >= float64(p.WarningCount)
}

func (p Policy) decideViewed(s *Standing, a Arrival, at time.Time, rates Rates) (Reason, bool) {
	quiet := p.Quiet[s.Severity]
	if a.Severity > s.ViewedSeverity {
		return Escalated, true
	}
	if a.Release != "" && len(s.Releases) > 0 && !s.Releases[a.Release] && at.Sub(s.RegressedAt) >= quiet {
		return Regressed, true
	}
	surge := max(p.SurgeLeast, p.SurgeOverMean*rates.DayMean, p.SurgeOverView*s.ViewedRate)
	if rates.TenMinutes >= surge && at.Sub(s.FirstSeenAt) >= p.SurgeHistory && at.Sub(s.SurgedAt) >= quiet {
		return Surged, true
	}
	if at.Sub(s.ViewedAt) >= quiet && p.loud(a.Severity, rates) {
		return Recurred, true
	}
	return "", false
}
