// What a page holds of one kind of thing: each under its key, each the newest
// that was heard of. No network and no order; the stores add those.

import { newer, type Versioned } from './merge';

export interface Rows<T> {
  /** Every row held, in the order they were first heard of. */
  all: Map<string, T>;
  /** The one way in. True when it was news. */
  take(came: T): boolean;
  /** After a reset nothing held is a basis any more: it stays to be shown, but anything beats it. */
  doubt(): void;
  /** Not heard of since the last doubt. */
  doubted(key: string): boolean;
}

const capacity = 5_000;

/** `keep` says which rows may not be forgotten when there are too many. */
export function createRows<T extends Versioned>(
  keyOf: (row: T) => string,
  keep?: (row: T) => boolean,
): Rows<T> {
  const all = new Map<string, T>();
  /** Heard of since the last doubt. */
  const sure = new Set<string>();
  /** When it is worth looking for rows to forget. */
  let full = capacity;

  /** Forgets the longest known of what nobody needs. */
  function evict() {
    let spare = all.size - capacity * 0.8;
    for (const [key, row] of all) {
      if (spare <= 0 || keep?.(row)) continue;
      all.delete(key);
      sure.delete(key);
      spare--;
    }
    // What had to stay is not looked through again for each row that comes.
    full = Math.max(capacity, all.size + capacity * 0.2);
  }

  return {
    all,
    take(came) {
      const key = keyOf(came);
      const held = sure.has(key) ? all.get(key) : undefined;
      sure.add(key);
      if (newer(held, came) === held) return false;
      all.set(key, came);
      if (all.size > full) evict();
      return true;
    },
    doubt: () => sure.clear(),
    doubted: (key) => !sure.has(key),
  };
}
