// A tab's end of a shared connection. To realtime.ts it looks like a connection
// of its own; underneath, everything it does is a message to the hub.

import type { Connection, ConnectionView, Sink, Wake } from './transport';
import type { FromHub, ToHub } from './hub';
import { mayBeBehind } from './position';
import type { Token } from './token';

export interface Member extends Connection {
  receive(message: FromHub): void;
  /** The hub is a new one: it is told who we are and what we have. */
  greet(): void;
  role(role: ConnectionView['role']): void;
}

export function createMember(
  { topics, now, token }: { topics: string[]; now: () => number; token?: Token | undefined },
  sink: Sink,
  post: (message: ToHub) => void,
): Member {
  let wanted = false;
  let away = false;
  let hidden = false;
  let cursor = '';
  let role: ConnectionView['role'] = 'tab';
  let view: ConnectionView = {
    state: 'paused',
    since: now(),
    actual: 'paused',
    lastEventAt: null,
    lastHeardAt: null,
    transport: 'none',
    cursor,
    attempts: 0,
    pollAfterMs: 2_000,
    denied: [],
    role,
  };

  function show(next: Partial<ConnectionView>) {
    view = { ...view, ...next, role };
    sink.view(view);
  }

  function greet() {
    tell({ kind: 'hello', topics, cursor, hidden });
  }

  function tell(message: ToHub) {
    if (wanted && !away) post(message);
  }

  async function answer(refused: string | undefined) {
    let held: string | undefined;
    try {
      held = await token?.(refused);
    } catch {
      // It has none; another tab is asked.
    }
    tell({ kind: 'token', token: held, refused });
  }

  return {
    greet,
    role(next) {
      role = next;
      show({});
    },
    receive(message) {
      if (!wanted || away) return;
      if (message.kind === 'events') {
        cursor = message.events.at(-1)?.id ?? cursor;
        sink.events(message.events);
      } else if (message.kind === 'reset') {
        cursor = message.cursor;
        sink.reset(cursor);
      } else if (message.kind === 'token') {
        void answer(message.refused);
      } else {
        cursor = message.view.cursor || cursor;
        show(message.view);
      }
    },
    start() {
      if (wanted) return;
      wanted = true;
      show({ state: 'connecting', actual: 'connecting', since: now() });
      greet();
    },
    stop() {
      tell({ kind: 'bye' });
      wanted = away = false;
      show({ state: 'paused', actual: 'paused', transport: 'none', since: now() });
    },
    retry() {
      if (wanted) tell({ kind: 'retry' });
      else this.start();
    },
    setTopics(next) {
      topics = next;
      greet();
    },
    adopt(held) {
      if (cursor && !mayBeBehind(held, cursor)) return;
      cursor = held;
      greet();
    },
    wake(kind: Wake) {
      if (kind === 'hidden' || kind === 'visible') hidden = kind === 'hidden';
      if (kind === 'freeze') {
        tell({ kind: 'bye' });
        away = true;
      } else if (away && kind !== 'hidden' && kind !== 'offline') {
        away = false;
        greet();
      } else tell({ kind: 'wake', wake: kind });
    },
    view: () => ({ ...view, cursor }),
  };
}
