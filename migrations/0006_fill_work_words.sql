-- Why: the runs and deploys from before the words were kept are to be found too.

-- +goose Up

-- What is written meanwhile has its words by the trigger; a run that is renamed while this lasts waits, is refused after two
-- seconds and is told again by its control plane.
insert into work_words select project_id, 'run', run_id, fold_words(run_id || E'\n' || name) from runs on conflict do nothing;
insert into work_words select project_id, 'deploy', deploy_id, fold_words(deploy_id || E'\n' || name) from deploys
  on conflict do nothing;
analyze work_words;
