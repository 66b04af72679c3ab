import { describe, expect, test } from 'vitest';
import { en } from './messages/en';
import { ru } from './messages/ru';
import type { MessageKey } from './i18n.svelte';
import type { Catalog } from './messages/translated';

type Message = string | Record<string, string>;

const names = (message: Message): string[] => {
  const texts = typeof message === 'string' ? [message] : Object.values(message);
  return [
    ...new Set(texts.flatMap((text) => [...text.matchAll(/\{(\w+)\}/g)].map((match) => match[1] ?? ''))),
  ].sort();
};

type Part = Record<string, Record<string, Message>>;
const englishParts = import.meta.glob<Part>('./messages/en/*.ts', { eager: true });
const russianParts = import.meta.glob<Part>('./messages/ru/*.ts', { eager: true });

describe('the catalogs', () => {
  const keys = Object.keys(en) as MessageKey[];

  test('are of parts that share no key', () => {
    for (const parts of [englishParts, russianParts]) {
      const all = Object.values(parts).flatMap((part) => Object.keys(Object.values(part)[0] ?? {}));
      expect(all.filter((key, at) => all.indexOf(key) !== at)).toEqual([]);
      expect(all.toSorted()).toEqual(keys.toSorted());
    }
  });

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
