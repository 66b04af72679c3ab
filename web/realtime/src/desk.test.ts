import { beforeEach, describe, expect, it } from 'vitest';
import { createConnection } from './connection';
import { createHub, type Hub } from './hub';
import { createMember, type Member } from './member';
import { FakeEnv } from './testing/fake-env';
import { FakeServer } from './testing/fake-server';
import { withToken, type Token } from './token';

let env: FakeEnv;
let server: FakeServer;
let hub: Hub;
let tabs: { member: Member; asked: number }[];

/** A tab of a shared worker that has no token of its own. */
function tab(token: Token, deaf = false) {
  const id = String(tabs.length);
  const one = { member: undefined as unknown as Member, asked: 0 };
  const sink = { events() {}, reset() {}, view() {} };
  const counted: Token = (refused) => {
    one.asked++;
    return token(refused);
  };
  one.member = createMember({ topics: ['errors'], now: env.now, token: counted }, sink, (up) =>
    hub.receive(id, up, (down) => {
      if (!(deaf && down.kind === 'token')) one.member.receive(down);
    }),
  );
  tabs.push(one);
  return one;
}

beforeEach(() => {
  env = new FakeEnv();
  server = new FakeServer(env);
  server.token = 'good';
  tabs = [];
  hub = createHub((sink, token) => {
    const known = withToken(env, token);
    return createConnection({ baseUrl: '', topics: [], env: known, tickets: true, shared: true }, sink);
  }, env);
});

describe('a shared worker', () => {
  it('asks one tab for the token, the one that is seen', async () => {
    const hidden = tab(() => 'good');
    hidden.member.wake('hidden');
    const seen = tab(() => 'good');
    seen.member.start();
    hidden.member.start();
    await env.settle();
    const before = hidden.asked;
    server.cut();
    await env.advance(5_000);
    expect(seen.member.view().actual).toBe('live');
    expect(hidden.asked).toBe(before);
    expect(env.streams.map(({ url }) => url.searchParams.get('ticket'))).toEqual(['ryt_1', 'ryt_2']);
  });

  it('asks the next tab when one is frozen, fails or has none', async () => {
    const frozen = tab(() => 'good', true);
    const failing = tab(() => Promise.reject(new Error('no session')));
    const good = tab(() => 'good');
    for (const { member } of tabs) member.start();
    await env.advance(30_000);
    expect(good.member.view().actual).toBe('live');
    expect(frozen.asked).toBe(0);
    expect(failing.asked).toBeGreaterThan(0);
  });

  it('passes on which token was refused, and takes the renewed one', async () => {
    const told: (string | undefined)[] = [];
    const one = tab((refused) => {
      told.push(refused);
      return refused ? 'good' : 'old';
    });
    one.member.start();
    await env.settle();
    expect(one.member.view().actual).toBe('live');
    expect(told).toContain('old');
  });

  it('takes no answer for that to another question', async () => {
    let held = 'good';
    const one = tab((refused) => {
      if (refused !== held) return held;
      return new Promise((done) => env.setTimeout(() => done((held = 'better')), 800));
    });
    one.member.start();
    await env.settle();
    expect(one.member.view().actual).toBe('live');
    // While the poll has its token renewed, the stream asks for a ticket with the old one.
    server.token = 'better';
    server.cut();
    await env.advance(60_000);
    expect(one.member.view().actual).toBe('live');
  });

  it('is offline when no tab has a token, and live when one has', async () => {
    let token = '';
    const one = tab(() => token || Promise.reject(new Error('signed out')));
    one.member.start();
    await env.advance(10_000);
    expect(one.member.view().actual).toBe('offline');
    token = 'good';
    await env.advance(120_000);
    expect(one.member.view().actual).toBe('live');
  });
});
