import type { Run } from '@rynda/realtime';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { Problem } from '../api/problem';
import type { WorkDetail } from '../api/types';
import { WorkDetailModel } from './detail-model.svelte';
import { run } from './work.fixture';

function scene() {
  const server = { version: 3, asked: 0, problem: undefined as Problem | undefined };
  const held: Run[] = [];
  const model = new WorkDetailModel(
    'run',
    'shop',
    '7',
    {
      work: () => {
        server.asked++;
        if (server.problem) return Promise.reject(server.problem);
        const row = run({ version: server.version });
        const detail = { row, groups: [], new_groups: [], previous: null, next: null, cursor: 'e-1' };
        return Promise.resolve({
          ...detail,
          log: { to_seq: 0, ended: false },
        } as unknown as WorkDetail<'run'>);
      },
    } as never,
    { works: (rows) => void held.push(...rows), groups: () => undefined },
    () => () => undefined,
  );
  return { model, server, held };
}

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

describe('a run in full', () => {
  test('puts its row where stream and lists meet', async () => {
    const { model, held } = scene();
    await model.load();
    expect([model.phase, held[0]?.version]).toEqual(['ready', 3]);
  });

  test('asks again once for a burst of changes, and not for what it knows', async () => {
    const { model, server } = scene();
    await model.load();
    model.changed(3);
    await vi.runAllTimersAsync();
    expect(server.asked).toBe(1);
    server.version = 9;
    for (const version of [4, 5, 6, 9]) model.changed(version);
    await vi.runAllTimersAsync();
    expect(server.asked).toBe(2);
    model.changed(9);
    await vi.runAllTimersAsync();
    expect(server.asked).toBe(2);
  });

  test('keeps what it shows when asking again fails', async () => {
    const { model, server } = scene();
    await model.load();
    server.problem = new Problem(503, 'away');
    await model.load();
    expect([model.phase, model.problem?.status, model.detail?.row.version]).toEqual(['ready', 503, 3]);
  });

  test('that failed is asked for again by itself, out of sight, until it works', async () => {
    const { model, server } = scene();
    server.problem = new Problem(502, 'away');
    await model.load();
    const phases: string[] = [];
    for (let n = 0; n < 50; n++) {
      if (n === 20) server.problem = undefined;
      await vi.advanceTimersByTimeAsync(1_000);
      phases.push(model.phase);
    }
    expect(new Set(phases)).toEqual(new Set(['failed', 'ready']));
    expect([model.phase, model.problem]).toEqual(['ready', undefined]);
    expect(server.asked).toBeLessThanOrEqual(4);
  });

  test('that nobody waits for is not asked for again', async () => {
    const { model, server } = scene();
    server.problem = new Problem(502, 'away');
    await model.load();
    model.stop();
    await vi.runAllTimersAsync();
    expect(server.asked).toBe(1);
  });

  test('fails as a whole when there is nothing to keep', async () => {
    const { model, server } = scene();
    server.problem = new Problem(404, 'no');
    await model.load();
    expect([model.phase, model.problem?.status]).toEqual(['failed', 404]);
  });
});
