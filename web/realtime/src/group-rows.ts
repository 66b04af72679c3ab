// The rows a page holds: groups and totals, each under its key, each the newest
// that was heard of. No network and no order; feed-store.ts adds those.

import { newer } from './merge';
import type { Group, Totals } from './types';

/** A group that is gone, kept so that what is older cannot bring it back. */
export interface Removed {
  group_id: string;
  project: string;
  version: number;
  state: 'removed';
}

export interface GroupRows {
  get(groupId: string): Group | undefined;
  /** Every group held, removed ones left out, in the order they were first heard of. */
  groups(): Iterable<Group>;
  totals: ReadonlyMap<string, Totals>;
  /** The one way in. True when it was news. */
  take(came: Group | Removed): boolean;
  takeTotals(came: Totals): void;
  delete(groupId: string): void;
  /** After a reset nothing held is a basis any more: it stays to be shown, but anything beats it. */
  doubt(): void;
  /** Not heard of since the last doubt. */
  doubted(groupId: string): boolean;
}

const capacity = 5_000;

/** `keep` says which rows may not be forgotten when there are too many. */
export function createGroupRows(keep: (group: Group | Removed) => boolean): GroupRows {
  const rows = new Map<string, Group | Removed>();
  const totals = new Map<string, Totals>();
  const doubted = new Set<string>();
  const doubtedTotals = new Set<string>();

  /** Forgets the longest known of what no feed can show. */
  function evict() {
    let spare = rows.size - capacity * 0.8;
    for (const [id, row] of rows) {
      if (spare <= 0) break;
      if (keep(row)) continue;
      rows.delete(id);
      doubted.delete(id);
      spare--;
    }
  }

  return {
    totals,
    get(id) {
      const row = rows.get(id);
      return row?.state === 'removed' ? undefined : row;
    },
    *groups() {
      for (const row of rows.values()) if (row.state !== 'removed') yield row;
    },
    take(came) {
      const id = came.group_id;
      const held = doubted.delete(id) ? undefined : rows.get(id);
      if (newer(held, came) === held) return false;
      rows.set(id, came);
      if (rows.size > capacity) evict();
      return true;
    },
    takeTotals(came) {
      const held = doubtedTotals.delete(came.project) ? undefined : totals.get(came.project);
      totals.set(came.project, newer(held, came));
    },
    delete: (id) => void rows.delete(id),
    doubt() {
      for (const id of rows.keys()) doubted.add(id);
      for (const project of totals.keys()) doubtedTotals.add(project);
    },
    doubted: (id) => doubted.has(id),
  };
}
