// README.md lists what a host can set, hear and style. Here the lists are held
// against the source, both ways, so that neither is ahead of the other.

import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { linkKinds, templateKinds } from './links';
import { RyndaAlerts } from './index';
import { styles } from './styles';

// The page's own URL stands in for Node's here, so paths are text.
const folder = import.meta.dirname;
const readme = readFileSync(`${folder}/../README.md`, 'utf8');
const source = readdirSync(folder)
  .filter((name) => name.endsWith('.ts') && !name.endsWith('.test.ts'))
  .map((name) => readFileSync(`${folder}/${name}`, 'utf8'))
  .join('\n');

/** The rows of the table whose first column has this head: the names of the first cell, and the last cell. */
function table(head: string): { names: string[]; last: string }[] {
  const lines = readme.split('\n');
  const from = lines.findIndex((line) => line.startsWith(`| ${head} |`));
  if (from < 0) throw new Error(`README.md has no table of each ${head}`);
  const rows = lines.slice(from + 2);
  return rows
    .slice(
      0,
      rows.findIndex((line) => !line.startsWith('|')),
    )
    .map((line) => {
      const cells = line.split('|').map((cell) => cell.trim());
      return { names: code(cells[1]), last: cells.at(-2) ?? '' };
    });
}

const code = (text = '') => [...text.matchAll(/`([^`]+)`/g)].map(([, name = '']) => name);
const names = (head: string) => table(head).flatMap((row) => row.names);
const found = (text: string, form: RegExp) => [...text.matchAll(form)].map(([, name = '']) => name);
const sorted = (list: Iterable<string>) => [...new Set(list)].sort();
const properties = () => Object.getOwnPropertyNames(new RyndaAlerts());

describe('the README', () => {
  it('has every attribute that is read, and no other', () => {
    const read = [
      ...found(source, /\battr\('([\w-]+)'/g),
      ...found(styles, /:host\(\[([\w-]+)=/g),
      ...templateKinds.map((kind) => `link-template-${kind}`),
    ];
    expect(sorted(names('attribute'))).toEqual(sorted(read));
    const observed = RyndaAlerts.observedAttributes.filter((name) => !properties().includes(name));
    expect(observed.filter((name) => !names('attribute').includes(name))).toEqual([]);
  });

  it('has the defaults of attributes', () => {
    for (const [, name = '', value] of source.matchAll(/\battr\('([\w-]+)', '([^']+)'\)/g))
      expect(table('attribute').find((row) => row.names.includes(name))?.last).toBe(`\`${value}\``);
  });

  it('has every property and method, and no other', () => {
    const methods = Object.getOwnPropertyNames(RyndaAlerts.prototype).filter(
      (name) => !/^constructor$|Callback$/.test(name),
    );
    expect(sorted(names('property').map((name) => name.replace('()', '')))).toEqual(
      sorted([...properties(), ...methods]),
    );
  });

  it('has every event, and no other', () => {
    expect(sorted(names('event'))).toEqual(sorted(found(source, /\bemit\('([\w-]+)'/g)));
  });

  it('has every part, and no other', () => {
    const written = [
      ...found(source, /\bpart: ['`](\w+)/g),
      ...found(source, /\biconButton\('\w+', '(\w+)'/g),
      // A card has its severity as a second part.
      ...found(source, /^ {2}(critical|error|warning|info): \[/gm),
    ];
    expect(sorted(names('part'))).toEqual(sorted(written));
  });

  it('has every custom property with its default, and no other', () => {
    const used = new Map<string, string>();
    for (const [, name = '', value = ''] of styles.matchAll(/var\((--alerts-[\w-]+), ?([^)]+)\)/g))
      used.set(name, `\`${value}\``);
    expect(new Map(table('custom property').map(({ names: [name = ''], last }) => [name, last]))).toEqual(
      used,
    );
  });

  it('names what links can lead to', () => {
    for (const kind of linkKinds) expect(names('attribute')).toContain(`link-template-${kind}`);
  });
});
