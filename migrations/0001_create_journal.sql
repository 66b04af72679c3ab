-- Why: the journal itself. Everything that must hold about reports, groups, views and the event log,
-- and that a database can hold, is held here. See docs/architecture.md for the path of one error.
-- +goose Up

-- Whose it is. Rights and tokens hang on the project; "system" is where Rynda reports its own errors.
create table projects (
  project_id     bigint generated always as identity primary key,
  slug           text not null,
  name           text not null,
  link_templates jsonb not null default '{}',
  created_at     timestamptz not null default now(),
  constraint projects_slug_unique unique (slug),
  constraint projects_slug_shape check (slug ~ '^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$'),
  constraint projects_name_length check (length(name) between 1 and 200),
  constraint projects_link_templates_object check (jsonb_typeof(link_templates) = 'object')
);
insert into projects (slug, name) values ('system', 'Rynda itself');

-- A token is ryi_<8>_<43>: the 8 find the row, the SHA-256 of the whole proves it. The text is never stored.
create table ingest_tokens (
  token_id      bigint generated always as identity primary key,
  project_id    bigint not null references projects,
  prefix        text not null,
  secret_sha256 bytea not null,
  scopes        text[] not null,
  name          text not null default '',
  created_at    timestamptz not null default now(),
  revoked_at    timestamptz,
  constraint ingest_tokens_prefix_unique unique (prefix),
  constraint ingest_tokens_prefix_shape check (prefix ~ '^[A-Za-z0-9_-]{8}$'),
  constraint ingest_tokens_sha256_length check (octet_length(secret_sha256) = 32),
  constraint ingest_tokens_scopes_known check (cardinality(scopes) > 0 and scopes <@ array['report', 'control'])
);
create index ingest_tokens_live on ingest_tokens (project_id, created_at) where revoked_at is null;

-- Staff tokens (rys_<8>_<43>) are for scripts. projects null means every project.
create table staff_tokens (
  token_id      bigint generated always as identity primary key,
  prefix        text not null,
  secret_sha256 bytea not null,
  name          text not null,
  projects      bigint[],
  created_at    timestamptz not null default now(),
  expires_at    timestamptz,
  revoked_at    timestamptz,
  constraint staff_tokens_prefix_unique unique (prefix),
  constraint staff_tokens_prefix_shape check (prefix ~ '^[A-Za-z0-9_-]{8}$'),
  constraint staff_tokens_sha256_length check (octet_length(secret_sha256) = 32),
  constraint staff_tokens_name_length check (length(name) between 1 and 200)
);

create table sessions (
  session_sha256 bytea primary key,
  user_id        text not null,
  name           text not null,
  projects       bigint[],
  created_at     timestamptz not null default now(),
  expires_at     timestamptz not null,
  revoked_at     timestamptz,
  constraint sessions_sha256_length check (octet_length(session_sha256) = 32),
  constraint sessions_lifetime check (expires_at > created_at)
);
create index sessions_expiry on sessions (expires_at);

-- Accepted, redacted reports. The id is a UUIDv7 made from occurred_at and the key of the report, and day is the
-- day of occurred_at, so a repeat meets the same primary key for as long as the partition lives.
-- body is null when the sampler kept the count and let the text go.
create table occurrences (
  occurrence_id uuid not null,
  day           date not null,
  project_id    bigint not null,
  fingerprint   text not null,
  occurred_at   timestamptz not null,
  received_at   timestamptz not null,
  severity      smallint not null,
  body          json,
  constraint occurrences_key primary key (occurrence_id, day, project_id),
  constraint occurrences_severity_known check (severity between 1 and 4),
  constraint occurrences_fingerprint_shape check (fingerprint ~ '^v[0-9]+:[0-9a-f]{32}$')
) partition by range (day);
create index occurrences_newest on occurrences (project_id, fingerprint, occurred_at desc, occurrence_id desc);

-- Accepted and not yet counted. Ingest and commands append; only the fold deletes. No index: it is read whole.
create table inbox (
  seq         bigint generated always as identity,
  kind        text not null,
  project_id  bigint not null,
  fingerprint text not null default '',
  severity    smallint not null default 0,
  release     text not null default '',
  count       integer not null default 0,
  first_at    timestamptz,
  last_at     timestamptz,
  at          timestamptz not null default clock_timestamp(),
  body        json not null default '{}',
  constraint inbox_kind_known check (kind in ('report', 'view', 'undo', 'remove')),
  constraint inbox_count_not_negative check (count >= 0),
  constraint inbox_report_complete check (kind <> 'report' or
    (fingerprint <> '' and severity between 1 and 4 and count > 0 and first_at is not null and last_at is not null))
) with (autovacuum_vacuum_threshold = 1000, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_cost_delay = 0);

-- Rows that the fold could not apply, set aside with the reason so that they never stop the log.
create table inbox_dead (
  seq         bigint primary key,
  kind        text not null,
  project_id  bigint not null,
  fingerprint text not null,
  severity    smallint not null,
  release     text not null,
  count       integer not null,
  first_at    timestamptz,
  last_at     timestamptz,
  at          timestamptz not null,
  body        json not null,
  reason      text not null,
  died_at     timestamptz not null default now()
);

create table groups (
  group_id          bigint generated by default as identity primary key,
  project_id        bigint not null references projects,
  fingerprint       text not null,
  version           bigint not null,
  raised_version    bigint not null default 0,
  published_version bigint not null default 0,
  published_at      timestamptz not null default '-infinity',
  state             text not null,
  severity          smallint not null,
  type              text not null,
  title             text not null,
  culprit           text not null,
  source            text not null,
  environment       text not null,
  release           text not null,
  count             bigint not null,
  first_seen_at     timestamptz not null,
  last_seen_at      timestamptz not null,
  raised_at         timestamptz,
  raised_reason     text,
  raised_event_id   bigint not null default 0,
  viewed_at         timestamptz,
  viewed_by         text,
  viewed_version    bigint,
  viewed_severity   smallint,
  viewed_rate       double precision,
  view_id           text,
  regressed_at      timestamptz,
  surged_at         timestamptz,
  refs              jsonb not null default '[]',
  grouping          jsonb not null,
  constraint groups_version_positive check (version > 0 and raised_version <= version and published_version <= version),
  constraint groups_state_known check (state in ('unraised', 'active', 'viewed')),
  constraint groups_severity_known check (severity between 1 and 4),
  constraint groups_count_positive check (count > 0),
  constraint groups_seen_order check (first_seen_at <= last_seen_at),
  constraint groups_raised_complete check ((state = 'unraised') = (raised_at is null) and (raised_at is null) = (raised_reason is null)),
  constraint groups_raised_reason_known check (raised_reason in ('new', 'recurred', 'escalated', 'regressed', 'surged')),
  constraint groups_viewed_complete check (state <> 'viewed' or
    (viewed_at is not null and viewed_by is not null and viewed_version is not null and viewed_severity is not null)),
  constraint groups_refs_array check (jsonb_typeof(refs) = 'array')
) with (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.02);
create index groups_active_newest on groups (project_id, raised_event_id desc) where state = 'active';
create index groups_active_severity on groups (project_id, severity desc, raised_event_id desc) where state = 'active';
create index groups_last_seen on groups (project_id, last_seen_at desc, group_id desc);
create index groups_severity on groups (project_id, severity, last_seen_at desc, group_id desc);
create index groups_first_seen on groups (project_id, first_seen_at desc, group_id desc);
create index groups_count on groups (project_id, count desc, group_id desc);
create index groups_raised on groups (project_id, raised_event_id desc, group_id desc) where raised_event_id > 0;
create index groups_held on groups (published_at) where version > published_version;
create index groups_view on groups (view_id) where view_id is not null;

-- Which group a fingerprint belongs to: many to one, so that groups can be merged by repointing keys.
-- mapped_until is set for keys that the new-group guard sent to the overflow group.
create table group_keys (
  project_id   bigint not null,
  fingerprint  text not null,
  group_id     bigint not null references groups on delete cascade,
  mapped_until timestamptz,
  constraint group_keys_key primary key (project_id, fingerprint)
);
create index group_keys_group on group_keys (group_id);
create index group_keys_mapped on group_keys (mapped_until) where mapped_until is not null;

-- What the words of a group are searched by. Apart from groups, because an update of a count must not touch this index.
create table group_words (
  group_id   bigint primary key references groups on delete cascade,
  project_id bigint not null,
  words      text not null
);
-- +goose StatementBegin
do $$
begin
  if exists (select from pg_available_extensions where name = 'pg_trgm') then
    create extension if not exists pg_trgm;
    create index group_words_trigrams on group_words using gin (words gin_trgm_ops);
  end if;
end $$;
-- +goose StatementEnd

-- Links of a group, newest 100 per kind: behind the history filters by run, deploy, task and so on.
create table group_refs (
  group_id     bigint not null references groups on delete cascade,
  project_id   bigint not null,
  kind         text not null,
  value        text not null,
  url          text not null default '',
  last_seen_at timestamptz not null,
  constraint group_refs_key primary key (group_id, kind, value),
  constraint group_refs_kind_known check (kind in
    ('run', 'deploy', 'task', 'namespace', 'job', 'correlation', 'release', 'source', 'environment', 'link'))
);
create index group_refs_value on group_refs (project_id, kind, value, group_id);

create table group_hours (
  group_id   bigint not null references groups on delete cascade,
  hour       timestamptz not null,
  project_id bigint not null,
  count      bigint not null,
  constraint group_hours_key primary key (group_id, hour)
) with (fillfactor = 80);
create index group_hours_age on group_hours using brin (hour);

create table group_minutes (
  group_id   bigint not null references groups on delete cascade,
  minute     timestamptz not null,
  project_id bigint not null,
  count      bigint not null,
  constraint group_minutes_key primary key (group_id, minute)
) with (fillfactor = 80);
create index group_minutes_age on group_minutes using brin (minute);

-- What happened to a group, and by whom: the audit. The application may only append.
create table group_history (
  history_id bigint generated always as identity primary key,
  group_id   bigint not null references groups on delete cascade,
  project_id bigint not null,
  at         timestamptz not null,
  action     text not null,
  reason     text not null default '',
  actor      text not null default '',
  version    bigint not null,
  view_id    text,
  constraint group_history_action_known check (action in ('raised', 'viewed', 'undone'))
);
create index group_history_group on group_history (group_id, history_id desc);
create index group_history_view on group_history (view_id) where view_id is not null;

-- How many groups are active, per project and severity; version is raised by every change.
create table feed_totals (
  project_id bigint primary key references projects,
  version    bigint not null default 0,
  critical   bigint not null default 0,
  error      bigint not null default 0,
  warning    bigint not null default 0,
  info       bigint not null default 0,
  constraint feed_totals_not_negative check (critical >= 0 and error >= 0 and warning >= 0 and info >= 0)
);

-- How many groups a project made lately: the guard against a flood of fingerprints (a token bucket).
create table group_budgets (
  project_id bigint primary key references projects,
  tokens     double precision not null,
  filled_at  timestamptz not null,
  overflow_id bigint references groups on delete set null
);

-- The event log. Only the fold appends, in commit order, with ids that have no gap.
create table events (
  id         bigint not null,
  at         timestamptz not null,
  kind       text not null,
  project_id bigint not null,
  version    bigint not null,
  topics     text[] not null,
  data       json not null,
  constraint events_key primary key (id),
  constraint events_kind_known check (kind in
    ('group.changed', 'group.viewed', 'group.removed', 'run.changed', 'run.logged', 'deploy.changed', 'deploy.logged'))
) partition by range (id);
create table events_p0 partition of events for values from (1) to (1000001);
create table events_p1 partition of events for values from (1000001) to (2000001);

-- The one row that says where the log ends (id), where it begins (floor) and which log it is (epoch).
-- The epoch is renewed by itself when the cluster is not the one that it was made on.
create table log_head (
  one               boolean primary key default true,
  id                bigint not null default 0,
  floor             bigint not null default 1,
  epoch             text not null default substr(md5(gen_random_uuid()::text), 1, 8),
  system_identifier text not null default '',
  timeline          integer not null default 0,
  constraint log_head_single check (one),
  constraint log_head_epoch_shape check (epoch ~ '^[0-9a-f]{8}$'),
  constraint log_head_order check (floor >= 1 and floor <= id + 1)
) with (fillfactor = 10);
insert into log_head default values;

-- Row-level security is the second lock behind the project predicate of each query. Staff reads run as rynda_app with
-- rynda.projects set for the transaction; the owner (ingest, fold, sweep) is not bound by it.
-- +goose StatementBegin
do $$
begin
  create role rynda_app nologin nosuperuser nobypassrls noinherit;
exception when duplicate_object or unique_violation then null;
end $$;
-- +goose StatementEnd
-- +goose StatementBegin
do $$
begin
  execute format('grant rynda_app to %I', current_user);
exception when others then null; -- a superuser needs no membership
end $$;
-- +goose StatementEnd

-- +goose StatementBegin
create function rynda_projects() returns bigint[] language sql stable parallel safe as
$$ select coalesce(string_to_array(nullif(current_setting('rynda.projects', true), ''), ',')::bigint[], '{}') $$;
-- +goose StatementEnd

-- +goose StatementBegin
do $$
declare t text;
begin
  foreach t in array array['projects', 'occurrences', 'groups', 'group_keys', 'group_words', 'group_refs', 'group_hours',
                           'group_minutes', 'group_history', 'feed_totals', 'events', 'inbox'] loop
    execute format('alter table %I enable row level security', t);
    execute format('create policy %I on %I to rynda_app using (project_id = any ((select rynda_projects())::bigint[]))',
                   t || '_of_project', t);
    execute format('grant select on %I to rynda_app', t);
  end loop;
  execute 'grant select on log_head to rynda_app';
end $$;
-- +goose StatementEnd

-- A search looks past row-level security, because ilike is not leakproof and so could not use the trigram index under it.
-- The function keeps to the caller's projects itself. Planned for each text anew: a rare one wants the index, a common one not.
-- +goose StatementBegin
create function search_groups(pattern text, most integer) returns setof bigint
  language plpgsql stable security definer set search_path from current set plan_cache_mode = force_custom_plan as
$$ begin
  return query select w.group_id from group_words w
    where w.words ilike pattern and w.project_id = any (rynda_projects()) limit most;
end $$;
-- +goose StatementEnd
revoke all on function search_groups from public;
grant execute on function search_groups to rynda_app;
