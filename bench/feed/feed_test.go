package feed

import (
	"context"
	"testing"

	"rynda/pkg/pgtest"
)

// The plans at a size that a test can afford: far below the targets, which are
// for a million groups.
func TestRun_stays_under_its_targets_at_20_000_groups(t *testing.T) {
	figures, err := Run(context.Background(), pgtest.New(t), 20_000)
	if err != nil {
		t.Fatal(err)
	}
	if len(figures) != 11 {
		t.Errorf("%d figures", len(figures))
	}
	for _, f := range figures {
		if !f.OK {
			t.Errorf("%s: %.2f %s, %s", f.Name, f.Value, f.Unit, f.Target)
		}
		t.Logf("%.2f %s  %s", f.Value, f.Unit, f.Name)
	}
}
