import { expect, it } from 'vitest';
import { createRealtime } from './index';
import { FakeEnv } from './testing/fake-env';
import { FakeServer } from './testing/fake-server';
import { createTopics } from './topics';

function page() {
  const env = new FakeEnv();
  const server = new FakeServer(env);
  const realtime = createRealtime({ topics: ['errors', 'runs'], env });
  const got: string[] = [];
  realtime.onEvents((events) => got.push(...events.map((e) => e.id)));
  realtime.start();
  const log = (id: string) =>
    server.append({
      kind: 'run.logged',
      version: 0,
      topics: [`run/shop/${id}`],
      data: { project: 'shop', run_id: id, from_seq: 1, to_seq: 1, ended: false },
    } as never);
  return { env, server, topics: createTopics(realtime, ['errors', 'runs']), got, log };
}

const asked = (env: FakeEnv) => env.stream.url.searchParams.get('topics');

it('a topic that is lent is heard from the moment it was asked for', async () => {
  const { env, server, topics, got, log } = page();
  await env.advance(1_000);
  topics.lend('run/shop/7');
  log('7');
  await env.advance(1_000);
  log('7');
  await env.settle();
  expect(asked(env)).toBe('errors,runs,run/shop/7');
  expect(got).toEqual([server.position(1), server.position(2)]);
});

it('giving a topic back costs no stream, and the next takes its place', async () => {
  const { env, topics } = page();
  await env.advance(1_000);
  const back = topics.lend('run/shop/7');
  await env.advance(1_000);
  expect(env.streams).toHaveLength(2);
  back();
  await env.advance(1_000);
  expect(env.streams).toHaveLength(2);
  topics.lend('run/shop/8');
  await env.advance(1_000);
  expect(env.streams).toHaveLength(3);
  expect(asked(env)).toBe('errors,runs,run/shop/8');
});

it('a topic lent twice is there until both gave it back, and one already asked for is free', async () => {
  const { env, topics } = page();
  await env.advance(1_000);
  const [one, two] = [topics.lend('run/shop/7'), topics.lend('run/shop/7')];
  topics.lend('errors');
  await env.advance(1_000);
  expect(env.streams).toHaveLength(2);
  one();
  one();
  topics.lend('run/shop/8');
  await env.advance(1_000);
  expect(asked(env)).toBe('errors,runs,run/shop/7,run/shop/8');
  two();
  topics.lend('run/shop/9');
  await env.advance(1_000);
  expect(asked(env)).toBe('errors,runs,run/shop/8,run/shop/9');
});
