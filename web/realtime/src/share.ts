// How a page comes to share: a shared worker where there is one, else the tab
// that leads, else a connection of its own. Which of them it is can be read in
// the view's `role`; nothing else is different.

import { browserEnv, watchPage } from './browser';
import { createConnection } from './connection';
import { createHub, type FromHub, type ToHub } from './hub';
import { createLeading, type Channel, type Leading } from './leader';
import { createMember } from './member';
import { realtimeOver, type Realtime } from './realtime';
import { withToken, type Token } from './token';
import type { Wake } from './transport';

export interface SharedOptions {
  /** Origin and path before /v1; empty or missing for the page's own. */
  baseUrl?: string;
  topics: string[];
  /** Gives the bearer token of this user, where no cookie tells who it is. The worker asks the tabs for it. */
  token?: Token | undefined;
  /** Who is signed in. Tabs of another user, or of another version of this protocol, never share. */
  user: string;
  /**
   * Address of rynda-worker.js, on the page's own origin. Without it no worker is
   * tried. A page that demands trusted types hands over a TrustedScriptURL.
   */
  worker?: string | { toString(): string };
}

/** What a shared worker needs to know, and what makes it a different one. */
export function shareName(user: string, base: string, tickets: boolean): string {
  return `rynda/3 ${encodeURIComponent(user)} ${encodeURIComponent(base)} ${tickets ? 't' : ''}`;
}

const readyMs = 5_000;

/** A connection to the event log that all tabs of one user share. Reload the page when the user changes. */
export function createSharedRealtime({ baseUrl = '', topics, token, user, worker }: SharedOptions): Realtime {
  const base = baseUrl.replace(/\/+$/, '');
  const env = withToken(browserEnv(), token);
  const tickets = !!token;
  const name = shareName(user, base, tickets);
  const id = `${env.random()}`;
  const locks = (navigator as Partial<Navigator>).locks;

  const realtime = realtimeOver(env, (sink) => {
    let post: (message: ToHub) => void = () => {};
    let leading: Leading | undefined;
    const member = createMember({ topics, now: env.now, token }, sink, (message) => post(message));
    const hub = (shared: boolean) => () =>
      createHub((into) => createConnection({ baseUrl: base, topics: [], env, tickets, shared }, into), env);

    function alone() {
      const own = hub(false)();
      post = (message) => own.receive(id, message, member.receive);
      member.greet();
    }

    function lead() {
      if (!locks || typeof BroadcastChannel === 'undefined') return alone();
      leading = createLeading({
        name,
        id,
        env,
        locks,
        channel: new BroadcastChannel(name) as Channel,
        hub: hub(true),
        visibility: () => document.visibilityState,
        receive: member.receive,
        changed(leads) {
          member.role(leads ? 'leader' : 'follower');
          member.greet();
        },
      });
      post = leading.post;
    }

    function work(address: string | { toString(): string }) {
      let decide = (fn: () => void) => {
        decide = () => {};
        fn();
      };
      const shared = new SharedWorker(address as string, { name });
      shared.onerror = () => decide(lead);
      const { port } = shared;
      env.setTimeout(() => decide(lead), readyMs);
      port.onmessage = ({ data }: { data: FromHub | 'ready' }) => {
        if (data !== 'ready') return member.receive(data);
        decide(() => {
          post = (message) => port.postMessage(message);
          member.role('worker');
          member.greet();
          // It is free when the worker has died, with the tab whose process it shared.
          void locks?.request(`${name} w`, { mode: 'shared' }, () => work(address));
        });
      };
      // Ports do not tell when a tab dies; its lock does, by becoming free.
      const lock = `${name} ${env.random()}`;
      void locks?.request(lock, () => {
        port.postMessage({ lock });
        return new Promise(() => {});
      });
    }

    try {
      if (worker && typeof SharedWorker !== 'undefined') work(worker);
      else lead();
    } catch {
      lead();
    }

    return {
      ...member,
      wake(kind: Wake) {
        if (kind === 'resume') leading?.resume();
        member.wake(kind);
        if (kind === 'freeze') leading?.yield();
      },
    };
  });
  watchPage(realtime.wake);
  return realtime;
}
