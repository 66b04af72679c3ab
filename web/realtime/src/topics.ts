// Topics that come and go with the screens of a page. Asking for another set
// costs a new stream, so what is given back is dropped only when something new
// is asked for: leaving one run for the next is one change, leaving it is none.

import type { Realtime } from './realtime';
import type { Unsubscribe } from './types';

export interface Topics {
  /** Listens to a topic until it is given back. Take the snapshot of it after the call. */
  lend(topic: string): Unsubscribe;
}

/** `always` are the topics that were asked for from the beginning. */
export function createTopics(realtime: Pick<Realtime, 'setTopics'>, always: string[]): Topics {
  const lent = new Map<string, number>();
  let asked = new Set(always);

  return {
    lend(topic) {
      lent.set(topic, (lent.get(topic) ?? 0) + 1);
      if (!asked.has(topic)) {
        asked = new Set([...always, ...lent.keys()]);
        realtime.setTopics([...asked]);
      }
      let given = false;
      return () => {
        if (given) return;
        given = true;
        const left = (lent.get(topic) ?? 1) - 1;
        if (left) lent.set(topic, left);
        else lent.delete(topic);
      };
    },
  };
}
