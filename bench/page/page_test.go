package page

import (
	"math"
	"slices"
	"testing"
	"time"
)

func TestSlope_is_what_each_event_leaves_behind(t *testing.T) {
	at := func(events int, heap float64) held { return held{events: events, memory: memory{heap: heap}} }
	for _, c := range []struct {
		name string
		all  []held
		want float64
	}{
		{"level", []held{at(0, 5), at(100, 5), at(200, 5)}, 0},
		{"growing", []held{at(100, 6), at(200, 7), at(300, 8)}, 0.01},
		{"up and down", []held{at(0, 5), at(100, 6), at(200, 6), at(300, 5)}, 0},
		{"no events at all", []held{at(0, 5), at(0, 6)}, 0},
	} {
		if got := slopeOf(c.all); math.Abs(got-c.want) > 1e-9 {
			t.Errorf("%s: %g, want %g", c.name, got, c.want)
		}
	}
}

func TestQuantile_is_a_value_that_was_measured(t *testing.T) {
	for _, c := range []struct {
		all  []float64
		q    float64
		want float64
	}{
		{[]float64{3, 1, 2, 4}, 0.75, 3}, {[]float64{3, 1, 2, 4}, 0.5, 2}, {[]float64{3, 1, 2, 4}, 1, 4}, {[]float64{7}, 0.01, 7},
	} {
		if got := quantile(c.all, c.q); got != c.want {
			t.Errorf("%g of %v: %g, want %g", c.q, c.all, got, c.want)
		}
	}
}

// A report is on screen when its count is, or a later one, by a clock that is
// so much ahead; a group that is not on screen says nothing.
func TestDelays_end_with_the_first_frame_that_shows_as_much(t *testing.T) {
	began := time.UnixMilli(1_000_000)
	sent := map[cause]time.Time{
		{"a", 2}: began, {"a", 3}: began.Add(100 * time.Millisecond), {"a", 4}: began.Add(200 * time.Millisecond), {"b", 2}: began,
	}
	drawn := [][4]any{
		{"row", "1", 2.0, 1_000_040.0}, {"card", "1", 2.0, 1_000_020.0}, {"row", "1", 4.0, 1_000_260.0},
	}
	got := delays(drawn, "row", map[string]string{"a": "1", "b": "2"}, sent, 10)
	slices.Sort(got)
	if want := []float64{30, 50, 150}; !slices.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
}
