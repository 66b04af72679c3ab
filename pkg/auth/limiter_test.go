package auth_test

import (
	"fmt"
	"testing"
	"time"

	"rynda/pkg/auth"
)

func TestLimiter(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)
	t.Run("a large batch passes and is paid for", func(t *testing.T) {
		t.Parallel()
		l := auth.NewLimiter(10, 10, 100)
		if l.Wait("a", now) != 0 {
			t.Fatal("a new key waits")
		}
		l.Spend("a", 500, now)
		if wait := l.Wait("a", now); wait < 49*time.Second || wait > 50*time.Second {
			t.Errorf("owes 490, and one more at 10 a second: %v", wait)
		}
		if l.Wait("b", now) != 0 {
			t.Error("another key waits")
		}
		if l.Wait("a", now.Add(50*time.Second)) != 0 {
			t.Error("waits after its debt is paid")
		}
	})
	t.Run("the pause it names is long enough, and not longer", func(t *testing.T) {
		t.Parallel()
		l := auth.NewLimiter(3, 3, 100)
		l.Spend("a", 3, now)
		wait := l.Wait("a", now)
		if l.Wait("a", now.Add(wait)) != 0 || l.Wait("a", now.Add(wait-time.Millisecond)) == 0 {
			t.Error(wait)
		}
	})
	t.Run("a rate of 0 is none", func(t *testing.T) {
		t.Parallel()
		l := auth.NewLimiter(0, 0, 100)
		l.Spend("a", 1e6, now)
		if l.Wait("a", now) != 0 {
			t.Error("waits")
		}
	})
	t.Run("keys that were not used for long are forgotten first", func(t *testing.T) {
		t.Parallel()
		l := auth.NewLimiter(0.001, 1, 100)
		l.Spend("busy", 1, now)
		for i := range 1000 {
			l.Spend(fmt.Sprint(i), 1, now)
			if l.Wait("busy", now) == 0 {
				t.Fatal("forgot a key in use after", i)
			}
		}
		if l.Wait("0", now) != 0 {
			t.Error("a thousand keys are held where a hundred may be")
		}
	})
}
