// Several tabs on one clock, any of which can be frozen: its timers and the
// messages to it wait until it is thawed, as in a browser.

import type { Env } from '../env';
import type { Channel, Locks } from '../leader';
import type { FakeEnv } from './fake-env';

export class Tab {
  frozen = false;
  #parked: (() => void)[] = [];
  constructor(readonly world: FakeEnv) {}

  run(fn: () => void) {
    if (this.frozen) this.#parked.push(fn);
    else fn();
  }

  thaw() {
    this.frozen = false;
    for (const fn of this.#parked.splice(0)) this.run(fn);
  }

  get env(): Env {
    const { world } = this;
    return {
      now: world.now,
      random: world.random,
      fetch: world.fetch,
      openStream: (url) => {
        const stream = world.openStream(url);
        const listen = stream.addEventListener.bind(stream);
        stream.addEventListener = (type, fn) => listen(type, (frame) => this.run(() => fn(frame)));
        return stream;
      },
      setTimeout: (fn, ms) => world.setTimeout(() => this.run(fn), ms),
      clearTimeout: world.clearTimeout,
      frame: (fn) => world.frame(() => this.run(fn)),
    };
  }
}

interface Waiting {
  tab: Tab;
  held: () => Promise<void>;
  reject: (error: Error) => void;
}

/** Exclusive locks with steal, as the browser has them. */
export class FakeLocks {
  #holder: Waiting | undefined;
  #queue: Waiting[] = [];

  of(tab: Tab): Locks {
    return {
      request: (_, { steal, signal }, held) =>
        new Promise<void>((_resolve, reject) => {
          const mine = { tab, held, reject };
          signal?.addEventListener('abort', () => {
            this.#queue = this.#queue.filter((w) => w !== mine);
            reject(new DOMException('left the queue', 'AbortError'));
          });
          if (steal) {
            const robbed = this.#holder;
            this.#grant(mine);
            robbed?.tab.run(() => robbed.reject(new DOMException('stolen', 'AbortError')));
          } else if (this.#holder) this.#queue.push(mine);
          else this.#grant(mine);
        }),
    };
  }

  /** The tab is gone, and what it held or waited for with it. */
  close(tab: Tab) {
    this.#queue = this.#queue.filter((w) => w.tab !== tab);
    if (this.#holder?.tab === tab) this.#next();
  }

  #grant(mine: Waiting) {
    this.#holder = mine;
    mine.tab.run(() => {
      void mine.held().then(() => {
        if (this.#holder === mine) this.#next();
      });
    });
  }

  #next() {
    this.#holder = undefined;
    const next = this.#queue.shift();
    if (next) this.#grant(next);
  }
}

/** A broadcast channel: everybody but the sender hears, a little later, a copy. */
export class FakeChannels {
  #open = new Map<Channel, Tab>();
  readonly sent: unknown[] = [];

  of(tab: Tab): Channel {
    const channel: Channel = {
      onmessage: null,
      postMessage: (message) => {
        const data: unknown = structuredClone(message);
        this.sent.push(data);
        for (const [other, at] of this.#open)
          if (other !== channel)
            queueMicrotask(() => at.run(() => this.#open.has(other) && other.onmessage?.({ data })));
      },
      close: () => this.#open.delete(channel),
    };
    this.#open.set(channel, tab);
    return channel;
  }

  close(tab: Tab) {
    for (const [channel, at] of this.#open) if (at === tab) this.#open.delete(channel);
  }
}
