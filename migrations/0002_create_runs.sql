-- Why: runs and deploys with their logs: people watch them beside the errors that they cause.
-- +goose Up

-- What control planes tell of a run is merged per field. merge holds the winners and what they won by, body the view that
-- lists and events carry; the columns are what is searched by. at is when it started, or when it was first heard of.
create table runs (
  project_id bigint not null references projects,
  run_id     text not null,
  version    bigint not null,
  at         timestamptz not null,
  created_at timestamptz not null,
  changed_at timestamptz not null,
  status     text not null,
  name       text not null,
  actor      text not null,
  deploy_id  text not null,
  body       json not null,
  merge      json not null,
  constraint runs_key primary key (project_id, run_id),
  constraint runs_id_length check (octet_length(run_id) between 1 and 200),
  constraint runs_version_positive check (version > 0),
  constraint runs_status_known check (status in ('', 'queued', 'running', 'succeeded', 'failed', 'canceled'))
) with (fillfactor = 80);
create index runs_newest on runs (project_id, at desc, run_id desc);
create index runs_status on runs (project_id, status, at desc, run_id desc);
create index runs_deploy on runs (project_id, deploy_id, at desc, run_id desc) where deploy_id <> '';
create index runs_name on runs (project_id, name, at desc, run_id desc);
create index runs_age on runs (changed_at);

create table deploys (
  project_id  bigint not null references projects,
  deploy_id   text not null,
  version     bigint not null,
  at          timestamptz not null,
  created_at  timestamptz not null,
  changed_at  timestamptz not null,
  status      text not null,
  name        text not null,
  actor       text not null,
  environment text not null,
  namespace   text not null,
  service     text not null,
  body        json not null,
  merge       json not null,
  constraint deploys_key primary key (project_id, deploy_id),
  constraint deploys_id_length check (octet_length(deploy_id) between 1 and 200),
  constraint deploys_version_positive check (version > 0),
  constraint deploys_status_known check (status in ('', 'queued', 'running', 'succeeded', 'failed', 'canceled'))
) with (fillfactor = 80);
create index deploys_newest on deploys (project_id, at desc, deploy_id desc);
create index deploys_status on deploys (project_id, status, at desc, deploy_id desc);
create index deploys_environment on deploys (project_id, environment, at desc, deploy_id desc);
create index deploys_name on deploys (project_id, name, at desc, deploy_id desc);
create index deploys_age on deploys (changed_at);
-- How many groups were new after a deploy.
create index groups_of_environment on groups (project_id, environment, first_seen_at desc, group_id desc) where severity >= 3;

-- What the log of events has told of each run and deploy, and which group the failure of its newest attempt that failed
-- raised or joined. Only the fold writes here, so that it never waits for a row that somebody else has locked. told is the
-- version of the row in the last event; version counts the changes of attempt and group, and is added to it.
create table work_news (
  project_id bigint not null,
  work       text not null,
  work_id    text not null,
  told       bigint not null,
  attempt    integer not null,
  group_id   bigint references groups on delete set null,
  version    bigint not null,
  constraint work_news_key primary key (project_id, work, work_id),
  constraint work_news_work_known check (work in ('run', 'deploy')),
  constraint work_news_not_negative check (told >= 0 and attempt >= 0 and version >= 0)
) with (fillfactor = 80);
create index work_news_group on work_news (group_id) where group_id is not null;

-- One row per log: how far it goes. day is that of its first line and names the partition of all of them. open is for how
-- many lines behind to_seq a private key may go on; 0 for none.
create table logs (
  project_id bigint not null references projects,
  work       text not null,
  work_id    text not null,
  day        date not null,
  to_seq     bigint not null,
  ended      boolean not null,
  open       integer not null,
  constraint logs_key primary key (project_id, work, work_id),
  constraint logs_work_known check (work in ('run', 'deploy')),
  constraint logs_to_seq_not_negative check (to_seq >= 0)
);
create index logs_age on logs (day);

create table log_lines (
  day        date not null,
  project_id bigint not null,
  work       text not null,
  work_id    text not null,
  seq        bigint not null,
  at         timestamptz,
  severity   smallint,
  marker     boolean not null,
  text       text not null,
  constraint log_lines_key primary key (day, project_id, work, work_id, seq),
  constraint log_lines_seq_positive check (seq > 0),
  constraint log_lines_severity_known check (severity between 1 and 4)
) partition by range (day);
create index log_lines_markers on log_lines (day, project_id, work, work_id, seq) where marker;

-- What the log of events has told of each log, written by the fold alone: at most two events a second, and the last always.
create table log_news (
  project_id        bigint not null,
  work              text not null,
  work_id           text not null,
  version           bigint not null,
  published_version bigint not null,
  published_at      timestamptz not null,
  from_seq          bigint not null,
  to_seq            bigint not null,
  ended             boolean not null,
  constraint log_news_key primary key (project_id, work, work_id),
  constraint log_news_version_positive check (version > 0 and published_version <= version)
) with (fillfactor = 70);
create index log_news_held on log_news (published_at) where version > published_version;

alter table inbox drop constraint inbox_kind_known;
alter table inbox add constraint inbox_kind_known check (kind in ('report', 'view', 'undo', 'remove', 'run', 'deploy', 'log'));

-- +goose StatementBegin
do $$
declare t text;
begin
  foreach t in array array['runs', 'deploys', 'work_news', 'logs', 'log_lines'] loop
    execute format('alter table %I enable row level security', t);
    execute format('create policy %I on %I to rynda_app using (project_id = any ((select rynda_projects())::bigint[]))',
                   t || '_of_project', t);
    execute format('grant select on %I to rynda_app', t);
  end loop;
end $$;
-- +goose StatementEnd
