package cost

import (
	"math"
	"testing"

	"rynda/functions"
)

// The figures that the three ways were chosen by, worked out by hand.
func TestStaff(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		staff, poll float64
		relay       Relay
		dollars     float64
	}{
		{10, 0, Fargate, 38.16}, {100, 0, Fargate, 38.20}, {1000, 0, Fargate, 38.62}, {10000, 0, Fargate, 42.85}, {100000, 0, Fargate, 214.84},
		{10, 0, Lambda, 10.58}, {100, 0, Lambda, 105.83}, {1000, 0, Lambda, 1059.84},
		{1000, 15, None, 32.24 + 42.24*(0.2+0.005*0.25*13.3334+0.15)},
		{1000, 5, None, 116.72 + 126.72*(0.2+0.005*0.25*13.3334+0.15)},
		{10, 5, None, 1.2672 * (0.2 + 0.005*0.25*13.3334 + 0.15)}, // within what the front gives away
	} {
		got := Month(Load{Staff: c.staff, Poll: c.poll}.Usual()).Of(c.relay, Staff)
		if math.Abs(got-c.dollars) > 0.01*c.dollars {
			t.Errorf("%.0f people, %s, polls each %.0f s: $%.2f, want about $%.2f", c.staff, c.relay, c.poll, got, c.dollars)
		}
	}
	if even := Even(176); even != 37 {
		t.Errorf("a process costs less from %.0f people on, want 37", even)
	}
}

func TestErrors(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ errors, batch, keep, dollars float64 }{
		{1e6, 1, 30, 0.41},
		{1e6, 50, 30, 0.0082},
		{100e6, 1, 30, 41 + 90 + (300-20)*0.115},
		{100e6, 1, 15, 41 + 90 + (150-20)*0.115},
	} {
		got := Month(Load{Errors: c.errors, Batch: c.batch, Keep: c.keep}.Usual()).Of(None, Errors)
		if math.Abs(got-c.dollars) > 0.01*c.dollars {
			t.Errorf("%.0f errors, %.0f at once, kept %.0f days: $%.4f, want about $%.4f", c.errors, c.batch, c.keep, got, c.dollars)
		}
	}
}

// The model and the deployment speak of the same functions.
func TestModelIsOfTheManifest(t *testing.T) {
	t.Parallel()
	all := functions.Read().Functions
	if all["relay"].MemoryMB != relayMB || all["feed"].MemoryMB != functionMB || all["ingest"].MemoryMB != functionMB {
		t.Error("the manifest has other memory than the model")
	}
}

func TestLoadThatCannotBe(t *testing.T) {
	t.Parallel()
	good := Load{Staff: 1000, Errors: 1e6}.Usual()
	if err := good.Check(); err != nil {
		t.Error(err)
	}
	for name, spoil := range map[string]func(*Load){
		"negative": func(l *Load) { l.Staff = -1 }, "nan": func(l *Load) { l.Errors = math.NaN() }, "infinite": func(l *Load) { l.Errors = math.Inf(1) },
		"hours": func(l *Load) { l.Hours = 745 }, "batch": func(l *Load) { l.Batch = 501 }, "poll": func(l *Load) { l.Poll = 0.1 },
	} {
		l := good
		if spoil(&l); l.Check() == nil {
			t.Errorf("%s passes", name)
		}
	}
	if len(Month(Load{Staff: 5000}.Usual()).Notes) == 0 || len(Month(Load{Errors: 1e9}.Usual()).Notes) == 0 {
		t.Error("what does not fit is not told")
	}
}
