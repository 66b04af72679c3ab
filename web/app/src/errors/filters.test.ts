import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  cleared,
  filterParams,
  filterSearch,
  isNarrowed,
  matches,
  parseFilters,
  severities,
  sorts,
  valueFilters,
  type Filters,
} from './filters';
import { group } from './group.fixture';
import { sinceTime } from '../list/address';

const now = Date.parse('2026-11-24T12:00:00Z');

const anyFilters: fc.Arbitrary<Filters> = fc.record({
  project: fc.stringMatching(/^[a-z]{0,8}$/),
  severity: fc.subarray([...severities]),
  state: fc.constantFrom('', 'active', 'viewed'),
  q: fc.string({ maxLength: 40 }).map((text) => text.trim()),
  since: fc.constantFrom('', '1h', '24h', '30d', '2026-11-01T00:00:00.000Z'),
  until: fc.constantFrom('', '2026-11-20T00:00:00.000Z'),
  sort: fc.constantFrom(...sorts),
  ...Object.fromEntries(
    valueFilters.map((name) => [name, fc.string({ maxLength: 20 }).map((text) => text.trim())]),
  ),
}) as fc.Arbitrary<Filters>;

describe('filters in an address', () => {
  test('read back as they were written', () => {
    fc.assert(
      fc.property(anyFilters, (filters) => {
        expect(parseFilters(filterSearch(filters))).toEqual(filters);
      }),
    );
  });

  test('that are equal give equal text, whatever order they came in', () => {
    expect(filterSearch(parseFilters('?sort=count&severity=info,critical&q=x'))).toBe(
      filterSearch(parseFilters('?q=x&severity=critical,info&sort=count')),
    );
  });

  test('leave defaults out', () => {
    expect(filterSearch(parseFilters('?sort=last_seen&state=&severity='))).toBe('');
  });

  test('drop what nobody knows', () => {
    const filters = parseFilters('?severity=bad,error&state=gone&sort=name&since=yesterday&until=2026&x=1');
    expect(filterSearch(filters)).toBe('?severity=error');
  });

  test('are cut at 256 characters', () => {
    expect(parseFilters(`?q=${'a'.repeat(5000)}`).q).toHaveLength(256);
  });
});

describe('filters for the server', () => {
  test('count a length back from now', () => {
    expect(filterParams(parseFilters('?since=24h&project=shop'), now)).toEqual({
      project: 'shop',
      since: '2026-11-23T12:00:00.000Z',
    });
    expect(sinceTime('30d', now)).toBe(now - 30 * 86_400_000);
  });

  test('do not carry the order, which a bulk view has none of', () => {
    expect(filterParams(parseFilters('?sort=count'), now)).toEqual({});
  });
});

test('clearing keeps the project and the order, and hides nothing', () => {
  fc.assert(
    fc.property(anyFilters, (filters) => {
      const clear = cleared(filters);
      expect(isNarrowed(clear)).toBe(false);
      expect([clear.project, clear.sort]).toEqual([filters.project, filters.sort]);
    }),
  );
});

describe('a live group', () => {
  test.each([
    ['', 'yes'],
    ['?project=shop&severity=error,critical&state=active', 'yes'],
    ['?project=other', 'no'],
    ['?severity=info', 'no'],
    ['?state=viewed', 'no'],
    ['?environment=staging', 'no'],
    ['?run_id=run-1', 'yes'],
    ['?run_id=run-2', 'unknown'],
    ['?namespace=prod', 'yes'],
    ['?q=REFUSED', 'yes'],
    ['?q=elsewhere', 'unknown'],
    ['?correlation_id=c-1', 'unknown'],
    ['?since=1h', 'yes'],
    ['?since=2026-11-24T11:59:00Z', 'yes'],
    ['?until=2026-11-24T11:59:00.001Z', 'yes'],
    ['?until=2026-11-24T11:59:00Z', 'no'],
    ['?until=2026-11-22T00:00:00Z', 'no'],
  ])('under %s belongs to the list: %s', (search, answer) => {
    expect(matches(parseFilters(search), group(), now)).toBe(answer);
  });

  test('leaves a time filter as it grows old', () => {
    const filters = parseFilters('?since=1h');
    expect(matches(filters, group(), now + 2 * 3_600_000)).toBe('no');
  });
});
