import type { Step } from '../../api/types';

/** The stretches of time the plot offers, each with the width of its bars. */
export const plotSpans = [
  { name: '1h', length: 3_600_000, step: 'minute', bar: 60_000 },
  { name: '24h', length: 86_400_000, step: 'hour', bar: 3_600_000 },
  { name: '14d', length: 14 * 86_400_000, step: 'day', bar: 86_400_000 },
] as const satisfies { name: string; length: number; step: Step; bar: number }[];

export type PlotSpan = (typeof plotSpans)[number];

/** From and to of a span that ends with the bar now being filled, on the step's own marks. */
export function bounds(span: PlotSpan, now: number): { from: string; to: string } {
  const to = Math.ceil((now + 1) / span.bar) * span.bar;
  return { from: new Date(to - span.length).toISOString(), to: new Date(to).toISOString() };
}
