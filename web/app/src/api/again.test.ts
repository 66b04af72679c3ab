import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { Again, passes } from './again';
import { Problem } from './problem';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

test.each([
  [0, true],
  [429, true],
  [500, true],
  [503, true],
  [400, false],
  [401, false],
  [403, false],
  [404, false],
])('a %i is worth asking again: %s', (status, worth) => expect(passes(new Problem(status, ''))).toBe(worth));

test('asks after 5 s, then twice as long each time, at most a minute, and forgets when it worked', () => {
  const waits: number[] = [];
  let began = Date.now();
  const again = new Again(
    () => waits.push(Date.now() - began),
    () => 0.5,
  );
  const fail = () => {
    began = Date.now();
    again.failed(new Problem(503, ''));
    vi.runAllTimers();
  };
  for (let n = 0; n < 6; n++) fail();
  expect(waits).toEqual([5_000, 10_000, 20_000, 40_000, 60_000, 60_000]);
  again.worked();
  fail();
  expect(waits.at(-1)).toBe(5_000);
});

test('asks once, a fifth sooner or later, and not for what will not pass or after the end', () => {
  let asked = 0;
  const early = new Again(
    () => asked++,
    () => 0,
  );
  early.failed(new Problem(503, ''));
  early.failed(new Problem(0, ''));
  vi.advanceTimersByTime(7_999);
  expect(asked).toBe(0);
  vi.advanceTimersByTime(1);
  expect(asked).toBe(1);
  early.failed(new Problem(503, ''));
  early.failed(new Problem(404, ''));
  vi.runAllTimers();
  expect(asked).toBe(1);
  early.failed(new Problem(503, ''));
  early.stop();
  vi.runAllTimers();
  expect(asked).toBe(1);
});
