-- The schema as the migrations leave it. Made by go test ./migrations -update.

CREATE EXTENSION IF NOT EXISTS pg_trgm WITH SCHEMA public;

COMMENT ON EXTENSION pg_trgm IS 'text similarity measurement and index searching based on trigrams';

CREATE FUNCTION public.fold_words(t text) RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN lower((t COLLATE "und-x-icu"));

CREATE FUNCTION public.keep_deploy_words() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO '$user', 'public'
    AS $$ begin
  if tg_op = 'DELETE' then
    delete from work_words where project_id = old.project_id and work = 'deploy' and work_id = old.deploy_id;
  else
    insert into work_words values (new.project_id, 'deploy', new.deploy_id, fold_words(new.deploy_id || E'\n' || new.name))
      on conflict (project_id, work, work_id) do update set words = excluded.words;
  end if;
  return null;
end $$;

CREATE FUNCTION public.keep_run_words() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO '$user', 'public'
    AS $$ begin
  if tg_op = 'DELETE' then
    delete from work_words where project_id = old.project_id and work = 'run' and work_id = old.run_id;
  else
    insert into work_words values (new.project_id, 'run', new.run_id, fold_words(new.run_id || E'\n' || new.name))
      on conflict (project_id, work, work_id) do update set words = excluded.words;
  end if;
  return null;
end $$;

CREATE FUNCTION public.rynda_projects() RETURNS bigint[]
    LANGUAGE sql STABLE PARALLEL SAFE
    AS $$ select coalesce(string_to_array(nullif(current_setting('rynda.projects', true), ''), ',')::bigint[], '{}') $$;

CREATE FUNCTION public.search_groups(pattern text, most integer) RETURNS SETOF bigint
    LANGUAGE plpgsql STABLE SECURITY DEFINER
    SET search_path TO '$user', 'public'
    SET plan_cache_mode TO 'force_custom_plan'
    AS $$ begin
  return query select w.group_id from group_words w
    where w.words ilike pattern and w.project_id = any (rynda_projects()) limit most;
end $$;

CREATE FUNCTION public.search_works(what text, pattern text, most integer) RETURNS TABLE(project_id bigint, work_id text)
    LANGUAGE plpgsql STABLE SECURITY DEFINER
    SET search_path TO '$user', 'public'
    SET plan_cache_mode TO 'force_custom_plan'
    AS $$ begin
  return query select w.project_id, w.work_id from work_words w
    where w.words like fold_words(pattern) and w.work = what and w.project_id = any (rynda_projects()) limit most;
end $$;

CREATE TABLE public.deploys (
    project_id bigint NOT NULL,
    deploy_id text NOT NULL,
    version bigint NOT NULL,
    at timestamp with time zone NOT NULL,
    created_at timestamp with time zone NOT NULL,
    changed_at timestamp with time zone NOT NULL,
    status text NOT NULL,
    name text NOT NULL,
    actor text NOT NULL,
    environment text NOT NULL,
    namespace text NOT NULL,
    service text NOT NULL,
    body json NOT NULL,
    merge json NOT NULL,
    CONSTRAINT deploys_id_length CHECK (((octet_length(deploy_id) >= 1) AND (octet_length(deploy_id) <= 200))),
    CONSTRAINT deploys_status_known CHECK ((status = ANY (ARRAY[''::text, 'queued'::text, 'running'::text, 'succeeded'::text, 'failed'::text, 'canceled'::text]))),
    CONSTRAINT deploys_version_positive CHECK ((version > 0))
)
WITH (fillfactor='80');

CREATE TABLE public.events (
    id bigint NOT NULL,
    at timestamp with time zone NOT NULL,
    kind text NOT NULL,
    project_id bigint NOT NULL,
    version bigint NOT NULL,
    topics text[] NOT NULL,
    data json NOT NULL,
    CONSTRAINT events_kind_known CHECK ((kind = ANY (ARRAY['group.changed'::text, 'group.viewed'::text, 'group.removed'::text, 'run.changed'::text, 'run.logged'::text, 'deploy.changed'::text, 'deploy.logged'::text])))
)
PARTITION BY RANGE (id);

CREATE TABLE public.events_p0 (
    id bigint NOT NULL,
    at timestamp with time zone NOT NULL,
    kind text NOT NULL,
    project_id bigint NOT NULL,
    version bigint NOT NULL,
    topics text[] NOT NULL,
    data json NOT NULL,
    CONSTRAINT events_kind_known CHECK ((kind = ANY (ARRAY['group.changed'::text, 'group.viewed'::text, 'group.removed'::text, 'run.changed'::text, 'run.logged'::text, 'deploy.changed'::text, 'deploy.logged'::text])))
);

CREATE TABLE public.events_p1 (
    id bigint NOT NULL,
    at timestamp with time zone NOT NULL,
    kind text NOT NULL,
    project_id bigint NOT NULL,
    version bigint NOT NULL,
    topics text[] NOT NULL,
    data json NOT NULL,
    CONSTRAINT events_kind_known CHECK ((kind = ANY (ARRAY['group.changed'::text, 'group.viewed'::text, 'group.removed'::text, 'run.changed'::text, 'run.logged'::text, 'deploy.changed'::text, 'deploy.logged'::text])))
);

CREATE TABLE public.feed_totals (
    project_id bigint NOT NULL,
    version bigint DEFAULT 0 NOT NULL,
    critical bigint DEFAULT 0 NOT NULL,
    error bigint DEFAULT 0 NOT NULL,
    warning bigint DEFAULT 0 NOT NULL,
    info bigint DEFAULT 0 NOT NULL,
    CONSTRAINT feed_totals_not_negative CHECK (((critical >= 0) AND (error >= 0) AND (warning >= 0) AND (info >= 0)))
);

CREATE TABLE public.group_budgets (
    project_id bigint NOT NULL,
    tokens double precision NOT NULL,
    filled_at timestamp with time zone NOT NULL,
    overflow_id bigint
);

CREATE TABLE public.group_history (
    history_id bigint NOT NULL,
    group_id bigint NOT NULL,
    project_id bigint NOT NULL,
    at timestamp with time zone NOT NULL,
    action text NOT NULL,
    reason text DEFAULT ''::text NOT NULL,
    actor text DEFAULT ''::text NOT NULL,
    version bigint NOT NULL,
    view_id text,
    CONSTRAINT group_history_action_known CHECK ((action = ANY (ARRAY['raised'::text, 'viewed'::text, 'undone'::text])))
);

ALTER TABLE public.group_history ALTER COLUMN history_id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.group_history_history_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.group_hours (
    group_id bigint NOT NULL,
    hour timestamp with time zone NOT NULL,
    project_id bigint NOT NULL,
    count bigint NOT NULL
)
WITH (fillfactor='80');

CREATE TABLE public.group_keys (
    project_id bigint NOT NULL,
    fingerprint text NOT NULL,
    group_id bigint NOT NULL,
    mapped_until timestamp with time zone
);

CREATE TABLE public.group_minutes (
    group_id bigint NOT NULL,
    minute timestamp with time zone NOT NULL,
    project_id bigint NOT NULL,
    count bigint NOT NULL
)
WITH (fillfactor='80');

CREATE TABLE public.group_refs (
    group_id bigint NOT NULL,
    project_id bigint NOT NULL,
    kind text NOT NULL,
    value text NOT NULL,
    url text DEFAULT ''::text NOT NULL,
    last_seen_at timestamp with time zone NOT NULL,
    CONSTRAINT group_refs_kind_known CHECK ((kind = ANY (ARRAY['run'::text, 'deploy'::text, 'task'::text, 'namespace'::text, 'job'::text, 'correlation'::text, 'release'::text, 'source'::text, 'environment'::text, 'link'::text])))
);

CREATE TABLE public.group_words (
    group_id bigint NOT NULL,
    project_id bigint NOT NULL,
    words text NOT NULL
);

CREATE TABLE public.groups (
    group_id bigint NOT NULL,
    project_id bigint NOT NULL,
    fingerprint text NOT NULL,
    version bigint NOT NULL,
    raised_version bigint DEFAULT 0 NOT NULL,
    published_version bigint DEFAULT 0 NOT NULL,
    published_at timestamp with time zone DEFAULT '-infinity'::timestamp with time zone NOT NULL,
    state text NOT NULL,
    severity smallint NOT NULL,
    type text NOT NULL,
    title text NOT NULL,
    culprit text NOT NULL,
    source text NOT NULL,
    environment text NOT NULL,
    release text NOT NULL,
    count bigint NOT NULL,
    first_seen_at timestamp with time zone NOT NULL,
    last_seen_at timestamp with time zone NOT NULL,
    raised_at timestamp with time zone,
    raised_reason text,
    raised_event_id bigint DEFAULT 0 NOT NULL,
    viewed_at timestamp with time zone,
    viewed_by text,
    viewed_version bigint,
    viewed_severity smallint,
    viewed_rate double precision,
    view_id text,
    regressed_at timestamp with time zone,
    surged_at timestamp with time zone,
    refs jsonb DEFAULT '[]'::jsonb NOT NULL,
    "grouping" jsonb NOT NULL,
    CONSTRAINT groups_count_positive CHECK ((count > 0)),
    CONSTRAINT groups_raised_complete CHECK ((((state = 'unraised'::text) = (raised_at IS NULL)) AND ((raised_at IS NULL) = (raised_reason IS NULL)))),
    CONSTRAINT groups_raised_reason_known CHECK ((raised_reason = ANY (ARRAY['new'::text, 'recurred'::text, 'escalated'::text, 'regressed'::text, 'surged'::text]))),
    CONSTRAINT groups_refs_array CHECK ((jsonb_typeof(refs) = 'array'::text)),
    CONSTRAINT groups_seen_order CHECK ((first_seen_at <= last_seen_at)),
    CONSTRAINT groups_severity_known CHECK (((severity >= 1) AND (severity <= 4))),
    CONSTRAINT groups_state_known CHECK ((state = ANY (ARRAY['unraised'::text, 'active'::text, 'viewed'::text]))),
    CONSTRAINT groups_version_positive CHECK (((version > 0) AND (raised_version <= version) AND (published_version <= version))),
    CONSTRAINT groups_viewed_complete CHECK (((state <> 'viewed'::text) OR ((viewed_at IS NOT NULL) AND (viewed_by IS NOT NULL) AND (viewed_version IS NOT NULL) AND (viewed_severity IS NOT NULL))))
)
WITH (fillfactor='70', autovacuum_vacuum_scale_factor='0.02');

ALTER TABLE public.groups ALTER COLUMN group_id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.groups_group_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.inbox (
    seq bigint NOT NULL,
    kind text NOT NULL,
    project_id bigint NOT NULL,
    fingerprint text DEFAULT ''::text NOT NULL,
    severity smallint DEFAULT 0 NOT NULL,
    release text DEFAULT ''::text NOT NULL,
    count integer DEFAULT 0 NOT NULL,
    first_at timestamp with time zone,
    last_at timestamp with time zone,
    at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    body json DEFAULT '{}'::json NOT NULL,
    CONSTRAINT inbox_count_not_negative CHECK ((count >= 0)),
    CONSTRAINT inbox_kind_known CHECK ((kind = ANY (ARRAY['report'::text, 'view'::text, 'undo'::text, 'remove'::text, 'run'::text, 'deploy'::text, 'log'::text]))),
    CONSTRAINT inbox_report_complete CHECK (((kind <> 'report'::text) OR ((fingerprint <> ''::text) AND ((severity >= 1) AND (severity <= 4)) AND (count > 0) AND (first_at IS NOT NULL) AND (last_at IS NOT NULL))))
)
WITH (autovacuum_vacuum_threshold='1000', autovacuum_vacuum_scale_factor='0', autovacuum_vacuum_cost_delay='0');

CREATE TABLE public.inbox_dead (
    seq bigint NOT NULL,
    kind text NOT NULL,
    project_id bigint NOT NULL,
    fingerprint text NOT NULL,
    severity smallint NOT NULL,
    release text NOT NULL,
    count integer NOT NULL,
    first_at timestamp with time zone,
    last_at timestamp with time zone,
    at timestamp with time zone NOT NULL,
    body json NOT NULL,
    reason text NOT NULL,
    died_at timestamp with time zone DEFAULT now() NOT NULL
);

ALTER TABLE public.inbox ALTER COLUMN seq ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.inbox_seq_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.ingest_tokens (
    token_id bigint NOT NULL,
    project_id bigint NOT NULL,
    prefix text NOT NULL,
    secret_sha256 bytea NOT NULL,
    scopes text[] NOT NULL,
    name text DEFAULT ''::text NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    revoked_at timestamp with time zone,
    CONSTRAINT ingest_tokens_prefix_shape CHECK ((prefix ~ '^[A-Za-z0-9_-]{8}$'::text)),
    CONSTRAINT ingest_tokens_scopes_known CHECK (((cardinality(scopes) > 0) AND (scopes <@ ARRAY['report'::text, 'control'::text]))),
    CONSTRAINT ingest_tokens_sha256_length CHECK ((octet_length(secret_sha256) = 32))
);

ALTER TABLE public.ingest_tokens ALTER COLUMN token_id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.ingest_tokens_token_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.log_head (
    one boolean DEFAULT true NOT NULL,
    id bigint DEFAULT 0 NOT NULL,
    floor bigint DEFAULT 1 NOT NULL,
    epoch text DEFAULT substr(md5((gen_random_uuid())::text), 1, 8) NOT NULL,
    system_identifier text DEFAULT ''::text NOT NULL,
    timeline integer DEFAULT 0 NOT NULL,
    CONSTRAINT log_head_epoch_shape CHECK ((epoch ~ '^[0-9a-f]{8}$'::text)),
    CONSTRAINT log_head_order CHECK (((floor >= 1) AND (floor <= (id + 1)))),
    CONSTRAINT log_head_single CHECK (one)
)
WITH (fillfactor='10');

CREATE TABLE public.log_lines (
    day date NOT NULL,
    project_id bigint NOT NULL,
    work text NOT NULL,
    work_id text NOT NULL,
    seq bigint NOT NULL,
    at timestamp with time zone,
    severity smallint,
    marker boolean NOT NULL,
    text text NOT NULL,
    CONSTRAINT log_lines_seq_positive CHECK ((seq > 0)),
    CONSTRAINT log_lines_severity_known CHECK (((severity >= 1) AND (severity <= 4)))
)
PARTITION BY RANGE (day);

CREATE TABLE public.log_news (
    project_id bigint NOT NULL,
    work text NOT NULL,
    work_id text NOT NULL,
    version bigint NOT NULL,
    published_version bigint NOT NULL,
    published_at timestamp with time zone NOT NULL,
    from_seq bigint NOT NULL,
    to_seq bigint NOT NULL,
    ended boolean NOT NULL,
    CONSTRAINT log_news_version_positive CHECK (((version > 0) AND (published_version <= version)))
)
WITH (fillfactor='70');

CREATE TABLE public.logins (
    login_sha256 bytea NOT NULL,
    state_sha256 bytea NOT NULL,
    nonce text NOT NULL,
    verifier text NOT NULL,
    next text NOT NULL,
    redirect text NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    expires_at timestamp with time zone NOT NULL,
    CONSTRAINT logins_lifetime CHECK ((expires_at > created_at)),
    CONSTRAINT logins_next_length CHECK ((length(next) <= 2000)),
    CONSTRAINT logins_sha256_length CHECK ((octet_length(login_sha256) = 32)),
    CONSTRAINT logins_state_length CHECK ((octet_length(state_sha256) = 32))
);

CREATE TABLE public.logs (
    project_id bigint NOT NULL,
    work text NOT NULL,
    work_id text NOT NULL,
    day date NOT NULL,
    to_seq bigint NOT NULL,
    ended boolean NOT NULL,
    open integer NOT NULL,
    first_day date,
    CONSTRAINT logs_days_order CHECK ((first_day <= day)),
    CONSTRAINT logs_to_seq_not_negative CHECK ((to_seq >= 0)),
    CONSTRAINT logs_work_known CHECK ((work = ANY (ARRAY['run'::text, 'deploy'::text])))
);

CREATE TABLE public.occurrences (
    occurrence_id uuid NOT NULL,
    day date NOT NULL,
    project_id bigint NOT NULL,
    fingerprint text NOT NULL,
    occurred_at timestamp with time zone NOT NULL,
    received_at timestamp with time zone NOT NULL,
    severity smallint NOT NULL,
    body json,
    CONSTRAINT occurrences_fingerprint_shape CHECK ((fingerprint ~ '^v[0-9]+:[0-9a-f]{32}$'::text)),
    CONSTRAINT occurrences_severity_known CHECK (((severity >= 1) AND (severity <= 4)))
)
PARTITION BY RANGE (day);

CREATE TABLE public.projects (
    project_id bigint NOT NULL,
    slug text NOT NULL,
    name text NOT NULL,
    link_templates jsonb DEFAULT '{}'::jsonb NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT projects_link_templates_object CHECK ((jsonb_typeof(link_templates) = 'object'::text)),
    CONSTRAINT projects_name_length CHECK (((length(name) >= 1) AND (length(name) <= 200))),
    CONSTRAINT projects_slug_shape CHECK ((slug ~ '^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$'::text))
);

ALTER TABLE public.projects ALTER COLUMN project_id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.projects_project_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.runs (
    project_id bigint NOT NULL,
    run_id text NOT NULL,
    version bigint NOT NULL,
    at timestamp with time zone NOT NULL,
    created_at timestamp with time zone NOT NULL,
    changed_at timestamp with time zone NOT NULL,
    status text NOT NULL,
    name text NOT NULL,
    actor text NOT NULL,
    deploy_id text NOT NULL,
    body json NOT NULL,
    merge json NOT NULL,
    CONSTRAINT runs_id_length CHECK (((octet_length(run_id) >= 1) AND (octet_length(run_id) <= 200))),
    CONSTRAINT runs_status_known CHECK ((status = ANY (ARRAY[''::text, 'queued'::text, 'running'::text, 'succeeded'::text, 'failed'::text, 'canceled'::text]))),
    CONSTRAINT runs_version_positive CHECK ((version > 0))
)
WITH (fillfactor='80');

CREATE TABLE public.sessions (
    session_sha256 bytea NOT NULL,
    user_id text NOT NULL,
    name text NOT NULL,
    projects bigint[],
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    expires_at timestamp with time zone NOT NULL,
    revoked_at timestamp with time zone,
    CONSTRAINT sessions_lifetime CHECK ((expires_at > created_at)),
    CONSTRAINT sessions_sha256_length CHECK ((octet_length(session_sha256) = 32))
);

CREATE TABLE public.staff_tokens (
    token_id bigint NOT NULL,
    prefix text NOT NULL,
    secret_sha256 bytea NOT NULL,
    name text NOT NULL,
    projects bigint[],
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    expires_at timestamp with time zone,
    revoked_at timestamp with time zone,
    CONSTRAINT staff_tokens_name_length CHECK (((length(name) >= 1) AND (length(name) <= 200))),
    CONSTRAINT staff_tokens_prefix_shape CHECK ((prefix ~ '^[A-Za-z0-9_-]{8}$'::text)),
    CONSTRAINT staff_tokens_sha256_length CHECK ((octet_length(secret_sha256) = 32))
);

ALTER TABLE public.staff_tokens ALTER COLUMN token_id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.staff_tokens_token_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.tickets (
    ticket_sha256 bytea NOT NULL,
    kind text NOT NULL,
    user_id text NOT NULL,
    name text NOT NULL,
    proof_sha256 bytea,
    projects text[],
    rights_until timestamp with time zone,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    expires_at timestamp with time zone NOT NULL,
    CONSTRAINT tickets_kind_known CHECK ((kind = ANY (ARRAY['session'::text, 'staff_token'::text, 'bearer'::text, 'local'::text]))),
    CONSTRAINT tickets_lifetime CHECK (((expires_at > created_at) AND (expires_at <= (created_at + '00:00:30'::interval)))),
    CONSTRAINT tickets_proof_length CHECK ((octet_length(proof_sha256) = 32)),
    CONSTRAINT tickets_proved CHECK (((proof_sha256 IS NOT NULL) = (kind = ANY (ARRAY['session'::text, 'staff_token'::text])))),
    CONSTRAINT tickets_sha256_length CHECK ((octet_length(ticket_sha256) = 32))
);

CREATE TABLE public.work_news (
    project_id bigint NOT NULL,
    work text NOT NULL,
    work_id text NOT NULL,
    told bigint NOT NULL,
    attempt integer NOT NULL,
    group_id bigint,
    version bigint NOT NULL,
    CONSTRAINT work_news_not_negative CHECK (((told >= 0) AND (attempt >= 0) AND (version >= 0))),
    CONSTRAINT work_news_work_known CHECK ((work = ANY (ARRAY['run'::text, 'deploy'::text])))
)
WITH (fillfactor='80');

CREATE TABLE public.work_words (
    project_id bigint NOT NULL,
    work text NOT NULL,
    work_id text NOT NULL,
    words text NOT NULL,
    CONSTRAINT work_words_work_known CHECK ((work = ANY (ARRAY['run'::text, 'deploy'::text])))
);

ALTER TABLE ONLY public.events ATTACH PARTITION public.events_p0 FOR VALUES FROM ('1') TO ('1000001');

ALTER TABLE ONLY public.events ATTACH PARTITION public.events_p1 FOR VALUES FROM ('1000001') TO ('2000001');

ALTER TABLE ONLY public.deploys
    ADD CONSTRAINT deploys_key PRIMARY KEY (project_id, deploy_id);

ALTER TABLE ONLY public.events
    ADD CONSTRAINT events_key PRIMARY KEY (id);

ALTER TABLE ONLY public.events_p0
    ADD CONSTRAINT events_p0_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.events_p1
    ADD CONSTRAINT events_p1_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.feed_totals
    ADD CONSTRAINT feed_totals_pkey PRIMARY KEY (project_id);

ALTER TABLE ONLY public.group_budgets
    ADD CONSTRAINT group_budgets_pkey PRIMARY KEY (project_id);

ALTER TABLE ONLY public.group_history
    ADD CONSTRAINT group_history_pkey PRIMARY KEY (history_id);

ALTER TABLE ONLY public.group_hours
    ADD CONSTRAINT group_hours_key PRIMARY KEY (group_id, hour);

ALTER TABLE ONLY public.group_keys
    ADD CONSTRAINT group_keys_key PRIMARY KEY (project_id, fingerprint);

ALTER TABLE ONLY public.group_minutes
    ADD CONSTRAINT group_minutes_key PRIMARY KEY (group_id, minute);

ALTER TABLE ONLY public.group_refs
    ADD CONSTRAINT group_refs_key PRIMARY KEY (group_id, kind, value);

ALTER TABLE ONLY public.group_words
    ADD CONSTRAINT group_words_pkey PRIMARY KEY (group_id);

ALTER TABLE ONLY public.groups
    ADD CONSTRAINT groups_pkey PRIMARY KEY (group_id);

ALTER TABLE ONLY public.inbox_dead
    ADD CONSTRAINT inbox_dead_pkey PRIMARY KEY (seq);

ALTER TABLE ONLY public.ingest_tokens
    ADD CONSTRAINT ingest_tokens_pkey PRIMARY KEY (token_id);

ALTER TABLE ONLY public.ingest_tokens
    ADD CONSTRAINT ingest_tokens_prefix_unique UNIQUE (prefix);

ALTER TABLE ONLY public.log_head
    ADD CONSTRAINT log_head_pkey PRIMARY KEY (one);

ALTER TABLE ONLY public.log_lines
    ADD CONSTRAINT log_lines_key PRIMARY KEY (day, project_id, work, work_id, seq);

ALTER TABLE ONLY public.log_news
    ADD CONSTRAINT log_news_key PRIMARY KEY (project_id, work, work_id);

ALTER TABLE ONLY public.logins
    ADD CONSTRAINT logins_pkey PRIMARY KEY (login_sha256);

ALTER TABLE ONLY public.logs
    ADD CONSTRAINT logs_key PRIMARY KEY (project_id, work, work_id);

ALTER TABLE ONLY public.occurrences
    ADD CONSTRAINT occurrences_key PRIMARY KEY (occurrence_id, day, project_id);

ALTER TABLE ONLY public.projects
    ADD CONSTRAINT projects_pkey PRIMARY KEY (project_id);

ALTER TABLE ONLY public.projects
    ADD CONSTRAINT projects_slug_unique UNIQUE (slug);

ALTER TABLE ONLY public.runs
    ADD CONSTRAINT runs_key PRIMARY KEY (project_id, run_id);

ALTER TABLE ONLY public.sessions
    ADD CONSTRAINT sessions_pkey PRIMARY KEY (session_sha256);

ALTER TABLE ONLY public.staff_tokens
    ADD CONSTRAINT staff_tokens_pkey PRIMARY KEY (token_id);

ALTER TABLE ONLY public.staff_tokens
    ADD CONSTRAINT staff_tokens_prefix_unique UNIQUE (prefix);

ALTER TABLE ONLY public.tickets
    ADD CONSTRAINT tickets_pkey PRIMARY KEY (ticket_sha256);

ALTER TABLE ONLY public.work_news
    ADD CONSTRAINT work_news_key PRIMARY KEY (project_id, work, work_id);

ALTER TABLE ONLY public.work_words
    ADD CONSTRAINT work_words_key PRIMARY KEY (project_id, work, work_id);

CREATE INDEX deploys_age ON public.deploys USING btree (changed_at);

CREATE INDEX deploys_environment ON public.deploys USING btree (project_id, environment, at DESC, deploy_id DESC);

CREATE INDEX deploys_name ON public.deploys USING btree (project_id, name, at DESC, deploy_id DESC);

CREATE INDEX deploys_newest ON public.deploys USING btree (project_id, at DESC, deploy_id DESC);

CREATE INDEX deploys_status ON public.deploys USING btree (project_id, status, at DESC, deploy_id DESC);

CREATE INDEX group_history_group ON public.group_history USING btree (group_id, history_id DESC);

CREATE INDEX group_history_view ON public.group_history USING btree (view_id) WHERE (view_id IS NOT NULL);

CREATE INDEX group_hours_age ON public.group_hours USING brin (hour);

CREATE INDEX group_keys_group ON public.group_keys USING btree (group_id);

CREATE INDEX group_keys_mapped ON public.group_keys USING btree (mapped_until) WHERE (mapped_until IS NOT NULL);

CREATE INDEX group_minutes_age ON public.group_minutes USING brin (minute);

CREATE INDEX group_refs_value ON public.group_refs USING btree (project_id, kind, value, group_id);

CREATE INDEX group_words_trigrams ON public.group_words USING gin (words public.gin_trgm_ops);

CREATE INDEX groups_active_newest ON public.groups USING btree (project_id, raised_event_id DESC) WHERE (state = 'active'::text);

CREATE INDEX groups_active_severity ON public.groups USING btree (project_id, severity DESC, raised_event_id DESC) WHERE (state = 'active'::text);

CREATE INDEX groups_count ON public.groups USING btree (project_id, count DESC, group_id DESC);

CREATE INDEX groups_first_seen ON public.groups USING btree (project_id, first_seen_at DESC, group_id DESC);

CREATE INDEX groups_held ON public.groups USING btree (published_at) WHERE (version > published_version);

CREATE INDEX groups_last_seen ON public.groups USING btree (project_id, last_seen_at DESC, group_id DESC);

CREATE INDEX groups_of_environment ON public.groups USING btree (project_id, environment, first_seen_at DESC, group_id DESC) WHERE (severity >= 3);

CREATE INDEX groups_raised ON public.groups USING btree (project_id, raised_event_id DESC, group_id DESC) WHERE (raised_event_id > 0);

CREATE INDEX groups_severity ON public.groups USING btree (project_id, severity, last_seen_at DESC, group_id DESC);

CREATE INDEX groups_view ON public.groups USING btree (view_id) WHERE (view_id IS NOT NULL);

CREATE INDEX ingest_tokens_live ON public.ingest_tokens USING btree (project_id, created_at) WHERE (revoked_at IS NULL);

CREATE INDEX log_lines_markers ON ONLY public.log_lines USING btree (day, project_id, work, work_id, seq) WHERE marker;

CREATE INDEX log_news_held ON public.log_news USING btree (published_at) WHERE (version > published_version);

CREATE INDEX logins_expiry ON public.logins USING btree (expires_at);

CREATE INDEX logs_age ON public.logs USING btree (day);

CREATE INDEX occurrences_newest ON ONLY public.occurrences USING btree (project_id, fingerprint, occurred_at DESC, occurrence_id DESC);

CREATE INDEX runs_actor ON public.runs USING btree (project_id, actor, at DESC, run_id DESC) WHERE (actor <> ''::text);

CREATE INDEX runs_age ON public.runs USING btree (changed_at);

CREATE INDEX runs_deploy ON public.runs USING btree (project_id, deploy_id, at DESC, run_id DESC) WHERE (deploy_id <> ''::text);

CREATE INDEX runs_name ON public.runs USING btree (project_id, name, at DESC, run_id DESC);

CREATE INDEX runs_newest ON public.runs USING btree (project_id, at DESC, run_id DESC);

CREATE INDEX runs_status ON public.runs USING btree (project_id, status, at DESC, run_id DESC);

CREATE INDEX sessions_expiry ON public.sessions USING btree (expires_at);

CREATE INDEX sessions_person ON public.sessions USING btree (user_id);

CREATE INDEX tickets_expiry ON public.tickets USING btree (expires_at);

CREATE INDEX work_news_group ON public.work_news USING btree (group_id) WHERE (group_id IS NOT NULL);

CREATE INDEX work_words_trigrams ON public.work_words USING gin (words public.gin_trgm_ops);

ALTER INDEX public.events_key ATTACH PARTITION public.events_p0_pkey;

ALTER INDEX public.events_key ATTACH PARTITION public.events_p1_pkey;

CREATE TRIGGER deploys_renamed AFTER UPDATE OF name ON public.deploys FOR EACH ROW WHEN ((old.name <> new.name)) EXECUTE FUNCTION public.keep_deploy_words();

CREATE TRIGGER deploys_searched AFTER INSERT OR DELETE ON public.deploys FOR EACH ROW EXECUTE FUNCTION public.keep_deploy_words();

CREATE TRIGGER runs_renamed AFTER UPDATE OF name ON public.runs FOR EACH ROW WHEN ((old.name <> new.name)) EXECUTE FUNCTION public.keep_run_words();

CREATE TRIGGER runs_searched AFTER INSERT OR DELETE ON public.runs FOR EACH ROW EXECUTE FUNCTION public.keep_run_words();

ALTER TABLE ONLY public.deploys
    ADD CONSTRAINT deploys_project_id_fkey FOREIGN KEY (project_id) REFERENCES public.projects(project_id);

ALTER TABLE ONLY public.feed_totals
    ADD CONSTRAINT feed_totals_project_id_fkey FOREIGN KEY (project_id) REFERENCES public.projects(project_id);

ALTER TABLE ONLY public.group_budgets
    ADD CONSTRAINT group_budgets_overflow_id_fkey FOREIGN KEY (overflow_id) REFERENCES public.groups(group_id) ON DELETE SET NULL;

ALTER TABLE ONLY public.group_budgets
    ADD CONSTRAINT group_budgets_project_id_fkey FOREIGN KEY (project_id) REFERENCES public.projects(project_id);

ALTER TABLE ONLY public.group_history
    ADD CONSTRAINT group_history_group_id_fkey FOREIGN KEY (group_id) REFERENCES public.groups(group_id) ON DELETE CASCADE;

ALTER TABLE ONLY public.group_hours
    ADD CONSTRAINT group_hours_group_id_fkey FOREIGN KEY (group_id) REFERENCES public.groups(group_id) ON DELETE CASCADE;

ALTER TABLE ONLY public.group_keys
    ADD CONSTRAINT group_keys_group_id_fkey FOREIGN KEY (group_id) REFERENCES public.groups(group_id) ON DELETE CASCADE;

ALTER TABLE ONLY public.group_minutes
    ADD CONSTRAINT group_minutes_group_id_fkey FOREIGN KEY (group_id) REFERENCES public.groups(group_id) ON DELETE CASCADE;

ALTER TABLE ONLY public.group_refs
    ADD CONSTRAINT group_refs_group_id_fkey FOREIGN KEY (group_id) REFERENCES public.groups(group_id) ON DELETE CASCADE;

ALTER TABLE ONLY public.group_words
    ADD CONSTRAINT group_words_group_id_fkey FOREIGN KEY (group_id) REFERENCES public.groups(group_id) ON DELETE CASCADE;

ALTER TABLE ONLY public.groups
    ADD CONSTRAINT groups_project_id_fkey FOREIGN KEY (project_id) REFERENCES public.projects(project_id);

ALTER TABLE ONLY public.ingest_tokens
    ADD CONSTRAINT ingest_tokens_project_id_fkey FOREIGN KEY (project_id) REFERENCES public.projects(project_id);

ALTER TABLE ONLY public.logs
    ADD CONSTRAINT logs_project_id_fkey FOREIGN KEY (project_id) REFERENCES public.projects(project_id);

ALTER TABLE ONLY public.runs
    ADD CONSTRAINT runs_project_id_fkey FOREIGN KEY (project_id) REFERENCES public.projects(project_id);

ALTER TABLE ONLY public.work_news
    ADD CONSTRAINT work_news_group_id_fkey FOREIGN KEY (group_id) REFERENCES public.groups(group_id) ON DELETE SET NULL;

ALTER TABLE public.deploys ENABLE ROW LEVEL SECURITY;

CREATE POLICY deploys_of_project ON public.deploys TO rynda_app USING ((project_id = ANY (( SELECT public.rynda_projects() AS rynda_projects)::bigint[])));

ALTER TABLE public.events ENABLE ROW LEVEL SECURITY;

CREATE POLICY events_of_project ON public.events TO rynda_app USING ((project_id = ANY (( SELECT public.rynda_projects() AS rynda_projects)::bigint[])));

ALTER TABLE public.feed_totals ENABLE ROW LEVEL SECURITY;

CREATE POLICY feed_totals_of_project ON public.feed_totals TO rynda_app USING ((project_id = ANY (( SELECT public.rynda_projects() AS rynda_projects)::bigint[])));

ALTER TABLE public.group_history ENABLE ROW LEVEL SECURITY;

CREATE POLICY group_history_of_project ON public.group_history TO rynda_app USING ((project_id = ANY (( SELECT public.rynda_projects() AS rynda_projects)::bigint[])));

ALTER TABLE public.group_hours ENABLE ROW LEVEL SECURITY;

CREATE POLICY group_hours_of_project ON public.group_hours TO rynda_app USING ((project_id = ANY (( SELECT public.rynda_projects() AS rynda_projects)::bigint[])));

ALTER TABLE public.group_keys ENABLE ROW LEVEL SECURITY;

CREATE POLICY group_keys_of_project ON public.group_keys TO rynda_app USING ((project_id = ANY (( SELECT public.rynda_projects() AS rynda_projects)::bigint[])));

ALTER TABLE public.group_minutes ENABLE ROW LEVEL SECURITY;

CREATE POLICY group_minutes_of_project ON public.group_minutes TO rynda_app USING ((project_id = ANY (( SELECT public.rynda_projects() AS rynda_projects)::bigint[])));

ALTER TABLE public.group_refs ENABLE ROW LEVEL SECURITY;

CREATE POLICY group_refs_of_project ON public.group_refs TO rynda_app USING ((project_id = ANY (( SELECT public.rynda_projects() AS rynda_projects)::bigint[])));

ALTER TABLE public.group_words ENABLE ROW LEVEL SECURITY;

CREATE POLICY group_words_of_project ON public.group_words TO rynda_app USING ((project_id = ANY (( SELECT public.rynda_projects() AS rynda_projects)::bigint[])));

ALTER TABLE public.groups ENABLE ROW LEVEL SECURITY;

CREATE POLICY groups_of_project ON public.groups TO rynda_app USING ((project_id = ANY (( SELECT public.rynda_projects() AS rynda_projects)::bigint[])));

ALTER TABLE public.inbox ENABLE ROW LEVEL SECURITY;

CREATE POLICY inbox_of_project ON public.inbox TO rynda_app USING ((project_id = ANY (( SELECT public.rynda_projects() AS rynda_projects)::bigint[])));

ALTER TABLE public.log_lines ENABLE ROW LEVEL SECURITY;

CREATE POLICY log_lines_of_project ON public.log_lines TO rynda_app USING ((project_id = ANY (( SELECT public.rynda_projects() AS rynda_projects)::bigint[])));

ALTER TABLE public.logs ENABLE ROW LEVEL SECURITY;

CREATE POLICY logs_of_project ON public.logs TO rynda_app USING ((project_id = ANY (( SELECT public.rynda_projects() AS rynda_projects)::bigint[])));

ALTER TABLE public.occurrences ENABLE ROW LEVEL SECURITY;

CREATE POLICY occurrences_of_project ON public.occurrences TO rynda_app USING ((project_id = ANY (( SELECT public.rynda_projects() AS rynda_projects)::bigint[])));

ALTER TABLE public.projects ENABLE ROW LEVEL SECURITY;

CREATE POLICY projects_of_project ON public.projects TO rynda_app USING ((project_id = ANY (( SELECT public.rynda_projects() AS rynda_projects)::bigint[])));

ALTER TABLE public.runs ENABLE ROW LEVEL SECURITY;

CREATE POLICY runs_of_project ON public.runs TO rynda_app USING ((project_id = ANY (( SELECT public.rynda_projects() AS rynda_projects)::bigint[])));

ALTER TABLE public.work_news ENABLE ROW LEVEL SECURITY;

CREATE POLICY work_news_of_project ON public.work_news TO rynda_app USING ((project_id = ANY (( SELECT public.rynda_projects() AS rynda_projects)::bigint[])));

ALTER TABLE public.work_words ENABLE ROW LEVEL SECURITY;

REVOKE ALL ON FUNCTION public.keep_deploy_words() FROM PUBLIC;

REVOKE ALL ON FUNCTION public.keep_run_words() FROM PUBLIC;

REVOKE ALL ON FUNCTION public.search_groups(pattern text, most integer) FROM PUBLIC;
GRANT ALL ON FUNCTION public.search_groups(pattern text, most integer) TO rynda_app;

REVOKE ALL ON FUNCTION public.search_works(what text, pattern text, most integer) FROM PUBLIC;
GRANT ALL ON FUNCTION public.search_works(what text, pattern text, most integer) TO rynda_app;

GRANT SELECT ON TABLE public.deploys TO rynda_app;

GRANT SELECT ON TABLE public.events TO rynda_app;

GRANT SELECT ON TABLE public.feed_totals TO rynda_app;

GRANT SELECT ON TABLE public.group_history TO rynda_app;

GRANT SELECT ON TABLE public.group_hours TO rynda_app;

GRANT SELECT ON TABLE public.group_keys TO rynda_app;

GRANT SELECT ON TABLE public.group_minutes TO rynda_app;

GRANT SELECT ON TABLE public.group_refs TO rynda_app;

GRANT SELECT ON TABLE public.group_words TO rynda_app;

GRANT SELECT ON TABLE public.groups TO rynda_app;

GRANT SELECT ON TABLE public.inbox TO rynda_app;

GRANT SELECT ON TABLE public.log_head TO rynda_app;

GRANT SELECT ON TABLE public.log_lines TO rynda_app;

GRANT SELECT ON TABLE public.logs TO rynda_app;

GRANT SELECT ON TABLE public.occurrences TO rynda_app;

GRANT SELECT ON TABLE public.projects TO rynda_app;

GRANT SELECT ON TABLE public.runs TO rynda_app;

GRANT SELECT ON TABLE public.work_news TO rynda_app;
