package relay

import (
	"testing"

	"rynda/pkg/eventlog"
)

// A browser's Last-Event-ID may be from another process, whose tape is ahead of
// ours by an event; after is as old as the page. The first is valid, so it
// counts, although only the second is on our tape.
func TestLocate_takes_the_preferred_place_although_the_tape_is_behind_it(t *testing.T) {
	t.Parallel()
	log := newMemory()
	for range 8 {
		log.add("errors/shop")
	}
	r := New(log, Config{})
	r.tape.restart(log.position(0), 1)
	r.tape.append(log.events[:5], nil, make([]int, 5), 1)
	for name, c := range map[string]struct {
		asked []eventlog.Position
		from  int64
		reset bool
	}{
		"ahead of the tape, before an older one": {asked: []eventlog.Position{log.position(8), log.position(0)}, from: 8},
		"on the tape, before an older one":       {asked: []eventlog.Position{log.position(4), log.position(0)}, from: 4},
		"ahead of the log, before a valid one":   {asked: []eventlog.Position{log.position(9), log.position(2)}, from: 2},
		"of another log, before a valid one":     {asked: []eventlog.Position{{Epoch: epochB, ID: 3}, log.position(2)}, from: 2},
		"ahead of the log, alone":                {asked: []eventlog.Position{log.position(9)}, from: 9, reset: true},
	} {
		at, err := r.locate(t.Context(), places{positions: c.asked, any: true})
		if err != nil || at.from.ID != c.from || at.reset != c.reset || at.reset && at.next != log.position(8) {
			t.Errorf("%s: %+v, %v", name, at, err)
		}
	}
}
