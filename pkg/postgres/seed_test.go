package postgres

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"rynda/pkg/auth"
	"rynda/pkg/journal"
	"rynda/pkg/pgtest"
)

// noon is when the tests of this package happen.
var noon = time.Date(2026, 3, 10, 12, 0, 0, 0, time.UTC)

// seeded is a store over a database of its own with the projects alpha and
// beta, filled by the tests in SQL.
type seeded struct {
	*Store
	t           testing.TB
	pool        *pgxpool.Pool
	alpha, beta auth.Project
}

func newSeeded(t testing.TB) *seeded {
	t.Helper()
	s := &seeded{t: t, pool: pgtest.Pool(t)}
	s.Store = NewStore(s.pool, func() time.Time { return noon })
	for _, p := range []*auth.Project{&s.alpha, &s.beta} {
		p.Slug = "alpha"
		if p == &s.beta {
			p.Slug = "beta"
		}
		s.row(`insert into projects (slug, name) values ($1, $1) returning project_id`, []any{p.Slug}, &p.ID)
	}
	return s
}

func (s *seeded) exec(sql string, args ...any) {
	s.t.Helper()
	if _, err := s.pool.Exec(context.Background(), sql, args...); err != nil {
		s.t.Fatalf("%v\nin %s", err, sql)
	}
}

func (s *seeded) row(sql string, args []any, into ...any) {
	s.t.Helper()
	if err := s.pool.QueryRow(context.Background(), sql, args...).Scan(into...); err != nil {
		s.t.Fatalf("%v\nin %s", err, sql)
	}
}

// seedGroup is a group as a test wants it; zero fields are filled in.
type seedGroup struct {
	project  auth.Project
	state    journal.State
	severity journal.Severity
	title    string
	count    int64
	raised   int64 // event id
	version  int64
	first    time.Time
	last     time.Time
	viewID   string
	refs     map[string]string // kind: value
}

func (s *seeded) group(g seedGroup) int64 {
	s.t.Helper()
	if g.state == "" {
		g.state = journal.Active
	}
	if g.severity == 0 {
		g.severity = journal.Error
	}
	if g.count == 0 {
		g.count = 1
	}
	if g.version == 0 {
		g.version = 3
	}
	if g.last.IsZero() {
		g.last = noon.Add(-time.Hour)
	}
	if g.first.IsZero() {
		g.first = g.last
	}
	var next int64
	s.row(`select coalesce(max(group_id), 0) + 1 from groups`, nil, &next)
	if g.title == "" {
		g.title = fmt.Sprintf("failure %d", next)
	}
	if g.raised == 0 && g.state != journal.Unraised {
		g.raised = next
	}
	s.exec(`insert into groups (group_id, project_id, fingerprint, version, raised_version, published_version, state, severity,
		type, title, culprit, source, environment, release, count, first_seen_at, last_seen_at,
		raised_at, raised_reason, raised_event_id, viewed_at, viewed_by, viewed_version, viewed_severity, view_id, grouping)
	values (@id, @project, @fingerprint, @version, case when @raised > 0 then 1 else 0 end, @version, @state::text, @severity,
		'IOError', @title, 'main.go in run', 'worker', 'production', '1.0', @count, @first, @last,
		case when @raised > 0 then @first::timestamptz end, case when @raised > 0 then 'new' end, @raised,
		case when @state = 'viewed' then @last::timestamptz end, case when @state = 'viewed' then 'ada' end,
		case when @state = 'viewed' then @version::bigint end, case when @state = 'viewed' then @severity::smallint end,
		nullif(@view_id, ''), '{"rule": "message"}')`, pgx.NamedArgs{
		"id": next, "project": g.project.ID, "fingerprint": fingerprint(next), "version": g.version, "raised": g.raised,
		"state": g.state, "severity": int16(g.severity), "title": g.title, "count": g.count, "first": g.first, "last": g.last,
		"view_id": g.viewID,
	})
	s.exec(`insert into group_keys (project_id, fingerprint, group_id) values ($1, $2, $3)`, g.project.ID, fingerprint(next), next)
	s.exec(`insert into group_words (group_id, project_id, words) values ($1, $2, $3)`, next, g.project.ID,
		strings.ToLower(g.title+"\nIOError\nmain.go in run\nworker"))
	for kind, value := range g.refs {
		s.exec(`insert into group_refs (group_id, project_id, kind, value, last_seen_at) values ($1, $2, $3, $4, $5)`,
			next, g.project.ID, kind, value, g.last)
	}
	if g.state == journal.Active {
		s.exec(`insert into feed_totals as t (project_id, version, `+g.severity.String()+`) values ($1, 1, 1)
			on conflict (project_id) do update set version = t.version + 1, `+g.severity.String()+` = t.`+g.severity.String()+` + 1`, g.project.ID)
	}
	s.exec(`update log_head set id = greatest(id, $1)`, g.raised)
	return next
}

func fingerprint(n int64) string { return fmt.Sprintf("v1:%032x", n) }

// titles are of the groups, in their order.
func titles(groups []journal.Group) []string {
	list := []string{}
	for _, g := range groups {
		list = append(list, g.Title)
	}
	return list
}
