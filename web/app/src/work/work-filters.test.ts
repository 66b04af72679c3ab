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

describe('a row belongs as the server would say it', () => {
  test.each([
    ['', 'yes'],
    ['?project=shop&status=running,failed', 'yes'],
    ['?project=other', 'no'],
    ['?project=sho', 'no'],
    ['?status=failed', 'no'],
    ['?name=nightly+import', 'yes'],
    ['?name=nightly', 'no'],
    ['?name=Nightly+import', 'no'],
    ['?actor=cron&deploy_id=d-1', 'yes'],
    ['?actor=cro', 'no'],
    ['?q=NIGHTLY', 'yes'],
    ['?q=ly+im', 'yes'],
    ['?q=%25', 'no'], // a percent sign is no wildcard
    ['?q=n_ghtly', 'no'], // nor is an underscore
    ['?q=elsewhere', 'no'],
    ['?q=7', 'yes'],
    ['?q=cron', 'no'], // it looks at the id and the name alone
    ['?q=импорт', 'unknown'],
    ['?q=импорт&status=failed', 'no'],
    ['?since=1h', 'no'],
    ['?since=3h', 'yes'],
    ['?since=2026-11-24T10:00:05Z', 'yes'],
    ['?since=2026-11-24T10:00:06Z', 'no'],
    ['?until=2026-11-24T10:00:05Z', 'no'],
    ['?until=2026-11-24T10:00:06Z', 'yes'],
    ['?until=2026-11-24T12:00:06%2B02:00', 'yes'],
  ])('a run under %s: %s', (search, belongs) => {
    expect(matchesWork('run', parseWork('run', search), run(), now)).toBe(belongs);
  });

  test.each([
    ['?service=cart&environment=production&namespace=shop', 'yes'],
    ['?environment=staging', 'no'],
    ['?namespace=sho', 'no'],
    ['?service=Cart', 'no'],
    ['?q=d-1', 'yes'],
    ['?deploy_id=other', 'yes'], // a filter of runs
  ])('a deploy under %s: %s', (search, belongs) => {
    expect(matchesWork('deploy', parseWork('deploy', search), deploy(), now)).toBe(belongs);
  });

  test('what has not started counts from when it was first heard of', () => {
    const queued = run({ status: 'queued', started_at: null, created_at: '2026-11-24T11:30:00Z' });
    expect(matchesWork('run', parseWork('run', '?since=1h'), queued, now)).toBe('yes');
  });

  test('letters beyond ASCII match when they do, and are left to the server when they do not', () => {
    const under = (search: string, name: string) =>
      matchesWork('run', parseWork('run', search), run({ name }), now);
    expect(under('?q=ночной', 'Ночной импорт')).toBe('yes');
    expect(under('?q=import', 'Ночной импорт')).toBe('unknown');
  });

  test('grows too old for a filter by time', () => {
    const filters = parseWork('run', '?since=3h');
    const began = Date.parse('2026-11-24T10:00:05Z');
    expect(matchesWork('run', filters, run(), began + 3 * 3_600_000)).toBe('yes');
    expect(matchesWork('run', filters, run(), began + 3 * 3_600_000 + 1)).toBe('no');
  });
});
