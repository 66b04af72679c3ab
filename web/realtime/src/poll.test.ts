import { beforeEach, describe, expect, it } from 'vitest';
import { reader } from './testing/reader';

let { env, server, rt, got, ids, actual, shown, live } = reader();
beforeEach(() => {
  ({ env, server, rt, got, ids, actual, shown, live } = reader());
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

  it('forgets what polls were told to wait when a stream is let in', async () => {
    await live();
    server.answers.set('/v1/events', { status: 429, headers: { 'Retry-After': '600' } });
    // The stream answers a little later than the poll.
    const { onOpen } = env;
    env.onOpen = (stream) => void env.setTimeout(() => onOpen(stream), 100);
    env.sleep(60_000);
    await env.advance(15_000);
    expect(actual()).toBe('live');
    rt.setTopics(['errors', 'run/shop/7']);
    server.raise('1');
    await env.advance(1_000);
    expect(got).toEqual(ids(1, 1));
    expect(env.openStreams).toBe(1);
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
