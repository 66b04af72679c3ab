// One stream, from its opening to its loss: what its frames say, and that it
// says anything at all. It is never mended; connection.ts opens another.
//
// Why EventSource is never left to itself: its own retry has no jitter, hides
// the status that would tell why, and gives up for ever on any answer but 200.

import type { Env, StreamFrame, StreamSource } from './env';
import { request } from './request';
import { createTimers } from './timers';
import { eventKinds, type Event, type Hello } from './types';

/** What a stream tells. Nothing comes after `lost`, `refused` and `bye`, or once it was closed. */
export interface Heard {
  /** A frame arrived, whatever is in it; before it is told. */
  frame(): void;
  hello(hello: Hello): void;
  event(event: Event, position: string): void;
  /** Nothing happened up to this position. */
  ping(position: string): void;
  /** Also for a frame nobody can read, which is a gap like any other. */
  reset(position: string): void;
  /** The server ends it, and says when to come back; not greeted, it was overloaded from the beginning. */
  bye(afterMs: number, greeted: boolean): void;
  /** It ended, went silent or was never greeted; a browser that refuses is like a server that does. */
  lost(): void;
  /** There was no ticket for it, and why: the status, 0 for no answer, and how long to wait. */
  refused(status: number, waitMs: number): void;
}

export interface Stream {
  /** Whether it is still to say hello. */
  pending(): boolean;
  close(): void;
}

const helloMs = 5_000;
const heartbeatMs = 15_000;

/**
 * Opens a stream. With `tickets`, the address where there are some, it asks for
 * one first: it opens one stream within 30 seconds, so none is kept.
 */
export function openStream(env: Env, url: string, tickets: string | false | undefined, heard: Heard): Stream {
  const { after, cancel } = createTimers<'silence'>(env);
  const asking = new AbortController();
  let source: StreamSource | undefined;
  let closed = false;
  let greeted = false;
  let silenceMs = 0;

  function close() {
    closed = true;
    cancel('silence');
    asking.abort();
    source?.close();
  }

  function lost() {
    if (closed) return;
    close();
    heard.lost();
  }

  function on(type: string, fn: (data: unknown, position: string) => void) {
    source?.addEventListener(type, ({ data: text, lastEventId }: StreamFrame) => {
      if (closed || !(greeted || type === 'hello' || type === 'bye')) return;
      heard.frame();
      if (greeted) after('silence', silenceMs, lost);
      let data: unknown;
      try {
        data = JSON.parse(text);
      } catch {
        return heard.reset(lastEventId);
      }
      fn(data, lastEventId);
    });
  }

  function listen(address: string) {
    after('silence', helloMs, lost);
    try {
      source = env.openStream(address);
    } catch {
      return lost();
    }
    source.addEventListener('error', lost);
    on('hello', (data) => {
      const hello = data as Hello;
      greeted = true;
      silenceMs = 2.5 * (hello.heartbeat_ms || heartbeatMs);
      after('silence', silenceMs, lost);
      heard.hello(hello);
    });
    on('ping', (_, position) => heard.ping(position));
    on('reset', (_, position) => heard.reset(position));
    on('bye', (data) => {
      close();
      heard.bye(Number((data as { after_ms?: number }).after_ms) || 1_000, greeted);
    });
    for (const kind of eventKinds) on(kind, (data, position) => heard.event(data as Event, position));
  }

  async function askFor(address: string) {
    after('silence', helloMs, lost);
    const { status, waitMs, body } = await request(env, 'POST', address, undefined, undefined, asking);
    if (closed) return;
    const { ticket } = (body ?? {}) as { ticket?: string };
    if (ticket) return listen(`${url}&ticket=${ticket}`);
    close();
    heard.refused(status, waitMs);
  }

  if (tickets) void askFor(tickets);
  else listen(url);
  return { pending: () => !closed && !greeted, close };
}
