package postgres

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"rynda/pkg/eventlog"
	"rynda/pkg/journal"
)

// eventPartition is how many ids one partition of events holds.
const eventPartition = 1_000_000

// writeFold writes all that a fold decided, in one statement: no part of it can
// be there without the others, and log_head moves together with its events.
const writeFold = `
with g as (
  insert /* fold: write */ into groups (group_id, project_id, fingerprint, version, raised_version, published_version,
    published_at, state, severity, type, title, culprit, source, environment, release, count, first_seen_at, last_seen_at,
    raised_at, raised_reason, raised_event_id, viewed_at, viewed_by, viewed_version, viewed_severity, viewed_rate, view_id,
    regressed_at, surged_at, refs, grouping)
  select group_id, project_id, fingerprint, version, raised_version, published_version,
    coalesce(published_at, '-infinity'), state, severity, type, title, culprit, source, environment, release, count,
    first_seen_at, last_seen_at, raised_at, raised_reason, raised_event_id, viewed_at, viewed_by, viewed_version,
    viewed_severity, viewed_rate, view_id, regressed_at, surged_at, refs::jsonb, grouping::jsonb
  from unnest(@g_id::bigint[], @g_project::bigint[], @g_fingerprint::text[], @g_version::bigint[], @g_raised_version::bigint[],
    @g_published_version::bigint[], @g_published_at::timestamptz[], @g_state::text[], @g_severity::smallint[], @g_type::text[],
    @g_title::text[], @g_culprit::text[], @g_source::text[], @g_environment::text[], @g_release::text[], @g_count::bigint[],
    @g_first::timestamptz[], @g_last::timestamptz[], @g_raised_at::timestamptz[], @g_raised_reason::text[],
    @g_raised_event::bigint[], @g_viewed_at::timestamptz[], @g_viewed_by::text[], @g_viewed_version::bigint[],
    @g_viewed_severity::smallint[], @g_viewed_rate::float8[], @g_view_id::text[], @g_regressed::timestamptz[],
    @g_surged::timestamptz[], @g_refs::text[], @g_grouping::text[])
  as u(group_id, project_id, fingerprint, version, raised_version, published_version, published_at, state, severity, type,
    title, culprit, source, environment, release, count, first_seen_at, last_seen_at, raised_at, raised_reason,
    raised_event_id, viewed_at, viewed_by, viewed_version, viewed_severity, viewed_rate, view_id, regressed_at, surged_at,
    refs, grouping)
  on conflict (group_id) do update set
    version = excluded.version, raised_version = excluded.raised_version, published_version = excluded.published_version,
    published_at = excluded.published_at, state = excluded.state, severity = excluded.severity, type = excluded.type,
    title = excluded.title, culprit = excluded.culprit, source = excluded.source, environment = excluded.environment,
    release = excluded.release, count = excluded.count, first_seen_at = excluded.first_seen_at,
    last_seen_at = excluded.last_seen_at, raised_at = excluded.raised_at, raised_reason = excluded.raised_reason,
    raised_event_id = excluded.raised_event_id, viewed_at = excluded.viewed_at, viewed_by = excluded.viewed_by,
    viewed_version = excluded.viewed_version, viewed_severity = excluded.viewed_severity, viewed_rate = excluded.viewed_rate,
    view_id = excluded.view_id, regressed_at = excluded.regressed_at, surged_at = excluded.surged_at, refs = excluded.refs
),
k as (
  insert into group_keys (project_id, fingerprint, group_id, mapped_until)
  select * from unnest(@k_project::bigint[], @k_fingerprint::text[], @k_group::bigint[], @k_until::timestamptz[])
  on conflict (project_id, fingerprint) do update set group_id = excluded.group_id, mapped_until = excluded.mapped_until
),
wo as (
  insert into group_words (group_id, project_id, words)
  select * from unnest(@w_group::bigint[], @w_project::bigint[], @w_words::text[])
  on conflict (group_id) do update set words = excluded.words where group_words.words <> excluded.words
),
ho as (
  insert into group_hours (group_id, project_id, hour, count)
  select * from unnest(@h_group::bigint[], @h_project::bigint[], @h_at::timestamptz[], @h_count::bigint[])
  on conflict (group_id, hour) do update set count = group_hours.count + excluded.count
),
mi as (
  insert into group_minutes (group_id, project_id, minute, count)
  select * from unnest(@m_group::bigint[], @m_project::bigint[], @m_at::timestamptz[], @m_count::bigint[])
  on conflict (group_id, minute) do update set count = group_minutes.count + excluded.count
),
rf as (
  insert into group_refs (group_id, project_id, kind, value, url, last_seen_at)
  select * from unnest(@r_group::bigint[], @r_project::bigint[], @r_kind::text[], @r_value::text[], @r_url::text[], @r_at::timestamptz[])
  on conflict (group_id, kind, value) do update set last_seen_at = greatest(group_refs.last_seen_at, excluded.last_seen_at),
    url = coalesce(nullif(excluded.url, ''), group_refs.url)
),
rt as (
  delete from group_refs r using (
    select group_id, kind, value, row_number() over (partition by group_id, kind order by last_seen_at desc, value) as nth
    from group_refs where group_id = any (@trim::bigint[])
  ) old where old.nth > 100 and r.group_id = old.group_id and r.kind = old.kind and r.value = old.value
),
hi as (
  insert into group_history (group_id, project_id, at, action, reason, actor, version, view_id)
  select * from unnest(@a_group::bigint[], @a_project::bigint[], @a_at::timestamptz[], @a_action::text[], @a_reason::text[],
    @a_actor::text[], @a_version::bigint[], @a_view::text[])
),
tt as (
  insert into feed_totals (project_id, version, critical, error, warning, info)
  select * from unnest(@t_project::bigint[], @t_version::bigint[], @t_critical::bigint[], @t_error::bigint[], @t_warning::bigint[], @t_info::bigint[])
  on conflict (project_id) do update set version = excluded.version, critical = excluded.critical, error = excluded.error,
    warning = excluded.warning, info = excluded.info
),
bu as (
  insert into group_budgets (project_id, tokens, filled_at, overflow_id)
  select * from unnest(@b_project::bigint[], @b_tokens::float8[], @b_filled::timestamptz[], @b_overflow::bigint[])
  on conflict (project_id) do update set tokens = excluded.tokens, filled_at = excluded.filled_at, overflow_id = excluded.overflow_id
),
rm as (
  delete from groups where group_id = any (@removed::bigint[])
),
de as (
  insert into inbox_dead (seq, kind, project_id, fingerprint, severity, release, count, first_at, last_at, at, body, reason)
  select seq, kind, project_id, fingerprint, severity, release, count, first_at, last_at, at, body::json, reason
  from unnest(@d_seq::bigint[], @d_kind::text[], @d_project::bigint[], @d_fingerprint::text[], @d_severity::smallint[],
    @d_release::text[], @d_count::int[], @d_first::timestamptz[], @d_last::timestamptz[], @d_at::timestamptz[], @d_body::text[], @d_reason::text[])
  as u(seq, kind, project_id, fingerprint, severity, release, count, first_at, last_at, at, body, reason)
),
` + writeWork + `
ev as (
  insert into events (id, at, kind, project_id, version, topics, data)
  select e.id, @now, e.kind, e.project_id, e.version, string_to_array(e.topics, E'\n'), e.data::json
  from unnest(@e_id::bigint[], @e_kind::text[], @e_project::bigint[], @e_version::bigint[], @e_topics::text[], @e_data::text[])
  as e(id, kind, project_id, version, topics, data)
),
he as (
  update log_head set id = @head, epoch = @epoch, system_identifier = @system, timeline = @timeline
  where id <> @head or epoch <> @epoch or system_identifier <> @system or timeline <> @timeline
)
select case when @ring::bool then pg_notify('` + eventlog.Channel + `', @head::bigint::text) end`

// write sends the statement together with the commit, one round trip, and
// reports whether there is more to fold.
func (w *foldWork) write(ctx context.Context, conn *pgx.Conn) (more bool, err error) {
	args := pgx.NamedArgs{
		"now": w.now, "head": w.head.ID, "epoch": w.head.Epoch, "system": w.system, "timeline": w.timeline,
		"ring": (len(w.events) > 0 || w.renewed) && !w.folder.config.QuietBell,
	}
	w.groupArgs(args)
	w.sideArgs(args)
	w.workArgs(args)
	w.logArgs(args)
	w.countArgs(args)
	batch := &pgx.Batch{}
	batch.Queue(writeFold, args)
	batch.Queue("commit")
	batch.Queue(selectPending).QueryRow(func(row pgx.Row) error { return row.Scan(&more) })
	if err := conn.SendBatch(ctx, batch).Close(); err != nil {
		return false, err
	}
	w.folder.written(w)
	return more, nil
}

func (w *foldWork) groupArgs(args pgx.NamedArgs) {
	changed := make([]*thing, 0, len(w.order))
	removed := []int64{}
	for _, t := range w.order {
		switch {
		case t.remove && t.before != "":
			removed = append(removed, t.ID)
		case t.Version != t.versionBefore || t.PublishedVersion == t.Version && w.published(t):
			changed = append(changed, t)
		}
	}
	slices.SortFunc(changed, func(a, b *thing) int { return cmp.Compare(a.ID, b.ID) })
	args["removed"] = removed
	column(args, "g_id", changed, func(t *thing) int64 { return t.ID })
	column(args, "g_project", changed, func(t *thing) int64 { return t.ProjectID })
	column(args, "g_fingerprint", changed, func(t *thing) string { return t.Fingerprint })
	column(args, "g_version", changed, func(t *thing) int64 { return t.Version })
	column(args, "g_raised_version", changed, func(t *thing) int64 { return t.RaisedVersion })
	column(args, "g_published_version", changed, func(t *thing) int64 { return t.PublishedVersion })
	column(args, "g_published_at", changed, func(t *thing) *time.Time { return some(t.PublishedAt) })
	column(args, "g_state", changed, func(t *thing) string { return string(t.State) })
	column(args, "g_severity", changed, func(t *thing) int16 { return int16(t.Severity) })
	column(args, "g_type", changed, func(t *thing) string { return t.Type })
	column(args, "g_title", changed, func(t *thing) string { return t.Title })
	column(args, "g_culprit", changed, func(t *thing) string { return t.Culprit })
	column(args, "g_source", changed, func(t *thing) string { return t.Source })
	column(args, "g_environment", changed, func(t *thing) string { return t.Environment })
	column(args, "g_release", changed, func(t *thing) string { return t.Release })
	column(args, "g_count", changed, func(t *thing) int64 { return t.Count })
	column(args, "g_first", changed, func(t *thing) time.Time { return t.FirstSeenAt })
	column(args, "g_last", changed, func(t *thing) time.Time { return t.LastSeenAt })
	column(args, "g_raised_at", changed, func(t *thing) *time.Time { return some(t.RaisedAt) })
	column(args, "g_raised_reason", changed, func(t *thing) *string { return some(string(t.RaisedReason)) })
	column(args, "g_raised_event", changed, func(t *thing) int64 { return t.RaisedEventID })
	column(args, "g_viewed_at", changed, func(t *thing) *time.Time { return some(t.ViewedAt) })
	column(args, "g_viewed_by", changed, func(t *thing) *string { return some(t.ViewedBy) })
	column(args, "g_viewed_version", changed, func(t *thing) *int64 { return some(t.ViewedVersion) })
	column(args, "g_viewed_severity", changed, func(t *thing) *int16 { return some(int16(t.ViewedSeverity)) })
	column(args, "g_viewed_rate", changed, func(t *thing) *float64 { return &t.ViewedRate })
	column(args, "g_view_id", changed, func(t *thing) *string { return some(t.ViewID) })
	column(args, "g_regressed", changed, func(t *thing) *time.Time { return some(t.RegressedAt) })
	column(args, "g_surged", changed, func(t *thing) *time.Time { return some(t.SurgedAt) })
	column(args, "g_refs", changed, func(t *thing) string { return jsonText(t.Refs, "[]") })
	column(args, "g_grouping", changed, func(t *thing) string {
		if len(t.Grouping) == 0 {
			return "{}" // an update leaves the column as it is
		}
		return string(t.Grouping)
	})
	var named, trimmed []*thing
	for _, t := range changed {
		if t.before == "" || t.raised {
			named = append(named, t)
		}
		if t.Version/64 != t.versionBefore/64 {
			trimmed = append(trimmed, t)
		}
	}
	column(args, "trim", trimmed, func(t *thing) int64 { return t.ID })
	column(args, "w_group", named, func(t *thing) int64 { return t.ID })
	column(args, "w_project", named, func(t *thing) int64 { return t.ProjectID })
	column(args, "w_words", named, func(t *thing) string {
		return strings.ToLower(t.Title + "\n" + t.Type + "\n" + t.Culprit + "\n" + t.Source) // the search lowers its text too
	})
}

// published reports whether this fold made the event of t.
func (w *foldWork) published(t *thing) bool { return t.PublishedAt.Equal(w.now) }

func (w *foldWork) sideArgs(args pgx.NamedArgs) {
	column(args, "k_project", w.newKeys, func(k keyRow) int64 { return k.project })
	column(args, "k_fingerprint", w.newKeys, func(k keyRow) string { return k.fingerprint })
	column(args, "k_group", w.newKeys, func(k keyRow) int64 { return k.group })
	column(args, "k_until", w.newKeys, func(k keyRow) *time.Time { return k.mappedUntil })

	var history []auditRow
	for _, t := range w.order {
		if t.remove {
			continue
		}
		for _, h := range t.History {
			history = append(history, auditRow{t, h.At, h.Action, h.Reason, h.Actor, h.Version})
		}
	}
	column(args, "a_group", history, func(h auditRow) int64 { return h.t.ID })
	column(args, "a_project", history, func(h auditRow) int64 { return h.t.ProjectID })
	column(args, "a_at", history, func(h auditRow) time.Time { return h.at })
	column(args, "a_action", history, func(h auditRow) string { return h.action })
	column(args, "a_reason", history, func(h auditRow) string { return h.reason })
	column(args, "a_actor", history, func(h auditRow) string { return h.actor })
	column(args, "a_version", history, func(h auditRow) int64 { return h.version })
	column(args, "a_view", history, func(h auditRow) *string { return some(h.t.ViewID) })

	column(args, "d_seq", w.dead, func(d deadRow) int64 { return d.row.Seq })
	column(args, "d_kind", w.dead, func(d deadRow) string { return d.row.Kind })
	column(args, "d_project", w.dead, func(d deadRow) int64 { return d.row.ProjectID })
	column(args, "d_fingerprint", w.dead, func(d deadRow) string { return d.row.Fingerprint })
	column(args, "d_severity", w.dead, func(d deadRow) int16 { return d.row.Severity })
	column(args, "d_release", w.dead, func(d deadRow) string { return d.row.Release })
	column(args, "d_count", w.dead, func(d deadRow) int32 { return d.row.Count })
	column(args, "d_first", w.dead, func(d deadRow) *time.Time { return d.row.FirstAt })
	column(args, "d_last", w.dead, func(d deadRow) *time.Time { return d.row.LastAt })
	column(args, "d_at", w.dead, func(d deadRow) time.Time { return d.row.At })
	column(args, "d_body", w.dead, func(d deadRow) string { return d.row.Body })
	column(args, "d_reason", w.dead, func(d deadRow) string { return d.reason })

	column(args, "e_id", w.events, func(e eventlog.Event) int64 { return e.ID })
	column(args, "e_kind", w.events, func(e eventlog.Event) string { return e.Kind })
	column(args, "e_project", w.events, func(e eventlog.Event) int64 { return e.Project })
	column(args, "e_version", w.events, func(e eventlog.Event) int64 { return e.Version })
	column(args, "e_topics", w.events, func(e eventlog.Event) string { return strings.Join(e.Topics, "\n") })
	column(args, "e_data", w.events, func(e eventlog.Event) string { return string(e.Data) })
}

type auditRow struct {
	t                     *thing
	at                    time.Time
	action, reason, actor string
	version               int64
}

func (w *foldWork) countArgs(args pgx.NamedArgs) {
	for prefix, buckets := range map[string]map[bucketKey]int64{"h": w.hours, "m": w.minutes} {
		keys := make([]bucketKey, 0, len(buckets))
		for k := range buckets {
			if !w.things[k.group].remove {
				keys = append(keys, k)
			}
		}
		column(args, prefix+"_group", keys, func(k bucketKey) int64 { return k.group })
		column(args, prefix+"_project", keys, func(k bucketKey) int64 { return k.project })
		column(args, prefix+"_at", keys, func(k bucketKey) time.Time { return time.Unix(k.unix, 0).UTC() })
		column(args, prefix+"_count", keys, func(k bucketKey) int64 { return buckets[k] })
	}
	var refs []refKey
	for k, v := range w.refs {
		if !w.things[k.group].remove && w.folder.refs.stale(k, v) {
			refs = append(refs, k)
		}
	}
	column(args, "r_group", refs, func(k refKey) int64 { return k.group })
	column(args, "r_project", refs, func(k refKey) int64 { return w.refs[k].project })
	column(args, "r_kind", refs, func(k refKey) string { return k.kind })
	column(args, "r_value", refs, func(k refKey) string { return k.value })
	column(args, "r_url", refs, func(k refKey) string { return w.refs[k].url })
	column(args, "r_at", refs, func(k refKey) time.Time { return w.refs[k].at })

	var totals, budgets []*projectWork
	for _, p := range w.projects {
		if p.totals != p.totalsWere {
			totals = append(totals, p)
		}
		if p.made {
			budgets = append(budgets, p)
		}
	}
	column(args, "t_project", totals, func(p *projectWork) int64 { return p.id })
	column(args, "t_version", totals, func(p *projectWork) int64 { return p.totals.Version })
	column(args, "t_critical", totals, func(p *projectWork) int64 { return p.totals.Critical })
	column(args, "t_error", totals, func(p *projectWork) int64 { return p.totals.Error })
	column(args, "t_warning", totals, func(p *projectWork) int64 { return p.totals.Warning })
	column(args, "t_info", totals, func(p *projectWork) int64 { return p.totals.Info })
	column(args, "b_project", budgets, func(p *projectWork) int64 { return p.id })
	column(args, "b_tokens", budgets, func(p *projectWork) float64 { return p.tokens })
	column(args, "b_filled", budgets, func(p *projectWork) time.Time { return p.filledAt })
	column(args, "b_overflow", budgets, func(p *projectWork) *int64 { return some(p.overflowID) })
}

// column puts one value of each row into the arguments, as an array.
func column[R, V any](args pgx.NamedArgs, name string, rows []R, value func(R) V) {
	values := make([]V, len(rows))
	for i, r := range rows {
		values[i] = value(r)
	}
	args[name] = values
}

// some is a pointer to v, or nil for a zero v: NULL.
func some[T comparable](v T) *T {
	var zero T
	if v == zero {
		return nil
	}
	return &v
}

func jsonText(v any, empty string) string {
	text, err := journal.Marshal(v)
	if err != nil || string(text) == "null" {
		return empty
	}
	return string(text)
}
