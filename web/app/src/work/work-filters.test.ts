import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { deploy, run } from './work.fixture';
import {
  clearedWork,
  isNarrowedWork,
  matchesWork,
  parseWork,
  statuses,
  workQuery,
  workSearch,
  workValueFilters,
} from './work-filters';

const now = Date.parse('2026-11-24T12:00:00Z');

describe('filters in an address', () => {
  test('read back as they were written', () => {
    const text = fc.string({ maxLength: 20 }).map((value) => value.trim());
    fc.assert(
      fc.property(
        fc.constantFrom('run' as const, 'deploy' as const),
        fc.subarray([...statuses]),
        fc.array(text, { minLength: 4, maxLength: 4 }),
        text,
        fc.constantFrom('', '24h', '2026-11-01T00:00:00.000Z'),
        (kind, status, given, q, since) => {
          const values = Object.fromEntries(
            workValueFilters[kind].map((name, at) => [name, given[at] ?? '']).filter(([, value]) => value),
          );
          const filters = { project: 'shop', status, values, q, since, until: '' };
          expect(parseWork(kind, workSearch(kind, filters))).toEqual(filters);
        },
      ),
    );
  });

  test('drop what nobody knows and what the other kind has', () => {
    const filters = parseWork('run', '?status=bad,failed&service=cart&since=yesterday&x=1');
    expect(workSearch('run', filters)).toBe('?status=failed');
  });

  test('become times for the server', () => {
    const query = workQuery('run', parseWork('run', '?since=24h&status=failed,running'), now);
    expect(query.get('since')).toBe('2026-11-23T12:00:00.000Z');
    expect(query.get('status')).toBe('running,failed');
  });

  test('when cleared keep the project and hide nothing', () => {
    const filters = parseWork('deploy', '?project=shop&status=failed&service=cart&q=x&since=1h');
    expect(isNarrowedWork(filters)).toBe(true);
    expect(isNarrowedWork(clearedWork(filters))).toBe(false);
    expect(clearedWork(filters).project).toBe('shop');
  });
});

describe('a row', () => {
  test.each([
    ['', true],
    ['?project=shop&status=running,failed', true],
    ['?project=other', false],
    ['?status=failed', false],
    ['?actor=cron&deploy_id=d-1', true],
    ['?actor=cro', false],
    ['?q=NIGHTLY', true],
    ['?q=elsewhere', false],
    ['?since=1h', false],
    ['?since=3h', true],
    ['?until=2026-11-24T10:00:05Z', false],
  ])('of a run under %s: %s', (search, belongs) => {
    expect(matchesWork('run', parseWork('run', search), run(), now)).toBe(belongs);
  });

  test('of a deploy is found by its place and its own id', () => {
    const under = (search: string) => matchesWork('deploy', parseWork('deploy', search), deploy(), now);
    expect(under('?service=cart&environment=production&namespace=shop')).toBe(true);
    expect(under('?environment=staging')).toBe(false);
    expect(under('?q=d-1')).toBe(true);
  });

  test('that has not started counts from when it was first heard of', () => {
    const queued = run({ status: 'queued', started_at: null, created_at: '2026-11-24T11:30:00Z' });
    expect(matchesWork('run', parseWork('run', '?since=1h'), queued, now)).toBe(true);
  });
});
