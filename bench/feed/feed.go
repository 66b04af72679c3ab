// Package feed measures what staff wait for: the feed and the first page of
// history over many groups, in milliseconds inside of the database.
//
// The statements are not copies. A tracer writes down what package postgres
// sends for a call, and each of them is run again under "explain (analyze)", as
// the same role and with the same settings; planning and execution of all
// statements of the call are added up. So the figures have neither the network
// nor the decoding of rows in them, and they follow every change of the SQL.
package feed

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"rynda/bench/figure"
	"rynda/pkg/auth"
	"rynda/pkg/journal"
	"rynda/pkg/postgres"
)

const (
	projects = 20
	rounds   = 31 // of each call; the middle one counts
	feedMS   = 2  // what the feed may take
	pageMS   = 20 // what a first page may take
)

// Run fills the database behind url, which must be empty and migrated, with so
// many groups (1,000,000 takes a few minutes) and measures.
func Run(ctx context.Context, url string, groups int) ([]figure.Figure, error) {
	config, err := pgxpool.ParseConfig(url)
	if err != nil {
		return nil, fmt.Errorf("the database URL cannot be read")
	}
	said := &recording{}
	config.ConnConfig.Tracer = said
	pool, err := pgxpool.NewWithConfig(ctx, config)
	if err != nil {
		return nil, err
	}
	defer pool.Close()
	scope, err := fill(ctx, pool, groups)
	if err != nil {
		return nil, err
	}
	store := postgres.NewStore(pool, nil)
	feed := func(scope []auth.Project, order string) func() error {
		return func() error { _, err := store.Feed(ctx, scope, order); return err }
	}
	page := func(q journal.GroupQuery) func() error {
		return func() error { _, err := store.Groups(ctx, scope, q); return err }
	}
	var figures []figure.Figure
	for _, c := range []struct {
		name string
		most float64
		call func() error
	}{
		{"feed, newest first, 20 projects", feedMS, feed(scope, "newest")},
		{"feed, worst first, 20 projects", feedMS, feed(scope, "severity")},
		{"feed, newest first, one project", feedMS, feed(scope[:1], "newest")},
		{"first page of history, last seen", pageMS, page(journal.GroupQuery{})},
		{"first page of history, first seen", pageMS, page(journal.GroupQuery{Sort: "first_seen"})},
		{"first page of history, most", pageMS, page(journal.GroupQuery{Sort: "count"})},
		{"first page of history, last raised", pageMS, page(journal.GroupQuery{Sort: "raised"})},
		{"first page of history, of one run", pageMS, page(journal.GroupQuery{RunID: "run-77"})},
		{"first page of history, of a third of all", pageMS, page(journal.GroupQuery{Environment: "production"})},
		{"first page of history, critical", pageMS, page(journal.GroupQuery{Severities: []journal.Severity{journal.Critical}})},
		{"first page of history, active and critical", pageMS, page(journal.GroupQuery{
			States: []journal.State{journal.Active}, Severities: []journal.Severity{journal.Critical}})},
	} {
		said.statements = nil
		if err := c.call(); err != nil {
			return nil, fmt.Errorf("%s: %w", c.name, err)
		}
		ms, err := inDatabase(ctx, pool, scope, slices.Clone(said.statements))
		if err != nil {
			return nil, fmt.Errorf("%s: %w", c.name, err)
		}
		figures = append(figures, figure.Most(fmt.Sprintf("%s, %d groups, in the database", c.name, groups), ms, "ms", c.most))
	}
	return figures, nil
}

// inDatabase returns the middle time of the statements together, warm.
func inDatabase(ctx context.Context, pool *pgxpool.Pool, scope []auth.Project, statements []statement) (float64, error) {
	var times []float64
	for range rounds {
		var sum float64
		err := pgx.BeginFunc(ctx, pool, func(tx pgx.Tx) error {
			for _, s := range statements {
				// Settings are made as they were, everything else is explained.
				if strings.Contains(s.sql, "set_config") {
					if _, err := tx.Exec(ctx, s.sql, s.args...); err != nil {
						return err
					}
					continue
				}
				var plans []struct {
					Planning  float64 `json:"Planning Time"`
					Execution float64 `json:"Execution Time"`
				}
				var text []byte
				if err := tx.QueryRow(ctx, "explain (analyze, timing off, format json) "+s.sql, s.args...).Scan(&text); err != nil {
					return err
				}
				if err := json.Unmarshal(text, &plans); err != nil {
					return err
				}
				sum += plans[0].Planning + plans[0].Execution
			}
			return nil
		})
		if err != nil {
			return 0, err
		}
		times = append(times, sum)
	}
	slices.Sort(times)
	return times[len(times)/2], nil
}

// recording writes down statements in the order in which they are sent. It
// serves one goroutine.
type recording struct{ statements []statement }

type statement struct {
	sql  string
	args []any
}

func (r *recording) note(sql string, args []any) {
	if strings.Contains(sql, "/*") || strings.Contains(sql, "set_config") {
		r.statements = append(r.statements, statement{sql, args})
	}
}

func (r *recording) TraceQueryStart(ctx context.Context, _ *pgx.Conn, d pgx.TraceQueryStartData) context.Context {
	r.note(d.SQL, d.Args)
	return ctx
}
func (r *recording) TraceQueryEnd(context.Context, *pgx.Conn, pgx.TraceQueryEndData) {}

func (r *recording) TraceBatchStart(ctx context.Context, _ *pgx.Conn, _ pgx.TraceBatchStartData) context.Context {
	return ctx
}
func (r *recording) TraceBatchQuery(_ context.Context, _ *pgx.Conn, d pgx.TraceBatchQueryData) {
	r.note(d.SQL, d.Args)
}
func (r *recording) TraceBatchEnd(context.Context, *pgx.Conn, pgx.TraceBatchEndData) {}

// Two groups in a hundred are active, one in five was never raised; projects
// are of equal size, and groups are seen again at random, so that neighbours in
// the history lie apart on disk.
const insertGroups = `
insert into groups (group_id, project_id, fingerprint, version, raised_version, published_version, state, severity, type, title,
  culprit, source, environment, release, count, first_seen_at, last_seen_at, raised_at, raised_reason, raised_event_id,
  viewed_at, viewed_by, viewed_version, viewed_severity, refs, grouping)
select i, (@projects::bigint[])[1 + i % cardinality(@projects::bigint[])], 'v1:' || md5(i::text), 3, 1, 3, state, severity, 'ValueError',
  'could not load object ' || md5((i % 5000)::text) || ' from store number ' || i % 977, 'app/worker.py in run_' || i % 300,
  'worker-' || i % 40, (array['production', 'staging', 'test'])[1 + i / 7 % 3], '2026.' || i % 50, 1 + (i::bigint * 7919) % 10007,
  first_seen_at, last_seen_at, case when raised then last_seen_at end, case when raised then 'new' end,
  case when raised then 1 + (i::bigint * 611953) % @groups else 0 end,
  case when state = 'viewed' then last_seen_at end, case when state = 'viewed' then 'ada' end,
  case when state = 'viewed' then 2 end, case when state = 'viewed' then severity end,
  '[{"kind": "run", "id": "run-1", "url": ""}, {"kind": "job", "id": "nightly", "url": ""}]', '{"version": 1}'
from (
  select i, state, state <> 'unraised' as raised, 1 + i / 3 % 4 as severity, first_seen_at,
    first_seen_at + (now() - first_seen_at) * ((i::bigint * 104729) % 1000003) / 1000003.0 as last_seen_at
  from (
    select i, case when i / 20 % 50 = 0 then 'active' when i / 20 % 5 = 1 then 'unraised' else 'viewed' end as state,
      now() - interval '80 days' * (1 - i / (@groups + 1)::float8) as first_seen_at
    from generate_series(1, @groups::int) i
  ) a
) b`

var fillSteps = []string{
	insertGroups,
	`insert into group_keys (project_id, fingerprint, group_id) select project_id, fingerprint, group_id from groups`,
	`insert into group_words (group_id, project_id, words)
	 select group_id, project_id, lower(title || ' ' || type || ' ' || culprit || ' ' || source) from groups`,
	`insert into group_refs (group_id, project_id, kind, value, last_seen_at)
	 select group_id, project_id, 'environment', environment, last_seen_at from groups
	 union all select group_id, project_id, 'run', 'run-' || group_id / 3, last_seen_at from groups`,
	`insert into feed_totals (project_id, version, critical, error, warning, info)
	 select project_id, 1, count(*) filter (where severity = 4), count(*) filter (where severity = 3),
	   count(*) filter (where severity = 2), count(*) filter (where severity = 1)
	 from groups where state = 'active' group by project_id`,
	`update log_head set id = @groups`,
}

// fill loads the groups with the indexes away, then makes them again.
func fill(ctx context.Context, pool *pgxpool.Pool, groups int) (scope []auth.Project, err error) {
	var ids []int64
	for i := range projects {
		p := auth.Project{Slug: fmt.Sprintf("project-%d", i)}
		if err := pool.QueryRow(ctx, `insert into projects (slug, name) values ($1, $1) returning project_id`, p.Slug).Scan(&p.ID); err != nil {
			return nil, err
		}
		scope, ids = append(scope, p), append(ids, p.ID)
	}
	err = pgx.BeginFunc(ctx, pool, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, `select set_config('maintenance_work_mem', '256MB', true), set_config('synchronous_commit', 'off', true)`); err != nil {
			return err
		}
		rows, err := tx.Query(ctx, `select indexrelid::regclass::text, pg_get_indexdef(indexrelid) from pg_index
			where indrelid in ('groups'::regclass, 'group_words'::regclass, 'group_refs'::regclass, 'group_keys'::regclass) and not indisunique`)
		if err != nil {
			return err
		}
		var name, definition string
		var drop, create []string
		if _, err := pgx.ForEachRow(rows, []any{&name, &definition}, func() error {
			drop, create = append(drop, `drop index `+name), append(create, definition)
			return nil
		}); err != nil {
			return err
		}
		for _, step := range slices.Concat(drop, fillSteps, create) {
			if _, err := tx.Exec(ctx, step, pgx.NamedArgs{"projects": ids, "groups": groups}); err != nil {
				return fmt.Errorf("%w in %s", err, step)
			}
		}
		return nil
	})
	if err == nil {
		_, err = pool.Exec(ctx, `vacuum (analyze) groups, group_words, group_refs, group_keys, feed_totals`)
	}
	if err != nil {
		return nil, fmt.Errorf("fill the database: %w", err)
	}
	return scope, nil
}
