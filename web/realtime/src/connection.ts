// One connection to the event log: a stream while it works, polls while it does
// not, and the way back. It owns the cursor and every timer, and knows nothing
// of who listens; realtime.ts and the shared transports sit on top.
//
// Why EventSource is never left to itself: its own retry has no jitter, hides
// the status that would tell why, and gives up for ever on any answer but 200.
// So a stream that ends is closed and made anew with ?after=, and the poll
// right after the loss both closes the gap and brings the status.

import { backoffMs, retryAfterMs, type Env, type StreamFrame, type StreamSource } from './env';
import { dueAt, note, settle, transitions, type Input, type Shown, type State } from './machine';
import { isPosition, mayBeBehind } from './position';
import { eventKinds, type Event, type Hello, type Page } from './types';

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

export interface ConnectionOptions {
  /** Origin and path before /v1; empty for the page's own. */
  baseUrl: string;
  topics: string[];
  env: Env;
  /** Shared by several tabs: it goes on while nobody looks. */
  shared?: boolean;
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

const helloMs = 5_000;
const stableMs = 30_000;
const pollTimeoutMs = 15_000;
const topicsMs = 250;
const tickMs = 10_000;
const jumpMs = 20_000;
const wakeMs = 2_000;
const hiddenPollMs = 15_000;
const pauseMs = 5 * 60_000;
const pageLimit = 500;

type TimerName =
  'hello' | 'silence' | 'stable' | 'reopen' | 'poll' | 'abort' | 'topics' | 'tick' | 'away' | 'show';

export function createConnection(
  { baseUrl, topics, env, shared }: ConnectionOptions,
  sink: Sink,
): Connection {
  const timers = new Map<TimerName, unknown>();
  let state: State = 'paused';
  let shown: Shown = { state, since: env.now(), actual: state, actualSince: env.now(), leftLiveAt: 0 };
  let wanted = false;
  let away = false;
  let hidden = false;

  let cursor = '';
  /** Where the last reset led, so that hello and the reset frame behind it count once. */
  let resetAt: string | undefined;
  /** From where to reopen for the topics that were just added. */
  let topicsFrom: string | undefined;

  let stream: StreamSource | undefined;
  let heartbeatMs = 15_000;
  let attempts = 0;
  let denied: string[] = [];

  let flight: AbortController | undefined;
  let pollFailures = 0;
  let pollAfterMs = 2_000;
  let notBefore = 0;
  let etag: { url: string; tag: string } | undefined;

  let lastEventAt: number | null = null;
  let lastHeardAt: number | null = null;
  let lastWakeAt = -Infinity;
  let tickedAt = 0;

  function cancel(...names: TimerName[]) {
    for (const name of names) {
      env.clearTimeout(timers.get(name));
      timers.delete(name);
    }
  }

  function after(name: TimerName, ms: number, fn: () => void) {
    cancel(name);
    timers.set(
      name,
      env.setTimeout(() => {
        timers.delete(name);
        fn();
      }, ms),
    );
  }

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
    if (stream && state === 'live') after('silence', 2.5 * heartbeatMs, () => lost());
  }

  function deliver(events: Event[]) {
    if (!events.length) return;
    lastEventAt = env.now();
    sink.events(events);
  }

  function reset(to: string) {
    cursor = to;
    if (topicsFrom !== undefined) topicsFrom = to;
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
    cancel('hello', 'silence', 'stable', 'reopen');
    if (stream) {
      stream.close();
      stream = undefined;
    }
  }

  function open() {
    closeStream();
    const wait = notBefore - env.now();
    if (wait > 0) return reopenIn(wait);
    const asked = cursor;
    let source: StreamSource;
    try {
      source = env.openStream(url('/stream'));
    } catch {
      return lost();
    }
    stream = source;
    after('hello', helloMs, () => lost());
    source.addEventListener('error', () => {
      if (stream === source) lost();
    });
    let greeted = false;
    const on = (type: string, fn: (data: unknown, id: string) => void) =>
      source.addEventListener(type, (frame: StreamFrame) => {
        if (stream !== source || !(greeted || type === 'hello' || type === 'bye')) return;
        let data: unknown;
        try {
          data = JSON.parse(frame.data);
        } catch {
          // A frame nobody can read is a gap like any other.
          return reset(frame.lastEventId);
        }
        fn(data, frame.lastEventId);
        heard();
      });

    on('hello', (data) => {
      const hello = data as Hello;
      greeted = true;
      heartbeatMs = hello.heartbeat_ms || heartbeatMs;
      denied = hello.denied ?? [];
      cancel('hello');
      abortPoll();
      // From now, or from another place than asked: either way there is no
      // basis yet, and the snapshots have to be taken after this position.
      if (hello.from !== asked) reset(hello.from);
      input('hello');
      after('stable', stableMs, () => {
        attempts = 0;
        show();
      });
    });
    on('ping', (_, id) => {
      advance(id);
      lastHeardAt = env.now();
      show();
    });
    on('reset', (_, id) => reset(id));
    on('bye', (data) => {
      const ms = Number((data as { after_ms?: number }).after_ms) || 1_000;
      // Planned, so not a failure of a stream that was up; before hello it is
      // how an overloaded server asks for patience.
      lost(ms * (1 + 0.2 * env.random()), greeted);
    });
    for (const kind of eventKinds) {
      on(kind, (data, id) => {
        advance(id);
        deliver([data as Event]);
      });
    }
  }

  function reopenIn(ms: number) {
    after('reopen', ms, open);
  }

  function lost(delayMs?: number, planned = false) {
    closeStream();
    const wasUp = state === 'live' || state === 'connecting';
    if (!planned) attempts++;
    input('lost');
    if (wasUp && !flight) {
      if (planned) schedulePoll();
      else pollNow();
    }
    reopenIn(delayMs ?? backoffMs(attempts - 1, env.random));
  }

  // -- polling ---------------------------------------------------------------

  function abortPoll() {
    cancel('poll', 'abort');
    flight?.abort();
    flight = undefined;
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
    const mine = new AbortController();
    flight = mine;
    after('abort', pollTimeoutMs, () => mine.abort());
    const asked = cursor;
    const at = url('', { limit: String(pageLimit) });
    let outcome: Input = 'failed';
    let more = false;
    try {
      const headers: Record<string, string> = { Accept: 'application/json' };
      if (etag?.url === at) headers['If-None-Match'] = etag.tag;
      const answer = await env.fetch(at, { method: 'GET', headers, signal: mine.signal });
      const page = answer.status === 200 ? ((await answer.json()) as Page) : undefined;
      if (flight !== mine) return;
      const wait = retryAfterMs(answer.headers.get('Retry-After'), env.now());
      if (wait) {
        notBefore = env.now() + wait;
        if (timers.has('reopen')) reopenIn(wait * (1 + 0.2 * env.random()));
      }
      if (page) {
        const tag = answer.headers.get('ETag');
        etag = tag ? { url: at, tag } : undefined;
        pollAfterMs = page.poll_after_ms || pollAfterMs;
        // Without a cursor this answer only says where the log stands.
        if (page.reset || !asked) reset(page.cursor);
        else advance(page.cursor);
        deliver(page.events);
        more = page.has_more;
      }
      const { status } = answer;
      if (page || status === 304) outcome = 'polled';
      else if (status === 401) outcome = 'denied';
      else if (status === 429) outcome = 'limited';
    } catch {
      // No answer, or not one of ours: failed.
    }
    if (flight !== mine) return;
    flight = undefined;
    cancel('abort');
    if (outcome === 'polled') {
      pollFailures = 0;
      lastHeardAt = env.now();
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
    cancel('topics', 'tick', 'away');
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
    topicsFrom = resetAt = undefined;
    cancel('topics');
    if (flight || timers.has('poll')) pollNow();
    open();
  }

  function begin() {
    input('start');
    if (topicsFrom !== undefined) cursor = topicsFrom;
    topicsFrom = undefined;
    tickedAt = env.now();
    after('tick', tickMs, tick);
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
      if (wanted && !shared) after('away', pauseMs, suspend);
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
    if (stream && state !== 'live' && timers.has('hello')) pollNow();
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
      attempts = pollFailures = notBefore = 0;
      wanted = true;
      if (comeBack()) return;
      if (!running()) begin();
      else if (state !== 'live') again();
    },
    setTopics(next) {
      if (next.join() === topics.join()) return;
      topics = next;
      topicsFrom ??= cursor;
      if (running()) after('topics', topicsMs, () => rewind(topicsFrom ?? cursor));
    },
    adopt(held) {
      if (!isPosition(held) || (cursor && !mayBeBehind(held, cursor))) return;
      if (running()) return rewind(held);
      cursor = held;
      topicsFrom = resetAt = undefined;
    },
    wake,
    view,
  };
}
