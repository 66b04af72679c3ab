// The groups and totals a page holds. A group that was removed is held too, so
// that it stays gone.

import { createRows } from './rows';
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

/** `keep` says which rows may not be forgotten when there are too many. */
export function createGroupRows(keep: (group: Group | Removed) => boolean): GroupRows {
  const rows = createRows<Group | Removed>((row) => row.group_id, keep);
  const totals = createRows<Totals>((row) => row.project);
  const { all } = rows;

  return {
    ...rows,
    totals: totals.all,
    get(id) {
      const row = all.get(id);
      return row?.state === 'removed' ? undefined : row;
    },
    *groups() {
      for (const row of all.values()) if (row.state !== 'removed') yield row;
    },
    takeTotals: totals.take,
    delete: (id) => all.delete(id),
    doubt() {
      rows.doubt();
      totals.doubt();
    },
  };
}
