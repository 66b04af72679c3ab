// Package figure is the form in which every measurement of bench is given: a
// value beside the limit or the peer that was measured in the same run, since
// the machine is never quiet and only ratios outlive it.
package figure

import (
	"encoding/json"
	"fmt"
	"io"
	"text/tabwriter"
)

// Figure is one measurement.
type Figure struct {
	Name   string  `json:"name"`
	Value  float64 `json:"value"`
	Unit   string  `json:"unit"`
	Limit  float64 `json:"limit"`  // of the same unit, measured in the same run; 0 where there is none
	Ratio  float64 `json:"ratio"`  // Value / Limit; 0 without a limit
	Target string  `json:"target"` // in words, for example ">= 0.70 x limit"
	OK     bool    `json:"ok"`
}

// AtLeast is a figure whose ratio to its limit must be at least target.
func AtLeast(name string, value float64, unit string, limit, target float64) Figure {
	f := Figure{Name: name, Value: value, Unit: unit, Limit: limit, Target: fmt.Sprintf(">= %.2f x limit", target)}
	if limit > 0 {
		f.Ratio = value / limit
	}
	f.OK = f.Ratio >= target
	return f
}

// AtMost is a figure whose ratio to its limit must be at most target.
func AtMost(name string, value float64, unit string, limit, target float64) Figure {
	f := AtLeast(name, value, unit, limit, target)
	f.Target = fmt.Sprintf("<= %.2f x limit", target)
	f.OK = limit > 0 && f.Ratio <= target
	return f
}

// Least is a figure that must itself be at least target.
func Least(name string, value float64, unit string, target float64) Figure {
	return Figure{Name: name, Value: value, Unit: unit, Target: fmt.Sprintf(">= %g %s", target, unit), OK: value >= target}
}

// Most is a figure that must itself be at most target.
func Most(name string, value float64, unit string, target float64) Figure {
	return Figure{Name: name, Value: value, Unit: unit, Target: fmt.Sprintf("<= %g %s", target, unit), OK: value <= target}
}

// Beside gives the figure a peer of the same run to be read beside; whether it
// is good enough stays as it was.
func (f Figure) Beside(peer float64) Figure {
	f.Limit = peer
	if peer > 0 {
		f.Ratio = f.Value / peer
	}
	return f
}

// WriteJSON writes one object a line.
func WriteJSON(out io.Writer, figures []Figure) error {
	encoder := json.NewEncoder(out)
	encoder.SetEscapeHTML(false)
	for _, f := range figures {
		if err := encoder.Encode(f); err != nil {
			return err
		}
	}
	return nil
}

// WriteTable writes a table for people.
func WriteTable(out io.Writer, figures []Figure) error {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	for _, f := range figures {
		verdict, limit := "ok", ""
		if !f.OK {
			verdict = "MISSED"
		}
		if f.Limit > 0 {
			limit = fmt.Sprintf("limit %.4g, ratio %.2f", f.Limit, f.Ratio)
		}
		fmt.Fprintf(w, "%s\t%.4g %s\t%s\t%s\t%s\n", f.Name, f.Value, f.Unit, limit, f.Target, verdict)
	}
	return w.Flush()
}
