import type { Run } from '@rynda/realtime';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { workList } from './work-list';
import { run } from './work.fixture';

const at = (minute: number) => new Date(Date.UTC(2026, 10, 24, 11, minute)).toISOString();
const nth = (id: string, minute: number, over: Partial<Run> = {}) =>
  run({ run_id: id, created_at: at(minute), started_at: at(minute), ...over });

/** A store, a server that has two runs, and a list over them. */
async function opened(search: string) {
  const held = new Map<string, Run>();
  const upsert = (rows: Run[]) => rows.forEach((row) => held.set(row.run_id, row));
  const asked: string[] = [];
  const list = workList(
    'run',
    search,
    {
      works: (_kind: unknown, query: URLSearchParams) => {
        asked.push(String(query));
        return Promise.resolve({ rows: [nth('a', 50), nth('b', 40)], next_page: '', cursor: 'e-1' });
      },
    } as never,
    { get: (key) => held.get(key), upsert },
    (row) => row.run_id,
  );
  list.start();
  await vi.runAllTimersAsync();
  const change = (...rows: Run[]) => {
    upsert(rows);
    list.touch(rows.map((row) => row.run_id));
  };
  return { list, asked, change };
}

beforeEach(() => void vi.useFakeTimers({ now: Date.UTC(2026, 10, 24, 12) }));
afterEach(() => void vi.useRealTimers());

describe('runs under a filter', () => {
  test('are asked for as the address says, newest first', async () => {
    const { list, asked, change } = await opened('?status=running&since=24h');
    expect(asked).toEqual(['status=running&since=2026-11-23T12%3A00%3A00.000Z&limit=50']);
    change(nth('n', 59));
    await vi.advanceTimersByTimeAsync(300);
    expect(list.ids).toEqual(['n', 'a', 'b']);
  });

  test('leave it when their status does, after a short fade', async () => {
    const { list, change } = await opened('?status=running');
    change(nth('a', 50, { status: 'succeeded' }));
    await vi.advanceTimersByTimeAsync(300);
    expect([list.ids, list.leaving.has('a')]).toEqual([['a', 'b'], true]);
    await vi.advanceTimersByTimeAsync(2000);
    expect(list.ids).toEqual(['b']);
  });

  test('join it when their status does: counted below, in their place at the top', async () => {
    const { list, change } = await opened('?status=running');
    list.atTop = false;
    change(nth('q', 45, { status: 'queued', started_at: null }));
    await vi.advanceTimersByTimeAsync(1000);
    expect(list.arrivals.size).toBe(0);
    change(nth('q', 45));
    await vi.advanceTimersByTimeAsync(1000);
    expect([...list.arrivals]).toEqual(['q']);
    list.atTop = true;
    await vi.advanceTimersByTimeAsync(3000);
    expect(list.ids).toEqual(['a', 'q', 'b']);
  });

  test('leave a filter by time as they grow old, though nothing happens to them', async () => {
    const { list } = await opened('?since=1h');
    await vi.advanceTimersByTimeAsync(41 * 60_000);
    expect(list.ids).toEqual(['a', 'b']);
    list.lookSoon(); // as the ticker does
    await vi.advanceTimersByTimeAsync(3000);
    expect(list.ids).toEqual(['a']);
  });
});
