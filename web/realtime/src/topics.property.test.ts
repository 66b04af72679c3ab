// Topics that come and go in several tabs, while the line, the server and the
// tabs do what they do, and messages take their time: no tab misses what it had
// asked for by then.

import fc from 'fast-check';
import { expect, it } from 'vitest';
import { createConnection } from './connection';
import { createHub, type FromHub } from './hub';
import { createMember, type Member } from './member';
import { realtimeOver } from './realtime';
import { FakeEnv } from './testing/fake-env';
import { FakeServer } from './testing/fake-server';

const step = fc.record({
  tab: fc.nat(2),
  /** Weighed by how often each is in the list. */
  what: fc.constantFrom(
    ...[
      'raise',
      'raise',
      'log',
      'log',
      'log',
      'storm',
      'start',
      'freeze',
      'resume',
      'resume',
      'topics',
      'topics',
    ],
    ...['adopt', 'cut', 'bye', 'garbage', 'mute', 'down', 'limit', 'denied', 'sweep', 'stop', 'wait', 'wait'],
  ),
  n: fc.nat(100),
});

function world(latencyMs: number) {
  const env = new FakeEnv();
  const server = new FakeServer(env);
  const hub = createHub(
    (sink) => createConnection({ baseUrl: '', topics: [], env, shared: true }, sink),
    env,
  );
  const later = (fn: () => void) => (latencyMs ? void env.setTimeout(fn, latencyMs) : fn());
  const tabs = Array.from({ length: 3 }, (_, id) => {
    let member!: Member;
    const rt = realtimeOver(env, (sink) => {
      member = createMember({ topics: ['errors'], now: env.now }, sink, (message) => {
        const up = structuredClone(message);
        later(() =>
          hub.receive(String(id), up, (answer: FromHub) => {
            const down = structuredClone(answer);
            later(() => member.receive(down));
          }),
        );
      });
      return member;
    });
    /** What it was told of, and what it has to be. */
    const [knows, due] = [new Set<string>(), new Set<string>()];
    const snapshot = () => server.log.forEach(({ id }) => knows.add(id));
    rt.onEvents((events) => events.forEach(({ id }) => knows.add(id)));
    rt.onReset(snapshot);
    return { rt, knows, due, snapshot, topics: ['errors'], started: false };
  });
  let made = 0;
  function note() {
    const { id, topics } = server.log.at(-1)!;
    for (const { started, topics: wanted, due } of tabs)
      if (started && topics.some((topic) => wanted.includes(topic) || wanted.includes(topic.split('/')[0]!)))
        due.add(id);
  }
  return {
    env,
    server,
    tabs,
    raise() {
      server.raise(String(++made));
      note();
    },
    log(run: number) {
      const topics = [`run/shop/${run % 3}`];
      server.append({ kind: 'run.logged', version: 0, topics, data: {} } as never);
      note();
    },
  };
}

it.each([0, 3, 40])(
  'no tab misses what it asked for, with messages that take %i ms',
  async (latencyMs) => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 10, maxLength: 60 }), async (steps) => {
        const { env, server, tabs, raise, log } = world(latencyMs);
        for (const { tab: at, what, n } of steps) {
          const tab = tabs[at]!;
          const { rt } = tab;
          if (what === 'raise') raise();
          else if (what === 'log') log(n);
          else if (what === 'storm')
            for (let i = 0; i < n / 5; i++) {
              if (i % 2) raise();
              else log(i + n);
              if (i % 3) await env.advance(n % 30);
            }
          else if (what === 'freeze' || what === 'resume') rt.wake(what);
          else if (what === 'cut') server.cut();
          else if (what === 'bye')
            for (const stream of [...server.subscribers]) {
              server.subscribers.delete(stream);
              stream.frame('bye', { after_ms: n * 20 });
            }
          else if (what === 'garbage')
            for (const stream of server.subscribers) stream.raw('group.changed', '{', server.head);
          else if (what === 'mute') server.mute = n % 2 === 0;
          else if (what === 'down') server.down = n % 2 === 0;
          else if (what === 'limit') {
            if (n % 2)
              server.answers.set('/v1/events', { status: 429, headers: { 'Retry-After': String(n) } });
            else server.answers.clear();
          } else if (what === 'sweep' && n > 70) server.sweep();
          else if (what === 'wait') await env.advance(n * (n % 2 ? 5 : 100));
          else if (what === 'start' && !tab.started) {
            tab.snapshot();
            if (server.log.length) rt.adopt(server.head);
            rt.start();
            tab.started = true;
          } else if (tab.started) {
            if (what === 'stop' && n > 80) {
              rt.stop();
              await env.advance(n);
              rt.start();
            } else if (what === 'adopt') {
              const { head } = server;
              tab.snapshot();
              if (n > 50) await env.advance(n);
              if (server.log.length) rt.adopt(head);
            } else if (what === 'topics') {
              tab.topics = n % 4 === 3 ? ['errors'] : ['errors', `run/shop/${n % 4}`];
              rt.setTopics(tab.topics);
              tab.snapshot();
            } else if (what === 'denied') {
              server.answer = { status: 401 };
              server.cut();
              await env.advance(n);
              server.answer = undefined;
              await env.advance(n);
              rt.retry();
            }
          }
          await env.settle();
        }
        server.mute = server.down = false;
        server.answers.clear();
        for (const { rt } of tabs) rt.wake('resume');
        await env.advance(1_000);
        for (const { rt, started } of tabs)
          if (started && rt.state.get().actual === 'unauthorized') rt.retry();
        for (let i = 0; i < 40; i++) {
          await env.advance(5_000);
          server.ping();
        }
        raise();
        await env.advance(5_000);
        for (const { rt, knows, due, started } of tabs) {
          if (!started) continue;
          expect([...due].filter((id) => !knows.has(id))).toEqual([]);
          expect(rt.state.get().actual).toBe('live');
        }
        if (tabs.some(({ started }) => started)) expect(env.openStreams).toBe(1);
      }),
      { numRuns: 300 },
    );
  },
  60_000,
);
