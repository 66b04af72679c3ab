-- Why: a search for a run or deploy by text looked through all of them, newest first, and gave up after two seconds where
-- few matched; and in the C locale it found no capital letter but those of ASCII.

-- +goose Up

-- How texts and what is searched in them are compared. Letters are the same in every locale where the server knows ICU.
-- +goose StatementBegin
do $$
declare text_as text := 't';
begin
  if exists (select from pg_collation where collname = 'und-x-icu') then
    text_as := 't collate "und-x-icu"';
  end if;
  execute format('create function fold_words(t text) returns text language sql immutable parallel safe return lower(%s)', text_as);
end $$;
-- +goose StatementEnd

-- What runs and deploys are searched by: id and name. Apart from them, because an update of a status must not touch this
-- index. Kept by triggers, so that a binary that does not know of it keeps it too. Only search_works reads it.
create table work_words (
  project_id bigint not null,
  work       text not null,
  work_id    text not null,
  words      text not null,
  constraint work_words_key primary key (project_id, work, work_id),
  constraint work_words_work_known check (work in ('run', 'deploy'))
);
alter table work_words enable row level security;
-- +goose StatementBegin
do $$
begin
  if exists (select from pg_extension where extname = 'pg_trgm') then
    create index work_words_trigrams on work_words using gin (words gin_trgm_ops);
  end if;
end $$;
-- +goose StatementEnd

-- +goose StatementBegin
create function keep_run_words() returns trigger
  language plpgsql security definer set search_path from current as
$$ begin
  if tg_op = 'DELETE' then
    delete from work_words where project_id = old.project_id and work = 'run' and work_id = old.run_id;
  else
    insert into work_words values (new.project_id, 'run', new.run_id, fold_words(new.run_id || E'\n' || new.name))
      on conflict (project_id, work, work_id) do update set words = excluded.words;
  end if;
  return null;
end $$;
-- +goose StatementEnd
create trigger runs_searched after insert or delete on runs for each row execute function keep_run_words();
create trigger runs_renamed after update of name on runs for each row when (old.name <> new.name)
  execute function keep_run_words();

-- +goose StatementBegin
create function keep_deploy_words() returns trigger
  language plpgsql security definer set search_path from current as
$$ begin
  if tg_op = 'DELETE' then
    delete from work_words where project_id = old.project_id and work = 'deploy' and work_id = old.deploy_id;
  else
    insert into work_words values (new.project_id, 'deploy', new.deploy_id, fold_words(new.deploy_id || E'\n' || new.name))
      on conflict (project_id, work, work_id) do update set words = excluded.words;
  end if;
  return null;
end $$;
-- +goose StatementEnd
create trigger deploys_searched after insert or delete on deploys for each row execute function keep_deploy_words();
create trigger deploys_renamed after update of name on deploys for each row when (old.name <> new.name)
  execute function keep_deploy_words();

-- The first most runs or deploys of the caller's projects that have the text. It looks past row-level security, because
-- like is not leakproof and so could not use the trigram index under it. Planned for each text anew: a rare one wants the
-- index, a common one not.
-- +goose StatementBegin
create function search_works(what text, pattern text, most integer) returns table (project_id bigint, work_id text)
  language plpgsql stable security definer set search_path from current set plan_cache_mode = force_custom_plan as
$$ begin
  return query select w.project_id, w.work_id from work_words w
    where w.words like fold_words(pattern) and w.work = what and w.project_id = any (rynda_projects()) limit most;
end $$;
-- +goose StatementEnd
revoke all on function search_works, keep_run_words, keep_deploy_words from public;
grant execute on function search_works to rynda_app;
