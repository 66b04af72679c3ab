package eventlog

import (
	"encoding/json"
	"regexp"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestParsePosition(t *testing.T) {
	t.Parallel()
	for s, want := range map[string]Position{
		"1f0a9c3b-0":                   {Epoch: "1f0a9c3b"},
		"1f0a9c3b-42":                  {Epoch: "1f0a9c3b", ID: 42},
		"00000000-9223372036854775807": {Epoch: "00000000", ID: 1<<63 - 1},
	} {
		if got, ok := ParsePosition(s); !ok || got != want || got.String() != s {
			t.Errorf("%q gives %+v, %v", s, got, ok)
		}
	}
	for _, s := range []string{
		"", "-", "42", "1f0a9c3b", "1f0a9c3b-", "-42", "1f0a9c3b--1", "1f0a9c3b-+1", "1f0a9c3b-042", "1f0a9c3b-00",
		"1F0A9C3B-1", "1f0a9c3g-1", "1f0a9c3-1", "1f0a9c3bb-1", "1f0a9c3b-1 ", " 1f0a9c3b-1", "1f0a9c3b-1\n", "1f0a9c3b-1\x00",
		"1f0a9c3b-1-1", "1f0a9c3b-1e3", "1f0a9c3b-0x1", "1f0a9c3b-\u0661", "1f0a9c3b-9223372036854775808",
		"1f0a9c3b-99999999999999999999", strings.Repeat("1", 4096), "1f0a9c3b-" + strings.Repeat("1", 4096),
	} {
		if got, ok := ParsePosition(s); ok {
			t.Errorf("%.40q is taken for %+v", s, got)
		}
	}
}

func FuzzParsePosition(f *testing.F) {
	f.Add("1f0a9c3b-42")
	f.Add("1f0a9c3b-9223372036854775808")
	shape := regexp.MustCompile(`^[0-9a-f]{8}-(0|[1-9][0-9]*)$`)
	f.Fuzz(func(t *testing.T, s string) {
		p, ok := ParsePosition(s)
		if ok && (p.String() != s || p.ID < 0) {
			t.Errorf("%q is taken for %+v", s, p)
		}
		if !ok && len(s) < 9+19 && shape.MatchString(s) {
			t.Errorf("%q is refused", s)
		}
		if ok != (json.Unmarshal(mustJSON(t, s), new(Position)) == nil) {
			t.Errorf("%q: as JSON it is judged otherwise", s)
		}
	})
}

func mustJSON(t *testing.T, v any) []byte {
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestPositionSurvivesJSON(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		p := Position{Epoch: rapid.StringMatching(`[0-9a-f]{8}`).Draw(t, "epoch"), ID: rapid.Int64Range(0, 1<<63-1).Draw(t, "id")}
		text, err := json.Marshal(p)
		if err != nil {
			t.Fatal(err)
		}
		var q Position
		if err := json.Unmarshal(text, &q); err != nil || q != p {
			t.Fatalf("%s comes back as %+v, %v", text, q, err)
		}
	})
}

func TestHeadHolds(t *testing.T) {
	t.Parallel()
	head := Head{Epoch: "1f0a9c3b", ID: 20, Floor: 5}
	for id, want := range map[int64]bool{0: false, 3: false, 4: true, 5: true, 20: true, 21: false} {
		if got := head.Holds(Position{Epoch: head.Epoch, ID: id}); got != want {
			t.Errorf("a log from 5 to 20 holds %d: %v", id, got)
		}
		if head.Holds(Position{Epoch: "00000000", ID: id}) {
			t.Errorf("it holds %d of another epoch", id)
		}
	}
	empty := Head{Epoch: "1f0a9c3b", Floor: 1}
	if !empty.Holds(empty.Position()) {
		t.Error("an empty log does not hold its own head")
	}
	if (Head{}).Holds(Position{Epoch: "1f0a9c3b"}) {
		t.Error("a head that was never read holds a position")
	}
}
