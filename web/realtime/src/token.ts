// A person known by a bearer token rather than by a cookie: the only way from
// another origin, where the server takes no cookies. Requests carry the token in
// a header; a stream cannot, so each opening asks for a ticket (stream.ts).

import type { Env } from './env';

/**
 * Gives the token as it is now. Asked before each request, so keep it and renew
 * it there. `refused` is a token that the server would not take: give another,
 * or the same when there is none.
 */
export type Token = (refused?: string) => string | Promise<string>;

/** Puts the token on every request. */
export function withToken(env: Env, token: Token | undefined): Env {
  if (!token) return env;
  return {
    ...env,
    async fetch(url, request) {
      const givenUp = new Promise<never>((_, reject) => request.signal.addEventListener('abort', reject));
      // A host that never answers does not hold up what comes after.
      const ask = (refused?: string) => Promise.race([token(refused), givenUp]);
      const send = (held: string) =>
        env.fetch(url, {
          ...request,
          headers: { ...request.headers, ...(held && { Authorization: `Bearer ${held}` }) },
        });
      const held = await ask();
      const answer = await send(held);
      if (answer.status !== 401) return answer;
      const next = await ask(held);
      return next === held ? answer : send(next);
    },
  };
}
