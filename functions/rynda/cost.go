package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"math"
	"strings"

	"rynda/functions/internal/cost"
)

func runCost(_ context.Context, args []string, out io.Writer) error {
	usual := cost.Load{Staff: 1000, Errors: 1e6}.Usual()
	flags := flag.NewFlagSet("rynda cost", flag.ContinueOnError)
	flags.SetOutput(out)
	l := usual
	for _, f := range []struct {
		name  string
		value *float64
		about string
	}{
		{"staff", &l.Staff, "people who have a page open"},
		{"hours", &l.Hours, "for which each of them has it open in a month"},
		{"errors", &l.Errors, "reports in a month, such as 1e6"},
		{"batch", &l.Batch, "reports in one request, up to 500"},
		{"keep", &l.Keep, "days that the text of reports is kept"},
		{"poll", &l.Poll, "seconds between two polls, where there is no relay"},
		{"alerts", &l.Alerts, "events that a person would be sent in 24 hours"},
	} {
		flags.Float64Var(f.value, f.name, *f.value, f.about)
	}
	if err := flags.Parse(args); err != nil {
		return err
	}
	if flags.NArg() > 0 {
		return errors.New("cost takes flags only; see rynda cost -h")
	}
	if err := l.Check(); err != nil {
		return err
	}
	printBill(out, l)
	return nil
}

func printBill(out io.Writer, l cost.Load) {
	bill := cost.Month(l)
	fmt.Fprintf(out, "A month on AWS: %s people with a page open for %s hours, %s errors, %s in a request.\nList prices of US East, in dollars.\n\n",
		number(l.Staff), number(l.Hours), number(l.Errors), number(l.Batch))
	row := func(name string, of func(cost.Relay) float64) {
		fmt.Fprintf(out, "%-34s", name)
		for _, r := range cost.Relays {
			fmt.Fprintf(out, "%12s", dollars(of(r)))
		}
		fmt.Fprintln(out)
	}
	fmt.Fprintf(out, "%-34s%12s%12s%12s\n", "relay =", "fargate", "lambda", "none")
	for _, line := range bill.Lines {
		row(line.Name, func(r cost.Relay) float64 { return line.Dollars[r] })
	}
	fmt.Fprintln(out, strings.Repeat("-", 70))
	row("in all", func(r cost.Relay) float64 { return bill.Of(r) })
	if l.Staff > 0 {
		row("for 1,000 people", func(r cost.Relay) float64 { return bill.Of(r, cost.Staff) / l.Staff * 1000 })
	}
	if l.Errors > 0 {
		row("for 1,000,000 errors", func(r cost.Relay) float64 { return bill.Of(r, cost.Errors) / l.Errors * 1e6 })
	}
	if l.Hours > 0 {
		fmt.Fprintf(out, "\nFrom %s people on, with such hours, fargate costs less than lambda.\n", number(cost.Even(l.Hours)))
	}
	for _, note := range bill.Notes {
		fmt.Fprintln(out, note)
	}
}

// dollars shows cents where they matter.
func dollars(v float64) string {
	switch {
	case v == 0:
		return "-"
	case v < 0.1:
		return fmt.Sprintf("%.4f", v)
	case v < 1000:
		return fmt.Sprintf("%.2f", v)
	}
	return number(math.Round(v))
}

// number groups thousands.
func number(v float64) string {
	whole, rest, _ := strings.Cut(strings.TrimSuffix(fmt.Sprintf("%.2f", v), ".00"), ".")
	for i := len(whole) - 3; i > 0; i -= 3 {
		whole = whole[:i] + "," + whole[i:]
	}
	if rest != "" {
		whole += "." + rest
	}
	return whole
}
