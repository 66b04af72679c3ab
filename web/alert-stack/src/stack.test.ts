import { createApi, createGroupStore, createRealtime, type GroupStore } from '@rynda/realtime';
import { FakeEnv, FakeServer } from '@rynda/realtime/testing';
import { beforeEach, describe, expect, it } from 'vitest';
import { createStack, sortMs, undoMs, type StackControl } from './stack';

let env: FakeEnv;
let server: FakeServer;
let store: GroupStore;
let stack: StackControl;
let arrived: string[];

async function begin(n: number, order: 'newest' | 'severity' = 'newest') {
  for (let i = 1; i <= n; i++) {
    env.sleep(1_000);
    server.raise(String(i));
  }
  const rt = createRealtime({ topics: ['errors'], env });
  store = createGroupStore(rt, createApi({ baseUrl: '', env }));
  stack = createStack({
    env,
    store,
    order,
    arrived: (groups) => arrived.push(...groups.map((g) => g.group_id)),
  });
  await env.settle();
  rt.start();
  await env.settle();
}

async function raise(...ids: string[]) {
  for (const id of ids) {
    env.sleep(1_000);
    server.raise(id);
  }
  await env.settle();
}

beforeEach(() => {
  env = new FakeEnv();
  server = new FakeServer(env);
  arrived = [];
});

const ids = () => stack.view.get().cards.map((g) => g.group_id);
const view = () => stack.view.get();

describe('arrivals', () => {
  it('are told of, but not those that were there from the start', async () => {
    await begin(3);
    expect(arrived).toEqual([]);
    await raise('4', '5');
    expect(arrived).toEqual(['4', '5']);
  });

  it('are told of when a snapshot brings them after an absence', async () => {
    await begin(2);
    server.subscribers.clear();
    await raise('3');
    server.sweep();
    env.stream.fail();
    await env.advance(3_000);
    expect(arrived).toEqual(['3']);
  });

  it('are not what merely fills a free place', async () => {
    await begin(7);
    stack.dismiss('7');
    await env.advance(1_000);
    expect(ids()).toEqual(['6', '5', '4', '3', '2']);
    expect(arrived).toEqual([]);
  });

  it('push the oldest card out of view, where it stays active', async () => {
    await begin(5);
    await raise('6');
    expect(ids()).toEqual(['6', '5', '4', '3', '2']);
    expect(view().feed.more).toBe(1);
    expect(server.groups.get('1')?.state).toBe('active');
  });
});

describe('while somebody is reading', () => {
  it('nothing moves; what came is counted and shown when they are done', async () => {
    await begin(5);
    stack.hold(true);
    await raise('6', '7', '8');
    expect(ids()).toEqual(['5', '4', '3', '2', '1']);
    expect(view().fresh).toBe(3);
    expect(view().feed.more).toBe(3);
    stack.hold(false);
    expect(ids()).toEqual(['8', '7', '6', '5', '4']);
    expect(view().fresh).toBe(0);
  });

  it('what came is shown at once when they ask for it, and the rest holds still again', async () => {
    await begin(5);
    stack.hold(true);
    await raise('6');
    stack.release();
    expect(ids()).toEqual(['6', '5', '4', '3', '2']);
    await raise('7');
    expect(ids()).toEqual(['6', '5', '4', '3', '2']);
    expect(view().fresh).toBe(1);
  });

  it('what a snapshot brings waits as well', async () => {
    await begin(5);
    stack.hold(true);
    server.subscribers.clear();
    await raise('6');
    server.sweep();
    env.stream.fail();
    await env.advance(3_000);
    expect(ids()).toEqual(['5', '4', '3', '2', '1']);
    expect(view().fresh).toBe(1);
  });

  it('counts still change in place', async () => {
    await begin(3);
    stack.hold(true);
    server.again('2');
    await env.settle();
    expect(view().cards[1]?.count).toBe(2);
  });

  it('a dismissed card is followed by the next older one, below', async () => {
    await begin(7);
    stack.hold(true);
    stack.dismiss('6');
    expect(ids()).toEqual(['7', '5', '4', '3']);
    await env.advance(1_000);
    expect(ids()).toEqual(['7', '5', '4', '3', '2']);
    expect(view().fresh).toBe(0);
  });

  it('a dismissed card is followed by an older one even when newer ones wait', async () => {
    await begin(5);
    stack.hold(true);
    await raise('6');
    stack.dismiss('3');
    await env.advance(1_000);
    expect(ids()).toEqual(['5', '4', '2', '1']);
    expect(view().fresh).toBe(1);
  });

  it('what they dismissed comes back to its place when it is undone or refused', async () => {
    await begin(5);
    stack.hold(true);
    stack.dismiss('4');
    await env.settle();
    stack.undo();
    expect(ids()).toEqual(['5', '4', '3', '2', '1']);
    await env.settle();
    server.answers.set('/v1/groups/2/viewed', { status: 500 });
    stack.dismiss('2');
    await env.settle();
    expect(ids()).toEqual(['5', '4', '3', '2', '1']);
    expect(view().fresh).toBe(0);
    expect([...view().failed]).toEqual(['2']);
    expect(view().hidden).toEqual([]);
  });

  it('what another tab dismissed leaves', async () => {
    await begin(3);
    stack.hold(true);
    server.view('2');
    await env.settle();
    expect(ids()).toEqual(['3', '1']);
  });

  it('and everything shown is dismissed, what waited comes', async () => {
    await begin(1);
    stack.hold(true);
    await raise('2');
    stack.dismiss('1');
    await env.settle();
    expect(ids()).toEqual(['2']);
  });
});

describe('the order', () => {
  it('of cards that are there changes at most every two seconds', async () => {
    await begin(3, 'severity');
    server.change({ ...server.groups.get('1')!, severity: 'critical' });
    await env.settle();
    expect(ids()).toEqual(['1', '3', '2']);
    server.change({ ...server.groups.get('2')!, severity: 'critical' });
    await env.settle();
    expect(ids()).toEqual(['1', '3', '2']);
    await env.advance(sortMs);
    expect(ids()).toEqual(['2', '1', '3']);
  });
});

describe('undo', () => {
  it('is offered for six seconds, for everything dismissed within them', async () => {
    await begin(4);
    stack.dismiss('4');
    await env.advance(undoMs - 1_000);
    stack.dismiss('3');
    await env.advance(undoMs - 1_000);
    expect(view().hidden).toEqual(['4', '3']);
    stack.undo();
    await env.settle();
    expect(ids()).toEqual(['4', '3', '2', '1']);
    expect(view().hidden).toEqual([]);
    stack.dismiss('1');
    await env.advance(undoMs);
    expect(view().hidden).toEqual([]);
  });

  it('is not offered for a group that was raised again', async () => {
    await begin(2);
    stack.dismiss('2');
    await env.settle();
    server.reraise('2');
    await env.settle();
    expect(view().hidden).toEqual([]);
    expect(ids()).toEqual(['2', '1']);
  });
});

describe('a storm', () => {
  it('becomes one card, and single cards come back after thirty calm seconds', async () => {
    await begin(2);
    for (let i = 10; i < 37; i++) server.raise(String(i), { source: `s${i % 3}` });
    await env.settle();
    expect(view().storm).toMatchObject({ count: 27, sources: 3 });
    await env.advance(29_000);
    expect(view().storm).toBeDefined();
    await env.advance(1_100);
    expect(view().storm).toBeUndefined();
    expect(ids()).toHaveLength(5);
  });

  it('is drawn four times a second, and what the person does at once', async () => {
    await begin(2);
    for (let i = 10; i < 37; i++) server.raise(String(i));
    await env.settle();
    let drawn = 0;
    stack.view.subscribe(() => drawn++);
    drawn = 0;
    for (let i = 40; i < 140; i++) {
      server.raise(String(i));
      await env.advance(10);
    }
    expect(drawn).toBe(4);
    await env.advance(250);
    expect(view().storm?.count).toBe(127);
    server.raise('999');
    await env.settle();
    stack.dismiss('1');
    expect(view().hidden).toEqual(['1']);
    expect(view().storm?.count).toBe(128);
  });

  it('can be looked into', async () => {
    await begin(2);
    for (let i = 10; i < 37; i++) server.raise(String(i));
    await env.settle();
    stack.calm();
    expect(view().storm).toBeUndefined();
    expect(ids()).toEqual(['36', '35', '34', '33', '32']);
  });
});

it('a stack that was closed leaves no timer behind', async () => {
  await begin(2);
  stack.dismiss('2');
  await env.settle();
  stack.close();
  await env.advance(60_000);
  expect(view().hidden).toEqual(['2']);
});
