import { beforeEach, describe, expect, it } from 'vitest';
import {
  createApi,
  createGroupStore,
  createRealtime,
  type FeedView,
  type GroupStore,
  type Realtime,
} from './index';
import { FakeEnv } from './testing/fake-env';
import { FakeServer, group } from './testing/fake-server';

let env: FakeEnv;
let server: FakeServer;
let rt: Realtime;
let store: GroupStore;
let raised: string[];

beforeEach(() => {
  env = new FakeEnv();
  server = new FakeServer(env);
  rt = createRealtime({ topics: ['errors'], env });
  store = createGroupStore(rt, createApi({ baseUrl: '', env }));
  raised = [];
  store.onRaised((groups) => raised.push(...groups.map((g) => g.group_id)));
});

/** Raises groups 1..n, a second apart, and opens the feed. */
async function withGroups(
  n: number,
  severity: (i: number) => 'critical' | 'error' | 'warning' = () => 'error',
) {
  for (let i = 1; i <= n; i++) {
    env.sleep(1_000);
    server.raise(String(i), { severity: severity(i) });
  }
  store.feed();
  await env.settle();
  rt.start();
  await env.settle();
  env.take('');
}

const view = (): FeedView => store.feed().get();
const ids = () => view().groups.map((g) => g.group_id);

describe('the feed', () => {
  it('shows the five newest and says how many more there are, by severity', async () => {
    await withGroups(8, (i) => (i === 2 ? 'critical' : 'error'));
    expect(ids()).toEqual(['8', '7', '6', '5', '4']);
    expect(view()).toMatchObject({
      total: 8,
      more: 3,
      moreBySeverity: { critical: 1, error: 2 },
      loaded: true,
      stale: false,
    });
  });

  it('can put the most severe first', async () => {
    await withGroups(7, (i) => (i === 1 ? 'critical' : i > 5 ? 'warning' : 'error'));
    store.feed('severity');
    await env.settle();
    expect(
      store
        .feed('severity')
        .get()
        .groups.map((g) => g.group_id),
    ).toEqual(['1', '5', '4', '3', '2']);
  });

  it('takes in a new group at the top and lets the oldest leave', async () => {
    await withGroups(5);
    env.sleep(1_000);
    server.raise('6');
    await env.settle();
    expect(ids()).toEqual(['6', '5', '4', '3', '2']);
    expect(view().more).toBe(1);
    expect(raised).toEqual(['6']);
  });

  it('changes a group in place when it repeats', async () => {
    await withGroups(3);
    server.again('1');
    await env.settle();
    expect(ids()).toEqual(['3', '2', '1']);
    expect(view().groups[2]?.count).toBe(2);
    expect(raised).toEqual([]);
  });

  it('does not show an old group that merely went on before the newer ones it does not know', async () => {
    await withGroups(9);
    await env.advance(60_000);
    server.again('1');
    await env.settle();
    server.view('9');
    await env.advance(300);
    expect(ids()).toEqual(['8', '7', '6', '5', '4']);
    expect(raised).toEqual([]);
  });

  it('asks again when fewer than five are left and there are more', async () => {
    await withGroups(6);
    server.view('6');
    await env.advance(300);
    expect(env.take('/v1/feed')).toHaveLength(1);
    expect(ids()).toEqual(['5', '4', '3', '2', '1']);
  });

  it('is asked again after a reset, keeps the old cards meanwhile, and forgets what is gone', async () => {
    await withGroups(3);
    rt.stop();
    server.view('3');
    server.remove('1');
    server.sweep();
    const { handler } = env;
    let release = () => {};
    const gate = new Promise<void>((r) => (release = r));
    env.handler = async (url, request) => (await gate, handler(url, request));
    rt.start();
    await env.settle();
    expect(ids()).toEqual(['3', '2', '1']);
    expect(view().stale).toBe(true);
    release();
    await env.settle();
    expect(ids()).toEqual(['2']);
    expect(view()).toMatchObject({ stale: false, total: 1 });
  });

  it('believes a restored database although its versions are lower', async () => {
    await withGroups(2);
    for (let i = 0; i < 5; i++) server.again('1');
    await env.settle();
    server.epoch = 'deadbeef';
    server.groups.set('1', group('1', { title: 'restored' }));
    server.cut();
    await env.advance(5_000);
    expect(store.get('1')?.title).toBe('restored');
  });

  it('is asked for again until it can be had', async () => {
    server.answers.set('/v1/feed', { status: 500 });
    await withGroups(2);
    expect(view()).toMatchObject({ loaded: false, failed: true });
    server.answers.clear();
    await env.advance(10_000);
    expect(view()).toMatchObject({ loaded: true, failed: false });
    expect(ids()).toEqual(['2', '1']);
  });

  it('is not asked in a loop by totals that promise more than there is', async () => {
    await withGroups(6);
    server.totals = () => ({ project: 'shop', version: 1e9, critical: 0, error: 50, warning: 0, info: 0 });
    for (const id of ['6', '5', '4']) server.view(id);
    await env.advance(10_000);
    expect(env.take('/v1/feed').length).toBeLessThanOrEqual(2);
  });

  it('can be of one project', async () => {
    server.raise('1');
    server.raise('2', { project: 'bank', severity: 'critical' });
    await withGroups(0);
    store.feed('newest', 'bank');
    await env.settle();
    const bank = store.feed('newest', 'bank').get();
    expect(bank.groups.map((g) => g.group_id)).toEqual(['2']);
    expect(bank.total).toBe(1);
    expect(view().total).toBe(2);
  });

  it('orders times by their value, whatever digits they carry', async () => {
    server.raise('1', { raised_at: '2026-03-01T12:00:00Z' });
    server.raise('2', { raised_at: '2026-03-01T12:00:00.000001Z' });
    server.raise('3', { raised_at: '2026-03-01T12:00:00.5Z' });
    await withGroups(0);
    expect(ids()).toEqual(['3', '2', '1']);
  });
});

describe('a dismissal', () => {
  it('takes the card away at once and counts it out', async () => {
    await withGroups(3);
    store.dismiss('3');
    expect(ids()).toEqual(['2', '1']);
    expect(view().total).toBe(2);
    await env.settle();
    expect(server.groups.get('3')?.state).toBe('viewed');
    expect(view()).toMatchObject({ total: 2 });
    expect(view().pending.size).toBe(0);
  });

  it('never counts a group twice, whichever comes first, the answer or the event', async () => {
    await withGroups(3);
    const totals: number[] = [];
    store.feed().subscribe((v) => totals.push(v.total));
    const { handler } = env;
    env.handler = async (url, request) => {
      const held = server.subscribers.values().next().value;
      if (url.pathname.endsWith('/viewed')) server.subscribers.clear();
      const answer = await handler(url, request);
      if (held) server.subscribers.add(held);
      return answer;
    };
    store.dismiss('3');
    await env.settle();
    const last = server.log.at(-1)!;
    env.stream.frame(last.kind, last, last.id);
    await env.settle();
    expect(new Set(totals)).toEqual(new Set([3, 2]));
    expect(totals.indexOf(2)).toBe(totals.lastIndexOf(3) + 1);
  });

  it('fills the slot with the next one', async () => {
    await withGroups(7);
    store.dismiss('7');
    expect(ids()).toEqual(['6', '5', '4', '3']);
    await env.advance(300);
    expect(ids()).toEqual(['6', '5', '4', '3', '2']);
  });

  it('is undone with the card back where it was', async () => {
    await withGroups(3);
    store.dismiss('2');
    await env.settle();
    store.undo('2');
    expect(ids()).toEqual(['3', '2', '1']);
    expect(view().total).toBe(3);
    await env.settle();
    expect(server.groups.get('2')?.state).toBe('active');
    expect(view()).toMatchObject({ total: 3 });
  });

  it('and its undo end as the person wanted, however fast they come', async () => {
    await withGroups(2);
    store.dismiss('2');
    store.undo('2');
    store.dismiss('2');
    store.undo('2');
    await env.settle();
    expect(server.groups.get('2')?.state).toBe('active');
    expect(ids()).toEqual(['2', '1']);
    store.dismiss('2');
    store.undo('2');
    store.dismiss('2');
    await env.settle();
    expect(server.groups.get('2')?.state).toBe('viewed');
    expect(ids()).toEqual(['1']);
  });

  it('brings the card back when the server refuses, and can be retried', async () => {
    await withGroups(2);
    server.answers.set('/v1/groups/2/viewed', { status: 500 });
    store.dismiss('2');
    await env.settle();
    expect(ids()).toEqual(['2', '1']);
    expect(view().pending.get('2')?.phase).toBe('failed');
    server.answers.clear();
    store.retry('2');
    expect(ids()).toEqual(['1']);
    await env.settle();
    expect(server.groups.get('2')?.state).toBe('viewed');
    expect(view().pending.size).toBe(0);
  });

  it('waits while nobody answers and is sent when the line is back', async () => {
    await withGroups(2);
    server.down = true;
    server.cut();
    await env.advance(6_000);
    store.dismiss('2');
    await env.advance(5_000);
    expect(ids()).toEqual(['1']);
    expect(view().pending.get('2')?.phase).toBe('waiting');
    server.down = false;
    rt.wake('online');
    await env.settle();
    expect(server.groups.get('2')?.state).toBe('viewed');
    await env.advance(30_000);
    expect(server.log.filter((e) => e.kind === 'group.viewed')).toHaveLength(1);
    expect(view().pending.size).toBe(0);
  });

  it('gives up on a busy server after five tries', async () => {
    await withGroups(1);
    server.answers.set('/v1/groups/1/viewed', { status: 503, headers: { 'Retry-After': '1' } });
    store.dismiss('1');
    await env.advance(120_000);
    expect(env.take('/v1/groups/1/viewed').length).toBe(5);
    expect(view().pending.get('1')?.phase).toBe('failed');
    expect(ids()).toEqual(['1']);
  });

  it('does not hide a group that was raised again meanwhile', async () => {
    await withGroups(2);
    store.dismiss('2');
    await env.settle();
    server.reraise('2');
    await env.settle();
    expect(ids()).toEqual(['2', '1']);
    expect(raised).toEqual(['2']);
  });

  it('of what the person did not see is not done: through is older than the raise', async () => {
    await withGroups(1);
    const { handler } = env;
    env.handler = async (url, request) => {
      if (url.pathname.endsWith('/viewed')) {
        server.view('1');
        server.reraise('1');
      }
      return handler(url, request);
    };
    store.dismiss('1');
    await env.settle();
    expect(server.groups.get('1')?.state).toBe('active');
    expect(ids()).toEqual(['1']);
    expect(view().pending.size).toBe(0);
  });

  it('of a group that is gone just drops it', async () => {
    await withGroups(2);
    server.groups.delete('2');
    store.dismiss('2');
    await env.settle();
    expect(store.get('2')).toBeUndefined();
    expect(ids()).toEqual(['1']);
  });

  it('in another tab takes the card away here', async () => {
    await withGroups(2);
    server.view('2');
    await env.settle();
    expect(ids()).toEqual(['1']);
  });

  it('of everything hides all at once, answers with what undoes it, and takes it back when refused', async () => {
    await withGroups(8);
    const done = store.dismissAll();
    expect(ids()).toEqual([]);
    const answer = await done;
    await env.settle();
    expect(answer).toMatchObject({ view_id: 'v1', viewed: 8 });
    expect(view()).toMatchObject({ total: 0, groups: [] });

    server.raise('20');
    await env.settle();
    server.answers.set('/v1/groups/viewed', { status: 403, body: { title: 'Forbidden' } });
    await expect(store.dismissAll()).rejects.toMatchObject({ status: 403, message: 'Forbidden' });
    expect(ids()).toEqual(['20']);
  });
});

describe('a storm', () => {
  it('of counts does not have every group looked at, and one of raises is still the newest five', async () => {
    await withGroups(2);
    let looks = 0;
    const watched = Array.from({ length: 1_000 }, (_, i) =>
      Object.defineProperty(group(String(100 + i), { raised_at: new Date(i).toISOString() }), 'state', {
        get: () => (looks++, 'active'),
        enumerable: true,
      }),
    );
    store.upsert(watched);
    for (let n = 0; n < 20; n++) server.again('1');
    looks = 0;
    await env.settle();
    expect(store.get('1')).toMatchObject({ count: 21 });
    expect(view().groups.find((g) => g.group_id === '1')).toMatchObject({ count: 21 });
    expect(looks).toBe(0);

    for (let n = 3; n <= 9; n++) {
      env.sleep(1_000);
      server.raise(String(n));
    }
    await env.settle();
    expect(ids()).toEqual(['9', '8', '7', '6', '5']);
    expect(looks).toBe(0);
    server.view('7');
    await env.settle();
    expect(ids()).toEqual(['9', '8', '6', '5', '4']);
    expect(looks).toBeGreaterThan(0);
  });
});

describe('memory', () => {
  it('is bounded: what no feed shows is forgotten first', async () => {
    await withGroups(2);
    store.upsert(Array.from({ length: 7_000 }, (_, i) => group(String(100 + i), { state: 'viewed' })));
    let size = 0;
    store.subscribe((groups) => (size = groups.size))();
    expect(size).toBeLessThanOrEqual(5_000);
    expect(ids()).toEqual(['2', '1']);
  });
});
