import { describe, expect, test } from 'vitest';
import type { GroupDetail, Occurrence, OccurrencePage } from '../../api/types';
import { group } from '../group.fixture';
import { DetailModel } from './detail-model.svelte';

/** The nth newest occurrence. */
const nth = (n: number, sampled = false): Occurrence =>
  ({
    occurrence_id: `o-${String(900 - n)}`,
    occurred_at: new Date(Date.UTC(2026, 10, 24) - n * 1_000).toISOString(),
    sampled,
  }) as Occurrence;

/** A model over a server that has these occurrences, two to a page. */
async function opened(occurrences: Occurrence[]) {
  const newest = occurrences.find((each) => !each.sampled) ?? occurrences[0];
  const model = new DetailModel(
    '1',
    {
      group: () =>
        Promise.resolve({ group: group({}), occurrence: newest, cursor: 'e-1' } as unknown as GroupDetail),
      occurrences: (_, page) => {
        const from = Number(page || 0);
        const to = from + 2;
        const next_page = to < occurrences.length ? String(to) : '';
        return Promise.resolve({ occurrences: occurrences.slice(from, to), next_page } as OccurrencePage);
      },
    },
    { upsert: () => undefined },
    () => () => undefined,
  );
  await model.load();
  return model;
}

const ids = (model: DetailModel) => model.occurrences.map((each) => each.occurrence_id);

describe('a group in full', () => {
  test('opens at the newest occurrence', async () => {
    const model = await opened([nth(1), nth(2), nth(3)]);
    expect(model.shown?.occurrence_id).toBe('o-899');
    expect(model.place).toBe(1);
  });

  test('opens at the newest that has its text, where newer ones have none', async () => {
    const model = await opened([nth(1, true), nth(2), nth(3)]);
    expect(model.shown?.occurrence_id).toBe('o-898');
    expect(model.place).toBe(2);
  });

  test('opens at it when it is pages away, without saying which one it is', async () => {
    const model = await opened([nth(1, true), nth(2, true), nth(3, true), nth(4, true), nth(5), nth(6)]);
    expect(model.shown?.occurrence_id).toBe('o-895');
    expect(model.place).toBeUndefined();
    expect(ids(model)).toEqual(['o-899', 'o-898', 'o-895']);
    await model.older();
    expect(model.shown?.occurrence_id).toBe('o-894');
    expect(model.place).toBe(6);
    expect(ids(model)).toEqual(['o-899', 'o-898', 'o-897', 'o-896', 'o-895', 'o-894']);
  });

  test('goes from one page to the next in order, with none left out', async () => {
    const model = await opened([nth(1, true), nth(2, true), nth(3, true), nth(4, true), nth(5)]);
    await model.newest();
    const seen = [model.shown?.occurrence_id];
    while (model.hasOlder) {
      await model.older();
      seen.push(model.shown?.occurrence_id);
    }
    expect(seen).toEqual(['o-899', 'o-898', 'o-897', 'o-896', 'o-895']);
    expect(model.place).toBe(5);
  });
});
