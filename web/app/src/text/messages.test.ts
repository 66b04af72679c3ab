import { describe, expect, test } from 'vitest';
import { en } from './messages/en';
import { ru } from './messages/ru';
import type { Catalog, MessageKey } from './i18n.svelte';

type Message = string | Record<string, string>;

const names = (message: Message): string[] => {
  const texts = typeof message === 'string' ? [message] : Object.values(message);
  return [
    ...new Set(texts.flatMap((text) => [...text.matchAll(/\{(\w+)\}/g)].map((match) => match[1] ?? ''))),
  ].sort();
};

describe('the catalogs', () => {
  const keys = Object.keys(en) as MessageKey[];

  test('have the same keys', () => {
    expect(Object.keys(ru).sort()).toEqual([...keys].sort());
  });

  test.each(Object.entries({ en: en as Catalog, ru }))('%s has no empty text', (_, catalog) => {
    const empty = keys.filter((key) => JSON.stringify(catalog[key]).includes('""'));
    expect(empty).toEqual([]);
  });

  test('use the same placeholders', () => {
    for (const key of keys) expect([key, names(ru[key])]).toEqual([key, names(en[key])]);
  });

  test('have every plural form their language needs', () => {
    for (const key of keys) {
      if (typeof en[key] === 'string') continue;
      expect([key, Object.keys(en[key]).sort()]).toEqual([key, ['one', 'other']]);
      expect([key, Object.keys(ru[key]).sort()]).toEqual([key, ['few', 'many', 'one', 'other']]);
    }
  });

  test('say nothing in Russian with English words left in', () => {
    const allowed = /Rynda|JSON|curl|token|<token>|Esc|Enter/g;
    for (const key of keys) {
      const text = JSON.stringify(ru[key])
        .replaceAll(/"(one|few|many|other)":/g, '')
        .replaceAll(/\{\w+\}/g, '');
      if (/^"?[\w ]+"?$/.test(text.replaceAll(allowed, '')) === false) {
        expect([
          key,
          text
            .replaceAll(allowed, '')
            .replaceAll(/\b[jkv]\b/g, '')
            .match(/[a-z]{2,}/i),
        ]).toEqual([key, null]);
      }
    }
  });
});
