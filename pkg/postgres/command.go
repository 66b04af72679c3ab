package postgres

import (
	"context"
	"encoding/json"
	"errors"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"
)

const (
	commandPatience = time.Second            // until a command must be folded
	groupPatience   = 4 * time.Millisecond   // and for each group of one about many
	foldPatience    = 250 * time.Millisecond // with a fold of our own that goes on for others
	firstPause      = 2 * time.Millisecond   // between two looks at the inbox
	longestPause    = 50 * time.Millisecond
	longestActor    = 200 // bytes
)

// command is the body of an inbox row by which a person, or the sweep, asks the
// fold for something.
type command struct {
	Views  []viewOf   `json:"views,omitempty"`
	Undos  []undoOf   `json:"undos,omitempty"`
	Remove []string   `json:"remove,omitempty"` // groups to be removed …
	Before *time.Time `json:"before,omitempty"` // … unless they were seen since
	Actor  string     `json:"actor,omitempty"`
	ViewID string     `json:"view_id"`
	At     time.Time  `json:"at"`
}

// viewOf asks to mark a group viewed by somebody who saw the version Through.
type viewOf struct {
	GroupID string `json:"group_id"`
	Through int64  `json:"through"`
}

// undoOf asks to undo the view of a group by somebody who saw Version.
type undoOf struct {
	GroupID string `json:"group_id"`
	Version int64  `json:"version"`
}

const insertCommand = `
insert /* command */ into inbox (kind, project_id, body) values (@kind, @project, @body) returning seq, ctid`

// Rows of the inbox are deleted by the fold and never change before, so the row
// is where it was put or it is folded. The look is one page, however long the
// inbox is.
const selectCommand = `
select /* command folded? */ exists (select from inbox where ctid = @ctid and seq = @seq),
  exists (select from inbox_dead where seq = @seq)`

// command puts a command into the inbox and returns when it was folded, by this
// process or another. After a second, or up to five for many groups, it gives
// up with journal.ErrUnavailable; the command then is in the inbox, and will be
// folded. The caller has made sure that every group of the command is in reach
// of its actor.
func (s *Store) command(ctx context.Context, kind string, project int64, c command) error {
	c.At = s.now().UTC()
	c.Actor = actorName(c.Actor)
	body, err := json.Marshal(c)
	if err != nil {
		return err
	}
	patience := commandPatience + groupPatience*time.Duration(len(c.Views)+len(c.Undos)+len(c.Remove))
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	var seq int64
	var place pgtype.TID
	args := pgx.NamedArgs{"kind": kind, "project": project, "body": body}
	if err := s.pool.QueryRow(ctx, insertCommand, args).Scan(&seq, &place); err != nil {
		return unavailable(err)
	}
	return s.awaitFold(ctx, patience, pgx.NamedArgs{"ctid": place, "seq": seq})
}

// awaitFold looks for the row until it is folded, and folds meanwhile. A fold
// of our own is not cut off with the caller, which would undo work that others
// wait for; it is given a moment to end before the answer, because a function
// may be frozen after it.
func (s *Store) awaitFold(ctx context.Context, patience time.Duration, row pgx.NamedArgs) error {
	var folding bool
	var foldErr error
	folds := make(chan error, 1)
	pause := time.NewTimer(0)
	defer pause.Stop()
	for wait := firstPause; ; wait = min(2*wait, longestPause) {
		if s.Fold != nil && !folding {
			folding = true
			go func() {
				ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), patience)
				defer cancel()
				folds <- s.Fold(ctx)
			}()
		}
		pause.Reset(wait)
		paused := false
		select {
		case foldErr = <-folds:
			folding = false
		case <-pause.C:
			paused = true
		case <-ctx.Done():
		}
		var waiting, dead bool
		err := s.pool.QueryRow(ctx, selectCommand, row).Scan(&waiting, &dead)
		switch {
		case err != nil:
			return errors.Join(unavailable(err), foldErr)
		case dead:
			return errors.New("the fold could not apply the command")
		case !waiting && folding:
			pause.Reset(foldPatience)
			select {
			case <-folds:
			case <-pause.C:
			}
			return nil
		case !waiting:
			return nil
		case !paused: // another folds, or ours left it: look again not before its time
			select {
			case <-pause.C:
			case <-ctx.Done():
			}
		}
	}
}

// actorName is the name of a person as it can be stored.
func actorName(name string) string {
	name = strings.ToValidUTF8(strings.ReplaceAll(name, "\x00", ""), "\uFFFD")
	if len(name) > longestActor {
		name = strings.ToValidUTF8(name[:longestActor], "")
	}
	return name
}

func idText(id int64) string { return strconv.FormatInt(id, 10) }
