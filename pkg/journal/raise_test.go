package journal

import (
	"testing"
	"time"

	"pgregory.net/rapid"
)

var noon = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)

func arrival(severity Severity, at time.Time) Arrival {
	return Arrival{Count: 1, Severity: severity, FirstAt: at, LastAt: at, Look: InboxReport{Title: "boom"}}
}

// viewedAt is a group of a severity, raised an hour before and viewed at noon.
func viewedAt(severity Severity) *Standing {
	s := &Standing{}
	for range 3 {
		s.Arrive(DefaultPolicy, arrival(severity, noon.Add(-time.Hour)), Rates{TenMinutes: 3}, noon.Add(-time.Hour))
	}
	if !s.View(s.Version, "ann", "", noon, Rates{TenMinutes: 3}) {
		panic("not viewed")
	}
	return s
}

func TestRaise(t *testing.T) {
	t.Parallel()
	type step struct {
		after    time.Duration // of noon
		severity Severity
		rates    Rates
		release  string
	}
	once := Rates{TenMinutes: 1}
	tests := map[string]struct {
		start *Standing
		step  step
		want  Reason // "" for no raise
	}{
		"a new error is raised at once":                     {&Standing{}, step{0, Error, once, ""}, New},
		"a new critical is raised at once":                  {&Standing{}, step{0, Critical, once, ""}, New},
		"one warning is not raised":                         {&Standing{}, step{0, Warning, once, ""}, ""},
		"the third warning in ten minutes is":               {&Standing{}, step{0, Warning, Rates{TenMinutes: 3}, ""}, New},
		"info is never raised":                              {&Standing{}, step{0, Info, Rates{TenMinutes: 1e6}, ""}, ""},
		"an error recurs in silence within the hour":        {viewedAt(Error), step{59 * time.Minute, Error, once, ""}, ""},
		"an error recurs aloud after the hour":              {viewedAt(Error), step{time.Hour, Error, once, ""}, Recurred},
		"a critical is quiet for five minutes":              {viewedAt(Critical), step{4 * time.Minute, Critical, once, ""}, ""},
		"and loud after them":                               {viewedAt(Critical), step{5 * time.Minute, Critical, once, ""}, Recurred},
		"a warning is quiet for a day":                      {viewedAt(Warning), step{23 * time.Hour, Warning, Rates{TenMinutes: 5}, ""}, ""},
		"after a day it takes three again":                  {viewedAt(Warning), step{24 * time.Hour, Warning, once, ""}, ""},
		"and then it recurs":                                {viewedAt(Warning), step{24 * time.Hour, Warning, Rates{TenMinutes: 3}, ""}, Recurred},
		"worse than what was viewed escalates":              {viewedAt(Error), step{time.Minute, Critical, once, ""}, Escalated},
		"what happened before the view only counts":         {viewedAt(Error), step{-time.Minute, Critical, once, ""}, ""},
		"what happened at the very moment only counts":      {viewedAt(Error), step{0, Critical, once, ""}, ""},
		"info in a viewed group stays silent for ever":      {viewedAt(Error), step{100 * 24 * time.Hour, Info, Rates{TenMinutes: 1e6}, ""}, ""},
		"a group that never named a release cannot regress": {viewedAt(Error), step{time.Minute, Error, once, "2"}, ""},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := arrival(test.step.severity, noon.Add(test.step.after))
			a.Release = test.step.release
			raised := test.start.Arrive(DefaultPolicy, a, test.step.rates, noon.Add(max(test.step.after, time.Second)))
			got := Reason("")
			if raised {
				got = test.start.RaisedReason
			}
			if got != test.want {
				t.Errorf("raised as %q, want %q", got, test.want)
			}
		})
	}
}

func TestRaiseRegressed(t *testing.T) {
	t.Parallel()
	s := &Standing{}
	old := arrival(Error, noon.Add(-time.Hour))
	old.Release = "1"
	s.Arrive(DefaultPolicy, old, Rates{}, noon.Add(-time.Hour))
	s.View(s.Version, "ann", "", noon, Rates{})
	arrive := func(release string, after time.Duration) bool {
		a := arrival(Error, noon.Add(after))
		a.Release = release
		return s.Arrive(DefaultPolicy, a, Rates{TenMinutes: 1}, noon.Add(after))
	}
	if arrive("1", time.Minute) {
		t.Error("the release that was seen before regressed")
	}
	if !arrive("2", 2*time.Minute) || s.RaisedReason != Regressed {
		t.Errorf("a new release did not regress: %v", s.RaisedReason)
	}
	s.View(s.Version, "ann", "", noon.Add(3*time.Minute), Rates{})
	if arrive("3", 10*time.Minute) {
		t.Error("regressed twice within the window")
	}
	if !arrive("4", 90*time.Minute) {
		t.Error("did not regress after the window")
	}
}

func TestRaiseSurged(t *testing.T) {
	t.Parallel()
	start := func(age time.Duration) *Standing {
		s := &Standing{}
		s.Arrive(DefaultPolicy, arrival(Error, noon.Add(-age)), Rates{}, noon.Add(-age))
		s.View(s.Version, "ann", "", noon, Rates{TenMinutes: 20})
		return s
	}
	for name, test := range map[string]struct {
		age   time.Duration
		rates Rates
		want  bool
	}{
		"five times its mean and twice the viewed rate": {48 * time.Hour, Rates{TenMinutes: 40, DayMean: 8}, true},
		"not without a day of history":                  {23 * time.Hour, Rates{TenMinutes: 400, DayMean: 8}, false},
		"not below five times its mean":                 {48 * time.Hour, Rates{TenMinutes: 40, DayMean: 9}, false},
		"not below twice the viewed rate":               {48 * time.Hour, Rates{TenMinutes: 39, DayMean: 1}, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := start(test.age)
			at := noon.Add(time.Minute)
			if got := s.Arrive(DefaultPolicy, arrival(Error, at), test.rates, at); got != test.want {
				t.Errorf("raised %v, want %v", got, test.want)
			}
			if test.want && s.RaisedReason != Surged {
				t.Errorf("reason %v", s.RaisedReason)
			}
		})
	}
}

func TestActiveGroupMovesUpOnlyWhenItGetsWorse(t *testing.T) {
	t.Parallel()
	s := &Standing{}
	s.Arrive(DefaultPolicy, arrival(Error, noon), Rates{}, noon)
	first := s.RaisedVersion
	for i := range 10 {
		if s.Arrive(DefaultPolicy, arrival(Error, noon.Add(time.Duration(i)*24*time.Hour)), Rates{TenMinutes: 1e6}, noon) {
			t.Fatal("an active group was raised again")
		}
	}
	if s.RaisedVersion != first {
		t.Error("raised_version moved")
	}
	if !s.Arrive(DefaultPolicy, arrival(Critical, noon), Rates{}, noon) || s.RaisedReason != Escalated || s.Severity != Critical {
		t.Error("did not move up when it got worse")
	}
	if s.Arrive(DefaultPolicy, arrival(Critical, noon), Rates{}, noon) {
		t.Error("moved up twice")
	}
}

func TestSeverityAfterARaiseIsThatOfWhatRaisedIt(t *testing.T) {
	t.Parallel()
	s := viewedAt(Critical)
	at := noon.Add(24 * time.Hour)
	if !s.Arrive(DefaultPolicy, arrival(Error, at), Rates{TenMinutes: 1}, at) || s.Severity != Error {
		t.Errorf("severity %v, want error", s.Severity)
	}
}

// Whatever happens to a group in whatever order, its versions grow, its counts
// are exact and its state fits its times.
func TestStandingHolds(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		s := &Standing{}
		now, total := noon, int64(0)
		for range rapid.IntRange(1, 60).Draw(t, "steps") {
			now = now.Add(time.Duration(rapid.IntRange(0, 7200).Draw(t, "seconds")) * time.Second)
			before := s.Version
			changed := false
			if s.Count == 0 || rapid.IntRange(0, 3).Draw(t, "what") > 1 {
				n := rapid.Int64Range(1, 5).Draw(t, "count")
				a := arrival(Severity(rapid.IntRange(1, 4).Draw(t, "severity")), now)
				a.Count = n
				s.Arrive(DefaultPolicy, a, Rates{TenMinutes: rapid.Float64Range(0, 50).Draw(t, "rate")}, now)
				total += n
				changed = true
			} else if rapid.Bool().Draw(t, "undo") {
				changed = s.Undo(rapid.Int64Range(0, s.Version).Draw(t, "version"), "ann", now)
			} else {
				through := rapid.Int64Range(0, s.Version).Draw(t, "through")
				must := s.State == Active && through >= s.RaisedVersion
				if changed = s.View(through, "ann", "", now, Rates{}); changed != must {
					t.Fatalf("view through %d of %+v applied: %v", through, s, changed)
				}
			}
			switch {
			case changed && s.Version <= before, !changed && s.Version != before:
				t.Fatalf("version went from %d to %d, changed %v", before, s.Version, changed)
			case s.Count != total:
				t.Fatalf("count %d, want %d", s.Count, total)
			case s.RaisedVersion > s.Version, s.State != Unraised && s.RaisedAt.IsZero(), s.State == Viewed && s.ViewedBy == "":
				t.Fatalf("does not hold: %+v", s)
			case s.State != Unraised && s.Severity < Warning:
				t.Fatalf("raised as %v", s.Severity)
			}
		}
	})
}

// A reporter whose clock is ahead neither ends a quiet window early nor brings a
// group back by itself.
func TestClockOfTheReporterDoesNotEndAQuietWindow(t *testing.T) {
	t.Parallel()
	s := viewedAt(Critical)
	now := s.ViewedAt.Add(time.Minute)
	if s.Arrive(DefaultPolicy, arrival(Critical, now.Add(5*time.Minute)), Rates{TenMinutes: 2}, now) {
		t.Errorf("raised (%s) a minute after the view", s.RaisedReason)
	}
	now = s.ViewedAt.Add(5 * time.Minute)
	if !s.Arrive(DefaultPolicy, arrival(Critical, now.Add(5*time.Minute)), Rates{TenMinutes: 3}, now) {
		t.Error("not raised after the quiet window")
	}
}

// An event in the time to come holds nothing: the clock was put back.
func TestHeldByAClockThatWentBack(t *testing.T) {
	t.Parallel()
	for ago, held := range map[time.Duration]bool{
		0: true, 999 * time.Millisecond: true, time.Second: false, -500 * time.Millisecond: true, -10 * time.Minute: false,
	} {
		s := &Standing{PublishedAt: noon.Add(-ago)}
		if s.Held(DefaultPolicy, noon) != held {
			t.Errorf("published %v ago: held %v, want %v", ago, !held, held)
		}
	}
}
