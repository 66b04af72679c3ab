package postgres

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"rynda/pkg/eventlog"
	"rynda/pkg/journal"
)

// readFold reads all that the decisions need, in one statement: for each asked
// fingerprint its group or an id for a new one, the groups that commands name,
// those whose event was held and is due, and per project the totals and the
// budget. Rates and releases are read only for groups that are not active: the
// policy asks for no others.
const readFold = `
with asked as (
  select a.project_id, a.fingerprint, k.group_id, k.mapped_until
  from unnest(@projects::bigint[], @fingerprints::text[]) as a(project_id, fingerprint)
  left join group_keys k on k.project_id = a.project_id and k.fingerprint = a.fingerprint
    and (k.mapped_until is null or k.mapped_until > @now)
  union all
  select g.project_id, '', g.group_id, null from groups g where g.group_id = any (@ids::bigint[])
  union all
  (select g.project_id, '', g.group_id, null from groups g
   where g.version > g.published_version and g.published_at <= @held_before order by g.published_at limit @held_most)
  union all -- of a clock that was put back since
  (select g.project_id, '', g.group_id, null from groups g
   where g.version > g.published_version and g.published_at > @held_ahead order by g.published_at limit @held_most)
  union all
  select b.project_id, '', b.overflow_id, null from group_budgets b
  where b.project_id = any (@projects::bigint[]) and b.overflow_id is not null
)
select /* fold: read */ h.epoch, h.id, h.floor, h.system_identifier, h.timeline,
  (select system_identifier::text from pg_control_system()),
  ('x' || lpad(substr(pg_walfile_name(pg_current_wal_lsn()), 1, 8), 8, '0'))::bit(32)::int,
  (select min(g.published_at) from groups g where g.version > g.published_version and g.published_at > @held_before
     and g.published_at <= @held_ahead),
  a.project_id, p.slug, a.fingerprint, a.group_id, a.mapped_until,
  case when a.group_id is null and a.project_id is not null then nextval(pg_get_serial_sequence('groups', 'group_id')) end,
  coalesce(t.version, 0), coalesce(t.critical, 0), coalesce(t.error, 0), coalesce(t.warning, 0), coalesce(t.info, 0),
  b.tokens, b.filled_at, b.overflow_id,
  g.fingerprint, g.version, g.raised_version, g.published_version, case when g.published_at > '-infinity' then g.published_at end,
  g.state, g.severity, g.type, g.title, g.culprit, g.source, g.environment, g.release, g.count, g.first_seen_at, g.last_seen_at,
  g.raised_at, g.raised_reason, g.raised_event_id, g.viewed_at, g.viewed_by, g.viewed_version, g.viewed_severity, g.viewed_rate,
  g.view_id, g.regressed_at, g.surged_at, g.refs::text, 
  case when q.asks then (select coalesce(sum(m.count), 0)::float8 from group_minutes m
    where m.group_id = g.group_id and m.minute > @now::timestamptz - interval '10 minutes') end,
  case when q.asks then (select coalesce(sum(o.count), 0)::float8 / 144 from group_hours o
    where o.group_id = g.group_id and o.hour > @now::timestamptz - interval '25 hours'
      and o.hour <= @now::timestamptz - interval '1 hour') end,
  case when q.asks then (select array_agg(f.value) from group_refs f where f.group_id = g.group_id and f.kind = 'release') end
from log_head h
left join (asked a
  join projects p on p.project_id = a.project_id
  left join feed_totals t on t.project_id = a.project_id
  left join group_budgets b on b.project_id = a.project_id
  left join groups g on g.group_id = a.group_id
  left join lateral (select g.state <> 'active' or g.group_id = any (@ids::bigint[]) as asks) q on true
) on true`

// heldMost is how many held events a fold publishes at most; there are more when
// it found as many.
const heldMost = 250

// standingRow is one row of readFold.
type standingRow struct {
	Epoch           string
	HeadID, Floor   int64
	SystemWas       string
	TimelineWas     int32
	System          string
	Timeline        int32
	NextHeld        *time.Time
	ProjectID       *int64
	Slug            *string
	Asked           *string
	GroupID         *int64
	MappedUntil     *time.Time
	NewID           *int64
	TotalsVersion   *int64
	Critical        *int64
	Error           *int64
	Warning         *int64
	Info            *int64
	Tokens          *float64
	FilledAt        *time.Time
	OverflowID      *int64
	Fingerprint     *string
	Version         *int64
	RaisedVersion   *int64
	PublishedVer    *int64
	PublishedAt     *time.Time
	State           *string
	Severity        *int16
	Type            *string
	Title           *string
	Culprit         *string
	Source          *string
	Environment     *string
	Release         *string
	Count           *int64
	FirstSeenAt     *time.Time
	LastSeenAt      *time.Time
	RaisedAt        *time.Time
	RaisedReason    *string
	RaisedEventID   *int64
	ViewedAt        *time.Time
	ViewedBy        *string
	ViewedVersion   *int64
	ViewedSeverity  *int16
	ViewedRate      *float64
	ViewID          *string
	RegressedAt     *time.Time
	SurgedAt        *time.Time
	Refs            *string
	TenMinutes      *float64
	DayMean         *float64
	ReleasesInOrder []string
}

// read fills the work with what readFold finds. Asked and command ids come from
// the rows that were taken.
func (w *foldWork) read(ctx context.Context, conn *pgx.Conn) error {
	projects, fingerprints, ids := w.asks()
	found, err := w.readAll(ctx, conn, readFold, pgx.NamedArgs{
		"projects": projects, "fingerprints": fingerprints, "ids": ids, "now": w.now,
		"held_before": w.now.Add(-w.policy.Hold), "held_ahead": w.now.Add(w.policy.Hold), "held_most": heldMost,
	})
	if err != nil {
		return err
	}
	if len(found) == 0 {
		return fmt.Errorf("fold: the head of the log is missing")
	}
	head := found[0]
	w.head = eventlog.Head{Epoch: head.Epoch, ID: head.HeadID, Floor: head.Floor}
	w.system, w.timeline = head.System, head.Timeline
	w.moved = head.SystemWas != head.System || head.TimelineWas != head.Timeline
	w.firstSeen = head.SystemWas == ""
	if head.NextHeld != nil {
		w.holdUntil(head.NextHeld.Add(w.policy.Hold))
	}
	held := 0
	for i := range found {
		if found[i].ProjectID == nil {
			continue
		}
		w.adopt(&found[i])
		if *found[i].Asked == "" {
			held++
		}
	}
	w.moreHeld = w.moreHeld || held >= heldMost
	return nil
}

func (w *foldWork) adopt(r *standingRow) {
	p := w.projects[*r.ProjectID]
	if p == nil {
		p = &projectWork{id: *r.ProjectID, slug: *r.Slug, tokens: -1}
		p.totals = journal.Totals{Project: *r.Slug, Version: *r.TotalsVersion,
			Critical: *r.Critical, Error: *r.Error, Warning: *r.Warning, Info: *r.Info}
		if r.Tokens != nil {
			p.tokens, p.filledAt = *r.Tokens, *r.FilledAt
		}
		if r.OverflowID != nil {
			p.overflowID = *r.OverflowID
		}
		w.projects[p.id] = p
	}
	key := groupKey{p.id, *r.Asked}
	if r.GroupID == nil {
		w.newIDs[key] = *r.NewID
		return
	}
	t := w.things[*r.GroupID]
	if t == nil && r.Version != nil {
		t = &thing{project: p, Standing: r.standing(p)}
		t.before, t.severityBefore, t.versionBefore = t.State, t.Severity, t.Version
		if r.TenMinutes != nil {
			t.rates = journal.Rates{TenMinutes: *r.TenMinutes, DayMean: *r.DayMean}
		}
		w.things[t.ID] = t
		w.order = append(w.order, t)
	}
	if t != nil && *r.Asked != "" {
		w.keys[key] = t
	}
}

func (r *standingRow) standing(p *projectWork) journal.Standing {
	s := journal.Standing{
		ID: *r.GroupID, ProjectID: p.id, Project: p.slug, Fingerprint: *r.Fingerprint,
		Version: *r.Version, RaisedVersion: *r.RaisedVersion, PublishedVersion: *r.PublishedVer,
		PublishedAt: or(r.PublishedAt), State: journal.State(*r.State), Severity: journal.Severity(*r.Severity),
		Type: *r.Type, Title: *r.Title, Culprit: *r.Culprit, Source: *r.Source, Environment: *r.Environment, Release: *r.Release,
		Count: *r.Count, FirstSeenAt: *r.FirstSeenAt, LastSeenAt: *r.LastSeenAt,
		RaisedAt: or(r.RaisedAt), RaisedReason: journal.Reason(or(r.RaisedReason)), RaisedEventID: *r.RaisedEventID,
		ViewedAt: or(r.ViewedAt), ViewedBy: or(r.ViewedBy), ViewedVersion: or(r.ViewedVersion),
		ViewedSeverity: journal.Severity(or(r.ViewedSeverity)), ViewedRate: or(r.ViewedRate), ViewID: or(r.ViewID),
		RegressedAt: or(r.RegressedAt), SurgedAt: or(r.SurgedAt),
	}
	_ = json.Unmarshal([]byte(*r.Refs), &s.Refs) // written by us; broken refs are no refs
	if len(r.ReleasesInOrder) > 0 {
		s.Releases = make(map[string]bool, len(r.ReleasesInOrder))
		for _, release := range r.ReleasesInOrder {
			s.Releases[release] = true
		}
	}
	return s
}

func or[T any](p *T) (v T) {
	if p != nil {
		v = *p
	}
	return v
}
