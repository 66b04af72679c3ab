import { expect, test } from 'vitest';
import { bounds, plotSpans } from './spans';

test('a span ends with the bar being filled and holds whole bars', () => {
  const now = Date.parse('2026-11-24T12:34:56Z');
  expect(plotSpans.map((span) => bounds(span, now))).toEqual([
    { from: '2026-11-24T11:35:00.000Z', to: '2026-11-24T12:35:00.000Z' },
    { from: '2026-11-23T13:00:00.000Z', to: '2026-11-24T13:00:00.000Z' },
    { from: '2026-11-11T00:00:00.000Z', to: '2026-11-25T00:00:00.000Z' },
  ]);
});
