import { expect, test } from 'vitest';
import { shortType } from './short-type';

test.each([
  ['java.lang.IllegalStateException', 'IllegalStateException'],
  ['App\\Http\\NotFound', 'NotFound'],
  ['std::out_of_range', 'out_of_range'],
  ['SQLSTATE 40P01', 'SQLSTATE 40P01'],
  ['*errors.errorString', '*errors.errorString'],
  ['', ''],
])('%s is read as %s', (type, short) => {
  expect(shortType(type)).toBe(short);
});
