import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { Problem } from '../../api/problem';
import type { LogLine } from '../../api/types';
import { LogModel, mostLines } from './log-model.svelte';

/** A server with a log that grows when told, and a model of it. */
function scene(length: number) {
  const log = new Map<number, LogLine>();
  const server = { ended: false, down: false, asked: [] as number[] };
  const write = (from: number, to: number) => {
    for (let seq = from; seq <= to; seq++)
      log.set(seq, { seq, at: null, level: 'info', text: `${seq}`, marker: seq % 700 === 0 });
  };
  write(1, length);
  const toSeq = () => Math.max(0, ...log.keys());
  const model = new LogModel('run', 'shop', '7', {
    log(_kind, _project, _id, { after, limit, markers }) {
      if (!markers) server.asked.push(after);
      if (server.down) return Promise.reject(new Problem(503, 'away'));
      const found = [...log.values()]
        .filter(({ seq, marker }) => seq > after && (!markers || marker))
        .sort((a, b) => a.seq - b.seq);
      return Promise.resolve({
        lines: found.slice(0, limit),
        to_seq: toSeq(),
        ended: server.ended,
        has_more: found.length > limit,
      });
    },
  });
  const open = () => model.open({ to_seq: toSeq(), ended: server.ended });
  return { model, server, write, open, log };
}

const span = (model: LogModel) => [model.lines[0]?.seq, model.lines.at(-1)?.seq, model.lines.length];

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

describe('a log', () => {
  test('opens at its end, with the markers of all of it', async () => {
    const { model, open } = scene(2_500);
    await open();
    expect(span(model)).toEqual([1_501, 2_500, 1_000]);
    expect(model.markers.map(({ seq }) => seq)).toEqual([700, 1_400, 2_100]);
    expect([model.atEnd, model.atStart]).toEqual([true, false]);
  });

  test('fetches what is after its last line when it hears of more, one request at a time', async () => {
    const { model, open, write, server } = scene(10);
    await open();
    server.asked.length = 0;
    write(11, 30);
    for (let seq = 11; seq <= 30; seq++) model.logged({ from_seq: seq, to_seq: seq, ended: false });
    await vi.runAllTimersAsync();
    expect(span(model)).toEqual([1, 30, 30]);
    expect(server.asked.length).toBeLessThanOrEqual(2);
  });

  test('goes back for lines that came late', async () => {
    const { model, open, write, log } = scene(10);
    log.delete(4);
    await open();
    expect(model.lines).toHaveLength(9);
    write(4, 4);
    model.logged({ from_seq: 4, to_seq: 4, ended: false });
    await vi.runAllTimersAsync();
    expect(span(model)).toEqual([1, 10, 10]);
  });

  test('reads a burst page by page, and says when it has ended', async () => {
    const { model, open, write, server } = scene(5);
    await open();
    write(6, 3_400);
    server.ended = true;
    model.logged({ from_seq: 6, to_seq: 3_400, ended: true });
    await vi.runAllTimersAsync();
    expect(span(model)).toEqual([1, 3_400, 3_400]);
    expect(model.ended).toBe(true);
    expect(model.markers.map(({ seq }) => seq)).toEqual([700, 1_400, 2_100, 2_800]);
  });

  test('grows at its beginning when the reader goes up', async () => {
    const { model, open } = scene(2_500);
    await open();
    await model.earlier();
    await model.earlier();
    await model.earlier();
    expect(span(model)).toEqual([1, 2_500, 2_500]);
    expect(model.atStart).toBe(true);
  });

  test('moves to a marker far away, and does not follow from there', async () => {
    const { model, open, write } = scene(9_000);
    await open();
    await model.reach(700);
    expect(model.lines.some(({ seq }) => seq === 700)).toBe(true);
    expect(model.atEnd).toBe(false);
    write(9_001, 9_100);
    model.logged({ from_seq: 9_001, to_seq: 9_100, ended: false });
    await vi.runAllTimersAsync();
    expect(model.lines.at(-1)!.seq).toBeLessThan(2_000);
    expect(model.markers.at(-1)!.seq).toBe(9_100);
    await model.toEnd();
    expect(model.lines.at(-1)!.seq).toBe(9_100);
    expect(model.atEnd).toBe(true);
  });

  test('goes on downwards until it is at the end again', async () => {
    const { model, open } = scene(3_000);
    await open();
    await model.toStart();
    await model.later();
    await model.later();
    expect(span(model)).toEqual([1, 3_000, 3_000]);
    expect(model.atEnd).toBe(true);
  });

  test('holds a bounded number of lines', async () => {
    const { model, open, write } = scene(10);
    await open();
    write(11, mostLines + 1_500);
    model.logged({ from_seq: 11, to_seq: mostLines + 1_500, ended: false });
    await vi.runAllTimersAsync();
    expect(span(model)).toEqual([1_501, mostLines + 1_500, mostLines]);
    await model.earlier();
    expect(model.lines).toHaveLength(mostLines);
    expect([model.lines[0]!.seq, model.atEnd]).toEqual([501, false]);
  });

  test('keeps its lines while the server is away, and catches up', async () => {
    const { model, open, write, server } = scene(10);
    await open();
    server.down = true;
    write(11, 12);
    model.logged({ from_seq: 11, to_seq: 12, ended: false });
    await vi.advanceTimersByTimeAsync(10);
    expect([model.lines.length, model.problem?.status]).toEqual([10, 503]);
    server.down = false;
    await vi.advanceTimersByTimeAsync(4_000);
    expect([model.lines.length, model.problem]).toEqual([12, undefined]);
  });

  test('fails as a whole when it cannot be opened, and opens when asked again', async () => {
    const { model, open, server } = scene(10);
    server.down = true;
    await open();
    expect(model.phase).toBe('failed');
    server.down = false;
    model.poll();
    await vi.runAllTimersAsync();
    expect([model.phase, model.lines.length]).toEqual(['ready', 10]);
  });
});
