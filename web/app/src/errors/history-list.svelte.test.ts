import type { Group } from '@rynda/realtime';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { Problem } from '../api/problem';
import type { GroupPage } from '../api/types';
import { parseFilters } from './filters';
import { group } from './group.fixture';
import { HistoryList, windowSize, type Rows } from './history-list.svelte';

const at = (minute: number) => new Date(Date.UTC(2026, 10, 24, 11, minute)).toISOString();

/** A store, a server and a list over them, with a clock that moves only when told. */
function scene(search = '', pages: Record<string, GroupPage | Problem> = {}) {
  const held = new Map<string, Group>();
  const runs = new Set<() => void>();
  const rows: Rows = {
    get: (id) => held.get(id),
    upsert: (groups) => groups.forEach((each) => held.set(each.group_id, each)),
    subscribe(run) {
      runs.add(run);
      return () => runs.delete(run);
    },
  };
  const asked: URLSearchParams[] = [];
  const client = {
    groups(query: URLSearchParams) {
      asked.push(query);
      const page = pages[query.get('page') ?? ''];
      return page instanceof Problem
        ? Promise.reject(page)
        : Promise.resolve(page ?? { groups: [], next_page: '', cursor: 'e-1' });
    },
  };
  const list = new HistoryList(parseFilters(search), client, rows);
  return {
    list,
    asked,
    pages,
    change(...groups: Group[]) {
      rows.upsert(groups);
      list.touch(groups.map((each) => each.group_id));
    },
  };
}

const two: GroupPage = {
  groups: [group({ group_id: 'a', last_seen_at: at(50) }), group({ group_id: 'b', last_seen_at: at(40) })],
  next_page: 'older',
  cursor: 'e-9',
};

/** Groups newer than those two. */
const many = (count: number) =>
  Array.from({ length: count }, (_, n) =>
    group({
      group_id: `n${n}`,
      last_seen_at: new Date(Date.UTC(2026, 10, 24, 11, 55, 0, n % 1000)).toISOString(),
    }),
  );

beforeEach(() => {
  vi.useFakeTimers({ now: Date.UTC(2026, 10, 24, 12) });
});
afterEach(() => {
  vi.useRealTimers();
});

describe('the history', () => {
  test('begins anew at its top when more has come than it keeps', async () => {
    const { list, change, asked } = scene('', { '': two });
    list.start();
    await vi.runAllTimersAsync();
    change(...many(windowSize));
    await vi.advanceTimersByTimeAsync(250);
    expect(list.ids).toEqual(['a', 'b']);
    expect(list.nextPage).toBe('older');
    expect(list.arrivals.size).toBe(0);
    expect(asked).toHaveLength(2);
  });

  test('never holds more rows than it keeps, not even when it cannot load', async () => {
    const { list, change, pages } = scene('', { '': two });
    list.start();
    await vi.runAllTimersAsync();
    pages[''] = new Problem(503, 'busy');
    change(...many(windowSize - 2));
    await vi.advanceTimersByTimeAsync(250);
    expect(list.ids).toHaveLength(windowSize);
    change(group({ group_id: 'last', last_seen_at: at(59) }));
    await vi.advanceTimersByTimeAsync(4_000);
    expect(list.ids).toHaveLength(windowSize);
    expect(list.stale).toBe(true);
    expect([...list.arrivals]).toEqual(['last']);
  });

  test('keeps what arrives while it loads anew', async () => {
    const { list, change } = scene('', { '': two });
    list.start();
    await vi.runAllTimersAsync();
    list.busy = true;
    change(group({ group_id: 'before', last_seen_at: at(55) }));
    await vi.advanceTimersByTimeAsync(250);
    const loading = list.refresh();
    list.arrivals.add('meanwhile');
    await loading;
    expect([...list.arrivals]).toEqual(['meanwhile']);
  });

  test('loads pages of 50 in the order asked for', async () => {
    const { list, asked } = scene('?sort=count', {
      '': two,
      older: { groups: [group({ group_id: 'c' })], next_page: '', cursor: 'e-9' },
    });
    list.start();
    await vi.runAllTimersAsync();
    await list.older();
    expect(list.ids).toEqual(['a', 'b', 'c']);
    expect(list.nextPage).toBe('');
    expect(asked.map(String)).toEqual(['sort=count&limit=50', 'sort=count&limit=50&page=older']);
  });

  test('collects what arrives while the reader is elsewhere, and shows it when asked', async () => {
    const { list, change } = scene('', { '': two });
    list.start();
    await vi.runAllTimersAsync();
    list.atTop = false;
    change(group({ group_id: 'n', last_seen_at: at(59) }));
    await vi.advanceTimersByTimeAsync(5000);
    expect([list.ids, [...list.arrivals]]).toEqual([['a', 'b'], ['n']]);
    list.showNew();
    expect([list.ids, [...list.arrivals]]).toEqual([['n', 'a', 'b'], []]);
  });

  test('takes what arrives by itself when nobody is in the list', async () => {
    const { list, change } = scene('', { '': two });
    list.start();
    await vi.runAllTimersAsync();
    change(group({ group_id: 'n', last_seen_at: at(59) }));
    await vi.advanceTimersByTimeAsync(3000);
    expect(list.ids).toEqual(['n', 'a', 'b']);
  });

  test('moves no row while the pointer is in the list', async () => {
    const { list, change } = scene('', { '': two });
    list.start();
    await vi.runAllTimersAsync();
    list.busy = true;
    change(group({ group_id: 'b', last_seen_at: at(59), version: 9 }));
    await vi.advanceTimersByTimeAsync(10_000);
    expect(list.ids).toEqual(['a', 'b']);
  });

  test('ignores what lies below the loaded part or outside the filter', async () => {
    const { list, change } = scene('?severity=error', { '': two });
    list.start();
    await vi.runAllTimersAsync();
    list.atTop = false;
    change(
      group({ group_id: 'old', last_seen_at: at(1) }),
      group({ group_id: 'other', last_seen_at: at(59), severity: 'info' }),
    );
    await vi.advanceTimersByTimeAsync(1000);
    expect([...list.arrivals]).toEqual([]);
  });

  test('fades a row that no longer matches, then lets it go', async () => {
    const { list, change } = scene('?state=active', { '': two });
    list.start();
    await vi.runAllTimersAsync();
    change(group({ group_id: 'a', state: 'viewed', last_seen_at: at(50) }));
    await vi.advanceTimersByTimeAsync(300);
    expect([list.ids, [...list.leaving.keys()]]).toEqual([['a', 'b'], ['a']]);
    await vi.advanceTimersByTimeAsync(2000);
    expect(list.ids).toEqual(['b']);
  });

  test('holds a fading row under the pointer, unless this person dismissed it', async () => {
    const { list, change } = scene('?state=active', { '': two });
    list.start();
    await vi.runAllTimersAsync();
    list.busy = true;
    list.dismissing(['b']);
    change(group({ group_id: 'a', state: 'viewed' }), group({ group_id: 'b', state: 'viewed' }));
    await vi.advanceTimersByTimeAsync(5000);
    expect(list.ids).toEqual(['a']);
  });

  test('brings a row back after an undo', async () => {
    const { list, change } = scene('?state=active', { '': two });
    list.start();
    await vi.runAllTimersAsync();
    change(group({ group_id: 'a', state: 'viewed', last_seen_at: at(50) }));
    await vi.advanceTimersByTimeAsync(3000);
    change(group({ group_id: 'a', state: 'active', last_seen_at: at(50) }));
    list.restore(['a']);
    expect(list.ids).toEqual(['a', 'b']);
  });

  test('hands the tab stop on when its row goes', async () => {
    const { list, change } = scene('?state=active', { '': two });
    list.start();
    await vi.runAllTimersAsync();
    list.current = 'a';
    change(group({ group_id: 'a', state: 'viewed' }));
    await vi.advanceTimersByTimeAsync(3000);
    expect(list.current).toBe('b');
  });

  test('keeps old rows when loading anew fails, and says so', async () => {
    const { list, pages } = scene('', { '': two });
    list.start();
    await vi.runAllTimersAsync();
    pages[''] = new Problem(503, 'away', '', 'req-1');
    await list.refresh();
    expect([list.phase, list.stale, list.ids, list.problem?.requestId]).toEqual([
      'ready',
      true,
      ['a', 'b'],
      'req-1',
    ]);
  });

  test('fails as a whole when there was nothing to keep', async () => {
    const { list } = scene('', { '': new Problem(500, 'boom') });
    list.start();
    await vi.runAllTimersAsync();
    expect([list.phase, list.problem?.status]).toEqual(['failed', 500]);
  });
});
