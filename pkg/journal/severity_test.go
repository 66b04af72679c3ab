package journal

import "testing"

func TestSeverityOf(t *testing.T) {
	t.Parallel()
	for want, levels := range map[Severity][]string{
		Critical: {"fatal", "panic", "critical", "crit", "emerg", "EMERGENCY", "alert", " Fatal ", "0", "1", "2", "21", "24"},
		Error:    {"error", "err", "ERROR", "", "   ", "whatever", "ошибка", "3", "17", "20", "25", "-1", "99999999999999999999", "4.5"},
		Warning:  {"warn", "warning", "WARN", "4", "13", "16"},
		Info:     {"info", "notice", "debug", "trace", "log", "5", "6", "7", "8", "9", "12"},
	} {
		for _, level := range levels {
			if got := SeverityOf(level); got != want {
				t.Errorf("SeverityOf(%q) = %v, want %v", level, got, want)
			}
		}
	}
}

func TestSeverityIsItsWordInJSON(t *testing.T) {
	t.Parallel()
	for _, s := range Severities {
		text, err := s.MarshalJSON()
		if err != nil {
			t.Fatal(err)
		}
		var back Severity
		if err := back.UnmarshalJSON(text); err != nil || back != s {
			t.Errorf("%v came back as %v, %v", s, back, err)
		}
	}
	var s Severity
	for _, bad := range []string{`"fatal"`, `3`, `""`, `null`} {
		if s.UnmarshalJSON([]byte(bad)) == nil {
			t.Errorf("%s was read as a severity", bad)
		}
	}
}
