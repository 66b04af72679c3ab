import { describe, expect, it } from 'vitest';
import { createWords, en, ru } from './messages';

describe('the words', () => {
  it('exist in both languages, with the same places to fill', () => {
    expect(Object.keys(ru).sort()).toEqual(Object.keys(en).sort());
    const places = (value: unknown) =>
      [...new Set([...JSON.stringify(value).matchAll(/\{(\w+)\}/g)].map((m) => m[1]))].sort();
    for (const key of Object.keys(en) as (keyof typeof en)[])
      expect(places(ru[key]), key).toEqual(places(en[key]));
  });

  it.each([
    [1, '1 новая группа ошибок'],
    [2, '2 новые группы ошибок'],
    [5, '5 новых групп ошибок'],
    [11, '11 новых групп ошибок'],
    [21, '21 новая группа ошибок'],
    [22, '22 новые группы ошибок'],
    [112, '112 новых групп ошибок'],
  ])('take the Russian form for %i', (n, text) => {
    expect(createWords('ru').count('stormTitle', n)).toBe(text);
  });

  it('take the English form', () => {
    const words = createWords('en');
    expect(words.count('alerts', 1)).toBe('1 alert');
    expect(words.count('alerts', 1_234)).toBe('1,234 alerts');
    expect(words.count('repeated', 14)).toBe('repeated 14 times');
  });

  it('take the last form where one is missing', () => {
    expect(createWords('ru').count('hidden', 1)).toBe('Просмотрено');
    expect(createWords('ru').count('hidden', 2)).toBe('Просмотрено: 2');
    expect(createWords('ru').count('more', 1)).toBe('Ещё 1');
    expect(createWords('en', { more: '' }).count('more', 1)).toBe('');
  });

  it('tell how long ago, in whole units', () => {
    const now = Date.parse('2026-03-01T12:00:00Z');
    const ago = (lang: string, s: number) =>
      createWords(lang).ago(new Date(now - s * 1000).toISOString(), now);
    expect(ago('en', 5)).toBe('now');
    expect(ago('en', -5)).toBe('now');
    expect(ago('en', 119)).toBe('1 min ago');
    expect(ago('ru', 7_300)).toBe('2 ч назад');
    expect(ago('ru', 86_400)).toBe('вчера');
  });

  it('are English for a language we do not speak, and the host’s own where it says so', () => {
    expect(createWords('de-DE').text('undo')).toBe('Undo');
    expect(createWords('ru-RU').text('undo')).toBe('Вернуть');
    expect(createWords('de', { undo: 'Rückgängig' }).text('undo')).toBe('Rückgängig');
  });

  it('fill in text as text', () => {
    expect(createWords('en').count('announce', 1, { title: '{n} $& <b>' })).toBe('New: {n} $& <b>');
  });
});
