import fc from 'fast-check';
import { expect, test } from 'vitest';
import { rowWindow } from './row-window';

test('the window covers everything in view and stays small', () => {
  fc.assert(
    fc.property(
      fc.nat(5000),
      fc.integer({ min: 20, max: 100 }),
      fc.integer({ min: -2000, max: 600_000 }),
      fc.integer({ min: 100, max: 3000 }),
      (count, row, top, view) => {
        const [from, to] = rowWindow(count, row, top, view);
        expect(from).toBeGreaterThanOrEqual(0);
        expect(to).toBeLessThanOrEqual(count);
        expect(to - from).toBeLessThanOrEqual(Math.ceil(view / row) + 18);
        for (let at = Math.max(0, Math.floor(top / row)); at < Math.min(count, (top + view) / row); at++) {
          expect(at >= from && at < to).toBe(true);
        }
      },
    ),
  );
});

test('no rows, no window', () => {
  expect(rowWindow(0, 36, 0, 900)).toEqual([0, 0]);
});
