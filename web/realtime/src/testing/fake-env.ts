// A clock, chance and a network that stand still until the test moves them.

import type { Answer, Env, Request, StreamFrame, StreamSource } from '../env';

interface Timer {
  at: number;
  order: number;
  fn: () => void;
}

export class FakeStream implements StreamSource {
  readonly listeners = new Map<string, ((frame: StreamFrame) => void)[]>();
  closed = false;
  lastEventId = '';
  constructor(
    readonly url: URL,
    private readonly onClose: () => void = () => {},
  ) {}
  addEventListener(type: string, listener: (frame: StreamFrame) => void) {
    this.listeners.set(type, [...(this.listeners.get(type) ?? []), listener]);
  }
  close() {
    if (this.closed) return;
    this.closed = true;
    this.onClose();
  }
  /** A frame as the server sends it; an id sticks, as in EventSource. */
  frame(type: string, data: unknown, id?: string) {
    this.raw(type, JSON.stringify(data), id);
  }
  raw(type: string, data: string, id?: string) {
    if (this.closed) return;
    if (id !== undefined) this.lastEventId = id;
    for (const fn of this.listeners.get(type) ?? []) fn({ data, lastEventId: this.lastEventId });
  }
  fail() {
    if (!this.closed) for (const fn of this.listeners.get('error') ?? []) fn({ data: '', lastEventId: '' });
  }
}

export type Reply = { status: number; headers?: Record<string, string>; body?: unknown };
export type Handler = (url: URL, request: Request) => Reply | Promise<Reply>;

export class FakeEnv implements Env {
  time = Date.parse('2026-03-01T12:00:00Z');
  /** What random() answers; a number, or a function for a run of them. */
  chance: number | (() => number) = 0.5;
  handler: Handler = () => {
    throw new TypeError('network');
  };
  onOpen: (stream: FakeStream) => void = () => {};
  refuseStreams = false;
  readonly streams: FakeStream[] = [];
  readonly requests: { url: URL; request: Request }[] = [];
  #timers: Timer[] = [];
  #order = 0;
  #frames: (() => void)[] = [];

  now = () => this.time;
  random = () => (typeof this.chance === 'number' ? this.chance : this.chance());
  setTimeout = (fn: () => void, ms: number) => {
    const timer = { at: this.time + Math.max(0, ms), order: this.#order++, fn };
    this.#timers.push(timer);
    return timer;
  };
  clearTimeout = (timer: unknown) => {
    this.#timers = this.#timers.filter((t) => t !== timer);
  };
  fetch = async (url: string, request: Request): Promise<Answer> => {
    const at = new URL(url, 'http://rynda.test');
    this.requests.push({ url: at, request });
    const aborted = new Promise<never>((_, reject) => {
      request.signal.addEventListener('abort', () => reject(new DOMException('aborted', 'AbortError')));
    });
    aborted.catch(() => {});
    const {
      status,
      headers = {},
      body,
    } = await Promise.race([(async () => this.handler(at, request))(), aborted]);
    return {
      status,
      headers: { get: (name) => headers[name] ?? null },
      json: async () => {
        if (body === undefined) throw new SyntaxError('no body');
        return structuredClone(body);
      },
    };
  };
  openStream = (url: string): StreamSource => {
    if (this.refuseStreams) throw new Error('no streams here');
    const stream = new FakeStream(new URL(url, 'http://rynda.test'));
    this.streams.push(stream);
    this.onOpen(stream);
    return stream;
  };
  frame = (fn: () => void) => {
    this.#frames.push(fn);
  };

  get stream(): FakeStream {
    const last = this.streams.at(-1);
    if (!last) throw new Error('no stream was opened');
    return last;
  }
  get openStreams(): number {
    return this.streams.filter((s) => !s.closed).length;
  }
  get timers(): number {
    return this.#timers.length;
  }
  /** Requests made to a path since the last call. */
  take(path: string): URL[] {
    const found = this.requests.filter(({ url }) => url.pathname === path).map(({ url }) => url);
    this.requests.length = 0;
    return found;
  }

  /** Lets promises and frames run without moving the clock. */
  async settle(): Promise<void> {
    for (let i = 0; i < 30; i++) {
      await Promise.resolve();
      const frames = this.#frames;
      this.#frames = [];
      for (const fn of frames) fn();
    }
  }

  /** Moves the clock, running what falls due in order. */
  async advance(ms: number): Promise<void> {
    const until = this.time + ms;
    await this.settle();
    for (;;) {
      const due = this.#timers
        .filter((t) => t.at <= until)
        .sort((a, b) => a.at - b.at || a.order - b.order)[0];
      if (!due) break;
      this.time = Math.max(this.time, due.at);
      this.clearTimeout(due);
      due.fn();
      await this.settle();
    }
    this.time = until;
    await this.settle();
  }

  /** The machine slept: the clock jumped and no timer ran. */
  sleep(ms: number) {
    this.time += ms;
  }
}
