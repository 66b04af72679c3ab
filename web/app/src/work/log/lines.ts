import type { LogLine, WorkKind } from '../../api/types';

/** Two runs of lines, each in the order of `seq`, as one. Of a line that is in both the held one stays. */
export function mergeLines(held: readonly LogLine[], came: readonly LogLine[]): LogLine[] {
  const first = came[0];
  if (!first) return held as LogLine[];
  const last = held.at(-1);
  if (!last || first.seq > last.seq) return [...held, ...came];
  const all = new Map(came.map((line) => [line.seq, line]));
  for (const line of held) all.set(line.seq, line);
  return [...all.values()].sort((a, b) => a.seq - b.seq);
}

/** The markers among the lines, put to those that are known. The same list when there are none. */
export function mergeMarkers(known: LogLine[], lines: readonly LogLine[]): LogLine[] {
  const came = lines.filter((line) => line.marker);
  return came.length ? mergeLines(known, came) : known;
}

/** Where a line with this seq stands, or would: the number of lines before it. */
export function indexOfSeq(lines: readonly LogLine[], seq: number): number {
  let [from, to] = [0, lines.length];
  while (from < to) {
    const middle = (from + to) >> 1;
    if (lines[middle]!.seq < seq) from = middle + 1;
    else to = middle;
  }
  return from;
}

const day = 86_400_000;

/**
 * Which message says why a log has no lines. Where one was let go nothing of it
 * is left, so that none was sent is certain only of what is younger than a day.
 */
export function noLines(kind: WorkKind, running: boolean, toSeq: number, age: number) {
  if (toSeq > 0) return 'log.none';
  if (running) return 'log.none.yet';
  return age < day ? (`log.none.${kind}` as const) : 'log.none.old';
}

/**
 * The text of a line as one line: colours that terminals understand are taken
 * out, a progress bar that wrote over itself shows what it wrote last, and a
 * line break inside is seen as one.
 */
export function lineText(text: string): string {
  const plain = text.replace(/\u001b\[[0-9;?]*[A-Za-z]/g, '').replace(/[\r\n]+$/, '');
  return plain.slice(plain.lastIndexOf('\r') + 1).replaceAll('\n', ' ⏎ ');
}
