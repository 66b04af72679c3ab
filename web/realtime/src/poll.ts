// One question to the log: what happened after a position. It brings what a
// stream would have brought, and the status that a stream cannot tell.

import type { Env } from './env';
import type { Input } from './machine';
import { request } from './request';
import type { Page } from './types';

export interface Polled {
  outcome: Extract<Input, 'polled' | 'limited' | 'failed' | 'denied'>;
  /** What Retry-After asks for; 0 for nothing. */
  waitMs: number;
}

export interface Poller {
  /**
   * Asks, giving up on what was asked before. `take` is called with an answer
   * that has something in it. Undefined when this question was given up.
   */
  ask(url: string, take: (page: Page) => void): Promise<Polled | undefined>;
  /** Whether an answer is being waited for. */
  asking(): boolean;
  abort(): void;
}

export function createPoller(env: Env): Poller {
  let flight: AbortController | undefined;
  let etag: { url: string; tag: string } | undefined;

  function abort() {
    flight?.abort();
    flight = undefined;
  }

  return {
    abort,
    asking: () => flight !== undefined,
    async ask(url, take) {
      abort();
      const mine = new AbortController();
      flight = mine;
      const known = etag?.url === url ? etag.tag : undefined;
      const { status, waitMs, etag: tag, body } = await request(env, 'GET', url, undefined, known, mine);
      if (flight !== mine) return undefined;
      let outcome: Polled['outcome'] = 'failed';
      if (status === 304) outcome = 'polled';
      else if (status === 401) outcome = 'denied';
      else if (status === 429) outcome = 'limited';
      else if (status === 200)
        try {
          take(body as Page);
          etag = tag ? { url, tag } : undefined;
          outcome = 'polled';
        } catch {
          // Not an answer of ours, whoever gave it.
        }
      if (flight !== mine) return undefined;
      flight = undefined;
      return { outcome, waitMs };
    },
  };
}
