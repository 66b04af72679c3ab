/**
 * The filters of the history. They live in the address, so a filtered list can
 * be sent to a colleague; the same names go to the server. `since` and `until`
 * are RFC 3339 times or, for `since`, a length counted back from now ("24h").
 */
import type { Group } from '@rynda/realtime';

export const severities = ['critical', 'error', 'warning', 'info'] as const;
export type SeverityName = (typeof severities)[number];

export const sorts = ['last_seen', 'raised', 'first_seen', 'count'] as const;
export type Sort = (typeof sorts)[number];

export const spans = ['1h', '24h', '7d', '30d'] as const;

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

export interface Filters extends Record<ValueFilter, string> {
  project: string;
  severity: SeverityName[];
  state: StateFilter;
  q: string;
  since: string;
  until: string;
  sort: Sort;
}

const oneOf = <T extends string>(values: readonly T[], value: string | null): T | undefined =>
  values.find((known) => known === value);

/** Reads filters from an address. Unknown names and values are dropped, so an old link still opens. */
export function parseFilters(search: string): Filters {
  const query = new URLSearchParams(search);
  const asked = (query.get('severity') ?? '').split(',');
  const filters = {
    project: clean(query.get('project')),
    severity: severities.filter((severity) => asked.includes(severity)),
    state: oneOf(['active', 'viewed'] as const, query.get('state')) ?? '',
    q: clean(query.get('q')),
    since: validSince(query.get('since')),
    until: validTime(query.get('until')),
    sort: oneOf(sorts, query.get('sort')) ?? 'last_seen',
  } as Filters;
  for (const name of valueFilters) filters[name] = clean(query.get(name));
  return filters;
}

/** Writes filters for an address, defaults left out, in one order: equal filters give equal text. */
export function filterSearch(filters: Filters): string {
  const query = new URLSearchParams();
  const put = (name: string, value: string) => value !== '' && query.set(name, value);
  put('project', filters.project);
  put('state', filters.state);
  put('severity', filters.severity.join(','));
  for (const name of valueFilters) put(name, filters[name]);
  put('q', filters.q);
  put('since', filters.since);
  put('until', filters.until);
  if (filters.sort !== 'last_seen') put('sort', filters.sort);
  const text = query.toString().replaceAll('%2C', ',').replaceAll('%3A', ':');
  return text ? `?${text}` : '';
}

/** Everything but `sort` as the server wants it, lengths turned into times. Bulk views take it too. */
export function filterParams(filters: Filters, now: number): Record<string, string> {
  const params: Record<string, string> = {};
  const put = (name: string, value: string) => {
    if (value !== '') params[name] = value;
  };
  put('project', filters.project);
  put('state', filters.state);
  put('severity', filters.severity.join(','));
  for (const name of valueFilters) put(name, filters[name]);
  put('q', filters.q);
  const since = sinceTime(filters.since, now);
  if (since !== undefined) put('since', new Date(since).toISOString());
  if (filters.until) put('until', new Date(filters.until).toISOString());
  return params;
}

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
export function matches(filters: Filters, group: Group, now: number): 'yes' | 'no' | 'unknown' {
  if (filters.project && group.project !== filters.project) return 'no';
  if (filters.severity.length && !filters.severity.some((severity) => severity === group.severity))
    return 'no';
  if (filters.state && group.state !== filters.state) return 'no';
  if (filters.fingerprint && group.fingerprint !== filters.fingerprint) return 'no';
  if (filters.environment && group.environment !== filters.environment) return 'no';
  const last = Date.parse(group.last_seen_at);
  const since = sinceTime(filters.since, now);
  if (since !== undefined && last < since) return 'no';
  if (filters.until && Date.parse(group.first_seen_at) > Date.parse(filters.until)) return 'no';

  let unsure = filters.correlation_id !== '' || filters.until !== '';
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

const units: Record<string, number> = { h: 3_600_000, d: 86_400_000 };

/** The time that `since` stands for, in milliseconds; undefined when there is no bound. */
export function sinceTime(since: string, now: number): number | undefined {
  if (!since) return undefined;
  const length = /^(\d{1,4})([hd])$/.exec(since);
  if (length) return now - Number(length[1]) * (units[length[2] ?? ''] ?? 0);
  return Date.parse(since);
}

const clean = (value: string | null): string => (value ?? '').trim().slice(0, 256);

export function validTime(value: string | null): string {
  return value && /^\d{4}-\d\d-\d\dT/.test(value) && !Number.isNaN(Date.parse(value)) ? value : '';
}

export function validSince(value: string | null): string {
  return value && /^\d{1,4}[hd]$/.test(value) ? value : validTime(value);
}
