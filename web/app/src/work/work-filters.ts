/**
 * The filters of the lists of runs and deploys. They live in the address; the
 * same names go to the server. Every one but `q` asks for the whole value.
 */
import type { RunStatus } from '@rynda/realtime';
import type { WorkKind, WorkOf } from '../api/types';
import {
  clean,
  parseCommon,
  searchText,
  sinceTime,
  someOf,
  times,
  type CommonFilters,
} from '../list/address';
import type { Belongs } from '../list/list-model.svelte';

export const statuses = ['queued', 'running', 'succeeded', 'failed', 'canceled'] as const;

/** Filters with one free value each, in the order they are shown. */
export const workValueFilters = {
  run: ['name', 'actor', 'deploy_id'],
  deploy: ['service', 'environment', 'namespace', 'actor'],
} as const satisfies Record<WorkKind, string[]>;
export type WorkValueFilter = (typeof workValueFilters)[WorkKind][number];

export interface WorkFilters extends CommonFilters {
  status: RunStatus[];
  values: Partial<Record<WorkValueFilter, string>>;
}

/** Reads filters from an address. Unknown names and values are dropped, so an old link still opens. */
export function parseWork(kind: WorkKind, search: string): WorkFilters {
  const query = new URLSearchParams(search);
  const values = workValueFilters[kind].map((name) => [name, clean(query.get(name))] as const);
  return {
    ...parseCommon(query),
    status: someOf(statuses, query.get('status')),
    values: Object.fromEntries(values.filter(([, value]) => value !== '')),
  };
}

/** Writes filters for an address. */
export const workSearch = (kind: WorkKind, filters: WorkFilters): string =>
  searchText([
    ['project', filters.project],
    ['status', filters.status.join(',')],
    ...workValueFilters[kind].map((name): [string, string | undefined] => [name, filters.values[name]]),
    ['q', filters.q],
    ['since', filters.since],
    ['until', filters.until],
  ]);

/** As the server wants it, lengths turned into times. */
export function workQuery(kind: WorkKind, filters: WorkFilters, now: number): URLSearchParams {
  const query = new URLSearchParams(workSearch(kind, filters));
  for (const [name, time] of Object.entries(times(filters, now))) query.set(name, time);
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

const plain = (text: string): boolean => /^[\x20-\x7e\n]*$/.test(text);

/**
 * Whether a row belongs under the filters, as the server would say it: values are
 * equal in full, `q` is a part of the id or the name, and the time is when it
 * began, `since` included and `until` not. The row carries all that the server
 * looks at; only of letters beyond ASCII it is not known which the server
 * takes for the same, so a search that they decide is left to the server.
 */
export function matchesWork(
  kind: WorkKind,
  filters: WorkFilters,
  row: WorkOf[WorkKind],
  now: number,
): Belongs {
  if (filters.project && row.project !== filters.project) return 'no';
  if (filters.status.length && !filters.status.some((status) => status === row.status)) return 'no';
  const own = row as unknown as Record<string, string>;
  for (const [name, wanted] of Object.entries(filters.values)) if (own[name] !== wanted) return 'no';
  const began = beganAt(row);
  const since = sinceTime(filters.since, now);
  if (since !== undefined && began < since) return 'no';
  if (filters.until && began >= Date.parse(filters.until)) return 'no';
  if (!filters.q) return 'yes';
  const text = `${own[`${kind}_id`] ?? ''}\n${row.name}`;
  if (text.toLowerCase().includes(filters.q.toLowerCase())) return 'yes';
  return plain(text + filters.q) ? 'no' : 'unknown';
}
