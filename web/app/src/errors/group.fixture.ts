import type { Group } from '@rynda/realtime';

/** A group as the server gives it, for tests. */
export const group = (over: Partial<Group> = {}): Group => ({
  group_id: '1',
  project: 'shop',
  fingerprint: 'v1:abc',
  version: 3,
  raised_version: 2,
  state: 'active',
  severity: 'error',
  type: 'ConnectionError',
  title: 'connection refused',
  culprit: 'store.Acquire',
  source: 'orders',
  environment: 'production',
  release: '1.2',
  count: 4,
  first_seen_at: '2026-11-20T10:00:00Z',
  last_seen_at: '2026-11-24T11:59:00Z',
  raised_at: '2026-11-20T10:00:01Z',
  raised_reason: 'new',
  viewed_at: null,
  viewed_by: null,
  refs: [
    { kind: 'run', id: 'run-1', url: '' },
    { kind: 'namespace', id: 'prod', url: '' },
  ],
  ...over,
});
