import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Realtime } from './realtime';
import { createThingStore, thingKey } from './thing-store';
import type { Deploy, Event, Logged, Run } from './types';

const common = {
  name: 'nightly',
  status: 'running' as const,
  attempt: 1,
  trigger: 'schedule',
  actor: 'cron',
  ref: 'main',
  commit: 'abc',
  created_at: '2026-03-01T11:00:00Z',
  started_at: null,
  finished_at: null,
  updated_at: '2026-03-01T11:00:00Z',
  url: '',
  links: [],
  group_id: '',
};

const run = (id: string, version: number, over: Partial<Run> = {}): Run => ({
  ...common,
  run_id: id,
  project: 'shop',
  version,
  deploy_id: '',
  steps: [],
  ...over,
});

const deploy = (id: string, version: number, over: Partial<Deploy> = {}): Deploy => ({
  ...common,
  deploy_id: id,
  project: 'shop',
  version,
  environment: 'production',
  namespace: 'shop',
  service: 'cart',
  revision: '1.2',
  stages: [],
  ...over,
});

const changed = (data: Run | Deploy, kind: 'run' | 'deploy' = 'run') =>
  ({ id: `0badc0de-${data.version}`, kind: `${kind}.changed`, version: data.version, data }) as Event;

/** A realtime object that says what a test tells it to. */
function line() {
  const hear = new Set<(events: Event[]) => void>();
  const resets = new Set<() => void>();
  const realtime: Pick<Realtime, 'onEvents' | 'onReset'> = {
    onEvents: (fn) => (hear.add(fn), () => hear.delete(fn)),
    onReset: (fn) => (resets.add(fn), () => resets.delete(fn)),
  };
  return {
    realtime,
    hear: (...events: Event[]) => hear.forEach((fn) => fn(structuredClone(events))),
    reset: () => resets.forEach((fn) => fn()),
    listeners: () => hear.size + resets.size,
  };
}

const ids = ['1', '2', '3'];
const projects = ['shop', 'depot'];

describe('things', () => {
  it('end alike for any order, doubling and splitting of the log, over any snapshot', () => {
    const change = fc.record({
      id: fc.constantFrom(...ids),
      project: fc.constantFrom(...projects),
      status: fc.constantFrom('queued', 'running', 'succeeded', 'failed', 'canceled'),
    });
    fc.assert(
      fc.property(
        fc.array(change, { maxLength: 40 }),
        fc.nat(40),
        fc.infiniteStream(fc.nat(1_000)),
        fc.array(fc.nat(1_000), { maxLength: 20 }),
        fc.array(fc.integer({ min: 1, max: 7 }), { minLength: 1, maxLength: 10 }),
        fc.nat(60),
        (changes, snapshotAt, order, doubled, pieces, answeredAt) => {
          const truth = new Map<string, Run>();
          let snapshot: Run[] = [];
          const log: Event[] = [];
          changes.forEach(({ id, project, status }, at) => {
            if (at === snapshotAt) snapshot = [...truth.values()];
            const key = thingKey(project, id);
            const next = run(id, (truth.get(key)?.version ?? 0) + 1, { project, status } as Partial<Run>);
            truth.set(key, next);
            log.push(changed(next));
          });
          const heard = [...log, ...doubled.flatMap((i) => log[i % Math.max(1, log.length)] ?? [])];
          const keys = new Map(heard.map((e) => [e, order.next().value as number]));
          heard.sort((a, b) => (keys.get(a) ?? 0) - (keys.get(b) ?? 0));

          const { realtime, hear } = line();
          const store = createThingStore(realtime, 'run');
          let answered = false;
          for (let at = 0, i = 0; at < heard.length; i++) {
            if (i === answeredAt % 12) {
              store.upsert(structuredClone(snapshot));
              answered = true;
            }
            const size = pieces[i % pieces.length] ?? 1;
            hear(...heard.slice(at, at + size));
            at += size;
          }
          if (!answered) store.upsert(structuredClone(snapshot));
          for (const project of projects)
            for (const id of ids) {
              const key = thingKey(project, id);
              expect(store.get(key)).toEqual(truth.get(key));
            }
        },
      ),
      { numRuns: 300 },
    );
  });

  it('of two projects do not meet, though they have the same id', () => {
    const { realtime, hear } = line();
    const store = createThingStore(realtime, 'run');
    hear(changed(run('7', 5)), changed(run('7', 1, { project: 'depot' })));
    expect(store.get('shop/7')?.version).toBe(5);
    expect(store.get('depot/7')?.version).toBe(1);
  });

  it('tell once per batch which of them changed, and nothing of what was known', () => {
    const { realtime, hear } = line();
    const store = createThingStore(realtime, 'run');
    const told: string[][] = [];
    store.onChanged((keys) => told.push([...keys]));
    hear(changed(run('1', 1)), changed(run('1', 2)), changed(run('2', 1)));
    hear(changed(run('1', 2)));
    hear(changed(deploy('1', 9), 'deploy'));
    store.upsert([run('2', 1), run('3', 4)]);
    expect(told).toEqual([['shop/1', 'shop/2'], ['shop/3']]);
  });

  it('keep the count of new groups that an answer told, whichever comes first', () => {
    const orders: ((store: ReturnType<typeof createThingStore<'deploy'>>, hear: () => void) => void)[] = [
      (store, hear) => (store.upsert([deploy('1', 1, { new_group_count: 3 })]), hear()),
      (store, hear) => (hear(), store.upsert([deploy('1', 1, { new_group_count: 3 })])),
      (store, hear) => (hear(), store.upsert([deploy('1', 2, { new_group_count: 3 })])),
    ];
    for (const play of orders) {
      const { realtime, hear } = line();
      const store = createThingStore(realtime, 'deploy');
      play(store, () => hear(changed(deploy('1', 2, { status: 'failed' }), 'deploy')));
      expect(store.get('shop/1')).toEqual(deploy('1', 2, { status: 'failed', new_group_count: 3 }));
    }
  });

  it('are believed after a reset although their versions are lower, and shown until then', () => {
    const { realtime, hear, reset } = line();
    const store = createThingStore(realtime, 'run');
    hear(changed(run('1', 9)));
    reset();
    expect(store.get('shop/1')?.version).toBe(9);
    store.upsert([run('1', 2)]);
    expect(store.get('shop/1')?.version).toBe(2);
    store.upsert([run('1', 1)]);
    expect(store.get('shop/1')?.version).toBe(2);
  });

  it('are bounded, and never at the cost of what is on the screen', () => {
    const { realtime } = line();
    const store = createThingStore(realtime, 'run', (key) => key === 'shop/0');
    for (let i = 0; i < 12_000; i++) store.upsert([run(String(i), 1)]);
    const held = Array.from({ length: 12_000 }, (_, i) => store.get(`shop/${i}`)).filter(Boolean);
    expect(held.length).toBeLessThanOrEqual(5_000);
    expect(store.get('shop/0')).toBeDefined();
    expect(store.get('shop/11999')).toBeDefined();
  });

  it('pass on that there are lines, each kind to its own', () => {
    const { realtime, hear } = line();
    const [runs, deploys] = [createThingStore(realtime, 'run'), createThingStore(realtime, 'deploy')];
    const heard: [string, Logged][] = [];
    runs.onLogged((logged) => heard.push(['run', logged]));
    deploys.onLogged((logged) => heard.push(['deploy', logged]));
    const logged = { project: 'shop', run_id: '1', from_seq: 4, to_seq: 9, ended: false };
    hear({ id: '0badc0de-1', kind: 'run.logged', version: 0, data: logged } as unknown as Event);
    expect(heard).toEqual([['run', logged]]);
  });

  it('leave nothing behind when they are closed', () => {
    const { realtime, listeners } = line();
    createThingStore(realtime, 'run').close();
    expect(listeners()).toBe(0);
  });
});
