import { beforeEach, describe, expect, it } from 'vitest';
import { createConnection } from './connection';
import { createHub } from './hub';
import { createLeading, type Leading } from './leader';
import { createMember, type Member } from './member';
import { realtimeOver, type Realtime } from './realtime';
import { FakeEnv } from './testing/fake-env';
import { FakeServer } from './testing/fake-server';
import { FakeChannels, FakeLocks, Tab } from './testing/tabs';

let env: FakeEnv;
let server: FakeServer;
let locks: FakeLocks;
let channels: FakeChannels;
let made: TestTab[];

interface TestTab {
  tab: Tab;
  rt: Realtime;
  got: string[];
  resets: number;
  visible: boolean;
  leading: Leading;
  /** Shows the browser's own events: first the page is told, then it stands still. */
  freeze(): void;
  resume(): void;
  close(): void;
}

function open(): TestTab {
  const tab = new Tab(env);
  let member!: Member;
  let leading!: Leading;
  const own: TestTab = {
    tab,
    got: [],
    resets: 0,
    visible: true,
    rt: undefined as never,
    leading: undefined as never,
    freeze() {
      own.rt.wake('freeze');
      leading.yield();
      tab.frozen = true;
    },
    resume() {
      tab.thaw();
      leading.resume();
      own.rt.wake('resume');
    },
    close() {
      tab.frozen = true;
      locks.close(tab);
      channels.close(tab);
      for (const stream of env.streams) if (streamOf.get(stream) === tab) stream.close();
    },
  };
  const tabEnv = tab.env;
  const openStream = tabEnv.openStream;
  tabEnv.openStream = (url) => {
    const stream = openStream(url);
    streamOf.set(env.stream, tab);
    return stream;
  };
  own.rt = realtimeOver(tabEnv, (sink) => {
    member = createMember({ topics: ['errors'], now: env.now }, sink, (up) => leading.post(up));
    return member;
  });
  own.leading = leading = createLeading({
    name: 'rynda/1 ada',
    id: `tab-${made.length}`,
    env: tabEnv,
    locks: locks.of(tab),
    channel: channels.of(tab),
    hub: () =>
      createHub(
        (sink) => createConnection({ baseUrl: '', topics: [], env: tabEnv, shared: true }, sink),
        tabEnv,
      ),
    visibility: () => (own.visible ? 'visible' : 'hidden'),
    receive: (down) => member.receive(down),
    changed(leads) {
      member.role(leads ? 'leader' : 'follower');
      member.greet();
    },
  });
  own.rt.onEvents((events) => own.got.push(...events.map((e) => e.id)));
  own.rt.onReset(() => own.resets++);
  own.rt.start();
  made.push(own);
  return own;
}

const streamOf = new Map<unknown, Tab>();
let n: number;

async function raise(count = 1) {
  for (let i = 0; i < count; i++) server.raise(String(++n));
  await env.advance(50);
}

const role = (t: TestTab) => t.rt.state.get().role;
const all = () => Array.from({ length: n }, (_, i) => server.position(i + 1));

beforeEach(() => {
  env = new FakeEnv();
  server = new FakeServer(env);
  locks = new FakeLocks();
  channels = new FakeChannels();
  made = [];
  n = 0;
});

describe('tabs without a shared worker', () => {
  it('share the connection of the one that leads', async () => {
    const tabs = Array.from({ length: 8 }, open);
    await env.advance(2_000);
    await raise(5);
    expect(env.openStreams).toBe(1);
    expect(tabs.map(role)).toEqual(['leader', ...Array(7).fill('follower')]);
    for (const { got } of tabs) expect(got).toEqual(all());
  });

  it('have another lead at once when the leader is closed, and miss nothing', async () => {
    const [a, b, c] = [open(), open(), open()];
    await env.advance(2_000);
    await raise(3);
    a.close();
    await raise(3);
    await env.advance(2_000);
    await raise(3);
    expect(role(b)).toBe('leader');
    for (const { got } of [b, c]) expect(got).toEqual(all());
    expect(env.openStreams).toBe(1);
  });

  it('have another lead at once when the leader says it will be frozen', async () => {
    const [a, b] = [open(), open()];
    await env.advance(2_000);
    a.freeze();
    await env.settle();
    expect(role(b)).toBe('leader');
    await raise(4);
    expect(b.got).toEqual(all());
    a.resume();
    await env.advance(2_000);
    await raise(2);
    expect(role(a)).toBe('follower');
    expect(a.got).toEqual(all());
    expect(env.openStreams).toBe(1);
  });

  it('rob a leader that fell silent, and are current within four seconds', async () => {
    const [a, b, c] = [open(), open(), open()];
    c.visible = false;
    await env.advance(2_000);
    a.tab.frozen = true;
    await raise(3);
    expect(b.got).toEqual([]);
    await env.advance(4_500);
    expect(role(b)).toBe('leader');
    expect(b.got).toEqual(all());
    await raise(3);
    await env.advance(2_000);
    expect(c.got).toEqual(all());

    channels.sent.length = 0;
    a.tab.thaw();
    await env.advance(3_000);
    await raise(2);
    expect(role(a)).toBe('follower');
    expect(role(b)).toBe('leader');
    // Only the one that was robbed has to say who it is: nobody believed its last beat.
    const greetings = channels.sent.filter((m) => (m as { up?: { kind: string } }).up?.kind === 'hello');
    expect(greetings).toMatchObject([{ from: 'tab-0' }]);
    for (const { got } of [a, b, c]) expect(got).toEqual(all());
    expect(env.openStreams).toBe(1);
  });

  it('leave a leader alone after they slept themselves', async () => {
    const [a, b] = [open(), open()];
    await env.advance(2_000);
    b.tab.frozen = true;
    await env.advance(60_000);
    await raise(2);
    b.tab.thaw();
    await env.advance(3_000);
    await raise(1);
    expect(role(a)).toBe('leader');
    expect(role(b)).toBe('follower');
    expect(b.got).toEqual(all());
  });

  it('all sleep and wake up without losing anything', async () => {
    const tabs = [open(), open(), open()];
    await env.advance(2_000);
    await raise(2);
    for (const t of tabs) t.freeze();
    expect(env.openStreams).toBe(0);
    await raise(4);
    await env.advance(60_000);
    for (const t of tabs) t.resume();
    await env.advance(3_000);
    await raise(1);
    for (const { got } of tabs) expect(got).toEqual(all());
    expect(env.openStreams).toBe(1);
  });

  it('have a connection each where locks are refused', async () => {
    locks.of = () => ({ request: () => Promise.reject(new DOMException('denied', 'SecurityError')) });
    const [a, b] = [open(), open()];
    await env.advance(5_000);
    await raise();
    for (const { got } of [a, b]) expect(got).toEqual(all());
    expect(env.openStreams).toBe(2);
  });

  it('miss nothing of a topic that one asked for just before the leader was closed', async () => {
    const [a, b] = [open(), open()];
    await env.advance(5_000);
    await raise();
    b.rt.setTopics(['errors', 'run/shop/7']);
    await env.advance(10);
    server.append({ kind: 'run.logged', version: 1, topics: ['run/shop/7'], data: {} } as never);
    n++;
    await raise();
    a.close();
    await env.advance(10_000);
    expect(b.got).toEqual(all());
  });

  it('leave nothing behind when the last is closed properly', async () => {
    const [a, b] = [open(), open()];
    await env.advance(2_000);
    for (const t of [a, b]) {
      t.rt.stop();
      t.leading.close();
    }
    await env.settle();
    expect(env.openStreams).toBe(0);
    await env.advance(10_000);
    expect(env.timers).toBe(0);
  });
});
