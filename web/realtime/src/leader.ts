// Sharing without a shared worker: the tab that holds a lock runs the hub, the
// others reach it over a broadcast channel. The lock alone is not enough: a
// frozen tab keeps it and says nothing, and every tab would stall with it. So
// the leader beats every second, yields when it is frozen or put aside, and is
// robbed of the lock when its beat stays away.

import type { Env } from './env';
import type { FromHub, Hub, ToHub } from './hub';

/** The part of LockManager that is used. */
export interface Locks {
  request(
    name: string,
    options: { steal?: boolean; signal?: AbortSignal },
    held: () => Promise<void>,
  ): Promise<unknown>;
}

/** The part of BroadcastChannel that is used. */
export interface Channel {
  postMessage(message: unknown): void;
  onmessage: ((event: { data: unknown }) => void) | null;
  close(): void;
}

type Wire =
  | { to: 'all'; leader: string; since: number }
  | { to: 'leader'; from: string; up: ToHub }
  | { to: string; down: FromHub };

export interface Leading {
  post(message: ToHub): void;
  /** The page is frozen or put aside: whoever else is there leads. */
  yield(): void;
  /** It is back. */
  resume(): void;
  close(): void;
}

interface Options {
  /** One name, one connection: it holds the user, so that a new login never joins an old one. */
  name: string;
  id: string;
  env: Env;
  locks: Locks;
  channel: Channel;
  hub(): Hub;
  visibility(): 'visible' | 'hidden';
  receive(message: FromHub): void;
  /** There is another hub: greet it. */
  changed(leads: boolean): void;
}

const beatMs = 1_000;
const stealMs = { visible: 3_000, hidden: 10_000 };

export function createLeading(options: Options): Leading {
  const { name, id, env, locks, channel, receive, changed } = options;
  let hub: Hub | undefined;
  let release: (() => void) | undefined;
  let queued: AbortController | undefined;
  let leader = '';
  let since = 0;
  let beatAt = env.now();
  let tickedAt = beatAt;
  let patience = 0;
  let active = true;
  let timer: unknown;

  const wire = (message: Wire) => channel.postMessage(message);

  function demote() {
    hub?.close();
    hub = release = undefined;
  }

  function lead(): Promise<void> {
    queued = undefined;
    if (!active) return Promise.resolve();
    hub = options.hub();
    leader = id;
    since = env.now();
    wire({ to: 'all', leader, since });
    changed(true);
    return new Promise((done) => (release = done));
  }

  function queue(steal = false) {
    queued?.abort();
    queued = steal ? undefined : new AbortController();
    let held = false;
    const hold = () => {
      held = true;
      return lead();
    };
    locks.request(name, queued ? { signal: queued.signal } : { steal }, hold).catch((error: Error) => {
      // There are no locks to be had here: each tab has its own connection.
      if (error.name === 'SecurityError') return void lead();
      // Either we left the queue, or we were robbed: somebody heard nothing of us.
      if (!held || !hub) return;
      demote();
      leader = '';
      beatAt = env.now();
      if (active) queue();
    });
  }

  function tick() {
    const now = env.now();
    // Who slept heard no beat either, and has to listen a while first.
    if (now - tickedAt > 3 * beatMs) beatAt = now;
    tickedAt = now;
    if (hub) wire({ to: 'all', leader: id, since });
    else if (now - beatAt > stealMs[options.visibility()] + patience) {
      beatAt = now;
      queue(true);
    }
    timer = env.setTimeout(tick, beatMs);
  }

  channel.onmessage = ({ data }) => {
    const message = data as Wire;
    if ('leader' in message) {
      // A leader that slept and does not know yet that it was robbed is not believed.
      if (hub || message.since < since) return;
      beatAt = env.now();
      patience = 500 * env.random();
      if (message.leader === leader && message.since === since) return;
      ({ leader, since } = message);
      changed(false);
    } else if ('up' in message) {
      const { from, up } = message;
      hub?.receive(from, up, (down) => wire({ to: from, down }));
    } else if (message.to === id && active) receive(message.down);
  };

  queue();
  tick();

  return {
    post(message) {
      if (hub) hub.receive(id, message, receive);
      else if (leader) wire({ to: 'leader', from: id, up: message });
    },
    yield() {
      active = false;
      queued?.abort();
      queued = undefined;
      env.clearTimeout(timer);
      const held = release;
      demote();
      leader = '';
      held?.();
    },
    resume() {
      if (active) return;
      active = true;
      beatAt = tickedAt = env.now();
      queue();
      tick();
    },
    close() {
      this.yield();
      channel.close();
    },
  };
}
