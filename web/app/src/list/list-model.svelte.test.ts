import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { Problem } from '../api/problem';
import { KeptList } from './kept-list';
import { ListModel, windowSize, type Belongs, type Page } from './list-model.svelte';

interface Row {
  id: string;
  at: number;
  fits?: Belongs;
}

const page = (...rows: Row[]): Page<Row> => ({ rows, next_page: '', cursor: 'e-1' });
const two = (): Record<string, Page<Row> | Problem> => ({
  '': { ...page({ id: 'a', at: 50 }, { id: 'b', at: 40 }), next_page: 'older', cursor: 'e-9' },
});

/** A store, a server and a list over them, with a clock that moves only when told. */
function scene(pages: Record<string, Page<Row> | Problem> = {}) {
  const held = new Map<string, Row>();
  const asked: string[] = [];
  const adopted: string[] = [];
  let gate: Promise<void> | undefined;
  const list = new ListModel<Row>('', {
    query: () => new URLSearchParams('sort=x'),
    async ask(query, signal) {
      asked.push(String(query));
      const answer = pages[query.get('page') ?? ''] ?? page();
      await gate;
      if (signal.aborted) throw new DOMException('aborted', 'AbortError');
      if (answer instanceof Problem) throw answer;
      return answer;
    },
    idOf: (row) => row.id,
    get: (id) => held.get(id),
    upsert: (rows) => rows.forEach((row) => held.set(row.id, row)),
    belongs: (row) => row.fits ?? 'yes',
    order: (row) => row.at,
    ages: false,
    snapshot: () => (cursor) => adopted.push(cursor),
  });
  return {
    list,
    pages,
    asked,
    adopted,
    held,
    change(...rows: Row[]) {
      rows.forEach((row) => held.set(row.id, row));
      list.touch(rows.map((row) => row.id));
    },
    /** Answers wait until the returned function is called. */
    hold(): () => Promise<unknown> {
      let open = () => {};
      gate = new Promise((resolve) => (open = resolve));
      return () => (open(), vi.advanceTimersByTimeAsync(0));
    },
  };
}

async function opened(pages = two()) {
  const made = scene(pages);
  made.list.start();
  await vi.runAllTimersAsync();
  return made;
}

const after = (ms: number) => vi.advanceTimersByTimeAsync(ms);

beforeEach(() => void vi.useFakeTimers({ now: Date.UTC(2026, 10, 24, 12) }));
afterEach(() => void vi.useRealTimers());

describe('a list', () => {
  test('loads pages of 50, older ones after the last, and tells the position it was read at', async () => {
    const { list, asked, adopted } = await opened({
      ...two(),
      older: page({ id: 'b', at: 40 }, { id: 'c', at: 30 }),
    });
    await list.older();
    expect(list.ids).toEqual(['a', 'b', 'c']);
    expect(list.nextPage).toBe('');
    expect(asked).toEqual(['sort=x&limit=50', 'sort=x&limit=50&page=older']);
    expect([list.cursor, adopted]).toEqual(['e-9', ['e-9']]);
  });

  test('goes on from where a full window ends, and comes back', async () => {
    const { list } = await opened({ ...two(), older: page({ id: 'c', at: 30 }) });
    await list.moveOn();
    expect([list.ids, list.beginsAt]).toEqual([['c'], 'older']);
    await list.backToNewest();
    expect([list.ids, list.beginsAt]).toEqual([['a', 'b'], '']);
  });

  test('begins anew at the newest when arrivals would make its window too long', async () => {
    const many = Array.from({ length: windowSize }, (_, at) => ({ id: `m${at}`, at: 100 + at }));
    const { list, change, pages } = await opened({
      '': { ...page(...many.toReversed()), next_page: 'more' },
    });
    expect(list.full).toBe(true);
    pages[''] = { ...page({ id: 'n', at: 9000 }, many.at(-1)!), next_page: 'after n' };
    change({ id: 'n', at: 9000 });
    await after(3000);
    expect([list.ids, list.nextPage, list.arrivals.size]).toEqual([['n', 'm1999'], 'after n', 0]);
  });

  test('keeps old rows when loading anew fails, says so, and tries again when the server is back', async () => {
    const { list, pages } = await opened();
    pages[''] = new Problem(503, 'away', '', 'req-1');
    await list.refresh();
    expect([list.phase, list.stale, list.ids]).toEqual(['ready', true, ['a', 'b']]);
    expect(list.problem?.requestId).toBe('req-1');
    pages[''] = page({ id: 'c', at: 55 });
    list.reachable();
    await vi.runAllTimersAsync();
    expect([list.stale, list.problem, list.ids]).toEqual([false, undefined, ['c']]);
  });

  test('fails as a whole when there was nothing to keep', async () => {
    const { list } = scene({ '': new Problem(500, 'boom') });
    list.start();
    await after(0);
    expect([list.phase, list.problem?.status]).toEqual(['failed', 500]);
  });

  test('that failed is asked for again by itself, out of sight, until it works; not when nobody looks', async () => {
    const { list, pages, asked } = scene({ '': new Problem(503, 'away', '', 'req-1') });
    list.start();
    await after(0);
    expect([list.phase, asked.length]).toEqual(['failed', 1]);
    pages[''] = new Problem(503, 'away', '', 'req-2');
    await after(6_100);
    expect([list.phase, asked.length, list.problem?.requestId]).toEqual(['failed', 2, 'req-1']);
    list.stop();
    await after(600_000);
    expect(asked.length).toBe(2);
    pages[''] = page({ id: 'a', at: 1 });
    list.start();
    await after(0);
    expect([list.phase, list.problem, list.ids]).toEqual(['ready', undefined, ['a']]);
    await after(600_000);
    expect(asked.length).toBe(3);
  });

  test('that is refused is not asked for again by itself', async () => {
    const { list, asked } = scene({ '': new Problem(403, 'no') });
    list.start();
    await after(600_000);
    expect([list.phase, asked.length]).toEqual(['failed', 1]);
  });

  test('that is out of date because a refresh failed is current again by itself', async () => {
    const { list, pages } = await opened();
    pages[''] = new Problem(0, 'no answer');
    await list.refresh();
    expect([list.stale, list.ids]).toEqual([true, ['a', 'b']]);
    pages[''] = page({ id: 'c', at: 55 });
    await after(6_100);
    expect([list.stale, list.problem, list.ids]).toEqual([false, undefined, ['c']]);
  });

  test('can load older ones again after a refresh cut them off', async () => {
    const { list, pages, hold } = await opened({ ...two(), older: page({ id: 'c', at: 30 }) });
    const open = hold();
    const older = list.older();
    pages[''] = new Problem(503, 'away');
    const anew = list.refresh();
    await open();
    await Promise.all([older, anew]);
    expect(list.olderPhase).toBe('idle');
    await list.older();
    expect(list.ids).toEqual(['a', 'b', 'c']);
  });
});

describe('what arrives', () => {
  test('takes its place by itself when nobody is in the list', async () => {
    const { list, change } = await opened();
    change({ id: 'n', at: 59 });
    await after(300);
    expect(list.ids).toEqual(['n', 'a', 'b']);
  });

  test('is collected while the reader is elsewhere, and shown when asked', async () => {
    const { list, change } = await opened();
    list.atTop = false;
    change({ id: 'n', at: 59 });
    await after(5000);
    expect([list.ids, [...list.arrivals]]).toEqual([['a', 'b'], ['n']]);
    list.showNew();
    expect([list.ids, [...list.arrivals]]).toEqual([['n', 'a', 'b'], []]);
  });

  test('waits while the pointer is inside and a moment longer, then takes its place', async () => {
    const { list, change } = await opened();
    list.busy = true;
    change({ id: 'n', at: 59 });
    await after(10_000);
    list.busy = false;
    await after(1000);
    expect([list.ids, [...list.arrivals]]).toEqual([['a', 'b'], ['n']]);
    await after(2000);
    expect(list.ids).toEqual(['n', 'a', 'b']);
  });

  test('waits while something is selected', async () => {
    const { list, change } = await opened();
    list.pick('b');
    change({ id: 'n', at: 59 });
    await after(10_000);
    expect(list.ids).toEqual(['a', 'b']);
  });

  test('is not counted where it lies below the loaded part, does not match, or may not match', async () => {
    const { list, change } = await opened();
    list.atTop = false;
    change(
      { id: 'old', at: 1 },
      { id: 'as old as the last', at: 40 },
      { id: 'other', at: 59, fits: 'no' },
      { id: 'unsure', at: 59, fits: 'unknown' },
    );
    await after(1000);
    expect([...list.arrivals]).toEqual([]);
  });

  test('is not counted any more when it stops matching before it was shown', async () => {
    const { list, change, held } = await opened();
    list.atTop = false;
    change({ id: 'n', at: 59 }, { id: 'm', at: 58 });
    await after(300);
    expect(list.arrivals.size).toBe(2);
    change({ id: 'n', at: 59, fits: 'no' });
    held.set('m', { id: 'm', at: 58, fits: 'no' }); // grew too old: nothing happened to it
    list.lookSoon();
    await after(300);
    expect(list.arrivals.size).toBe(0);
  });

  test('while the list loads anew is not lost, though the answer does not have it', async () => {
    const { list, change, hold } = await opened();
    list.atTop = false;
    const open = hold();
    void list.refresh();
    await after(0);
    change({ id: 'n', at: 59 });
    await after(1000);
    await open();
    expect(list.arrivals.size).toBe(0);
    await after(1000);
    expect([...list.arrivals]).toEqual(['n']);
  });

  test('while another screen is shown is there on return', async () => {
    const { list, change, asked } = await opened();
    list.stop();
    change({ id: 'n', at: 59 });
    await after(60_000);
    list.start();
    await after(300);
    expect(list.ids).toEqual(['n', 'a', 'b']);
    expect(asked).toHaveLength(1);
  });

  test('in a flood while another screen is shown is not kept: the list loads anew on return', async () => {
    const { list, asked } = await opened();
    list.stop();
    list.touch(Array.from({ length: 10 * windowSize }, (_, at) => `x${at}`));
    list.start();
    await after(300);
    expect(asked).toHaveLength(2);
  });
});

describe('a row', () => {
  test('is not moved under the pointer, and takes its new place afterwards', async () => {
    const { list, change } = await opened();
    list.busy = true;
    change({ id: 'b', at: 59 });
    await after(10_000);
    expect(list.ids).toEqual(['a', 'b']);
    list.busy = false;
    await after(3000);
    expect(list.ids).toEqual(['b', 'a']);
  });

  test('that no longer matches fades, then goes', async () => {
    const { list, change } = await opened();
    change({ id: 'a', at: 50, fits: 'no' });
    await after(300);
    expect([list.ids, [...list.leaving.keys()]]).toEqual([['a', 'b'], ['a']]);
    await after(2000);
    expect(list.ids).toEqual(['b']);
  });

  test('that matches again before it went stays', async () => {
    const { list, change } = await opened();
    change({ id: 'a', at: 50, fits: 'no' });
    await after(300);
    change({ id: 'a', at: 50 });
    await after(3000);
    expect([list.ids, list.leaving.size]).toEqual([['a', 'b'], 0]);
  });

  test('that may not match stays', async () => {
    const { list, change } = await opened();
    change({ id: 'a', at: 50, fits: 'unknown' });
    await after(3000);
    expect(list.ids).toEqual(['a', 'b']);
  });

  test('that the answer has though it stopped matching meanwhile goes too', async () => {
    const { list, held } = scene(two());
    list.start();
    await after(0);
    held.set('a', { id: 'a', at: 50, fits: 'no' }); // the store merges by version: the older answer loses
    await after(3000);
    expect(list.ids).toEqual(['b']);
  });

  test('stays faded under the pointer, unless this person sent it away', async () => {
    const { list, change } = await opened();
    list.busy = true;
    list.sendAway(['b']);
    change({ id: 'a', at: 50, fits: 'no' }, { id: 'b', at: 40, fits: 'no' });
    await after(5000);
    expect([list.ids, [...list.leaving.keys()]]).toEqual([['a'], ['a']]);
    list.busy = false;
    await after(1000);
    expect(list.ids).toEqual([]);
  });

  test('is back at once after an undo', async () => {
    const { list, change } = await opened();
    change({ id: 'a', at: 50, fits: 'no' });
    await after(3000);
    change({ id: 'a', at: 50 });
    list.bringBack(['a']);
    expect(list.ids).toEqual(['a', 'b']);
  });

  test('hands the tab stop on when it goes', async () => {
    const { list, change } = await opened();
    list.current = 'a';
    change({ id: 'a', at: 50, fits: 'no' });
    await after(3000);
    expect(list.current).toBe('b');
  });
});

test('selecting a range takes all from the row picked before, in either direction', async () => {
  const { list } = await opened({
    '': page({ id: 'a', at: 4 }, { id: 'b', at: 3 }, { id: 'c', at: 2 }, { id: 'd', at: 1 }),
  });
  list.pick('c');
  list.pick('a', true);
  expect([...list.selected].sort()).toEqual(['a', 'b', 'c']);
  list.pick('b');
  expect([...list.selected].sort()).toEqual(['a', 'c']);
});

test('one list is kept: the same filters find it as it was, others end it', async () => {
  const { list, asked } = await opened();
  const kept = new KeptList<Row>((search) => (search ? new ListModel<Row>(search, {} as never) : list));
  expect(kept.under('')).toBe(list);
  expect(kept.under('')).toBe(list);
  kept.under('?q=x');
  list.touch(['n']);
  await after(1000);
  expect([kept.current?.search, asked.length]).toEqual(['?q=x', 1]);
});
