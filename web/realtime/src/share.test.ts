import { expect, it } from 'vitest';
import { shareName } from './share';

it('a connection is shared only by tabs of one user, one server and one version of the protocol', () => {
  const names = [
    shareName('ann', '', false),
    shareName('ann', '', true),
    shareName('ann', 'https://rynda.example', false),
    shareName('bob', '', false),
    shareName('ann https://rynda.example', '', false),
    shareName('', 'ann', false),
  ];
  expect(new Set(names).size).toBe(names.length);
  for (const name of names) expect(name).toMatch(/^rynda\/\d+ /);
  expect(shareName('ann', '', false)).toBe(names[0]);
});
