// A connection under test, with everything that it told.

import { expect } from 'vitest';
import { createRealtime, type Token } from '../index';
import { FakeEnv } from './fake-env';
import { FakeServer } from './fake-server';

export function reader(token?: Token) {
  const env = new FakeEnv();
  const server = new FakeServer(env);
  const rt = createRealtime({ baseUrl: 'http://rynda.test/', topics: ['errors'], env, token });
  const got: string[] = [];
  const resets: string[] = [];
  rt.onEvents((events) => got.push(...events.map((e) => e.id)));
  rt.onReset(() => resets.push(rt.cursor()));
  const actual = () => rt.state.get().actual;
  return {
    env,
    server,
    rt,
    /** Ids of the events, in the order they came. */
    got,
    /** The cursor at each reset. */
    resets,
    ids: (from: number, to: number) =>
      Array.from({ length: to - from + 1 }, (_, i) => server.position(from + i)),
    actual,
    shown: () => rt.state.get().state,
    async live() {
      rt.start();
      await env.settle();
      expect(actual()).toBe('live');
      env.take('');
    },
  };
}
