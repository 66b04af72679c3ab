// Where the shared worker gets a token: from its tabs, because only a page knows
// how to renew one. They are asked one at a time, those that are seen first, so
// that thirty tabs do not renew at once; one that says nothing is frozen.

import type { Env } from './env';
import type { FromHub } from './hub';
import type { Token } from './token';

interface Tab {
  hidden: boolean;
  post(message: FromHub): void;
}

interface Answer {
  token?: string | undefined;
  /** The token that was asked about, so that no answer is taken for that to another question. */
  refused?: string | undefined;
}

export interface Desk {
  token: Token;
  /** A tab has answered; without a token, it has none. */
  answer(answer: Answer): void;
}

const patienceMs = 2_000;

export function createDesk(env: Env, tabs: () => Tab[]): Desk {
  /** Questions that wait, each for the token or for the next tab to be asked. */
  const waiting = new Set<(answer: Answer) => void>();

  return {
    token: (refused) =>
      new Promise((resolve, reject) => {
        const left = tabs().sort((a, b) => +a.hidden - +b.hidden);
        let timer: unknown;
        function answer(token: string | undefined) {
          env.clearTimeout(timer);
          const tab = left.shift();
          if (token === undefined && tab) {
            timer = env.setTimeout(() => answer(undefined), patienceMs);
            return tab.post({ kind: 'token', refused });
          }
          waiting.delete(mine);
          if (token === undefined) reject(new Error('no token'));
          else resolve(token);
        }
        const mine = (each: Answer) => each.refused === refused && answer(each.token);
        waiting.add(mine);
        answer(undefined);
      }),
    answer(answer) {
      waiting.forEach((each) => each(answer));
    },
  };
}
