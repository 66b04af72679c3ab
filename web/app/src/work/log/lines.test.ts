import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { LogLine } from '../../api/types';
import { indexOfSeq, lineText, mergeLines, mergeMarkers, noLines } from './lines';

const line = (seq: number, marker = false): LogLine => ({
  seq,
  at: null,
  level: '',
  text: `line ${seq}`,
  marker,
});
const lines = (...seqs: number[]) => seqs.map((seq) => line(seq));

describe('lines', () => {
  test('end in the order of seq, each once, in whatever pieces they came', () => {
    fc.assert(
      fc.property(fc.array(fc.uniqueArray(fc.integer({ min: 1, max: 60 }))), (pieces) => {
        const held = pieces
          .map((seqs) => lines(...[...seqs].sort((a, b) => a - b)))
          .reduce(mergeLines, [] as LogLine[]);
        const wanted = [...new Set(pieces.flat())].sort((a, b) => a - b);
        expect(held.map(({ seq }) => seq)).toEqual(wanted);
      }),
    );
  });

  test('that are markers are picked out', () => {
    const known = [line(1, true)];
    expect(mergeMarkers(known, lines(2, 3))).toBe(known);
    expect(mergeMarkers(known, [line(2), line(3, true)]).map(({ seq }) => seq)).toEqual([1, 3]);
  });

  test('are found by seq, also where one is missing', () => {
    const held = lines(2, 4, 8);
    expect([1, 2, 3, 8, 9].map((seq) => indexOfSeq(held, seq))).toEqual([0, 0, 1, 2, 3]);
  });
});

test.each([
  ['\u001b[31mfailed\u001b[0m', 'failed'],
  ['10%\r50%\r100%', '100%'],
  ['done\r\n', 'done'],
  ['a\nb', 'a ⏎ b'],
  ['<b>text</b>', '<b>text</b>'],
])('%j is shown as %j', (text, shown) => {
  expect(lineText(text)).toBe(shown);
});

describe('a log without lines', () => {
  const [hour, week] = [3_600_000, 7 * 86_400_000];
  test.each([
    ['may still get some', noLines('run', true, 0, week), 'log.none.yet'],
    ['was never sent', noLines('run', false, 0, hour), 'log.none.run'],
    ['was never sent by a deploy', noLines('deploy', false, 0, hour), 'log.none.deploy'],
    ['was never sent or was let go', noLines('run', false, 0, week), 'log.none.old'],
    ['was let go', noLines('run', false, 9, week), 'log.none'],
  ])('%s', (_, says, key) => expect(says).toBe(key));
});
