import { beforeEach, describe, expect, it } from 'vitest';
import { reader } from './testing/reader';

let { env, server, rt, got, ids, actual, shown, live } = reader();
beforeEach(() => {
  ({ env, server, rt, got, ids, actual, shown, live } = reader());
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
