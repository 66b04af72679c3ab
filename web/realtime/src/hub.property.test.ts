// Any tabs, any order of what can happen to them: none misses an event, none is
// left with one that it should have been told of.

import fc from 'fast-check';
import { expect, it } from 'vitest';
import { createConnection } from './connection';
import { createHub, type FromHub } from './hub';
import { createMember, type Member } from './member';
import { realtimeOver } from './realtime';
import { FakeEnv } from './testing/fake-env';
import { FakeServer } from './testing/fake-server';

const tabCount = 3;
const step = fc.record({
  tab: fc.nat(tabCount - 1),
  /** Weighed by how often each is in the list. */
  what: fc.constantFrom(
    ...['raise', 'raise', 'raise', 'storm', 'storm', 'start', 'freeze', 'resume', 'resume', 'topics', 'cut'],
    ...['mute', 'wait', 'adopt'],
  ),
  n: fc.nat(100),
});

it('no tab misses an event, whatever happens to it and to the others', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 20, maxLength: 70 }), async (steps) => {
      const env = new FakeEnv();
      const server = new FakeServer(env);
      const hub = createHub(
        (sink) => createConnection({ baseUrl: '', topics: [], env, shared: true }, sink),
        env,
      );
      let raised = 0;
      const raise = () => server.raise(String(++raised));
      const tabs = Array.from({ length: tabCount }, (_, id) => {
        let member!: Member;
        const rt = realtimeOver(env, (sink) => {
          member = createMember({ topics: ['errors'], now: env.now }, sink, (up) =>
            hub.receive(String(id), structuredClone(up), (down: FromHub) =>
              member.receive(structuredClone(down)),
            ),
          );
          return member;
        });
        /** What it was told of, by events and by the snapshots that a reset makes it take. */
        const knows = new Set<string>();
        const snapshot = () => server.log.forEach((event) => knows.add(event.id));
        rt.onEvents((events) => events.forEach((event) => knows.add(event.id)));
        rt.onReset(snapshot);
        return { rt, knows, snapshot, started: false };
      });
      for (const { tab: at, what, n } of steps) {
        const tab = tabs[at]!;
        if (what === 'raise') raise();
        else if (what === 'storm')
          for (let i = 0; i < n / 5; i++) {
            raise();
            if (i % 2) await env.advance(n % 30);
          }
        else if (what === 'start' && !tab.started) {
          // From a snapshot that is a little old when the connection begins.
          tab.snapshot();
          const { head } = server;
          for (let i = 0; i < n / 10; i++) raise();
          await env.advance(n);
          if (raised > n / 10) tab.rt.adopt(head);
          tab.rt.start();
          tab.started = true;
        } else if (what === 'adopt' && tab.started && n > 50) {
          const { head } = server;
          tab.snapshot();
          await env.advance(n);
          tab.rt.adopt(head);
        } else if (what === 'freeze' || what === 'resume') tab.rt.wake(what);
        else if (what === 'topics') tab.rt.setTopics(n % 2 ? ['errors', `run/shop/${n}`] : ['errors']);
        else if (what === 'cut') server.cut();
        else if (what === 'mute') server.mute = n % 2 === 0;
        else if (what === 'wait') await env.advance(n * 5);
        await env.settle();
      }
      server.mute = false;
      for (const { rt } of tabs) rt.wake('resume');
      await env.advance(120_000);
      raise();
      await env.advance(5_000);
      for (const { knows, started } of tabs)
        if (started) expect(server.log.filter(({ id }) => !knows.has(id)).map(({ id }) => id)).toEqual([]);
    }),
    { numRuns: 300 },
  );
}, 60_000);
