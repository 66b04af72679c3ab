import { expect, test } from 'vitest';
import { keyOf } from './keyboard';

test('a Russian layout gives the letters of the keys', () => {
  expect(keyOf({ key: 'о', code: 'KeyJ' })).toBe('j');
  expect(keyOf({ key: 'м', code: 'KeyV' })).toBe('v');
  expect(keyOf({ key: '.', code: 'Slash' })).toBe('/');
});

test('other layouts keep what the key says', () => {
  expect(keyOf({ key: 'j', code: 'KeyC' })).toBe('j');
  expect(keyOf({ key: '?', code: 'Slash' })).toBe('?');
  expect(keyOf({ key: 'Enter', code: 'Enter' })).toBe('Enter');
});
