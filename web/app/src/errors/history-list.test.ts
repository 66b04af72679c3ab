import type { Group } from '@rynda/realtime';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { group } from './group.fixture';
import { historyList } from './history-list';

const at = (minute: number) => new Date(Date.UTC(2026, 10, 24, 11, minute)).toISOString();

beforeEach(() => void vi.useFakeTimers({ now: Date.UTC(2026, 10, 24, 12) }));
afterEach(() => void vi.useRealTimers());

async function opened(search: string) {
  const held = new Map<string, Group>();
  const asked: string[] = [];
  const upsert = (groups: Group[]) => groups.forEach((each) => held.set(each.group_id, each));
  const list = historyList(
    search,
    {
      groups(query) {
        asked.push(String(query));
        const groups = [
          group({ group_id: 'a', last_seen_at: at(50), count: 3 }),
          group({ group_id: 'b', last_seen_at: at(40), count: 1 }),
        ];
        return Promise.resolve({ groups, next_page: '', cursor: 'e-1' });
      },
    },
    { get: (id) => held.get(id), upsert },
  );
  list.start();
  await vi.runAllTimersAsync();
  const change = (each: Group) => {
    upsert([each]);
    list.touch([each.group_id]);
  };
  return { list, asked, change };
}

test('the history asks for its filters in the order chosen, and keeps that order', async () => {
  const { list, asked, change } = await opened('?sort=count&since=24h');
  expect(asked).toEqual(['since=2026-11-23T12%3A00%3A00.000Z&sort=count&limit=50']);
  change(group({ group_id: 'b', last_seen_at: at(41), count: 7 }));
  await vi.advanceTimersByTimeAsync(3000);
  expect(list.ids).toEqual(['b', 'a']);
});

test('a group viewed by anyone leaves the active ones', async () => {
  const { list, change } = await opened('?state=active');
  change(group({ group_id: 'a', state: 'viewed', last_seen_at: at(50) }));
  await vi.advanceTimersByTimeAsync(3000);
  expect(list.ids).toEqual(['b']);
});
