package eventlog

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

// Event is one row of the log. The log does not know what Data says.
type Event struct {
	ID      int64
	At      time.Time
	Kind    string
	Project int64
	Topics  []string // every topic that carries it, most specific last
	Version int64    // of the thing that Data shows
	Data    json.RawMessage
}

// Head is the state of the log: where it ends, where it begins, which log it is.
type Head struct {
	Epoch string
	ID    int64 // newest event; 0 when there was never one
	Floor int64 // oldest event that is promised to be readable
}

// Position is the place after the newest event.
func (h Head) Position() Position { return Position{Epoch: h.Epoch, ID: h.ID} }

// Holds reports whether a reader may continue after p: the epoch is this log's,
// the next event is not swept, and p is not ahead of the head.
func (h Head) Holds(p Position) bool {
	return p.Epoch == h.Epoch && p.ID >= h.Floor-1 && p.ID <= h.ID
}

// Filter narrows a read. The zero value passes everything.
type Filter struct {
	Projects []int64  // nil passes every project, empty none
	Topics   []string // nil passes every topic, empty none
}

// Page is an answer of Read.
type Page struct {
	Events []Event
	Next   Position // read on from here
	Head   Head
	More   bool // there may be events between Next and the head
	Reset  bool // after was not a place of this log; Next is the head
}

// scanLimit bounds how many ids one Read looks at, whatever the filter passes.
const scanLimit = 5000

// Log reads the event log. It is safe for concurrent use.
type Log struct {
	pool *pgxpool.Pool
}

// New returns a Log over pool, which may lead to a replica.
func New(pool *pgxpool.Pool) *Log { return &Log{pool: pool} }

const selectHead = `select /* log head */ epoch, id, floor from log_head`

// Head reads the state of the log.
func (l *Log) Head(ctx context.Context) (Head, error) {
	var h Head
	err := l.pool.QueryRow(ctx, selectHead).Scan(&h.Epoch, &h.ID, &h.Floor)
	if err != nil {
		return Head{}, fmt.Errorf("read the head of the log: %w", err)
	}
	return h, nil
}

// The head is read in the same statement, so that the page and the head are
// true at one moment. Rows above the head of that moment are not there yet by
// construction: the fold writes both in one transaction.
const selectPage = `
select /* log page */ h.epoch, h.id, h.floor, e.id, e.at, e.kind, e.project_id, e.topics, e.version, e.data
from log_head h left join lateral (
  select * from events
  where id > @after and id <= @until
    and (@projects::bigint[] is null or project_id = any (@projects))
    and (@topics::text[] is null or topics && @topics)
  order by id limit @limit
) e on h.epoch = @epoch and @after >= h.floor - 1 and @after <= h.id
order by e.id`

// Read returns the page of at most limit events after the position that match
// filter, oldest first. It looks at a bounded number of ids, so a page may be
// empty while Next has moved: keep reading from Next until More is false.
//
// Reset is true when after is not a position of this log any more (swept, from
// another epoch, ahead of the head); the caller takes a snapshot and goes on
// from Next. A zero Position is such a one too.
func (l *Log) Read(ctx context.Context, after Position, filter Filter, limit int) (Page, error) {
	limit = min(max(limit, 1), scanLimit)
	rows, err := l.pool.Query(ctx, selectPage, pgx.NamedArgs{
		"epoch": after.Epoch, "after": after.ID, "limit": limit,
		"until":    min(after.ID, math.MaxInt64-scanLimit) + scanLimit, // a client may claim any id
		"projects": filter.Projects, "topics": filter.Topics,
	})
	if err != nil {
		return Page{}, fmt.Errorf("read the log: %w", err)
	}
	defer rows.Close()
	var page Page
	for rows.Next() {
		var id, project, version *int64
		var at *time.Time
		var kind *string
		var topics []string
		var data []byte
		if err := rows.Scan(&page.Head.Epoch, &page.Head.ID, &page.Head.Floor,
			&id, &at, &kind, &project, &topics, &version, &data); err != nil {
			return Page{}, fmt.Errorf("read the log: %w", err)
		}
		if id == nil {
			continue
		}
		page.Events = append(page.Events, Event{
			ID: *id, At: at.UTC(), Kind: *kind, Project: *project, Topics: topics, Version: *version, Data: data,
		})
	}
	if err := rows.Err(); err != nil {
		return Page{}, fmt.Errorf("read the log: %w", err)
	}
	if page.Head.Epoch == "" {
		return Page{}, errors.New("read the log: its head is missing")
	}
	if !page.Head.Holds(after) {
		page.Reset, page.Next = true, page.Head.Position()
		return page, nil
	}
	page.Next = Position{Epoch: page.Head.Epoch, ID: min(after.ID+scanLimit, page.Head.ID)}
	if len(page.Events) == limit {
		page.Next.ID = page.Events[limit-1].ID
	}
	page.More = page.Next.ID < page.Head.ID
	return page, nil
}
