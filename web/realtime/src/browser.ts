// The only file that knows a page: its clock, its network, and what it tells
// about being seen, hidden, frozen, left and come back to.

import type { Wake } from './transport';
import type { Env } from './env';
import type { Unsubscribe } from './types';

/** The page's (or worker's) own clock, chance and network. */
export function browserEnv(): Env {
  return {
    now: () => Date.now(),
    setTimeout: (fn, ms) => setTimeout(fn, ms),
    clearTimeout: (timer) => clearTimeout(timer as ReturnType<typeof setTimeout>),
    random: () => Math.random(),
    fetch: (url, request) => fetch(url, { ...request, cache: 'no-store' }),
    openStream: (url) => new EventSource(url),
    frame(fn) {
      // A hidden page has no frames, so a timer stands in; whichever is first.
      let done = false;
      const once = () => {
        if (done) return;
        done = true;
        clearTimeout(timer);
        fn();
      };
      const timer = setTimeout(once, 1_000);
      if (typeof requestAnimationFrame === 'function') requestAnimationFrame(once);
    },
  };
}

/** Tells `wake` what happens to the page, until unsubscribed. In a worker nothing does. */
export function watchPage(wake: (kind: Wake) => void): Unsubscribe {
  if (typeof document === 'undefined') return () => {};
  const stop = new AbortController();
  const on = (target: EventTarget, type: string, fn: (event: globalThis.Event) => void) =>
    target.addEventListener(type, fn, { signal: stop.signal });
  const seen = () => wake(document.visibilityState);
  on(document, 'visibilitychange', seen);
  for (const kind of ['freeze', 'resume'] as const) on(document, kind, () => wake(kind));
  for (const kind of ['online', 'offline', 'focus'] as const) on(window, kind, () => wake(kind));
  on(window, 'pagehide', () => wake('freeze'));
  on(window, 'pageshow', (event) => {
    if ((event as PageTransitionEvent).persisted) wake('resume');
  });
  seen();
  return () => stop.abort();
}
