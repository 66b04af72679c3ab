-- Why: the runs of one person among those of machines were looked for in all of them.
-- +goose NO TRANSACTION

-- +goose Up

-- Concurrently, for runs are written to meanwhile. One that was left unfinished is of no use.
drop index concurrently if exists runs_actor;
create index concurrently runs_actor on runs (project_id, actor, at desc, run_id desc) where actor <> '';
