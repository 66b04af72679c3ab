package relay

import (
	"context"
	"os"
	"testing"
	"time"

	"rynda/bench/figure"
	"rynda/pkg/pgtest"
)

func TestMain(m *testing.M) {
	if Child() {
		return
	}
	os.Exit(m.Run())
}

// The harness itself: everything arrives from both servers, once and in order.
func TestHarness(t *testing.T) {
	for _, kind := range []string{"raw", "relay", "plain"} {
		got, err := once(t.Context(), kind, publishing{Events: 30})
		if err != nil {
			t.Fatalf("%s: %v", kind, err)
		}
		if got.Seconds <= 0 || got.CPU <= 0 || got.P99 <= 0 || got.P50 > got.P99 {
			t.Errorf("%s: %+v", kind, got)
		}
	}
}

func BenchmarkFlatOut(b *testing.B) { show(b, FlatOut) }
func BenchmarkPaced(b *testing.B) {
	show(b, func(ctx context.Context) ([]figure.Figure, error) { return Paced(ctx, 4*time.Second) })
}
func BenchmarkIdle(b *testing.B)    { show(b, Idle) }
func BenchmarkStalled(b *testing.B) { show(b, Stalled) }
func BenchmarkCatchUp(b *testing.B) {
	url := pgtest.New(b)
	show(b, func(ctx context.Context) ([]figure.Figure, error) { return CatchUp(ctx, url) })
}

// show logs the figures; go run ./bench is for everybody else.
func show(b *testing.B, measure func(context.Context) ([]figure.Figure, error)) {
	figures, err := measure(b.Context())
	for _, f := range figures {
		b.Logf("%s: %.3f %s, limit %.3f, ratio %.2f, %s: %v", f.Name, f.Value, f.Unit, f.Limit, f.Ratio, f.Target, f.OK)
	}
	if err != nil {
		b.Fatal(err)
	}
}
