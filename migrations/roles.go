package migrations

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"
)

// makeRoles makes the role of each function, and gives it what it needs. Roles
// belong to the whole server and rights to one database, so another database on
// the server finds the roles there already.
//
// rynda_core is what every function may: say who is asking, record and fold,
// since whoever records folds before it answers and whoever reads folds what is
// due. No function can make a token, a project or a right, and none changes the
// schema but rynda_sweep, which makes and drops partitions and so acts as the
// owner of the tables. Where the server has the role rds_iam, members of it sign
// in by IAM.
const makeRoles = `
do $$
declare
  role_name text;
  t text;
  functions text[] := array['rynda_ingest', 'rynda_feed', 'rynda_viewed', 'rynda_relay'];
begin
  perform pg_advisory_xact_lock(7003);
  foreach role_name in array functions || array['rynda_core', 'rynda_sweep'] loop
    if not exists (select from pg_roles where rolname = role_name) then
      begin
        execute format('create role %I nosuperuser nocreatedb nocreaterole inherit', role_name);
      exception when duplicate_object or unique_violation then null; -- another database of the server was first
      end;
    end if;
  end loop;
  foreach role_name in array functions || array['rynda_sweep'] loop
    if not (select rolcanlogin from pg_roles where rolname = role_name) then
      execute format('alter role %I login', role_name);
    end if;
    if exists (select from pg_roles where rolname = 'rds_iam') then
      execute format('grant rds_iam to %I', role_name);
    end if;
  end loop;
  foreach role_name in array functions loop
    if not pg_has_role(role_name, 'rynda_core', 'member') then
      execute format('grant rynda_core, rynda_app to %I', role_name);
    end if;
  end loop;
  if not pg_has_role('rynda_sweep', current_user, 'member') then
    execute format('grant %I to rynda_sweep', current_user);
  end if;
  execute format('alter role rynda_sweep in database %I set role = %L', current_database(), current_user);

  -- The rows of all projects: a function serves everybody, and narrows each read to what the caller may see.
  for t in select c.relname from pg_class c where c.relnamespace = 'public'::regnamespace and c.relrowsecurity
           and not exists (select from pg_policy p where p.polrelid = c.oid and p.polname = c.relname || '_of_functions') loop
    execute format('create policy %I on %I to rynda_core using (true) with check (true)', t || '_of_functions', t);
  end loop;
end $$;

grant usage on schema public to rynda_core;
grant select on projects, ingest_tokens, staff_tokens, sessions, tickets, runs, deploys, logs, log_lines to rynda_core;
grant select, insert on occurrences, inbox_dead, events to rynda_core;
grant select, insert, update, delete on inbox, groups, group_keys, group_words, group_refs, group_hours, group_minutes,
  group_history, feed_totals, group_budgets, work_news, log_news to rynda_core;
grant select, update on log_head to rynda_core;
grant usage on sequence groups_group_id_seq to rynda_core;

grant insert, update on runs, deploys, logs to rynda_ingest;
grant insert on log_lines to rynda_ingest;

grant insert, update on sessions to rynda_viewed;
grant select, insert, delete on logins to rynda_viewed;
grant insert on tickets to rynda_viewed;

grant delete on tickets to rynda_feed, rynda_relay;`

// Roles makes a role for each function of the manifest in the database behind
// dsn, with the rights that it needs and no others. It may be called again, and
// is to be after each migration; the caller is the owner of the tables and may
// make roles.
func Roles(ctx context.Context, dsn string, password func(context.Context, *pgx.ConnConfig) error) error {
	db, err := open(dsn, password)
	if err != nil {
		return err
	}
	defer db.Close()
	conn, err := db.Conn(ctx)
	if err != nil {
		return fmt.Errorf("make the roles: %w", err)
	}
	defer conn.Close()
	if _, err := conn.ExecContext(ctx, makeRoles); err != nil {
		return fmt.Errorf("make the roles: %w", err)
	}
	return nil
}
