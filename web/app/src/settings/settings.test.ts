import { expect, test } from 'vitest';
import { readChoices } from './settings.svelte';

test('the first visit follows the browser’s languages', () => {
  expect(readChoices(null, ['de-DE', 'ru-RU', 'en']).language).toBe('ru');
  expect(readChoices(null, ['de-DE']).language).toBe('en');
  expect(readChoices(null, [])).toMatchObject({
    theme: 'auto',
    density: 'normal',
    alertOrder: 'newest',
    singleKeys: true,
  });
});

test.each(['not json', 'null', '[]', '{"theme":"pink","singleKeys":"no","project":7}'])(
  '%s takes the defaults',
  (kept) => {
    expect(readChoices(kept, ['en'])).toEqual(readChoices(null, ['en']));
  },
);
