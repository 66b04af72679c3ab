import type { Deploy, Run } from '@rynda/realtime';

const common = {
  project: 'shop',
  version: 1,
  name: 'nightly import',
  status: 'running' as const,
  attempt: 1,
  trigger: 'schedule',
  actor: 'cron',
  ref: 'main',
  commit: 'abc',
  deploy_id: 'd-1',
  created_at: '2026-11-24T10:00:00Z',
  started_at: '2026-11-24T10:00:05Z',
  finished_at: null,
  updated_at: '2026-11-24T10:00:05Z',
  url: '',
  links: [],
  group_id: '',
};

/** A run as the server gives it, for tests. */
export const run = (over: Partial<Run> = {}): Run => ({ ...common, run_id: '7', steps: [], ...over });

/** A deploy as the server gives it, for tests. */
export const deploy = (over: Partial<Deploy> = {}): Deploy => ({
  ...common,
  environment: 'production',
  namespace: 'shop',
  service: 'cart',
  revision: '1.2',
  stages: [],
  ...over,
});
