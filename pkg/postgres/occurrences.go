package postgres

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"

	"rynda/pkg/auth"
	"rynda/pkg/journal"
)

const (
	// occurrenceBytes is how much text a page of occurrences carries before it
	// ends early: the answer of a function has a limit of 6 MB.
	occurrenceBytes = 4 << 20
	// occurrenceKeys is how many fingerprints of a group are looked at.
	occurrenceKeys = 100
	// clockAhead is how many days after the time that is shown a partition may be.
	clockAhead = 7
)

// A group has one key, or many once others were merged into it or the guard
// sent them to it; of these the newest come first. Each key is one walk down
// occurrences_newest per day of the group's life, merged.
const selectOccurrences = `
select /* occurrences */ o.occurrence_id, o.occurred_at, o.received_at, o.severity, o.fingerprint, o.body
from (
  select fingerprint from group_keys where project_id = any (@projects) and group_id = @group
  order by mapped_until desc, fingerprint limit @keys
) k cross join lateral (
  select * from occurrences
  where project_id = @project and fingerprint = k.fingerprint
    and day between @first_day and @last_day and (occurred_at, occurrence_id) < (@after, @after_id)
  order by occurred_at desc, occurrence_id desc limit @limit
) o
order by o.occurred_at desc, o.occurrence_id desc limit @limit`

// occurrenceArgs says where the occurrences of a group can be: partitions of
// other days are not looked into. What the fold has not seen yet may be of a
// day more on either side, and a reporter's clock may be ahead: the day is that
// of the time it gave, up to a week later than the time that is shown.
func occurrenceArgs(scope []auth.Project, g groupRow, limit int) pgx.NamedArgs {
	return pgx.NamedArgs{
		"projects": projectIDs(scope), "project": g.projectID, "group": g.id, "keys": occurrenceKeys, "limit": limit,
		"first_day": g.FirstSeenAt.AddDate(0, 0, -1), "last_day": g.LastSeenAt.AddDate(0, 0, clockAhead),
		"after": pgtype.Timestamptz{InfinityModifier: pgtype.Infinity, Valid: true}, "after_id": [16]byte{},
	}
}

// Occurrences returns a page of the occurrences of a group, the newest first:
// limit of them (1 to 100, 0 is 50), or fewer when their text is large. page is
// NextPage of the page before. Of an occurrence that was sampled only the
// counted facts are there. A group that is not in scope is journal.ErrNotFound.
func (s *Store) Occurrences(ctx context.Context, scope []auth.Project, groupID int64, limit int, page string) (journal.OccurrencePage, error) {
	limit, err := pageLimit(limit)
	if err != nil {
		return journal.OccurrencePage{}, err
	}
	after, afterID, err := parseOccurrencePage(page)
	if err != nil {
		return journal.OccurrencePage{}, err
	}
	result := journal.OccurrencePage{Occurrences: []json.RawMessage{}}
	err = s.scoped(ctx, scope, func(tx pgx.Tx) error {
		g, err := groupIn(ctx, tx, scope, groupID)
		if err != nil {
			return err
		}
		args := occurrenceArgs(scope, g, limit+1)
		if page != "" {
			args["after"], args["after_id"], args["last_day"] = after, afterID, after.AddDate(0, 0, clockAhead)
		}
		rows, err := tx.Query(ctx, selectOccurrences, args)
		if err != nil {
			return err
		}
		defer rows.Close()
		var size int
		var next string
		for rows.Next() {
			if len(result.Occurrences) == limit || size > occurrenceBytes {
				result.NextPage = next
				break
			}
			var o occurrenceRow
			if err := o.scan(rows); err != nil {
				return err
			}
			body := o.json(g.Project)
			size += len(body)
			next = formatOccurrencePage(o.occurredAt, o.id)
			result.Occurrences = append(result.Occurrences, body)
		}
		rows.Close()
		return rows.Err()
	})
	if err != nil {
		return journal.OccurrencePage{}, fmt.Errorf("read occurrences of group %d: %w", groupID, err)
	}
	return result, nil
}

type occurrenceRow struct {
	id          [16]byte
	occurredAt  time.Time
	receivedAt  time.Time
	severity    journal.Severity
	fingerprint string
	body        []byte
}

func (o *occurrenceRow) scan(row pgx.Row) error {
	return row.Scan(&o.id, &o.occurredAt, &o.receivedAt, &o.severity, &o.fingerprint, &o.body)
}

// json is the body, or what is known without it in the same form.
func (o *occurrenceRow) json(project string) json.RawMessage {
	if o.body != nil {
		return o.body
	}
	text, _ := json.Marshal(journal.OccurrenceBody{ // its fields cannot fail
		OccurrenceID: journal.ID(o.id).String(), Project: project, Fingerprint: o.fingerprint,
		OccurredAt: o.occurredAt.UTC(), ReceivedAt: o.receivedAt.UTC(), Severity: o.severity, Sampled: true,
	})
	return text
}

func formatOccurrencePage(at time.Time, id [16]byte) string {
	return encodePage(pageToken{Sort: "occurred", Value: at.UTC().Format(time.RFC3339Nano), ID: journal.ID(id).String()})
}

func parseOccurrencePage(page string) (at time.Time, id [16]byte, err error) {
	if page == "" {
		return at, id, nil
	}
	token, ok := decodePage(page, "occurred")
	if ok {
		var u pgtype.UUID
		at, err = time.Parse(time.RFC3339Nano, token.Value)
		ok = err == nil && u.Scan(token.ID) == nil && journal.ID(u.Bytes).String() == token.ID
		id = u.Bytes
	}
	if !ok {
		return time.Time{}, [16]byte{}, invalid("page", "is not the next_page of this list")
	}
	return at.UTC(), id, nil
}
