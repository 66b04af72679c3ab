// What a connection to the event log is to those who use it. There are two: one
// of its own (connection.ts) and a share in another's (member.ts); realtime.ts
// cannot tell them apart.

import type { State } from './machine';
import type { Event } from './types';

/** What people may be shown of a connection. Times in milliseconds since 1970. */
export interface ConnectionView {
  /** Settled: a line that is cut all the time does not blink. */
  state: State;
  since: number;
  /** What is true this moment. */
  actual: State;
  /** When the last event arrived; null before the first. */
  lastEventAt: number | null;
  /** When the server was last heard at all: an event, a ping, a good poll. */
  lastHeardAt: number | null;
  transport: 'stream' | 'poll' | 'none';
  /** Empty before the first answer. */
  cursor: string;
  /** Streams lost in a row; zero again after 30 s of one that holds. */
  attempts: number;
  pollAfterMs: number;
  /** Topics that were asked for and may not be had. */
  denied: string[];
  /** Whose connection it is: this tab's own, the shared worker's, or that of the tab that leads (perhaps this one). */
  role: 'tab' | 'worker' | 'leader' | 'follower';
}

/** Where a connection puts what it hears. */
export interface Sink {
  /** In the order of the log; never empty. After a cut some may come again. */
  events(events: Event[]): void;
  /** What was held is no basis any more: take snapshots. Events after the cursor follow. */
  reset(cursor: string): void;
  view(view: ConnectionView): void;
}

/** What moved outside that the connection cannot see for itself. */
export type Wake = 'online' | 'offline' | 'focus' | 'visible' | 'hidden' | 'freeze' | 'resume';

export interface Connection {
  start(): void;
  stop(): void;
  /** Tries now, whatever the backoff says; the way out of unauthorized. */
  retry(): void;
  /** Asks for these topics from here on; nothing of a new one is missed that happens after the call. */
  setTopics(topics: string[]): void;
  /** The caller holds a snapshot of this position: what came after it will be delivered. */
  adopt(cursor: string): void;
  wake(kind: Wake): void;
  view(): ConnectionView;
}
