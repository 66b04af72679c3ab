import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isPosition, mayBeBehind } from './position';

describe('a position', () => {
  it('is an epoch and an id, and nothing else', () => {
    expect(isPosition('0badc0de-0')).toBe(true);
    for (const bad of [
      '',
      '12',
      '0badc0de',
      '0badc0de-',
      '0BADC0DE-1',
      '0badc0de-1x',
      ' 0badc0de-1',
      '0badc0de--1',
      null,
      7,
    ])
      expect(isPosition(bad)).toBe(false);
  });

  it('is behind another only by id, however long', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: 0n }), fc.bigInt({ min: 0n }), (a, b) => {
        expect(mayBeBehind(`0badc0de-${a}`, `0badc0de-${b}`)).toBe(a < b);
      }),
    );
  });

  it('may always be behind one of another log, or one that cannot be read', () => {
    expect(mayBeBehind('0badc0de-9', 'deadbeef-1')).toBe(true);
    expect(mayBeBehind('', '0badc0de-1')).toBe(true);
  });
});
