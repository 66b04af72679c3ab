import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { paced } from './paced';

function store(value: number) {
  const listeners = new Set<(value: number) => void>();
  return {
    get: () => value,
    set(next: number) {
      value = next;
      for (const run of listeners) run(value);
    },
    subscribe(run: (value: number) => void) {
      listeners.add(run);
      run(value);
      return () => listeners.delete(run);
    },
    get heard() {
      return listeners.size;
    },
  };
}

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

test('a change is told at once, a storm four times a second, and its end always', () => {
  const source = store(0);
  const told: number[] = [];
  const stop = paced(source, 250).subscribe((value) => told.push(value));
  vi.advanceTimersByTime(1_000);
  source.set(1);
  expect(told).toEqual([0, 1]);
  for (let n = 2; n <= 101; n++) {
    vi.advanceTimersByTime(10);
    source.set(n);
  }
  expect(told.length).toBe(6);
  vi.advanceTimersByTime(250);
  expect(told.at(-1)).toBe(101);
  vi.advanceTimersByTime(1_000);
  source.set(7);
  expect(told.at(-1)).toBe(7);
  stop();
  expect(source.heard).toBe(0);
  expect(vi.getTimerCount()).toBe(0);
});
