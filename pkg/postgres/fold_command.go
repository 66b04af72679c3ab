package postgres

import "time"

// commandBody is the body of an inbox row that a person's command made.
type commandBody struct {
	Views []struct {
		GroupID string `json:"group_id"`
		Through int64  `json:"through"`
	} `json:"views"`
	Undos []struct {
		GroupID string `json:"group_id"`
		Version int64  `json:"version"`
	} `json:"undos"`
	Remove []string  `json:"remove"` // groups past retention …
	Before time.Time `json:"before"` // … if not seen since
	Actor  string    `json:"actor"`
	ViewID string    `json:"view_id"`
	At     time.Time `json:"at"`
}

func (w *foldWork) view(c *commandBody) {
	if c == nil {
		return
	}
	for _, v := range c.Views {
		if t := w.thing(v.GroupID); t != nil && t.View(v.Through, c.Actor, c.ViewID, w.past(c.At), t.rates) {
			t.viewed = true
		}
	}
}

func (w *foldWork) undo(c *commandBody) {
	if c == nil {
		return
	}
	for _, u := range c.Undos {
		if t := w.thing(u.GroupID); t != nil {
			t.Undo(u.Version, c.Actor, w.past(c.At))
		}
	}
}

// past bounds a time of another process: not missing and not ahead of ours.
func (w *foldWork) past(at time.Time) time.Time {
	if at.IsZero() || at.After(w.now) {
		return w.now
	}
	return at.UTC().Truncate(time.Microsecond)
}
