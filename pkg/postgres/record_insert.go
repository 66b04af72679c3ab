package postgres

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"rynda/pkg/journal"
)

// One statement and one round trip: the occurrences that are not there yet, and
// of those one inbox row per slot. It touches no row that two transactions
// share. Rows stand in the order of their ids, so that two transactions with
// the same repeats wait for each other and do not deadlock. What comes back are
// the repeats alone.
//
// It is two texts: only reports with a key and without a time of their own are
// looked for on the day before as well, and planning that look over all
// partitions costs more than the rest. The days stand as scalars, so that the
// planner sees one partition and not all.
const insertOccurrences = `
with r as materialized (
  select * from unnest(@ids::uuid[], @days::date[], @projects::bigint[], @fingerprints::text[], @occurred::timestamptz[],
    @severities::smallint[], @bodies::text[], @slots::int[])
  with ordinality as r(id, day, project_id, fingerprint, occurred_at, severity, body, slot, ord)
),
` + insertAndNote + `
select r.ord::int, false from r where not exists (select from i where i.occurrence_id = r.id and i.project_id = r.project_id)`

const insertNewOccurrences = `
with asked as materialized (
  select * from unnest(@ids::uuid[], @days::date[], @projects::bigint[], @fingerprints::text[], @occurred::timestamptz[],
    @severities::smallint[], @bodies::text[], @slots::int[], @earlier_ids::uuid[], @earlier_days::date[])
  with ordinality as r(id, day, project_id, fingerprint, occurred_at, severity, body, slot, earlier_id, earlier_day, ord)
),
earlier as materialized (
  select a.ord from asked a join occurrences o
    on o.occurrence_id = a.earlier_id and o.day = a.earlier_day and o.project_id = a.project_id
  where o.day = @day_1::date or o.day = @day_2::date
),
r as materialized (
  select * from asked a where not exists (select from earlier e where e.ord = a.ord)
),
` + insertAndNote + `
select r.ord::int, false from r where not exists (select from i where i.occurrence_id = r.id and i.project_id = r.project_id)
union all
select ord::int, true from earlier`

const insertAndNote = `i as (
  insert /* record */ into occurrences
    (occurrence_id, day, project_id, fingerprint, occurred_at, received_at, severity, body)
  select id, day, project_id, fingerprint, occurred_at, @received::timestamptz, severity, body::json from r
  order by ord
  on conflict do nothing
  returning occurrence_id, project_id
),
n as (
  insert into inbox (kind, project_id, fingerprint, severity, release, count, first_at, last_at, body)
  select 'report', s.project_id, s.fingerprint, s.severity, s.release, c.count, c.first_at, c.last_at, s.body::json
  from (
    select r.slot, count(*) as count, min(r.occurred_at) as first_at, max(r.occurred_at) as last_at
    from r join i on i.occurrence_id = r.id and i.project_id = r.project_id group by r.slot
  ) c
  join unnest(@slot_projects::bigint[], @slot_fingerprints::text[], @slot_severities::smallint[], @slot_releases::text[],
    @slot_bodies::text[]) with ordinality as s(project_id, fingerprint, severity, release, body, slot) on s.slot = c.slot
)`

// insertOne is the same for one occurrence, which needs no arrays: a third of
// the time. No row inserted means that it was there.
const insertOne = `
with i as (
  insert /* record one */ into occurrences
    (occurrence_id, day, project_id, fingerprint, occurred_at, received_at, severity, body)
  values ($1, $2, $3, $4, $5, $6, $7, $8) on conflict do nothing returning 1
)
insert into inbox (kind, project_id, fingerprint, severity, release, count, first_at, last_at, body)
select 'report', $3::bigint, $4::text, $7::smallint, $9::text, 1, $5::timestamptz, $5::timestamptz, $10::json from i`

func (r *Recorder) insertOne(ctx context.Context, row *journal.OccurrenceRow, out *journal.Recorded, now time.Time) error {
	look, err := journal.Marshal(row.Inbox)
	if err != nil {
		return fmt.Errorf("encode an inbox row: %w", err)
	}
	var body *string
	if r.sampler.keep(row.ProjectID, row.Fingerprint, now) {
		text := string(row.Body)
		body = &text
	}
	tag, err := r.pool.Exec(ctx, insertOne, [16]byte(row.ID), row.Day, row.ProjectID, row.Fingerprint, row.OccurredAt, now,
		int16(row.Severity), body, row.Release, string(look))
	out.Duplicate = err == nil && tag.RowsAffected() == 0
	return err
}

type place struct{ call, index int }

func (r *Recorder) insert(ctx context.Context, calls []*recordCall) error {
	now := r.store.now().UTC()
	total := 0
	for _, call := range calls {
		total += len(call.rows)
	}
	order := make([]place, 0, total)
	for c, call := range calls {
		call.out = make([]journal.Recorded, len(call.rows))
		for i := range call.rows {
			row := &call.rows[i]
			call.out[i] = journal.Recorded{OccurrenceID: row.ID.String(), Fingerprint: row.Fingerprint}
			order = append(order, place{c, i})
		}
	}
	if row := &calls[0].rows[0]; total == 1 && row.EarlierDay.IsZero() {
		return r.insertOne(ctx, row, &calls[0].out[0], now)
	}
	at := func(p place) *journal.OccurrenceRow { return &calls[p.call].rows[p.index] }
	slices.SortStableFunc(order, func(a, b place) int {
		return cmp.Or(slices.Compare(at(a).ID[:], at(b).ID[:]), cmp.Compare(at(a).ProjectID, at(b).ProjectID))
	})
	b := newInsertArgs(total)
	sent := order[:0:0]
	overnight := daysOf(calls)
	for n, p := range order {
		row := at(p)
		if overnight != nil && overnight[occurrenceKey{row.ProjectID, row.EarlierID}] {
			calls[p.call].out[p.index].Duplicate = true
			calls[p.call].out[p.index].OccurrenceID = row.EarlierID.String()
			continue
		}
		if n > 0 && at(order[n-1]).ID == row.ID && at(order[n-1]).ProjectID == row.ProjectID {
			calls[p.call].out[p.index].Duplicate = true
			continue
		}
		b.add(row, r.sampler.keep(row.ProjectID, row.Fingerprint, now))
		sent = append(sent, p)
	}
	args, err := b.named(now)
	if err != nil {
		return err
	}
	statement := insertOccurrences
	if args["earlier_ids"] != nil {
		statement = insertNewOccurrences
	}
	rows, err := r.pool.Query(ctx, statement, args)
	if err != nil {
		return err
	}
	var ord int
	var earlier bool
	_, err = pgx.ForEachRow(rows, []any{&ord, &earlier}, func() error {
		p := sent[ord-1]
		out := &calls[p.call].out[p.index]
		out.Duplicate = true
		if earlier {
			out.OccurrenceID = at(p).EarlierID.String()
		}
		return nil
	})
	return err
}

type occurrenceKey struct {
	project int64
	id      journal.ID
}

// daysOf returns what the calls hold when they are of two days of receipt, and
// nil when they are of one, as nearly always: a statement does not see its own
// rows, so a repeat right after midnight is looked for here too.
func daysOf(calls []*recordCall) map[occurrenceKey]bool {
	var first time.Time
	for _, call := range calls {
		for i := range call.rows {
			row := &call.rows[i]
			switch {
			case row.EarlierDay.IsZero():
			case first.IsZero():
				first = row.EarlierDay
			case !row.EarlierDay.Equal(first):
				all := map[occurrenceKey]bool{}
				for _, call := range calls {
					for i := range call.rows {
						all[occurrenceKey{call.rows[i].ProjectID, call.rows[i].ID}] = true
					}
				}
				return all
			}
		}
	}
	return nil
}

// insertArgs holds the columns of insertOccurrences.
type insertArgs struct {
	ids, earlierIDs             []*[16]byte
	days, earlierDays           []*time.Time
	day1, day2                  time.Time // the least and the greatest of earlierDays
	projects                    []int64
	fingerprints                []string
	occurred                    []time.Time
	severities                  []int16
	bodies                      []*string
	slots                       []int32
	slotOf                      map[slotKey]int32
	slotProjects                []int64
	slotFingerprints, slotNames []string
	slotSeverities              []int16
	slotLooks                   []journal.InboxReport
	slotAt                      []time.Time
}

type slotKey struct {
	project     int64
	fingerprint string
	severity    journal.Severity
	release     string
	minute      int64 // so that the counts by minute and hour are exact
}

func newInsertArgs(n int) *insertArgs {
	return &insertArgs{
		ids: make([]*[16]byte, 0, n), earlierIDs: make([]*[16]byte, 0, n),
		days: make([]*time.Time, 0, n), earlierDays: make([]*time.Time, 0, n),
		projects: make([]int64, 0, n), fingerprints: make([]string, 0, n), occurred: make([]time.Time, 0, n),
		severities: make([]int16, 0, n), bodies: make([]*string, 0, n), slots: make([]int32, 0, n),
		slotOf: make(map[slotKey]int32, n),
	}
}

func (a *insertArgs) add(row *journal.OccurrenceRow, keepBody bool) {
	key := slotKey{row.ProjectID, row.Fingerprint, row.Severity, row.Release, row.OccurredAt.Unix() / 60}
	slot, known := a.slotOf[key]
	if !known {
		a.slotProjects = append(a.slotProjects, row.ProjectID)
		a.slotFingerprints = append(a.slotFingerprints, row.Fingerprint)
		a.slotSeverities = append(a.slotSeverities, int16(row.Severity))
		a.slotNames = append(a.slotNames, row.Release)
		a.slotLooks = append(a.slotLooks, row.Inbox)
		a.slotAt = append(a.slotAt, row.OccurredAt)
		slot = int32(len(a.slotProjects))
		a.slotOf[key] = slot
	} else if look := &a.slotLooks[slot-1]; !row.OccurredAt.Before(a.slotAt[slot-1]) {
		refs := look.Refs
		*look = row.Inbox
		look.Refs = journal.MergeRefs(row.Inbox.Refs, refs)
		a.slotAt[slot-1] = row.OccurredAt
	} else {
		look.Refs = journal.MergeRefs(look.Refs, row.Inbox.Refs)
	}
	a.ids = append(a.ids, (*[16]byte)(&row.ID))
	a.days = append(a.days, &row.Day)
	a.projects = append(a.projects, row.ProjectID)
	a.fingerprints = append(a.fingerprints, row.Fingerprint)
	a.occurred = append(a.occurred, row.OccurredAt)
	a.severities = append(a.severities, int16(row.Severity))
	a.slots = append(a.slots, slot)
	if keepBody {
		body := string(row.Body)
		a.bodies = append(a.bodies, &body)
	} else {
		a.bodies = append(a.bodies, nil)
	}
	if row.EarlierDay.IsZero() {
		a.earlierIDs = append(a.earlierIDs, nil)
		a.earlierDays = append(a.earlierDays, nil)
	} else {
		a.earlierIDs = append(a.earlierIDs, (*[16]byte)(&row.EarlierID))
		a.earlierDays = append(a.earlierDays, &row.EarlierDay)
		// Around midnight one transaction may hold rows of two days of receipt.
		if a.day1.IsZero() || row.EarlierDay.Before(a.day1) {
			a.day1 = row.EarlierDay
		}
		if row.EarlierDay.After(a.day2) {
			a.day2 = row.EarlierDay
		}
	}
}

func (a *insertArgs) named(received time.Time) (pgx.NamedArgs, error) {
	bodies := make([]string, len(a.slotLooks))
	for i, look := range a.slotLooks {
		body, err := journal.Marshal(look)
		if err != nil {
			return nil, fmt.Errorf("encode an inbox row: %w", err)
		}
		bodies[i] = string(body)
	}
	args := pgx.NamedArgs{
		"ids": a.ids, "days": a.days, "projects": a.projects, "fingerprints": a.fingerprints, "occurred": a.occurred,
		"severities": a.severities, "bodies": a.bodies, "slots": a.slots, "received": received, "slot_projects": a.slotProjects,
		"slot_fingerprints": a.slotFingerprints, "slot_severities": a.slotSeverities, "slot_releases": a.slotNames,
		"slot_bodies": bodies,
	}
	if !a.day1.IsZero() {
		args["earlier_ids"], args["earlier_days"], args["day_1"], args["day_2"] = a.earlierIDs, a.earlierDays, a.day1, a.day2
	}
	return args, nil
}
