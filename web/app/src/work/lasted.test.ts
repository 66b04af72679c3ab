import { expect, test } from 'vitest';
import { lasted } from './lasted';
import { run } from './work.fixture';

const now = () => Date.parse('2026-11-24T10:01:00Z');
const finished = (finished_at: string) => ({ status: 'succeeded' as const, finished_at });

test('a run lasts from its start to its end, and by now while it runs', () => {
  expect(lasted(run(), now)).toBe(55_000);
  expect(lasted(run(finished('2026-11-24T10:00:30Z')), now)).toBe(25_000);
  expect(lasted(run({ status: 'queued' }), now)).toBeUndefined();
});

test('a run whose start nobody told lasts from when it was first told of', () => {
  const untold = { started_at: null };
  expect(lasted(run(untold), now)).toBe(60_000);
  expect(lasted(run({ ...untold, ...finished('2026-11-24T10:00:30Z') }), now)).toBe(30_000);
});

test('a run that was told of when it was over has no duration', () => {
  expect(lasted(run({ started_at: null, ...finished('2026-11-24T10:00:00Z') }), now)).toBeUndefined();
  expect(lasted(run({ started_at: null, ...finished('2026-11-24T09:00:00Z') }), now)).toBeUndefined();
});

test('a later attempt does not last from when the first was told of', () => {
  expect(lasted(run({ started_at: null, attempt: 2 }), now)).toBeUndefined();
});

test('a step lasts from its start alone', () => {
  expect(lasted({ status: 'running', started_at: null, finished_at: null }, now)).toBeUndefined();
});
