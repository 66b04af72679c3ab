// The states of a connection and what moves it between them, as data. Nothing
// here does anything: connection.ts feeds inputs in and acts on what comes out.

/**
 * connecting    a stream is being opened and nothing has answered yet
 * live          the stream said hello and its frames are current
 * polling       no stream, but the last poll was answered
 * offline       no stream, and the last poll failed
 * unauthorized  the server does not know us; nothing is tried until asked
 * paused        not trying: not started, stopped, or the page is away
 */
export type State = 'connecting' | 'live' | 'polling' | 'offline' | 'unauthorized' | 'paused';

/**
 * start    somebody wants events
 * stop     nobody wants them, or the page went away
 * hello    the stream's first frame was accepted
 * lost     the stream ended, went silent or was never greeted
 * polled   a poll was answered, with or without events
 * limited  a poll was answered 429: the server is there and asks for patience
 * failed   a poll was not answered, or with an error
 * denied   a poll was answered 401
 */
export type Input = 'start' | 'stop' | 'hello' | 'lost' | 'polled' | 'limited' | 'failed' | 'denied';

type Row = Record<Input, State>;

/** Wants to be live, and is as well as what was heard last. */
const trying = (state: State, but: Partial<Row> = {}): Row => ({
  start: state,
  stop: 'paused',
  hello: 'live',
  lost: state,
  polled: 'polling',
  limited: 'polling',
  failed: 'offline',
  denied: 'unauthorized',
  ...but,
});

/** Stays as it is, whatever comes late, until somebody wants it to start. */
const resting = (state: State): Row => ({
  start: 'connecting',
  stop: 'paused',
  hello: state,
  lost: state,
  polled: state,
  limited: state,
  failed: state,
  denied: state,
});

export const transitions: Record<State, Row> = {
  connecting: trying('connecting'),
  // What polls say is no news while the stream says more.
  live: trying('live', { lost: 'connecting', polled: 'live', limited: 'live', failed: 'live' }),
  polling: trying('polling'),
  offline: trying('offline'),
  unauthorized: resting('unauthorized'),
  paused: resting('paused'),
};

/**
 * How long a state must hold before people see it, in milliseconds, so that a
 * line cut every 700 ms does not blink. What a person must act on, or did
 * themselves, shows at once.
 */
export const settleMs: Record<State, number> = {
  connecting: 3_000,
  live: 3_000,
  polling: 3_000,
  offline: 5_000,
  unauthorized: 0,
  paused: 0,
};

/** What is shown and since when, beside what is true and since when. Times in milliseconds. */
export interface Shown {
  state: State;
  since: number;
  actual: State;
  actualSince: number;
  /** When live was last left; only meaningful while it is not the actual state. */
  leftLiveAt: number;
}

/** Notes a new actual state; `settle` decides when it shows. */
export function note(shown: Shown, actual: State, now: number): Shown {
  if (actual === shown.actual) return shown;
  const leftLiveAt = shown.actual === 'live' ? now : shown.leftLiveAt;
  return { ...shown, actual, actualSince: now, leftLiveAt };
}

/** When the actual state is due to be shown; now or earlier means at once. */
export function dueAt(shown: Shown): number {
  const { state, actual } = shown;
  // The first connection, and the way back from a pause, keep nobody waiting.
  const fresh = state === 'paused' || state === 'unauthorized';
  if (fresh || (state === 'connecting' && actual === 'live')) return shown.actualSince;
  return (state === 'live' ? shown.leftLiveAt : shown.actualSince) + settleMs[actual];
}

/** Shows the actual state when it is due. */
export function settle(shown: Shown, now: number): Shown {
  if (shown.actual === shown.state || dueAt(shown) > now) return shown;
  return { ...shown, state: shown.actual, since: now };
}
