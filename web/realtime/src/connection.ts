// One connection to the event log: a stream (stream.ts) while it works, polls
// (poll.ts) while it does not, and the way back. It owns the cursor and decides
// what is tried next, and knows nothing of who listens; realtime.ts and the
// shared transports sit on top.
//
// A stream that ends is made anew with ?after=, and the poll right after the
// loss both closes the gap and brings the status.

import { backoffMs, type Env } from './env';
import { dueAt, note, settle, transitions, type Input, type Shown, type State } from './machine';
import { createPoller } from './poll';
import { isPosition, mayBeBehind } from './position';
import { openStream, type Stream } from './stream';
import { createTimers } from './timers';
import type { Connection, ConnectionView, Sink, Wake } from './transport';
import type { Event, Page } from './types';

export interface ConnectionOptions {
  /** Origin and path before /v1; empty for the page's own. */
  baseUrl: string;
  topics: string[];
  env: Env;
  /** Each stream is opened by a ticket: what knows us is a header that streams cannot send. */
  tickets?: boolean;
  /** Shared by several tabs: it goes on while nobody looks. */
  shared?: boolean;
}

const stableMs = 30_000;
const topicsMs = 250;
const tickMs = 10_000;
const jumpMs = 20_000;
/** Waking tells itself in several ways at once; the network comes a little later. */
const wakeMs = 1_000;
const hiddenPollMs = 15_000;
const pauseMs = 5 * 60_000;
const pageLimit = 500;

export function createConnection(
  { baseUrl, topics, env, tickets, shared }: ConnectionOptions,
  sink: Sink,
): Connection {
  const timers = createTimers<'stable' | 'reopen' | 'poll' | 'tick' | 'away' | 'show'>(env);
  const { after, cancel } = timers;
  let state: State = 'paused';
  let shown: Shown = { state, since: env.now(), actual: state, actualSince: env.now(), leftLiveAt: 0 };
  let wanted = false;
  let away = false;
  let hidden = false;

  let cursor = '';
  /** Where the last reset led, so that hello and the reset frame behind it count once. */
  let resetAt: string | undefined;

  let stream: Stream | undefined;
  let heartbeatMs = 15_000;
  let attempts = 0;
  let denied: string[] = [];

  const poller = createPoller(env);
  let pollFailures = 0;
  let pollAfterMs = 2_000;
  let notBefore = 0;
  /** The same for streams alone, as tickets say. */
  let noStreamBefore = 0;

  let lastEventAt: number | null = null;
  let lastHeardAt: number | null = null;
  let lastWakeAt = -Infinity;
  let tickedAt = 0;

  // -- what is shown ---------------------------------------------------------

  function view(): ConnectionView {
    return {
      state: shown.state,
      since: shown.since,
      actual: state,
      lastEventAt,
      lastHeardAt,
      transport: state === 'live' ? 'stream' : state === 'polling' ? 'poll' : 'none',
      cursor,
      attempts,
      pollAfterMs,
      denied,
      role: 'tab',
    };
  }

  function show() {
    shown = settle(note(shown, state, env.now()), env.now());
    cancel('show');
    if (shown.state !== state) after('show', dueAt(shown) - env.now(), show);
    sink.view(view());
  }

  function input(what: Input) {
    state = transitions[state][what];
    show();
  }

  // -- what is heard ---------------------------------------------------------

  function heard() {
    lastHeardAt = env.now();
  }

  function deliver(events: Event[]) {
    if (!events.length) return;
    lastEventAt = env.now();
    sink.events(events);
  }

  function reset(to: string) {
    cursor = to;
    if (resetAt === to) return;
    resetAt = to;
    sink.reset(to);
  }

  function advance(to: string) {
    if (isPosition(to)) {
      cursor = to;
      resetAt = undefined;
    }
  }

  // -- the stream ------------------------------------------------------------

  function url(path: string, rest: Record<string, string> = {}): string {
    const query = new URLSearchParams({
      ...(cursor && { after: cursor }),
      topics: topics.join(','),
      ...rest,
    });
    return `${baseUrl}/v1/events${path}?${query}`;
  }

  function closeStream() {
    cancel('stable', 'reopen');
    stream?.close();
    stream = undefined;
  }

  function open() {
    closeStream();
    const wait = Math.max(notBefore, noStreamBefore) - env.now();
    if (wait > 0) return lost(wait, true);
    const asked = cursor;
    stream = openStream(env, url('/stream'), tickets && `${baseUrl}/v1/stream-tickets`, {
      frame: heard,
      hello(hello) {
        heartbeatMs = hello.heartbeat_ms || heartbeatMs;
        denied = hello.denied ?? [];
        abortPoll();
        // It let us in, so what it asked of polls before is over.
        notBefore = 0;
        // From now, or from another place than asked: either way there is no
        // basis yet, and the snapshots have to be taken after this position.
        if (hello.from !== asked) reset(hello.from);
        input('hello');
        after('stable', stableMs, () => {
          attempts = 0;
          show();
        });
      },
      event(event, position) {
        advance(position);
        deliver([event]);
      },
      ping(position) {
        advance(position);
        show();
      },
      reset,
      // Planned, so not a failure of a stream that was up; before hello it is
      // how an overloaded server asks for patience.
      bye: (ms, greeted) => lost(ms * (1 + 0.2 * env.random()), greeted),
      lost: () => lost(),
      refused(status, waitMs) {
        if (status === 401) {
          shut();
          return input('denied');
        }
        // Polls need no ticket, and go on.
        noStreamBefore = env.now() + waitMs * (1 + 0.2 * env.random());
        lost();
      },
    });
  }

  function reopenIn(ms: number) {
    after('reopen', ms, open);
  }

  function lost(delayMs?: number, planned = false) {
    closeStream();
    const wasUp = state === 'live' || state === 'connecting';
    if (!planned) attempts++;
    input('lost');
    if (wasUp && !poller.asking()) {
      if (planned) schedulePoll();
      else pollNow();
    }
    reopenIn(delayMs ?? backoffMs(attempts - 1, env.random));
  }

  // -- polling ---------------------------------------------------------------

  function abortPoll() {
    cancel('poll');
    poller.abort();
  }

  function schedulePoll() {
    const usual = Math.max(pollAfterMs, hidden ? hiddenPollMs : 0) * (0.8 + 0.4 * env.random());
    const ms = pollFailures ? Math.max(usual, backoffMs(pollFailures, env.random)) : usual;
    after('poll', Math.max(ms, notBefore - env.now()), () => void poll());
  }

  function pollNow() {
    if (notBefore > env.now()) schedulePoll();
    else void poll();
  }

  async function poll(): Promise<void> {
    abortPoll();
    const asked = cursor;
    let more = false;
    const polled = await poller.ask(url('', { limit: String(pageLimit) }), (page: Page) => {
      pollAfterMs = page.poll_after_ms || pollAfterMs;
      // Without a cursor this answer only says where the log stands.
      if (page.reset || !asked) reset(page.cursor);
      else advance(page.cursor);
      deliver(page.events);
      more = page.has_more;
    });
    if (!polled) return;
    const { outcome, waitMs } = polled;
    if (waitMs) {
      notBefore = env.now() + waitMs;
      if (timers.has('reopen')) reopenIn(waitMs * (1 + 0.2 * env.random()));
    }
    if (outcome === 'polled') {
      pollFailures = 0;
      heard();
    } else pollFailures++;
    if (outcome === 'denied') shut();
    input(outcome);
    if (state !== 'polling' && state !== 'offline') return;
    if (more) void poll();
    else schedulePoll();
  }

  // -- life ------------------------------------------------------------------

  function running() {
    return state !== 'paused' && state !== 'unauthorized';
  }

  /** Ends everything that could act by itself. */
  function shut() {
    closeStream();
    abortPoll();
    cancel('tick', 'away');
  }

  function tick() {
    const late = env.now() - tickedAt - tickMs;
    tickedAt = env.now();
    // Timers of a hidden page may run once a minute; only more than that is sleep.
    if (late > (hidden ? 4 * jumpMs : jumpMs)) again();
    after('tick', tickMs, tick);
  }

  /** Whatever was open is not to be trusted: poll and open anew. */
  function again() {
    pollNow();
    open();
  }

  /** Goes on from an earlier place. What comes twice does no harm, what is skipped would. */
  function rewind(to: string) {
    cursor = to;
    resetAt = undefined;
    if (poller.asking() || timers.has('poll')) pollNow();
    open();
  }

  function begin() {
    input('start');
    tickedAt = env.now();
    after('tick', tickMs, tick);
    if (hidden) wake('hidden');
    open();
  }

  function suspend() {
    if (away || !wanted) return;
    away = true;
    shut();
    input('stop');
  }

  function comeBack() {
    if (!away) return false;
    away = false;
    if (wanted) begin();
    return true;
  }

  function wake(kind: Wake) {
    if (kind === 'hidden') {
      hidden = true;
      if (!shared) after('away', pauseMs, suspend);
      return;
    }
    if (kind === 'freeze') return suspend();
    if (kind === 'visible' || kind === 'focus') {
      hidden = false;
      cancel('away');
    }
    if (comeBack() || !running()) return;
    if (kind === 'offline') {
      if (state === 'live') lost();
      return;
    }
    const now = env.now();
    if (now - lastWakeAt < wakeMs) return;
    const fresh = state === 'live' && now - (lastHeardAt ?? 0) <= 1.5 * heartbeatMs;
    if (fresh && kind !== 'resume') return;
    lastWakeAt = now;
    // A stream that has not been greeted yet is left to finish.
    if (stream?.pending()) pollNow();
    else again();
  }

  return {
    start() {
      wanted = true;
      away = false;
      if (!running()) begin();
    },
    stop() {
      wanted = away = false;
      shut();
      input('stop');
    },
    retry() {
      attempts = pollFailures = notBefore = noStreamBefore = 0;
      wanted = true;
      if (comeBack()) return;
      if (!running()) begin();
      else if (state !== 'live') again();
    },
    setTopics(next) {
      if (next.join() === topics.join()) return;
      topics = next;
      if (poller.asking()) pollNow();
      // Nothing is heard until it can be of all of them: no position is passed with some unheard.
      if (stream) {
        closeStream();
        reopenIn(topicsMs);
      }
    },
    adopt(held) {
      if (!isPosition(held) || (cursor && !mayBeBehind(held, cursor))) return;
      if (running()) return rewind(held);
      cursor = held;
      resetAt = undefined;
    },
    wake,
    view,
  };
}
