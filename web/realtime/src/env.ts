// Time, chance and the network, handed in so that tests own them.

export interface StreamFrame {
  data: string;
  lastEventId: string;
}

/** The part of EventSource that is used. */
export interface StreamSource {
  addEventListener(type: string, listener: (frame: StreamFrame) => void): void;
  close(): void;
}

/** The part of a fetch answer that is read. */
export interface Answer {
  status: number;
  headers: { get(name: string): string | null };
  json(): Promise<unknown>;
}

export interface Request {
  method: string;
  headers: Record<string, string>;
  body?: string;
  signal: AbortSignal;
}

export interface Env {
  /** Milliseconds since 1970. */
  now(): number;
  setTimeout(fn: () => void, ms: number): unknown;
  clearTimeout(timer: unknown): void;
  /** In [0, 1). */
  random(): number;
  fetch(url: string, request: Request): Promise<Answer>;
  /** Opens a stream, or throws: a browser that refuses is like a server that does. */
  openStream(url: string): StreamSource;
  /** Calls fn once, soon, when a screen is due: an animation frame, or within a second when nobody looks. */
  frame(fn: () => void): void;
}

/** What Retry-After asks for, in milliseconds from now; 0 when it asks for nothing. At most an hour. */
export function retryAfterMs(header: string | null, now: number): number {
  if (!header) return 0;
  const ms = /^\d+$/.test(header) ? Number(header) * 1000 : Date.parse(header) - now;
  return ms > 0 ? Math.min(ms, 3_600_000) : 0;
}

/** Full jitter: anywhere between nothing and the doubling ceiling, so that a thousand tabs do not return at once. */
export function backoffMs(attempt: number, random: () => number, baseMs = 1_000, capMs = 60_000): number {
  return random() * Math.min(capMs, baseMs * 2 ** Math.min(attempt, 30));
}
