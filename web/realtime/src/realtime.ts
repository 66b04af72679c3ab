// What a page holds: listeners on one side, a transport on the other. The
// transport may be a connection of its own or a share in another tab's; this
// file cannot tell them apart.
//
// Events are handed on once per frame, so that a storm costs one render; what
// came twice is dropped by its position; and a flood nobody could draw is
// turned into a reset, because a snapshot is cheaper than two thousand steps.

import type { Connection, ConnectionView, Sink, Wake } from './transport';
import type { Env } from './env';
import { signal, writable, type Writable } from './readable';
import type { Event, Readable, Unsubscribe } from './types';

export interface Realtime {
  start(): void;
  stop(): void;
  /** Tries now, whatever the backoff says; the way out of unauthorized. */
  retry(): void;
  state: Readable<ConnectionView>;
  /** Called at most once per frame, with what came since, oldest first. Never empty. */
  onEvents(fn: (events: Event[]) => void): Unsubscribe;
  /**
   * Called when what is held is no basis any more: on the first connection
   * without a cursor, after too long an absence, after a flood. Keep showing
   * it, and take a snapshot; events after it are on their way already.
   */
  onReset(fn: () => void): Unsubscribe;
  /** The position up to which events were received; empty before the first answer. */
  cursor(): string;
  /** Says that a snapshot of this position is held, so that what came after it is delivered. */
  adopt(cursor: string): void;
  /** Replaces the topics. Take the snapshot of a new one after the call. */
  setTopics(topics: string[]): void;
  /** What the page saw happen; browser.ts calls it. */
  wake(kind: Wake): void;
  readonly env: Env;
}

const perFrame = 1_000;
const floodAt = 2_000;
const floodMs = 1_000;
const remembered = 4_096;

export function realtimeOver(env: Env, connect: (sink: Sink) => Connection): Realtime {
  const events = signal<Event[]>();
  const resets = signal<string>();
  const seen = new Set<string>();
  let queue: Event[] = [];
  let due = false;
  let flooded = false;
  let state: Writable<ConnectionView> | undefined = undefined;

  function drain() {
    due = false;
    const batch = queue.splice(0, perFrame);
    if (!batch.length) return;
    state?.set(link.view());
    events.emit(batch);
    if (queue.length) ask();
  }

  function ask() {
    if (due) return;
    due = true;
    env.frame(drain);
  }

  function isNew({ id }: Event): boolean {
    if (seen.has(id)) return false;
    seen.add(id);
    if (seen.size > remembered) seen.delete(seen.values().next().value as string);
    return true;
  }

  const link = connect({
    events(came) {
      if (flooded) return;
      queue.push(...came.filter(isNew));
      if (queue.length > floodAt) {
        flooded = true;
        queue = [];
        env.setTimeout(() => {
          flooded = false;
          resets.emit(link.view().cursor);
        }, floodMs);
      } else if (queue.length) ask();
    },
    reset(cursor) {
      queue = [];
      seen.clear();
      resets.emit(cursor);
    },
    view: (view) => state?.set(view),
  });
  state = writable(link.view());

  return {
    ...link,
    env,
    state,
    onEvents: events.on,
    onReset: resets.on,
    cursor: () => link.view().cursor,
  };
}
