import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createApi, createGroupStore, createRealtime, newer, type Event, type GroupStore } from './index';
import { FakeEnv } from './testing/fake-env';
import { FakeServer } from './testing/fake-server';

/** What a server may go through, as a list of small steps on nine groups: more than a feed shows. */
const step = fc.record({
  id: fc.integer({ min: 1, max: 9 }).map(String),
  what: fc.constantFrom('raise', 'again', 'view', 'unview', 'reraise', 'remove', 'worse'),
});

function live(server: FakeServer, { id, what }: { id: string; what: string }) {
  server.env.sleep(1_000);
  const held = server.groups.get(id);
  // A removed group does not come back under its id.
  if (!held) {
    if (!server.log.some((e) => e.kind === 'group.removed' && e.data.group_id === id)) server.raise(id);
  } else if (what === 'again') server.again(id);
  else if (what === 'view') server.view(id);
  else if (what === 'unview') server.unview(id);
  else if (what === 'reraise') server.reraise(id);
  else if (what === 'remove') server.remove(id);
  else if (what === 'worse') server.change({ ...held, severity: 'critical' });
}

/** Everything a page could show of a store. */
function picture(store: GroupStore) {
  const view = store.feed('newest').get();
  const severe = store.feed('severity').get();
  let rows: unknown;
  store.subscribe(
    (groups) => (rows = [...groups.values()].sort((a, b) => Number(a.group_id) - Number(b.group_id))),
  )();
  const { by_project: _, ...totals } = store.totals.get();
  return {
    rows,
    totals,
    newest: view.groups.map((g) => g.group_id),
    more: view.moreBySeverity,
    severe: severe.groups.map((g) => g.group_id),
  };
}

async function page(env: FakeEnv) {
  const rt = createRealtime({ topics: ['errors'], env });
  const store = createGroupStore(rt, createApi({ baseUrl: '', env }));
  store.feed('newest');
  store.feed('severity');
  rt.start();
  await env.advance(100);
  return store;
}

describe('the merge', () => {
  it('keeps the higher version, and what is held when they are equal', () => {
    const held = { version: 2 };
    const equal = { version: 2 };
    expect(newer(held, equal)).toBe(held);
    expect(newer(held, { version: 1 })).toBe(held);
    expect(newer(held, { version: 3 })).toEqual({ version: 3 });
    expect(newer(undefined, equal)).toBe(equal);
  });

  it('gives the same state for any order, doubling and splitting of the log, over any snapshot', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(step, { maxLength: 40 }),
        fc.nat(40),
        fc.infiniteStream(fc.nat(1_000)),
        fc.array(fc.nat(1_000), { maxLength: 20 }),
        fc.array(fc.integer({ min: 1, max: 7 }), { minLength: 1, maxLength: 10 }),
        async (steps, snapshotAt, order, doubled, pieces) => {
          const env = new FakeEnv();
          const server = new FakeServer(env);
          server.streamsDown = true;
          // The page takes its snapshot in the middle of history and then hears nothing by itself.
          for (const s of steps.slice(0, snapshotAt)) live(server, s);
          const store = await page(env);
          const hear: ((events: Event[]) => void)[] = [];
          const quiet = createRealtime({ topics: [], env });
          const deaf = { ...quiet, onEvents: (fn: (events: Event[]) => void) => (hear.push(fn), () => {}) };
          const subject = createGroupStore(deaf, createApi({ baseUrl: '', env }));
          subject.feed('newest');
          subject.feed('severity');
          await env.settle();
          for (const s of steps.slice(snapshotAt)) live(server, s);

          // The whole log, some of it twice, in any order, in pieces of any size.
          const log = [
            ...server.log,
            ...doubled.flatMap((i) => server.log[i % Math.max(1, server.log.length)] ?? []),
          ];
          const keys = new Map(log.map((e) => [e, order.next().value as number]));
          const shuffled = [...log].sort((a, b) => (keys.get(a) ?? 0) - (keys.get(b) ?? 0));
          for (let at = 0, i = 0; at < shuffled.length; i++) {
            const size = pieces[i % pieces.length] ?? 1;
            for (const fn of hear) fn(structuredClone(shuffled.slice(at, at + size)));
            at += size;
            await env.settle();
          }

          // The one that polled in order, and a third that only loads what is true now.
          await env.advance(30_000);
          const fresh = await page(env);
          const truth = server.feed('newest', null);
          expect(picture(subject).newest).toEqual(truth.groups.map((g) => g.group_id));
          const rows = [...server.groups.values()].sort((a, b) => Number(a.group_id) - Number(b.group_id));
          expect(picture(subject).rows).toEqual(rows);
          for (const other of [store, fresh]) {
            const { rows: _a, ...mine } = picture(subject);
            const { rows: _b, ...theirs } = picture(other);
            expect(mine).toEqual(theirs);
          }
        },
      ),
      { numRuns: 200 },
    );
  });
});
