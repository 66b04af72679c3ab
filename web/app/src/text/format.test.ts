import { describe, expect, test } from 'vitest';
import { formatAgo, formatLength, formatNumber, formatShort, formatTook, pluralOf } from './format';

const now = Date.parse('2026-11-24T12:00:00Z');
const plain = (text: string) => text.replaceAll(/[\u00a0\u202f]/g, ' ');

describe('an age', () => {
  test.each([
    [0, 'now', 'сейчас'],
    [-60_000, 'now', 'сейчас'],
    [42_000, '42 sec ago', '42 сек. назад'],
    [60_000, '1 min ago', '1 мин. назад'],
    [3 * 3_600_000, '3 hr ago', '3 ч назад'],
    [26 * 3_600_000, '1 day ago', '1 дн. назад'],
    [8 * 86_400_000, '1 wk ago', '1 нед. назад'],
    [400 * 86_400_000, '1 yr ago', '1 г. назад'],
  ])('of %i ms', (age, english, russian) => {
    expect(plain(formatAgo('en', now - age, now, 'now'))).toBe(english);
    expect(plain(formatAgo('ru', now - age, now, 'сейчас'))).toBe(russian);
  });
});

test('numbers are grouped and shortened as each language does', () => {
  expect(formatNumber('en', 1234567)).toBe('1,234,567');
  expect(plain(formatNumber('ru', 1234567))).toBe('1 234 567');
  expect(formatShort('en', 9999)).toBe('9,999');
  expect(formatShort('en', 12_345)).toBe('12.3k');
});

test('a length has at most two units', () => {
  expect(plain(formatLength('en', 2_000))).toBe('2 secs');
  expect(plain(formatLength('en', 3_900_000))).toBe('1 hr 5 mins');
  expect(plain(formatLength('ru', 90_000_000))).toBe('1 дн. 1 ч');
});

test('Russian has four plural forms', () => {
  expect([1, 2, 5, 11, 21, 1.5].map((n) => pluralOf('ru', n))).toEqual([
    'one',
    'few',
    'many',
    'many',
    'one',
    'other',
  ]);
});

test('what runs is counted to the second within the hour', () => {
  expect(plain(formatTook('en', 42_900))).toBe('42s');
  expect(plain(formatTook('en', 192_000))).toBe('3m 12s');
  expect(plain(formatTook('en', 3_900_000))).toBe('1h 5m');
  expect(plain(formatTook('ru', 192_000))).toBe('3 мин 12 с');
  expect(plain(formatTook('en', -5))).toBe('0s');
});
