import type { Step } from '@rynda/realtime';
import { expect, test } from 'vitest';
import { spans } from './timeline';

const at = (second: number) => new Date(Date.UTC(2026, 10, 24, 11, 0, second)).toISOString();
const step = (from: number | null, to: number | null, status: Step['status'] = 'succeeded'): Step => ({
  name: 'step',
  status,
  started_at: from === null ? null : at(from),
  finished_at: to === null ? null : at(to),
});

test('steps lie where they were in the time of all', () => {
  const running = step(30, null, 'running');
  expect(spans([step(0, 10), running, step(null, null, 'queued')], Date.parse(at(40)))).toEqual([
    { left: 0, width: 25 },
    { left: 75, width: 25 },
    undefined,
  ]);
});

test('a step without length, and steps without times, do no harm', () => {
  expect(spans([step(5, 5)], 0)).toEqual([{ left: 0, width: 100 }]);
  expect(spans([step(null, null)], 0)).toEqual([undefined]);
  expect(spans([], 0)).toEqual([]);
  expect(spans([step(9, 3)], 0)).toEqual([{ left: 0, width: 100 }]);
});
