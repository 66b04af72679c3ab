/**
 * The filters of the lists of runs and deploys. They live in the address; the
 * same names go to the server. Every one but `q` asks for the whole value.
 */
import type { RunStatus } from '@rynda/realtime';
import { sinceTime, validSince, validTime } from '../errors/filters';
import type { WorkKind, WorkOf } from '../api/types';

export const statuses = ['queued', 'running', 'succeeded', 'failed', 'canceled'] as const;

/** Filters with one free value each, in the order they are shown. */
export const workValueFilters = {
  run: ['name', 'actor', 'deploy_id'],
  deploy: ['service', 'environment', 'namespace', 'actor'],
} as const satisfies Record<WorkKind, string[]>;
export type WorkValueFilter = (typeof workValueFilters)[WorkKind][number];

export interface WorkFilters {
  project: string;
  status: RunStatus[];
  values: Partial<Record<WorkValueFilter, string>>;
  q: string;
  since: string;
  until: string;
}

const clean = (value: string | null): string => (value ?? '').trim().slice(0, 200);

/** Reads filters from an address. Unknown names and values are dropped, so an old link still opens. */
export function parseWork(kind: WorkKind, search: string): WorkFilters {
  const query = new URLSearchParams(search);
  const asked = (query.get('status') ?? '').split(',');
  const values: WorkFilters['values'] = {};
  for (const name of workValueFilters[kind]) {
    const value = clean(query.get(name));
    if (value) values[name] = value;
  }
  return {
    project: clean(query.get('project')),
    status: statuses.filter((status) => asked.includes(status)),
    values,
    q: clean(query.get('q')),
    since: validSince(query.get('since')),
    until: validTime(query.get('until')),
  };
}

/** Writes filters in one order, defaults left out: equal filters give equal text. */
export function workSearch(kind: WorkKind, filters: WorkFilters): string {
  const query = new URLSearchParams();
  const put = (name: string, value: string | undefined) => value && query.set(name, value);
  put('project', filters.project);
  put('status', filters.status.join(','));
  for (const name of workValueFilters[kind]) put(name, filters.values[name]);
  put('q', filters.q);
  put('since', filters.since);
  put('until', filters.until);
  const text = query.toString().replaceAll('%2C', ',').replaceAll('%3A', ':');
  return text ? `?${text}` : '';
}

/** As the server wants it, lengths turned into times. */
export function workQuery(kind: WorkKind, filters: WorkFilters, now: number): URLSearchParams {
  const query = new URLSearchParams(workSearch(kind, filters));
  const since = sinceTime(filters.since, now);
  if (since !== undefined) query.set('since', new Date(since).toISOString());
  if (filters.until) query.set('until', new Date(filters.until).toISOString());
  return query;
}

/** True when some filter hides rows; the project hides nothing on purpose. */
export const isNarrowedWork = ({ status, values, q, since, until }: WorkFilters): boolean =>
  status.length > 0 || Object.keys(values).length > 0 || q !== '' || since !== '' || until !== '';

export const clearedWork = ({ project }: WorkFilters): WorkFilters => ({
  project,
  status: [],
  values: {},
  q: '',
  since: '',
  until: '',
});

/** What lists are ordered by, newest first: when it began or, until it does, when it was first heard of. */
export const beganAt = (row: WorkOf[WorkKind]): number => Date.parse(row.started_at ?? row.created_at);

/** Whether a row belongs under the filters. The row carries all that the server looks at. */
export function matchesWork(
  kind: WorkKind,
  filters: WorkFilters,
  row: WorkOf[WorkKind],
  now: number,
): boolean {
  if (filters.project && row.project !== filters.project) return false;
  if (filters.status.length && !filters.status.includes(row.status)) return false;
  const own = row as unknown as Record<string, string>;
  for (const [name, wanted] of Object.entries(filters.values)) if (own[name] !== wanted) return false;
  if (filters.q) {
    const text = `${own[`${kind}_id`] ?? ''}\n${row.name}`.toLowerCase();
    if (!text.includes(filters.q.toLowerCase())) return false;
  }
  const since = sinceTime(filters.since, now);
  if (since !== undefined && beganAt(row) < since) return false;
  return !filters.until || beganAt(row) < Date.parse(filters.until);
}
