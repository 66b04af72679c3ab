import { beforeEach, describe, expect, it } from 'vitest';
import { createFeedApi } from './index';
import { reader } from './testing/reader';

let held: string | Promise<string>;
/** What the host was told of: the token that was refused, or undefined. */
let asked: (string | undefined)[];

const subject = () =>
  reader((refused) => {
    asked.push(refused);
    return held;
  });
let { env, server, rt, got, ids, actual, shown, live } = subject();

beforeEach(() => {
  held = 'good';
  asked = [];
  ({ env, server, rt, got, ids, actual, shown, live } = subject());
  server.token = 'good';
});

const tickets = () => env.streams.map(({ url }) => url.searchParams.get('ticket'));

describe('a person known by a token', () => {
  it('is known by it in every request, and by a ticket in every stream', async () => {
    await live();
    server.raise('1');
    server.cut();
    await env.advance(5_000);
    await createFeedApi({ baseUrl: '', env: rt.env }).feed('newest');
    expect(got).toEqual(ids(1, 1));
    expect(tickets()).toEqual(['ryt_1', 'ryt_2']);
    for (const { request } of env.requests) expect(request.headers['Authorization']).toBe('Bearer good');
    expect(env.streams.every(({ url }) => !String(url).includes('good'))).toBe(true);
  });

  it('asks for a ticket for each stream, however often the line is cut, and misses nothing', async () => {
    await live();
    for (let n = 1; n <= 8; n++) {
      server.raise(String(n));
      server.cut();
      await env.advance(70_000);
      expect(actual()).toBe('live');
    }
    expect(got).toEqual(ids(1, 8));
    expect(new Set(tickets()).size).toBe(env.streams.length);
    expect(server.tickets.size).toBe(0);
  });

  it('renews a token that is refused', async () => {
    const told: (string | undefined)[] = [];
    let kept = 'stale';
    ({ env, server, rt, got, ids, actual, shown, live } = reader((refused) => {
      told.push(refused);
      if (refused === kept) kept = 'good';
      return kept;
    }));
    server.token = 'good';
    await live();
    expect(told).toEqual([undefined, 'stale']);
  });

  it('is unauthorized when there is no better token, until asked to try again', async () => {
    held = 'stolen';
    rt.start();
    await env.settle();
    expect(shown()).toBe('unauthorized');
    expect(asked).toEqual([undefined, 'stolen']);
    const requests = env.requests.length;
    await env.advance(600_000);
    rt.wake('online');
    expect(env.requests).toHaveLength(requests);
    expect(env.streams).toHaveLength(0);
    held = 'good';
    rt.retry();
    await env.settle();
    expect(shown()).toBe('live');
  });

  it('is not held up by a host that fails to give one', async () => {
    held = Promise.reject(new Error('the host has no session'));
    (held as Promise<string>).catch(() => {});
    rt.start();
    await env.advance(3_000);
    expect(actual()).toBe('offline');
    held = new Promise(() => {});
    await env.advance(60_000);
    expect(actual()).toBe('offline');
    held = 'good';
    await env.advance(90_000);
    expect(actual()).toBe('live');
  });
});

describe('a ticket that is not to be had', () => {
  it('makes the stream wait as long as the server asks, while polls go on', async () => {
    await live();
    server.answers.set('/v1/stream-tickets', { status: 429, headers: { 'Retry-After': '120' } });
    server.cut();
    await env.settle();
    env.take('');
    server.raise('1');
    await env.advance(60_000);
    rt.wake('online');
    await env.advance(50_000);
    const polls = env.requests.filter(({ url }) => url.pathname === '/v1/events');
    expect(env.requests.length - polls.length).toBeLessThanOrEqual(1);
    expect(polls.length).toBeGreaterThan(10);
    expect(got).toEqual(ids(1, 1));
    expect(shown()).toBe('polling');
    server.answers.clear();
    await env.advance(90_000);
    expect(actual()).toBe('live');
  });

  it.each([403, 404, 500, 503])('is a lost stream, and polling is enough: %i', async (status) => {
    server.answers.set('/v1/stream-tickets', { status, body: {} });
    rt.start();
    await env.advance(10_000);
    server.raise('1');
    await env.advance(10_000);
    expect(shown()).toBe('polling');
    expect(env.streams).toHaveLength(0);
    expect(got).toEqual(ids(1, 1));
  });

  it('is a lost stream after 5 s of silence', async () => {
    const { handler } = env;
    env.handler = (url, request) =>
      url.pathname === '/v1/stream-tickets' ? new Promise(() => {}) : handler(url, request);
    rt.start();
    await env.advance(4_900);
    expect(actual()).toBe('connecting');
    await env.advance(200);
    expect(actual()).toBe('polling');
  });

  it('opens nothing when it comes after the stop', async () => {
    rt.start();
    rt.stop();
    await env.advance(10_000);
    expect(env.streams).toHaveLength(0);
    expect(env.timers).toBe(0);
  });
});
