// One request and what is to be known of its answer. Nothing here throws: that
// nobody answered is an answer too.

import { retryAfterMs, type Env } from './env';

export interface Answered {
  /** 0 when nothing answered at all, or not in time. */
  status: number;
  /** What Retry-After asks for, in milliseconds; 0 for nothing. */
  waitMs: number;
  etag: string | null;
  /** Undefined for an answer that is empty or not JSON. */
  body: unknown;
}

const timeoutMs = 15_000;

/** Asks, and gives up after 15 s or when `abort` says so. */
export async function request(
  env: Env,
  method: string,
  url: string,
  body?: unknown,
  etag?: string,
  abort = new AbortController(),
): Promise<Answered> {
  const timer = env.setTimeout(() => abort.abort(), timeoutMs);
  const answered: Answered = { status: 0, waitMs: 0, etag: null, body: undefined };
  try {
    const answer = await env.fetch(url, {
      method,
      headers: {
        Accept: 'application/json',
        ...(body !== undefined && { 'Content-Type': 'application/json' }),
        ...(etag && { 'If-None-Match': etag }),
      },
      signal: abort.signal,
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    answered.waitMs = retryAfterMs(answer.headers.get('Retry-After'), env.now());
    answered.etag = answer.headers.get('ETag');
    answered.status = answer.status;
    answered.body = await answer.json();
  } catch {
    // Nobody answered, or there is nothing to read in it.
  }
  env.clearTimeout(timer);
  return answered;
}
