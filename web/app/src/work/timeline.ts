import type { Step } from '@rynda/realtime';

/** Where a step lies in the time of its run, in hundredths; undefined while it has not begun. */
export interface Span {
  left: number;
  width: number;
}

/** Lays steps out over the time from the first beginning to the last end; what still runs reaches until now. */
export function spans(steps: readonly Step[], now: number): (Span | undefined)[] {
  const times = steps.map((step) => {
    if (!step.started_at) return undefined;
    const from = Date.parse(step.started_at);
    const to = step.finished_at ? Date.parse(step.finished_at) : step.status === 'running' ? now : from;
    return { from, to: Math.max(from, to) };
  });
  const known = times.filter((each) => each !== undefined);
  const first = Math.min(...known.map(({ from }) => from));
  const whole = Math.max(...known.map(({ to }) => to)) - first;
  const part = (length: number) => (whole > 0 ? (length / whole) * 100 : 0);
  return times.map(
    (each) => each && { left: part(each.from - first), width: whole > 0 ? part(each.to - each.from) : 100 },
  );
}
