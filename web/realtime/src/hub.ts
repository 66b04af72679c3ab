// One connection for many tabs. The hub runs where the connection is, in a
// shared worker or in the tab that leads; members (member.ts) sit in every tab,
// the leading one too, and talk to it in messages that can be cloned.
//
// What comes is kept in a ring, so that a tab that was away a moment catches up
// without a request. Anything the ring cannot answer is answered by going back
// on the one connection: others hear some events twice, which harms nobody.

import type { Connection, ConnectionView, Sink, Wake } from './transport';
import { createDesk } from './desk';
import type { Env } from './env';
import { mayBeBehind } from './position';
import type { Token } from './token';
import type { Event } from './types';

/** From a tab to the hub. */
export type ToHub =
  | { kind: 'hello'; topics: string[]; cursor: string; hidden: boolean }
  | { kind: 'wake'; wake: Wake }
  | { kind: 'retry' }
  /** The answer to the same question; without a token, this tab has none. */
  | { kind: 'token'; token?: string | undefined; refused?: string | undefined }
  | { kind: 'bye' };

/** From the hub to a tab. */
export type FromHub =
  | { kind: 'events'; events: Event[] }
  | { kind: 'reset'; cursor: string }
  | { kind: 'view'; view: ConnectionView }
  /** The hub has no token of its own and asks the tabs, one after the other. */
  | { kind: 'token'; refused?: string | undefined };

export interface Hub {
  /** A message of a tab; `post` is how that tab is answered. */
  receive(from: string, message: ToHub, post: (message: FromHub) => void): void;
  close(): void;
}

interface Member {
  topics: string[];
  hidden: boolean;
  post(message: FromHub): void;
}

const ringSize = 2_000;
/** A storm reaches the tabs in messages this far apart: each costs a tab a task, and a frame to draw. */
const paceMs = 50;

/** `connect` may ask the tabs for a token by the function it is given. */
export function createHub(connect: (sink: Sink, token: Token) => Connection, env: Env): Hub {
  const members = new Map<string, Member>();
  let ring: Event[] = [];
  /** Everything of the asked topics after this position is in the ring; empty while that is not known. */
  let from = '';
  let asked: string[] = [];
  /** How much of the ring was sent. */
  let sent = 0;
  let sentAt = 0;
  let pace: unknown;
  let hidden = false;
  const desk = createDesk(env, () => [...members.values()]);

  const connection = connect(
    {
      events(events) {
        ring.push(...events);
        // By the clock, since timers of a hidden page that leads run late.
        if (env.now() - sentAt >= paceMs) flush();
        else pace ??= env.setTimeout(flush, paceMs);
      },
      reset(cursor) {
        begin(cursor);
        tell({ kind: 'reset', cursor });
      },
      view(view) {
        // Its cursor says that everything before it was sent.
        flush();
        from ||= view.cursor;
        tell({ kind: 'view', view });
      },
    },
    desk.token,
  );

  function tell(message: FromHub) {
    members.forEach(({ post }) => post(message));
  }

  /** What comes alone goes at once; what follows on its heels goes together. */
  function flush() {
    env.clearTimeout(pace);
    pace = undefined;
    const events = ring.slice(sent);
    if (!events.length) return;
    sentAt = env.now();
    members.forEach((member) => send(member, events));
    from = ring.splice(0, ring.length - ringSize).at(-1)?.id ?? from;
    sent = ring.length;
  }

  /** The ring holds what comes after this position from now on. */
  function begin(cursor: string) {
    ring = [];
    sent = 0;
    from = cursor;
  }

  /** An event names `errors/<project>`; who asked for `errors` asked for those of every project. */
  function send({ topics, post }: Member, events: Event[]) {
    const wanted = (topic: string) => topics.includes(topic) || topics.includes(topic.split('/')[0] ?? '');
    const mine = events.filter((event) => event.topics.some(wanted));
    if (mine.length) post({ kind: 'events', events: mine });
  }

  /** Sees to it that the member hears what came after its position. */
  function catchUp(member: Member, cursor: string) {
    const head = connection.view().cursor;
    if (!cursor) {
      // From now, which is a reset like any other; before the first hello the connection itself will say so.
      if (head) member.post({ kind: 'reset', cursor: head });
    } else if (head && from && !mayBeBehind(cursor, from)) {
      send(
        member,
        ring.filter((event) => mayBeBehind(cursor, event.id)),
      );
    } else if (!head || mayBeBehind(cursor, head)) {
      // Who came before without a position will hear of no reset now but this.
      if (!head && members.size > 1) tell({ kind: 'reset', cursor });
      begin(cursor);
      connection.adopt(cursor);
    }
  }

  /** Asks for what all tabs want together. What nobody wants any more goes when something new comes. */
  function ask(): void {
    const wanted = [...new Set([...members.values()].flatMap((member) => member.topics))];
    if (wanted.every((topic) => asked.includes(topic))) return;
    asked = wanted;
    begin(connection.view().cursor);
    connection.setTopics(wanted);
  }

  /** The connection is told when the first tab is seen, and when the last one no longer is. */
  function look() {
    const before = hidden;
    hidden = [...members.values()].every((member) => member.hidden);
    if (hidden !== before) connection.wake(hidden ? 'hidden' : 'visible');
  }

  return {
    receive(id, message, post) {
      // The ring may begin anew for it, and the connection go back: what is unsent goes first.
      flush();
      const known = members.get(id);
      if (message.kind === 'hello') {
        const member = { ...message, post };
        members.set(id, member);
        ask();
        catchUp(member, message.cursor);
        if (!known) connection.start();
        post({ kind: 'view', view: connection.view() });
        look();
      } else if (!known) return;
      else if (message.kind === 'retry') connection.retry();
      else if (message.kind === 'token') desk.answer(message);
      else if (message.kind === 'bye') {
        members.delete(id);
        if (members.size) look();
        else connection.stop();
      } else {
        const { wake } = message;
        if (wake === 'hidden' || wake === 'visible') known.hidden = wake === 'hidden';
        look();
        if (wake !== 'hidden') connection.wake(wake);
      }
    },
    close() {
      members.clear();
      connection.stop();
    },
  };
}
