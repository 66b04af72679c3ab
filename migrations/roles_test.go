package migrations_test

import (
	"context"
	"errors"
	"net/url"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"rynda/functions"
	"rynda/migrations"
	"rynda/pkg/pgtest"
)

// What each function may do to the tables that decide who may do what, and to the
// work that is reported: r read, a append, w change, d delete. That it suffices is
// seen where the functions run under their roles (TestLambdaKeepsEveryPromise).
var rights = map[string]map[string]string{
	"projects":      {"rynda_ingest": "r", "rynda_feed": "r", "rynda_viewed": "r", "rynda_relay": "r"},
	"ingest_tokens": {"rynda_ingest": "r", "rynda_feed": "r", "rynda_viewed": "r", "rynda_relay": "r"},
	"staff_tokens":  {"rynda_ingest": "r", "rynda_feed": "r", "rynda_viewed": "r", "rynda_relay": "r"},
	"sessions":      {"rynda_ingest": "r", "rynda_feed": "r", "rynda_viewed": "raw", "rynda_relay": "r"},
	"logins":        {"rynda_ingest": "", "rynda_feed": "", "rynda_viewed": "rad", "rynda_relay": ""},
	"tickets":       {"rynda_ingest": "r", "rynda_feed": "rd", "rynda_viewed": "ra", "rynda_relay": "rd"},
	"occurrences":   {"rynda_ingest": "ra", "rynda_feed": "ra", "rynda_viewed": "ra", "rynda_relay": "ra"},
	"events":        {"rynda_ingest": "ra", "rynda_feed": "ra", "rynda_viewed": "ra", "rynda_relay": "ra"},
	"log_head":      {"rynda_ingest": "rw", "rynda_feed": "rw", "rynda_viewed": "rw", "rynda_relay": "rw"},
	"runs":          {"rynda_ingest": "raw", "rynda_feed": "r", "rynda_viewed": "r", "rynda_relay": "r"},
	"deploys":       {"rynda_ingest": "raw", "rynda_feed": "r", "rynda_viewed": "r", "rynda_relay": "r"},
	"work_words":    {"rynda_ingest": "", "rynda_feed": "", "rynda_viewed": "", "rynda_relay": ""}, // by triggers and search_works
	"logs":          {"rynda_ingest": "raw", "rynda_feed": "r", "rynda_viewed": "r", "rynda_relay": "r"},
	"log_lines":     {"rynda_ingest": "ra", "rynda_feed": "r", "rynda_viewed": "r", "rynda_relay": "r"},
}

const selectRights = `
select concat(case when has_table_privilege($1, $2, 'select') then 'r' end, case when has_table_privilege($1, $2, 'insert') then 'a' end,
  case when has_table_privilege($1, $2, 'update') then 'w' end, case when has_table_privilege($1, $2, 'delete') then 'd' end,
  case when has_table_privilege($1, $2, 'truncate') then 'T' end)`

func TestEachFunctionHasItsRightsAndNoOthers(t *testing.T) {
	t.Parallel()
	dsn := pgtest.Direct(pgtest.New(t))
	var both sync.WaitGroup
	for range 2 { // two deployments at once, and again after it
		both.Go(func() { makeRoles(t, dsn) })
	}
	both.Wait()
	makeRoles(t, dsn)
	conn := connect(t, dsn)
	found := map[string]map[string]string{}
	for table, roles := range rights {
		found[table] = map[string]string{}
		for role := range roles {
			var has string
			if err := conn.QueryRow(t.Context(), selectRights, role, table).Scan(&has); err != nil {
				t.Fatal(err)
			}
			found[table][role] = has
		}
	}
	if diff := cmp.Diff(rights, found); diff != "" {
		t.Errorf("rights (-want +got):\n%s", diff)
	}
	for name, f := range functions.Read().Functions {
		var there bool
		if err := conn.QueryRow(t.Context(), `select exists (select from pg_roles where rolname = $1 and rolcanlogin and not rolsuper)`, f.DatabaseRole).Scan(&there); err != nil {
			t.Fatal(err)
		}
		if !there && name != "migrate" { // whose role is there before anything else
			t.Errorf("%s has no role %s to sign in to", name, f.DatabaseRole)
		}
	}
}

func TestRolesSignIn(t *testing.T) {
	t.Parallel()
	dsn := pgtest.Direct(pgtest.New(t))
	makeRoles(t, dsn)
	owner := connect(t, dsn).Config().User

	feed := connect(t, as(t, dsn, "rynda_feed"))
	err := pgx.BeginFunc(t.Context(), feed, func(tx pgx.Tx) error {
		_, err := tx.Exec(t.Context(), `select set_config('role', 'rynda_app', true)`)
		return err
	})
	if err != nil {
		t.Errorf("a function cannot narrow its reads to a caller's projects: %v", err)
	}
	for _, statement := range []string{
		`insert into ingest_tokens (project_id, prefix, secret_sha256, scopes) values (1, 'aaaaaaaa', sha256(''), '{control}')`,
		`insert into projects (slug, name) values ('x', 'x')`,
		`update sessions set user_id = 'x'`,
		`delete from occurrences`,
		`create table mine ()`,
		`alter table groups disable row level security`,
		`set role ` + pgx.Identifier{owner}.Sanitize(),
	} {
		var refused *pgconn.PgError
		if _, err := feed.Exec(t.Context(), statement); !errors.As(err, &refused) || refused.Code != "42501" {
			t.Errorf("%s: %v, want a refusal", statement, err)
		}
	}
	var acts string
	if err := connect(t, as(t, dsn, "rynda_sweep")).QueryRow(t.Context(), `select current_user::text`).Scan(&acts); err != nil || acts != owner {
		t.Errorf("the sweep acts as %q (%v), and what it makes has to be the owner's, %q", acts, err, owner)
	}
}

func makeRoles(t *testing.T, dsn string) {
	t.Helper()
	if err := migrations.Roles(context.WithoutCancel(t.Context()), dsn, nil); err != nil {
		t.Error(err)
	}
}

func as(t *testing.T, dsn, role string) string {
	t.Helper()
	u, err := url.Parse(dsn)
	if err != nil {
		t.Fatal(err)
	}
	if u.User != nil {
		u.User = url.User(role)
	}
	q := u.Query()
	q.Set("user", role)
	u.RawQuery = q.Encode()
	return u.String()
}

func connect(t *testing.T, dsn string) *pgx.Conn {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), dsn)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close(context.WithoutCancel(t.Context())) })
	return conn
}
