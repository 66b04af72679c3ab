import { beforeEach, describe, expect, it } from 'vitest';
import { createRealtime } from './index';
import type { Realtime } from './realtime';
import { FakeEnv } from './testing/fake-env';
import { FakeServer } from './testing/fake-server';

let env: FakeEnv;
let server: FakeServer;
let rt: Realtime;
let got: string[];
let resets: number;

beforeEach(() => {
  env = new FakeEnv();
  server = new FakeServer(env);
  rt = createRealtime({ baseUrl: 'http://rynda.test/', topics: ['errors'], env });
  got = [];
  resets = 0;
  rt.onEvents((events) => got.push(...events.map((e) => e.id)));
  rt.onReset(() => resets++);
});

const ids = (from: number, to: number) =>
  Array.from({ length: to - from + 1 }, (_, i) => server.position(from + i));
const actual = () => rt.state.get().actual;
const shown = () => rt.state.get().state;

async function live() {
  rt.start();
  await env.settle();
  expect(actual()).toBe('live');
  env.take('');
}

describe('a connection', () => {
  it('does nothing before it is started', async () => {
    await env.advance(60_000);
    expect(env.requests).toHaveLength(0);
    expect(env.streams).toHaveLength(0);
    expect(shown()).toBe('paused');
  });

  it('is live after hello, at once for the eye', async () => {
    rt.start();
    expect(shown()).toBe('connecting');
    await env.settle();
    expect(shown()).toBe('live');
    expect(rt.state.get().transport).toBe('stream');
    expect(rt.cursor()).toBe(server.head);
  });

  it('delivers each event once and in order', async () => {
    await live();
    for (const id of ['1', '2', '3']) server.raise(id);
    await env.settle();
    expect(got).toEqual(ids(1, 3));
    expect(rt.cursor()).toBe(server.head);
  });

  it('treats a start without a cursor as a reset, so that snapshots are taken after it', async () => {
    await live();
    expect(resets).toBe(1);
  });

  it('resumes from a snapshot that was adopted before, without a reset', async () => {
    server.raise('1');
    const cursor = server.head;
    server.raise('2');
    rt.adopt(cursor);
    await live();
    expect(env.stream.url.searchParams.get('after')).toBe(cursor);
    expect(resets).toBe(0);
    expect(got).toEqual(ids(2, 2));
  });

  it('goes back when a snapshot is older than the stream, and not when it is newer', async () => {
    server.raise('1');
    const old = server.head;
    server.raise('2');
    await live();
    rt.adopt(server.head);
    expect(env.streams).toHaveLength(1);
    rt.adopt(old);
    await env.settle();
    expect(env.streams).toHaveLength(2);
    expect(got).toEqual(ids(2, 2));
  });

  it('ignores what comes before hello', async () => {
    env.onOpen = () => {};
    rt.start();
    env.stream.frame('group.changed', { id: server.position(1), kind: 'group.changed' }, server.position(1));
    await env.settle();
    expect(got).toEqual([]);
    expect(rt.cursor()).toBe('');
  });

  it('takes a hello from another place than asked as a reset', async () => {
    await live();
    server.sweep();
    server.epoch = 'deadbeef';
    server.cut();
    await env.advance(5_000);
    expect(resets).toBe(2);
    expect(rt.cursor()).toBe(server.head);
    server.raise('9');
    await env.settle();
    expect(got.at(-1)).toBe(server.head);
  });

  it('counts hello from the head and the reset frame behind it as one reset', async () => {
    rt.adopt('deadbeef-7');
    await live();
    expect(resets).toBe(1);
  });

  it('moves a quiet reader forward with a ping', async () => {
    await live();
    server.append({ kind: 'run.changed', version: 1, topics: ['runs'], data: {} } as never);
    server.ping();
    await env.settle();
    expect(rt.cursor()).toBe(server.head);
    expect(got).toEqual([]);
  });

  it('turns a frame nobody can read into a reset, not into silence', async () => {
    await live();
    server.raise('1');
    env.stream.raw('group.changed', '{"id":', server.position(2));
    await env.settle();
    expect(resets).toBe(2);
    expect(rt.cursor()).toBe(server.position(2));
  });
});

describe('when the stream is lost', () => {
  it('polls at once and misses nothing', async () => {
    await live();
    server.streamsDown = true;
    server.subscribers.clear();
    server.raise('1');
    env.stream.fail();
    await env.settle();
    expect(env.take('/v1/events')).toHaveLength(1);
    expect(got).toEqual(ids(1, 1));
    expect(actual()).toBe('polling');
  });

  it('goes on polling at the pace the server asks for, within a fifth', async () => {
    await live();
    server.streamsDown = true;
    server.pollAfterMs = 4_000;
    server.cut();
    await env.settle();
    env.take('');
    await env.advance(40_000);
    expect(env.take('/v1/events').length).toBeGreaterThanOrEqual(8);
    expect(env.requests.length).toBeLessThanOrEqual(13);
  });

  it('reads a long absence page by page without waiting between', async () => {
    await live();
    server.streamsDown = true;
    server.pageLimit = 100;
    for (let i = 1; i <= 250; i++)
      server.log.push(
        structuredClone({ ...server.log[0], id: server.position(i), topics: ['errors'] }) as never,
      );
    server.cut();
    await env.settle();
    expect(env.take('/v1/events')).toHaveLength(3);
    expect(got).toEqual(ids(1, 250));
  });

  it('returns to live by itself and stops polling', async () => {
    await live();
    server.streamsDown = true;
    server.cut();
    await env.advance(30_000);
    expect(shown()).toBe('polling');
    server.streamsDown = false;
    await env.advance(60_000);
    expect(shown()).toBe('live');
    env.take('');
    await env.advance(10_000);
    expect(env.take('/v1/events')).toHaveLength(0);
    expect(env.openStreams).toBe(1);
  });

  it('is noticed within 2.5 heartbeats when the line just goes silent', async () => {
    await live();
    await env.advance(37_400);
    expect(actual()).toBe('live');
    server.mute = true;
    await env.advance(200);
    expect(actual()).toBe('polling');
    expect(env.streams[0]?.closed).toBe(true);
  });

  it('is noticed within 5 s when a proxy accepts the stream and says nothing', async () => {
    server.mute = true;
    rt.start();
    await env.advance(5_000);
    expect(actual()).toBe('polling');
    expect(env.openStreams).toBeLessThanOrEqual(1);
  });

  it('is not shown while it is cut every 700 ms, and no event is lost', async () => {
    await live();
    const seen = new Set<string>();
    rt.state.subscribe((v) => seen.add(v.state));
    let n = 0;
    for (let i = 0; i < 85; i++) {
      server.raise(String(++n));
      server.cut();
      server.raise(String(++n));
      await env.advance(700);
    }
    await env.advance(120_000);
    expect(got).toEqual(ids(1, n));
    expect(shown()).toBe('live');
    expect([...seen].length).toBeLessThanOrEqual(3);
  });

  it('comes back with full jitter between nothing and a ceiling that doubles to a minute', async () => {
    await live();
    server.streamsDown = true;
    env.chance = 0.999;
    const at: number[] = [];
    const open = env.onOpen;
    env.onOpen = (s) => {
      at.push(env.time);
      open(s);
    };
    const start = env.time;
    server.cut();
    await env.advance(400_000);
    const waits = at.map((t, i) => Math.round((t - (at[i - 1] ?? start)) / 1000));
    expect(waits.slice(0, 8)).toEqual([1, 2, 4, 8, 16, 32, 60, 60]);
  });

  it('forgets its failures only after 30 s of a stream that holds', async () => {
    await live();
    server.streamsDown = true;
    server.cut();
    await env.advance(20_000);
    const { attempts } = rt.state.get();
    expect(attempts).toBeGreaterThan(2);
    server.streamsDown = false;
    rt.wake('online');
    await env.advance(29_000);
    expect(rt.state.get().attempts).toBe(attempts);
    server.ping();
    await env.advance(2_000);
    expect(rt.state.get().attempts).toBe(0);
  });

  it('survives a browser that will not open streams at all', async () => {
    env.refuseStreams = true;
    rt.start();
    await env.advance(10_000);
    server.raise('1');
    await env.advance(10_000);
    expect(actual()).toBe('polling');
    expect(got).toEqual(ids(1, 1));
  });
});

describe('a planned end', () => {
  it('is followed as told, without a poll in the same moment and without counting as a failure', async () => {
    await live();
    env.stream.frame('bye', { after_ms: 1_500 }, server.head);
    await env.settle();
    expect(env.take('/v1/events')).toHaveLength(0);
    await env.advance(1_400);
    expect(env.streams).toHaveLength(1);
    await env.advance(400);
    expect(env.streams).toHaveLength(2);
    expect(actual()).toBe('live');
    expect(rt.state.get().attempts).toBe(0);
  });

  it('before hello is an overloaded server: poll meanwhile, come back when it says', async () => {
    env.onOpen = (s) => queueMicrotask(() => s.frame('bye', { after_ms: 20_000 }));
    rt.start();
    await env.advance(15_000);
    expect(actual()).toBe('polling');
    expect(env.streams).toHaveLength(1);
    await env.advance(10_000);
    expect(env.streams).toHaveLength(2);
  });
});

describe('answers that say no', () => {
  it('stops everything at 401 until asked to try again', async () => {
    await live();
    server.answer = { status: 401 };
    server.cut();
    await env.settle();
    expect(shown()).toBe('unauthorized');
    env.take('');
    const streams = env.streams.length;
    await env.advance(600_000);
    rt.wake('focus');
    rt.wake('online');
    await env.advance(10_000);
    expect(env.requests).toHaveLength(0);
    expect(env.streams).toHaveLength(streams);
    server.answer = undefined;
    rt.retry();
    await env.settle();
    expect(shown()).toBe('live');
  });

  it('obeys Retry-After of a 429 for polls and streams alike', async () => {
    await live();
    server.answer = { status: 429, headers: { 'Retry-After': '30' } };
    server.cut();
    await env.settle();
    env.take('');
    const streams = env.streams.length;
    await env.advance(29_000);
    rt.wake('online');
    expect(env.take('/v1/events')).toHaveLength(0);
    expect(env.streams).toHaveLength(streams);
    server.answer = undefined;
    await env.advance(10_000);
    expect(actual()).toBe('live');
  });

  it('obeys a Retry-After that is a date', async () => {
    await live();
    server.answer = { status: 503, headers: { 'Retry-After': new Date(env.time + 45_000).toUTCString() } };
    server.cut();
    await env.settle();
    env.take('');
    await env.advance(43_000);
    expect(env.take('/v1/events')).toHaveLength(0);
    await env.advance(60_000);
    expect(env.take('/v1/events').length).toBeGreaterThan(0);
  });

  it('is offline when polls fail too, and says so after 5 s', async () => {
    await live();
    server.down = true;
    server.cut();
    await env.advance(4_900);
    expect(shown()).toBe('live');
    await env.advance(200);
    expect(shown()).toBe('offline');
    server.raise('1');
    server.down = false;
    rt.wake('online');
    await env.settle();
    expect(got).toEqual(ids(1, 1));
    await env.advance(3_100);
    expect(shown()).toBe('live');
  });

  it('gives up on a poll that hangs for 15 s', async () => {
    await live();
    server.streamsDown = true;
    const handler = env.handler;
    env.handler = () => new Promise(() => {});
    server.cut();
    await env.advance(14_900);
    expect(actual()).toBe('connecting');
    await env.advance(200);
    expect(actual()).toBe('offline');
    env.handler = handler;
    await env.advance(60_000);
    expect(actual()).toBe('polling');
  });

  it('sends back the ETag and takes 304 for a quiet log', async () => {
    await live();
    server.streamsDown = true;
    const { handler } = env;
    env.handler = async (url, request) => {
      if (request.headers['If-None-Match'] === '"q"') return { status: 304 };
      return { ...(await handler(url, request)), headers: { ETag: '"q"' } };
    };
    server.cut();
    await env.advance(10_000);
    expect(env.requests.filter((r) => r.request.headers['If-None-Match']).length).toBeGreaterThan(2);
    expect(actual()).toBe('polling');
  });
});

describe('a page that comes and goes', () => {
  it('pauses after five minutes out of sight and resumes where it was', async () => {
    await live();
    rt.wake('hidden');
    for (let i = 0; i < 29; i++) {
      await env.advance(10_000);
      server.ping();
    }
    expect(actual()).toBe('live');
    await env.advance(11_000);
    expect(actual()).toBe('paused');
    expect(env.openStreams).toBe(0);
    expect(env.timers).toBe(0);
    server.raise('1');
    rt.wake('visible');
    await env.settle();
    expect(shown()).toBe('live');
    expect(got).toEqual(ids(1, 1));
  });

  it('lets go when frozen or put aside, and is not deaf when it comes back', async () => {
    await live();
    rt.wake('freeze');
    expect(env.openStreams).toBe(0);
    server.raise('1');
    rt.wake('resume');
    await env.settle();
    server.raise('2');
    await env.settle();
    expect(got).toEqual(ids(1, 2));
  });

  it('stays stopped when it was stopped, whatever the page does', async () => {
    await live();
    rt.stop();
    for (const kind of ['freeze', 'resume', 'visible', 'focus', 'online'] as const) rt.wake(kind);
    await env.advance(60_000);
    expect(env.openStreams).toBe(0);
    expect(env.timers).toBe(0);
    expect(shown()).toBe('paused');
  });

  it('does not trust a stream after sleep: the clock jumped', async () => {
    await live();
    server.subscribers.clear();
    server.raise('1');
    env.sleep(8 * 3_600_000);
    await env.advance(10_000);
    expect(env.streams).toHaveLength(2);
    expect(got).toEqual(ids(1, 1));
    expect(actual()).toBe('live');
  });

  it('tries at once when the network is back, but not more than once in two seconds', async () => {
    await live();
    server.down = true;
    server.cut();
    await env.advance(30_000);
    const before = env.streams.length;
    rt.wake('online');
    rt.wake('focus');
    rt.wake('visible');
    expect(env.streams.length).toBe(before + 1);
  });

  it('leaves a healthy stream alone when the window is focused', async () => {
    await live();
    rt.wake('focus');
    rt.wake('visible');
    expect(env.streams).toHaveLength(1);
    expect(env.requests).toHaveLength(0);
  });
});

describe('topics', () => {
  it('are changed with one new stream that starts where the change was asked for', async () => {
    await live();
    const from = rt.cursor();
    rt.setTopics(['errors', 'runs']);
    rt.setTopics(['errors', 'runs', 'deploys']);
    server.append({ kind: 'run.changed', version: 1, topics: ['runs'], data: {} } as never);
    server.raise('1');
    await env.advance(300);
    expect(env.streams).toHaveLength(2);
    expect(env.stream.url.searchParams.get('topics')).toBe('errors,runs,deploys');
    expect(env.stream.url.searchParams.get('after')).toBe(from);
    expect(got).toEqual([server.position(2), server.position(1)]);
  });

  it('miss nothing when they change while polling', async () => {
    await live();
    server.streamsDown = true;
    server.cut();
    await env.advance(10_000);
    rt.setTopics(['errors', 'runs']);
    server.append({ kind: 'run.changed', version: 1, topics: ['runs'], data: {} } as never);
    await env.advance(10_000);
    expect(got).toEqual(ids(1, 1));
  });
});

describe('delivery', () => {
  it('is one batch per frame', async () => {
    await live();
    const batches: number[] = [];
    rt.onEvents((e) => batches.push(e.length));
    for (let i = 1; i <= 300; i++) server.raise(String(i));
    await env.settle();
    expect(batches).toEqual([300]);
  });

  it('turns a flood into one reset', async () => {
    await live();
    for (let i = 1; i <= 5_000; i++) server.raise(String(i));
    await env.advance(1_500);
    expect(resets).toBe(2);
    expect(got.length).toBe(0);
    server.raise('6000');
    await env.settle();
    expect(got).toEqual([server.head]);
  });

  it('does not let one listener that throws keep events from another', async () => {
    const fresh = createRealtime({ topics: ['errors'], env });
    const seen: string[] = [];
    const thrown: unknown[] = [];
    const note = (reason: unknown) => thrown.push(reason);
    process.on('unhandledRejection', note);
    fresh.onEvents(() => {
      throw new Error('a view broke');
    });
    fresh.onEvents((e) => seen.push(...e.map((x) => x.id)));
    fresh.start();
    await env.settle();
    server.raise('1');
    await env.settle();
    expect(seen).toEqual(ids(1, 1));
    await new Promise(setImmediate);
    process.off('unhandledRejection', note);
    expect(thrown).toHaveLength(1);
  });
});
