package lambda

import (
	"os"
	"testing"
	"time"
)

func TestMain(m *testing.M) {
	if Child() {
		return
	}
	os.Exit(m.Run())
}

// The harness itself: every frame comes, both ways.
func TestHops(t *testing.T) {
	t.Parallel()
	got, err := hops(t.Context(), 400*time.Millisecond)
	if err != nil || len(got) != 2 || got[0].Limit <= 0 {
		t.Fatal(got, err)
	}
}
