package main

import (
	"bytes"
	"fmt"
	"os"
	"strings"
	"testing"

	"rynda/functions/internal/cost"
)

const costPage = "../../docs/cost.md"

// What docs/cost.md shows is what the command says. Go test ./functions/rynda
// -run TestCostPage -update writes it anew.
func TestCostPage(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile(costPage)
	if err != nil {
		t.Fatal(err)
	}
	var bill bytes.Buffer
	if err := runCost(t.Context(), []string{"-staff", "1000", "-errors", "1e6"}, &bill); err != nil {
		t.Fatal(err)
	}
	want := replaced(t, string(text), "$ rynda cost -staff 1000 -errors 1e6\n", "```\n", bill.String())
	want = replaced(t, want, "|---|---|---|---|---|\n", "\n- **Few people**", staffTable())
	if *update {
		if err := os.WriteFile(costPage, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
	} else if want != string(text) {
		t.Error("docs/cost.md does not show what the command says; -update writes it anew")
	}
}

func replaced(t *testing.T, text, from, to, with string) string {
	t.Helper()
	before, rest, found := strings.Cut(text, from)
	_, after, ends := strings.Cut(rest, to)
	if !found || !ends {
		t.Fatalf("docs/cost.md has no %q, or no %q after it", from, to)
	}
	return before + from + with + to + after
}

func staffTable() string {
	var b strings.Builder
	for _, staff := range []float64{10, 100, 1000, 10_000, 100_000} {
		of := func(relay cost.Relay, poll float64) string {
			return "$" + number(float64(int(cost.Month(cost.Load{Staff: staff, Poll: poll}.Usual()).Of(relay, cost.Staff)+0.5)))
		}
		fmt.Fprintf(&b, "| %s | %s | %s | %s | %s |\n", number(staff), of(cost.Fargate, 2), of(cost.Lambda, 2), of(cost.None, 2), of(cost.None, 15))
	}
	return b.String()
}

func TestCostRefusesWhatCannotBe(t *testing.T) {
	t.Parallel()
	for _, args := range [][]string{{"-staff", "-1"}, {"-staff", "many"}, {"-errors", "NaN"}, {"-hours", "800"}, {"-batch", "0"}, {"1000"}} {
		var out bytes.Buffer
		if err := runCost(t.Context(), args, &out); err == nil || strings.Contains(out.String(), "in all") {
			t.Errorf("%v: %v\n%s", args, err, out.String())
		}
	}
	var none bytes.Buffer
	if err := runCost(t.Context(), []string{"-staff", "0", "-errors", "0", "-hours", "0"}, &none); err != nil || strings.Contains(none.String(), "NaN") || strings.Contains(none.String(), "Inf") {
		t.Errorf("nothing at all: %v\n%s", err, none.String())
	}
}
