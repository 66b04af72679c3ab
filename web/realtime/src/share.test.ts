import { expect, it } from 'vitest';
import { shareName } from './share';

it('a connection is shared only by tabs of one user, one server and one version of the protocol', () => {
  const names = [
    shareName('ann', ''),
    shareName('ann', 'https://rynda.example'),
    shareName('bob', ''),
    shareName('ann https://rynda.example', ''),
    shareName('', 'ann'),
  ];
  expect(new Set(names).size).toBe(names.length);
  for (const name of names) expect(name).toMatch(/^rynda\/\d+ /);
  expect(shareName('ann', '')).toBe(names[0]);
});
