import { beforeEach, describe, expect, it } from 'vitest';
import { createConnection } from './connection';
import { createHub, type FromHub, type Hub } from './hub';
import { createMember, type Member } from './member';
import { realtimeOver, type Realtime } from './realtime';
import { FakeEnv } from './testing/fake-env';
import { FakeServer } from './testing/fake-server';

let env: FakeEnv;
let server: FakeServer;
let hub: Hub;
let tabs = 0;

interface TestTab {
  rt: Realtime;
  got: string[];
  resets: number;
  member: Member;
}

function tab(topics = ['errors']): TestTab {
  const id = `tab-${++tabs}`;
  let member!: Member;
  const rt = realtimeOver(env, (sink) => {
    member = createMember({ topics, now: env.now }, sink, (up) =>
      hub.receive(id, structuredClone(up), (down: FromHub) => member.receive(structuredClone(down))),
    );
    return member;
  });
  const made: TestTab = { rt, member, got: [], resets: 0 };
  rt.onEvents((events) => made.got.push(...events.map((e) => e.id)));
  rt.onReset(() => made.resets++);
  return made;
}

beforeEach(() => {
  env = new FakeEnv();
  server = new FakeServer(env);
  hub = createHub((sink) => createConnection({ baseUrl: '', topics: [], env, shared: true }, sink), env);
});

/** Hears what a tab is told, as it is told. */
function listen(post: (message: FromHub) => void) {
  hub.receive('raw', { kind: 'hello', topics: ['errors'], cursor: '', hidden: false }, post);
}

/** A tab that has heard twenty events; the position after the first of them. */
async function busy(): Promise<string> {
  tab().rt.start();
  await env.settle();
  server.raise('1');
  await env.advance(100);
  const first = server.head;
  for (let i = 2; i <= 20; i++) server.raise(String(i));
  await env.advance(100);
  return first;
}

const ids = (from: number, to: number) =>
  Array.from({ length: to - from + 1 }, (_, i) => server.position(from + i));

describe('a hub', () => {
  it('serves eight tabs with one connection', async () => {
    const all = Array.from({ length: 8 }, () => tab());
    for (const { rt } of all) rt.start();
    await env.settle();
    for (let i = 1; i <= 5; i++) server.raise(String(i));
    await env.advance(50);
    expect(env.openStreams).toBe(1);
    expect(env.streams).toHaveLength(1);
    for (const { got, rt } of all) {
      expect(got).toEqual(ids(1, 5));
      expect(rt.state.get().state).toBe('live');
      expect(rt.cursor()).toBe(server.head);
    }
  });

  it('has a tab that comes later take its own snapshot', async () => {
    const first = tab();
    first.rt.start();
    await env.settle();
    server.raise('1');
    await env.settle();
    const late = tab();
    late.rt.start();
    await env.settle();
    expect(late.resets).toBe(1);
    expect(first.resets).toBe(1);
    server.raise('2');
    await env.advance(50);
    expect(late.got).toEqual(ids(2, 2));
  });

  it('lets a tab catch up from memory after it was away', async () => {
    const [a, b] = [tab(), tab()];
    a.rt.start();
    b.rt.start();
    await env.settle();
    server.raise('1');
    await env.settle();
    b.rt.wake('freeze');
    for (let i = 2; i <= 100; i++) server.raise(String(i));
    await env.settle();
    expect(b.got).toEqual(ids(1, 1));
    const requests = env.requests.length;
    b.rt.wake('resume');
    await env.settle();
    expect(b.got).toEqual(ids(1, 100));
    expect(env.requests).toHaveLength(requests);
    expect(env.streams).toHaveLength(1);
  });

  it('goes back on the one connection for a tab that memory cannot serve, and nobody hears twice', async () => {
    const [a, b] = [tab(), tab()];
    a.rt.start();
    b.rt.start();
    await env.settle();
    b.rt.wake('freeze');
    for (let i = 1; i <= 2_500; i++) {
      server.raise(String(i));
      if (i % 500 === 0) await env.advance(50);
    }
    expect(a.got).toHaveLength(2_500);
    b.rt.wake('resume');
    await env.advance(5_000);
    expect(env.openStreams).toBe(1);
    expect(b.resets + Number(b.got.length === 2_500)).toBeGreaterThan(0);
    server.raise('9000');
    await env.advance(50);
    expect(a.got.at(-1)).toBe(server.head);
    expect(b.got.at(-1)).toBe(server.head);
    expect(new Set(a.got).size).toBe(a.got.length);
  });

  it('tells at once what comes alone, and a storm every 50 ms', async () => {
    const told: string[][] = [];
    listen((message) => {
      if (message.kind === 'events') told.push(message.events.map(({ id }) => id));
    });
    await env.settle();
    server.raise('1');
    await env.settle();
    expect(told).toEqual([ids(1, 1)]);
    for (let i = 2; i <= 51; i++) {
      await env.advance(2);
      server.raise(String(i));
    }
    await env.advance(50);
    expect(told.flat()).toEqual(ids(1, 51));
    expect(told.length).toBeLessThanOrEqual(4);
    await env.advance(1_000);
    server.raise('52');
    await env.settle();
    expect(told.at(-1)).toEqual(ids(52, 52));
  });

  it('has sent everything up to the cursor of a view', async () => {
    const told: FromHub[] = [];
    listen((message) => told.push(message));
    await env.settle();
    for (let i = 1; i <= 3; i++) server.raise(String(i));
    server.cut();
    await env.settle();
    const heard: string[] = [];
    for (const message of told) {
      if (message.kind === 'events') heard.push(...message.events.map(({ id }) => id));
      if (message.kind === 'view' && message.view.cursor === server.head) expect(heard).toEqual(ids(1, 3));
    }
    expect(heard).toEqual(ids(1, 3));
  });

  it('is not held up by timers that run late', async () => {
    const told: string[] = [];
    listen((message) => {
      if (message.kind === 'events') told.push(...message.events.map(({ id }) => id));
    });
    await env.settle();
    const { setTimeout } = env;
    env.setTimeout = (fn, ms) => setTimeout(fn, Math.max(1_000, ms));
    server.raise('1');
    await env.advance(10);
    server.raise('2');
    await env.advance(300);
    server.raise('3');
    await env.settle();
    expect(told).toEqual(ids(1, 3));
  });

  it('loses nothing when a tab leaves while the connection goes back for it', async () => {
    const snapshot = await busy();
    server.raise('21');
    await env.settle();
    server.raise('22'); // on its heels, and unsent
    await env.settle();
    // A topic that nobody had: memory is of no use, and the stream that goes back takes a while to greet.
    server.mute = true;
    const b = tab(['errors', 'runs']);
    b.rt.adopt(snapshot);
    b.rt.start();
    await env.advance(60);
    b.rt.wake('freeze');
    server.mute = false;
    await env.advance(20_000);
    b.rt.wake('resume');
    await env.advance(5_000);
    expect(b.resets).toBe(0);
    expect(b.got).toEqual(ids(2, 22));
  });

  it('loses nothing when a tab leaves after it asked to go back', async () => {
    const snapshot = await busy();
    const b = tab(['errors', 'runs']);
    b.rt.start();
    await env.advance(1_000);
    server.raise('21');
    await env.settle();
    server.raise('22');
    await env.settle();
    server.mute = true;
    b.rt.adopt(snapshot);
    await env.settle();
    b.rt.wake('freeze');
    server.mute = false;
    await env.advance(20_000);
    b.rt.wake('resume');
    await env.advance(5_000);
    expect([...new Set(b.got)].sort()).toEqual(ids(2, 22).sort());
  });

  it('keeps nothing from the others when one asks for more', async () => {
    const a = tab();
    a.rt.start();
    await env.settle();
    server.raise('1');
    await env.settle();
    server.raise('2'); // on its heels
    await env.settle();
    tab(['runs']).rt.start();
    await env.advance(5_000);
    expect(a.got).toEqual(ids(1, 2));
  });

  it('loses nothing of a topic when the tab that asked for it freezes at once', async () => {
    const [a, b] = [tab(), tab()];
    for (const { rt } of [a, b]) rt.start();
    await env.advance(1_000);
    b.rt.setTopics(['errors', 'run/shop/7']);
    server.append({ kind: 'run.logged', version: 1, topics: ['run/shop/7'], data: {} } as never);
    server.raise('1');
    await env.advance(100);
    b.rt.wake('freeze');
    await env.advance(10_000);
    b.rt.wake('resume');
    await env.advance(5_000);
    expect(b.got).toEqual(ids(1, 2));
  });

  it('resets who came without a position when another one brings it', async () => {
    server.raise('1');
    const [a, b] = [tab(), tab()];
    a.rt.start();
    b.rt.adopt(server.head);
    b.rt.start();
    await env.advance(5_000);
    expect(a.resets).toBe(1);
  });

  it('asks nothing when the first tab is seen', async () => {
    tab().rt.start();
    await env.settle();
    expect(env.requests).toHaveLength(0);
  });

  it('is not asked to sign in again by a tab that wants something else', async () => {
    const one = tab();
    one.rt.start();
    await env.settle();
    server.answer = { status: 401 };
    server.streamsDown = true;
    server.cut();
    await env.advance(1_000);
    expect(one.rt.state.get().actual).toBe('unauthorized');
    env.take('');
    one.rt.setTopics(['errors', 'runs']);
    await env.advance(60_000);
    expect(one.rt.state.get().actual).toBe('unauthorized');
    expect(env.requests).toHaveLength(0);
  });

  it('leaves no timer behind', async () => {
    const a = tab();
    a.rt.start();
    await env.settle();
    server.raise('1');
    await env.settle();
    server.raise('2');
    await env.settle();
    a.rt.stop();
    expect(env.timers).toBe(0);
  });

  it('starts where the snapshot of the first tab ends', async () => {
    server.raise('1');
    const cursor = server.head;
    server.raise('2');
    const a = tab();
    a.rt.adopt(cursor);
    a.rt.start();
    await env.settle();
    expect(a.resets).toBe(0);
    expect(a.got).toEqual(ids(2, 2));
  });

  it('asks for the topics of all tabs together, and gives each its own', async () => {
    const a = tab(['errors']);
    const b = tab(['runs']);
    a.rt.start();
    await env.settle();
    b.rt.start();
    server.append({ kind: 'run.changed', version: 1, topics: ['runs/shop'], data: {} } as never);
    server.raise('1');
    await env.advance(300);
    expect(env.stream.url.searchParams.get('topics')).toBe('errors,runs');
    expect(a.got).toEqual(ids(2, 2));
    expect(b.got).toEqual(ids(1, 1));
    b.rt.setTopics(['run/shop/7']);
    server.append({ kind: 'run.changed', version: 1, topics: ['run/shop/7'], data: {} } as never);
    await env.advance(300);
    expect(b.got.at(-1)).toBe(server.head);
    expect(env.openStreams).toBe(1);
  });

  it('ends the connection with the last tab and begins again with the next', async () => {
    const [a, b] = [tab(), tab()];
    a.rt.start();
    b.rt.start();
    await env.settle();
    a.rt.stop();
    expect(env.openStreams).toBe(1);
    b.rt.stop();
    expect(env.openStreams).toBe(0);
    expect(b.rt.state.get().state).toBe('paused');
    server.raise('1');
    a.rt.start();
    await env.settle();
    expect(a.got).toEqual(ids(1, 1));
    expect(a.rt.state.get().state).toBe('live');
  });

  it('does not rest while nobody looks, but polls more slowly', async () => {
    const a = tab();
    a.rt.start();
    await env.settle();
    a.rt.wake('hidden');
    server.streamsDown = true;
    server.cut();
    await env.advance(600_000);
    expect(a.rt.state.get().actual).toBe('polling');
    env.take('');
    await env.advance(60_000);
    expect(env.take('/v1/events').length).toBeLessThanOrEqual(5);
    server.raise('1');
    a.rt.wake('visible');
    await env.settle();
    expect(a.got).toEqual(ids(1, 1));
  });

  it('passes on that nobody is signed in, and a retry from any tab', async () => {
    const [a, b] = [tab(), tab()];
    a.rt.start();
    b.rt.start();
    await env.settle();
    server.answer = { status: 401 };
    server.cut();
    await env.settle();
    expect(b.rt.state.get().state).toBe('unauthorized');
    server.answer = undefined;
    b.rt.retry();
    await env.settle();
    expect(a.rt.state.get().state).toBe('live');
  });
});
