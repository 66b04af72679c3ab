import type { Run } from '@rynda/realtime';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { Problem } from '../api/problem';
import type { WorkPage } from '../api/types';
import { parseWork } from './work-filters';
import { WorkList } from './work-list.svelte';
import { run } from './work.fixture';

const at = (minute: number) => new Date(Date.UTC(2026, 10, 24, 11, minute)).toISOString();
const nth = (id: string, minute: number, over: Partial<Run> = {}) =>
  run({ run_id: id, started_at: at(minute), ...over });
const page = (...rows: Run[]): WorkPage<'run'> => ({ rows, next_page: '', cursor: 'e-1' });

/** A store, a server and a list over them. */
function scene(search: string, pages: Record<string, WorkPage<'run'> | Problem>) {
  const held = new Map<string, Run>();
  const told = new Set<(keys: Set<string>) => void>();
  const upsert = (rows: Run[]) => rows.forEach((row) => held.set(row.run_id, row));
  const asked: string[] = [];
  const list = new WorkList(
    'run',
    parseWork('run', search),
    {
      works: (_kind: unknown, query: URLSearchParams) => {
        asked.push(String(query));
        const answer = pages[query.get('page') ?? ''];
        return answer instanceof Problem ? Promise.reject(answer) : Promise.resolve(answer ?? page());
      },
    } as never,
    { get: (key) => held.get(key), upsert, onChanged: (fn) => (told.add(fn), () => told.delete(fn)) },
    (row) => row.run_id,
  );
  const change = (...rows: Run[]) => {
    upsert(rows);
    told.forEach((fn) => fn(new Set(rows.map((row) => row.run_id))));
  };
  return { list, pages, asked, change, told };
}

const two = () => ({ '': { ...page(nth('a', 50), nth('b', 40)), next_page: 'older' } });

beforeEach(() => void vi.useFakeTimers({ now: Date.UTC(2026, 10, 24, 12) }));
afterEach(() => void vi.useRealTimers());

async function opened(search: string, pages: Record<string, WorkPage<'run'> | Problem>) {
  const made = scene(search, pages);
  made.list.start();
  await vi.runAllTimersAsync();
  return made;
}

describe('a list of runs', () => {
  test('loads pages of 50, and older ones after the last', async () => {
    const { list, asked } = await opened('', { ...two(), older: page(nth('b', 40), nth('c', 30)) });
    await list.older();
    expect(list.ids).toEqual(['a', 'b', 'c']);
    expect(list.nextPage).toBe('');
    expect(asked).toEqual(['limit=50', 'limit=50&page=older']);
  });

  test('takes what is new by itself at the top', async () => {
    const { list, change } = await opened('', two());
    change(nth('n', 59));
    await vi.advanceTimersByTimeAsync(300);
    expect(list.ids).toEqual(['n', 'a', 'b']);
  });

  test('collects what is new while the reader is elsewhere, and shows it when asked', async () => {
    const { list, change } = await opened('', two());
    list.atTop = false;
    change(nth('n', 59));
    await vi.advanceTimersByTimeAsync(5_000);
    expect([list.ids, [...list.arrivals]]).toEqual([['a', 'b'], ['n']]);
    list.showNew();
    expect([list.ids, [...list.arrivals]]).toEqual([['n', 'a', 'b'], []]);
  });

  test('waits while the pointer is inside, and takes it afterwards', async () => {
    const { list, change } = await opened('', two());
    list.busy = true;
    change(nth('n', 59));
    await vi.advanceTimersByTimeAsync(1_000);
    expect(list.ids).toEqual(['a', 'b']);
    list.busy = false;
    await vi.advanceTimersByTimeAsync(1_000);
    expect(list.ids).toEqual(['n', 'a', 'b']);
  });

  test('leaves alone what lies below the loaded part or outside the filters', async () => {
    const { list, change } = await opened('?status=running', two());
    list.atTop = false;
    change(nth('old', 1), nth('other', 59, { status: 'failed' }));
    await vi.advanceTimersByTimeAsync(1_000);
    expect(list.arrivals.size).toBe(0);
  });

  test('keeps a row that just stopped matching until the new are shown', async () => {
    const { list, change } = await opened('?status=running', two());
    change(nth('a', 50, { status: 'failed' }));
    await vi.advanceTimersByTimeAsync(1_000);
    expect(list.ids).toEqual(['a', 'b']);
    list.showNew();
    expect(list.ids).toEqual(['b']);
  });

  test('keeps old rows when loading anew fails, says so, and tries again when the server is back', async () => {
    const { list, pages } = await opened('', two());
    pages[''] = new Problem(503, 'away');
    await list.refresh();
    expect([list.phase, list.stale, list.ids]).toEqual(['ready', true, ['a', 'b']]);
    pages[''] = page(nth('c', 55));
    list.reachable();
    await vi.runAllTimersAsync();
    expect([list.stale, list.ids]).toEqual([false, ['c']]);
  });

  test('fails as a whole when there was nothing to keep', async () => {
    const { list } = await opened('', { '': new Problem(500, 'boom') });
    expect(list.phase).toBe('failed');
  });

  test('goes on from where a full window ends, and comes back', async () => {
    const { list } = await opened('', { ...two(), older: page(nth('c', 30)) });
    await list.moveOn();
    expect([list.ids, list.beginsAt]).toEqual([['c'], 'older']);
    await list.backToNewest();
    expect([list.ids, list.beginsAt]).toEqual([['a', 'b'], '']);
  });

  test('hears nothing after its end', async () => {
    const { list, told } = await opened('', two());
    list.end();
    expect(told.size).toBe(0);
  });
});
