// SPEC.md promises, and names the tests that keep each promise: here the names
// are looked up, so that no promise rests on a test that is gone or renamed.

import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';

const folder = new URL('.', import.meta.url);
const spec = readFileSync(new URL('../SPEC.md', folder), 'utf8');
const suffix = '.test.ts';

/** The sentences of a file: each test by itself, and with what it stands under. */
function sentencesOf(file: string): string[] {
  const source = readFileSync(new URL(file + suffix, folder), 'utf8');
  const found: string[] = [];
  let under = '';
  for (const [, word, , text = ''] of source.matchAll(
    /^\s*(describe|it)(?:\.each\([\s\S]*?\))?\(\s*(['"`])(.*?)\2,/gm,
  )) {
    if (word === 'describe') under = text;
    else found.push(text, `${under} ${text}`);
  }
  return found;
}

const files = readdirSync(folder)
  .filter((name) => name.endsWith(suffix))
  .map((name) => name.slice(0, -suffix.length));

const literal = (text: string) => text.replace(/[^\w\s]/g, '\\$&');

/** `file: a sentence; another; in a browser: scenario` with … for a part that was left out. */
function quotesIn(text: string): { file: string; sentence: string }[] {
  let file = '';
  return text.split(/;\s+/).map((part) => {
    const [, named, rest] = /^([a-z.-]+): (.*)$/s.exec(part) ?? [];
    if (named && files.includes(named)) file = named;
    return { file, sentence: named === file && rest ? rest : part };
  });
}

const invariants = [...spec.matchAll(/^\*\*([A-Z]\d+) (.*?)(?=\n\n|\n*$(?![\s\S]))/gms)].map(
  ([, number = '', text = '']) => ({
    number,
    quotes: quotesIn(/ \*([^*]+)\*\s*$/.exec(text)?.[1]?.replaceAll('\n', ' ').replace(/\.$/, '') ?? ''),
  }),
);

describe('SPEC.md', () => {
  it('numbers its promises in order', () => {
    const last = new Map<string, number>();
    for (const { number } of invariants) {
      const [letter = '', n] = [number[0], Number(number.slice(1))];
      expect(n, number).toBe((last.get(letter) ?? 0) + 1);
      last.set(letter, n);
    }
    expect(invariants.length).toBe(spec.match(/^\*\*/gm)?.length);
  });

  it.each(invariants)('names tests that are there: $number', ({ number, quotes }) => {
    for (const { file, sentence } of quotes) {
      const [, scenario] = /^in a browser: ([a-z-]+)$/i.exec(sentence) ?? [];
      if (scenario) {
        const there = existsSync(new URL(`../../e2e/${scenario}.scenario.mjs`, folder));
        expect(there, `${number} names no scenario: ${scenario}`).toBe(true);
        continue;
      }
      expect(files, `${number} names no file: ${sentence}`).toContain(file);
      const wanted = new RegExp(`^${sentence.split('…').map(literal).join('.*')}$`);
      const there = sentencesOf(file).some((text) => wanted.test(text));
      expect(there, `${number}: ${file}${suffix} has no test "${sentence}"`).toBe(true);
    }
  });
});
