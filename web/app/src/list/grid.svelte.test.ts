// @vitest-environment happy-dom
import { mount, tick, unmount } from 'svelte';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import Fixture from './grid.fixture.svelte';
import { ListModel } from './list-model.svelte';

interface Row {
  id: string;
}

let frames: Map<number, () => void>;
let grid: Record<string, unknown> | undefined;

beforeEach(() => {
  let last = 0;
  frames = new Map();
  vi.stubGlobal('requestAnimationFrame', (fn: () => void) => (frames.set(++last, fn), last));
  vi.stubGlobal('cancelAnimationFrame', (id: number) => frames.delete(id));
  // What a row takes is not a matter of this machine: each look at the clock is 5 ms later.
  let clock = 0;
  vi.spyOn(performance, 'now').mockImplementation(() => (clock += 5));
});

afterEach(async () => {
  if (grid) await unmount(grid);
  document.body.replaceChildren();
  vi.unstubAllGlobals();
  vi.restoreAllMocks();
});

function show(ids: string[]): ListModel<Row> {
  const list = new ListModel<Row>('', {
    query: () => new URLSearchParams(),
    ask: () => Promise.reject(new Error('not asked')),
    idOf: (row) => row.id,
    get: (id) => ({ id }),
    upsert: () => undefined,
    belongs: () => 'yes',
    order: () => 0,
    ages: false,
    snapshot: () => () => undefined,
  });
  list.ids = ids;
  list.phase = 'ready';
  grid = mount(Fixture, { target: document.body, props: { list } });
  return list;
}

const numbers = (from: number, count: number) => Array.from({ length: count }, (_, n) => String(from + n));
const shown = () => [...document.querySelectorAll('.row')].map((row) => row.id.slice(4));

async function frame() {
  const due = [...frames.values()];
  frames.clear();
  for (const fn of due) fn();
  await tick();
  await tick();
}

async function still() {
  await tick();
  for (let n = 0; frames.size > 0; n++) {
    if (n > 100) throw new Error('frames without an end');
    await frame();
  }
}

test('rows of a screen come in a few frames, and the row with the tab stop at once', async () => {
  const list = show(numbers(0, 100));
  await still();
  const all = shown();
  expect(all).toEqual(numbers(0, all.length));
  expect(all.length).toBeGreaterThan(20);
  list.ids = numbers(1000, 100);
  list.current = '1090';
  await tick();
  expect(shown()).toContain('1090');
  expect(document.querySelector('#row-1090')?.getAttribute('tabindex')).toBe('0');
  await still();
  expect(shown()).toEqual([...numbers(1000, all.length), '1090']);
});

test('lists that change faster than frames come end as the last one', async () => {
  const list = show(numbers(0, 40));
  await still();
  for (const ids of [numbers(20, 40), numbers(1000, 40), [...numbers(0, 5), ...numbers(1000, 30)]]) {
    list.ids = ids;
    await tick();
  }
  await still();
  expect(shown()).toEqual(list.ids.slice(0, shown().length));
  expect(shown().length).toBeGreaterThan(20);
});

test('the focus goes to the row that took over the tab stop, though the old one is seen a while longer', async () => {
  const list = show(numbers(0, 40));
  await still();
  list.current = '15';
  await tick();
  document.getElementById('row-15')?.focus();
  list.ids = numbers(100, 50);
  await still();
  expect(document.activeElement?.id).toBe('row-100');
});

test('nothing is left to be done when it goes', async () => {
  const list = show(numbers(0, 100));
  await still();
  list.ids = numbers(1000, 100);
  await tick();
  if (grid) await unmount(grid);
  grid = undefined;
  expect(frames.size).toBe(0);
});
