import { beforeEach, describe, expect, it } from 'vitest';
import { createRealtime } from './index';
import { reader } from './testing/reader';

let { env, server, rt, got, resets, ids, actual, shown, live } = reader();
beforeEach(() => {
  ({ env, server, rt, got, resets, ids, actual, shown, live } = reader());
});

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
    expect(resets).toHaveLength(1);
  });

  it('resumes from a snapshot that was adopted before, without a reset', async () => {
    server.raise('1');
    const cursor = server.head;
    server.raise('2');
    rt.adopt(cursor);
    await live();
    expect(env.stream.url.searchParams.get('after')).toBe(cursor);
    expect(resets).toHaveLength(0);
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
    expect(resets).toHaveLength(2);
    expect(rt.cursor()).toBe(server.head);
    server.raise('9');
    await env.settle();
    expect(got.at(-1)).toBe(server.head);
  });

  it('counts hello from the head and the reset frame behind it as one reset', async () => {
    rt.adopt('deadbeef-7');
    await live();
    expect(resets).toHaveLength(1);
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
    expect(resets).toHaveLength(2);
    expect(rt.cursor()).toBe(server.position(2));
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

  it('hears of the network a moment after the window', async () => {
    await live();
    env.chance = 0.9;
    server.down = true;
    server.cut();
    await env.advance(600_000);
    rt.wake('focus');
    await env.advance(1_500);
    server.down = false;
    rt.wake('online');
    await env.advance(1_000);
    expect(actual()).toBe('live');
  });

  it('pauses too when it was never in sight', async () => {
    rt.wake('hidden');
    await live();
    await env.advance(6 * 60_000);
    expect(actual()).toBe('paused');
    expect(env.openStreams).toBe(0);
    expect(env.timers).toBe(0);
    rt.wake('visible');
    await env.settle();
    expect(actual()).toBe('live');
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
    expect(got).toEqual(ids(1, 2));
  });

  it('miss nothing when an older snapshot is adopted before the new stream is there', async () => {
    await live();
    server.raise('1');
    await env.settle();
    rt.setTopics(['errors', 'runs']);
    server.append({ kind: 'run.changed', version: 1, topics: ['runs'], data: {} } as never);
    server.raise('2');
    const { head } = server;
    server.raise('3');
    await env.advance(100);
    rt.adopt(head);
    await env.advance(5_000);
    expect(got).toEqual(ids(1, 4));
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
    expect(resets).toHaveLength(2);
    expect(got.length).toBe(0);
    server.raise('6000');
    await env.settle();
    expect(got).toEqual([server.head]);
  });

  it('is not held up by a subscriber of the state that throws', async () => {
    await live();
    const thrown: unknown[] = [];
    const note = (reason: unknown) => thrown.push(reason);
    process.on('unhandledRejection', note);
    let throws = false;
    rt.state.subscribe(() => {
      if (throws) throw new Error('a view broke');
    });
    throws = true;
    server.raise('1');
    await env.settle();
    server.cut();
    server.raise('2');
    await env.advance(60_000);
    expect(got).toEqual(ids(1, 2));
    expect(actual()).toBe('live');
    await new Promise(setImmediate);
    process.off('unhandledRejection', note);
    expect(thrown).not.toHaveLength(0);
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
