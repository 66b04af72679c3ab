import fc from 'fast-check';
import { expect, test } from 'vitest';
import { pacedRows, rowWindow } from './row-window';

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

const places = (ids: readonly number[]) => ids.map((id, at) => ({ id: String(id), at }));
const ids = fc.uniqueArray(fc.nat(60), { maxLength: 40 });

test('new rows come a few at a time, the most urgent first, and in the end all are there', () => {
  fc.assert(
    fc.property(
      ids,
      fc.shuffledSubarray([...Array(40).keys()]),
      fc.integer({ min: 1, max: 12 }),
      ids,
      (to, order, budget, from) => {
        const whole = places(to);
        const wanted = order.flatMap((at) => whole[at] ?? []);
        let there = places(from);
        for (let frame = 0; ; frame++) {
          expect(frame).toBeLessThanOrEqual(Math.ceil(wanted.length / budget));
          const known = new Set(there.map(({ id }) => id));
          const { rows, missing } = pacedRows(there, wanted, budget);
          const fresh = rows.filter(({ id }) => !known.has(id));
          expect(fresh.length).toBeLessThanOrEqual(budget);
          if (wanted[0]) expect(rows).toContainEqual(wanted[0]);
          // Urgency: nothing that is missing was more urgent than what came.
          const came = new Set(rows.map(({ id }) => id));
          const lacking = wanted.findIndex(({ id }) => !came.has(id));
          for (const { id } of fresh)
            expect(lacking < 0 || wanted.findIndex((row) => row.id === id) < lacking).toBe(true);
          // One row in one place, in their order.
          for (const [n, row] of rows.entries()) if (n) expect(row.at).toBeGreaterThan(rows[n - 1]!.at);
          expect(came.size).toBe(rows.length);
          there = rows;
          if (!missing) break;
        }
        expect(there).toEqual([...wanted].sort((a, b) => a.at - b.at));
      },
    ),
  );
});

test('where a row is missing, the one that was seen there stays', () => {
  const there = places([1, 2, 3, 4]);
  const wanted = places([8, 9, 1, 7]);
  expect(pacedRows(there, wanted, 1).rows.map(({ id }) => id)).toEqual(['8', '2', '1', '4']);
});

test('the most urgent row is there at once', () => {
  expect(pacedRows([], places([5, 6]), 0)).toEqual({ rows: places([5]), made: 1, missing: true });
});
