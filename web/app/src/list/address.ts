/**
 * What the filters of every list share. They live in the address, so a filtered
 * list can be sent to a colleague; the same names go to the server. `since` and
 * `until` are RFC 3339 times or, for `since`, a length counted back from now ("24h").
 */
export interface CommonFilters {
  project: string;
  q: string;
  since: string;
  until: string;
}

export const spans = ['1h', '24h', '7d', '30d'] as const;

/** A free value of an address, cut at what a filter may be long. */
export const clean = (value: string | null): string => (value ?? '').trim().slice(0, 256);

/** Reads what all lists have. Values nobody knows are dropped, so an old link still opens. */
export const parseCommon = (query: URLSearchParams): CommonFilters => ({
  project: clean(query.get('project')),
  q: clean(query.get('q')),
  since: validSince(query.get('since')),
  until: validTime(query.get('until')),
});

/** Of the known words those that a list with commas asks for, in their own order. */
export function someOf<T extends string>(known: readonly T[], asked: string | null): T[] {
  const words = (asked ?? '').split(',');
  return known.filter((word) => words.includes(word));
}

/** Of the known words those chosen, with this one put in or taken out. */
export const toggled = <T extends string>(known: readonly T[], chosen: readonly T[], word: T): T[] =>
  known.filter((each) => (each === word) !== chosen.includes(each));

/** Writes values for an address in the order given, empty ones left out: equal filters give equal text. */
export function searchText(values: [name: string, value: string | undefined][]): string {
  const query = new URLSearchParams();
  for (const [name, value] of values) if (value) query.set(name, value);
  const text = query.toString().replaceAll('%2C', ',').replaceAll('%3A', ':');
  return text ? `?${text}` : '';
}

/** The times that the server is asked for, lengths counted back from now. */
export function times({ since, until }: CommonFilters, now: number): { since?: string; until?: string } {
  const from = sinceTime(since, now);
  return {
    ...(from === undefined ? {} : { since: new Date(from).toISOString() }),
    ...(until ? { until: new Date(until).toISOString() } : {}),
  };
}

const units: Record<string, number> = { h: 3_600_000, d: 86_400_000 };

/** The time that `since` stands for, in milliseconds; undefined when there is no bound. */
export function sinceTime(since: string, now: number): number | undefined {
  if (!since) return undefined;
  const length = /^(\d{1,4})([hd])$/.exec(since);
  if (length) return now - Number(length[1]) * (units[length[2] ?? ''] ?? 0);
  return Date.parse(since);
}

function validTime(value: string | null): string {
  return value && /^\d{4}-\d\d-\d\dT/.test(value) && !Number.isNaN(Date.parse(value)) ? value : '';
}

function validSince(value: string | null): string {
  return value && /^\d{1,4}[hd]$/.test(value) ? value : validTime(value);
}
