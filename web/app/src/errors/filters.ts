/** The filters of the history of errors. */
import type { Group } from '@rynda/realtime';
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

export const severities = ['critical', 'error', 'warning', 'info'] as const;
export type SeverityName = (typeof severities)[number];

export const sorts = ['last_seen', 'raised', 'first_seen', 'count'] as const;
export type Sort = (typeof sorts)[number];

/** Filters with one free value each, in the order they are shown. */
export const valueFilters = [
  'source',
  'environment',
  'release',
  'run_id',
  'deploy_id',
  'task_id',
  'namespace',
  'job',
  'correlation_id',
  'fingerprint',
] as const;
export type ValueFilter = (typeof valueFilters)[number];

export type StateFilter = '' | 'active' | 'viewed';

export interface Filters extends CommonFilters, Record<ValueFilter, string> {
  severity: SeverityName[];
  state: StateFilter;
  sort: Sort;
}

/** Reads filters from an address. Unknown names and values are dropped, so an old link still opens. */
export function parseFilters(search: string): Filters {
  const query = new URLSearchParams(search);
  return {
    ...parseCommon(query),
    ...(Object.fromEntries(valueFilters.map((name) => [name, clean(query.get(name))])) as Record<
      ValueFilter,
      string
    >),
    severity: someOf(severities, query.get('severity')),
    state: someOf(['active', 'viewed'], query.get('state'))[0] ?? '',
    sort: someOf(sorts, query.get('sort'))[0] ?? 'last_seen',
  };
}

const pairs = (filters: Filters): [string, string][] => [
  ['project', filters.project],
  ['state', filters.state],
  ['severity', filters.severity.join(',')],
  ...valueFilters.map((name): [string, string] => [name, filters[name]]),
  ['q', filters.q],
];

/** Writes filters for an address, defaults left out. */
export const filterSearch = (filters: Filters): string =>
  searchText([
    ...pairs(filters),
    ['since', filters.since],
    ['until', filters.until],
    ['sort', filters.sort === 'last_seen' ? '' : filters.sort],
  ]);

/** Everything but `sort` as the server wants it, lengths turned into times. Bulk views take it too. */
export const filterParams = (filters: Filters, now: number): Record<string, string> => ({
  ...Object.fromEntries(pairs(filters).filter(([, value]) => value !== '')),
  ...times(filters, now),
});

/** True when some filter hides groups; the project and the order hide nothing on purpose. */
export function isNarrowed(filters: Filters): boolean {
  return (
    filters.severity.length > 0 ||
    filters.state !== '' ||
    filters.q !== '' ||
    filters.since !== '' ||
    filters.until !== '' ||
    valueFilters.some((name) => filters[name] !== '')
  );
}

/** No filters, in the same project and order. */
export const cleared = (filters: Filters): Filters => ({
  ...parseFilters(''),
  project: filters.project,
  sort: filters.sort,
});

/**
 * Whether a group belongs in the list, judged from its row alone. "unknown" when
 * the row cannot tell: the server keeps more refs and text than a row carries.
 */
export function matches(filters: Filters, group: Group, now: number): Belongs {
  if (filters.project && group.project !== filters.project) return 'no';
  if (filters.severity.length && !filters.severity.some((severity) => severity === group.severity))
    return 'no';
  if (filters.state && group.state !== filters.state) return 'no';
  if (filters.fingerprint && group.fingerprint !== filters.fingerprint) return 'no';
  if (filters.environment && group.environment !== filters.environment) return 'no';
  // As the server has it: last seen at or after since, and before until.
  const last = Date.parse(group.last_seen_at);
  const since = sinceTime(filters.since, now);
  if (since !== undefined && last < since) return 'no';
  if (filters.until && last >= Date.parse(filters.until)) return 'no';

  let unsure = filters.correlation_id !== '';
  if (filters.source && group.source !== filters.source) unsure = true;
  if (filters.release && group.release !== filters.release) unsure = true;
  for (const kind of ['run', 'deploy', 'task', 'namespace', 'job'] as const) {
    const wanted = filters[kind === 'namespace' || kind === 'job' ? kind : (`${kind}_id` as const)];
    if (wanted && !(group.refs ?? []).some((ref) => ref.kind === kind && ref.id === wanted)) unsure = true;
  }
  if (filters.q) {
    const text = `${group.title}\n${group.type}\n${group.culprit}\n${group.source}`.toLowerCase();
    if (!text.includes(filters.q.toLowerCase())) unsure = true;
  }
  return unsure ? 'unknown' : 'yes';
}

/** What the list is ordered by: larger comes first, ids settle ties as the server does. */
export function sortKey(sort: Sort, group: Group): number {
  switch (sort) {
    case 'count':
      return group.count;
    case 'first_seen':
      return Date.parse(group.first_seen_at);
    case 'raised':
      return group.raised_at ? Date.parse(group.raised_at) : 0;
    case 'last_seen':
      return Date.parse(group.last_seen_at);
  }
}
