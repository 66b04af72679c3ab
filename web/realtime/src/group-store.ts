// The whole store, as an app with lists and bulk actions wants it: the feed
// (feed-store.ts) with every group held, totals, and views of many at once.

import type { Api, BulkFilter } from './api';
import { none, openFeedStore, total, type Counts, type FeedStore } from './feed-store';
import { writable } from './readable';
import type { Realtime } from './realtime';
import type { BulkView, Group, Readable, Totals, Unsubscribe } from './types';

export interface TotalsView extends Counts {
  active_total: number;
  by_project: ReadonlyMap<string, Totals>;
}

export interface GroupStore extends FeedStore {
  /** Called with every change, at most once per frame for events. */
  subscribe(run: (groups: ReadonlyMap<string, Group>) => void): Unsubscribe;
  /** Takes in groups from a list or an answer. */
  upsert(groups: Group[]): void;
  totals: Readable<TotalsView>;
  /** Marks viewed everything active that matches, seen or not, up to now. Rejects with an ApiError. */
  dismissAll(filter?: BulkFilter): Promise<BulkView>;
  undoAll(viewId: string): Promise<void>;
}

export function createGroupStore(realtime: Realtime, api: Api): GroupStore {
  const { store, rows, views, count, changed, onChange } = openFeedStore(realtime, api);
  const totals = writable<TotalsView>({ ...none, active_total: 0, by_project: rows.totals });
  onChange(() => {
    const sum = count();
    totals.set({ ...sum, active_total: total(sum), by_project: rows.totals });
  });

  function snapshot(): Map<string, Group> {
    return new Map([...rows.groups()].map((group) => [group.group_id, group]));
  }

  return {
    ...store,
    totals,
    subscribe(run) {
      run(snapshot());
      return onChange(() => run(snapshot()));
    },
    upsert(groups) {
      for (const group of groups) rows.take(group);
      changed();
    },
    async dismissAll(filter = {}) {
      const hidden: string[] = [];
      for (const row of rows.groups()) {
        if (!views.active(row)) continue;
        const { project = row.project, severity = row.severity, source = row.source } = filter;
        if (row.project !== project || row.severity !== severity || row.source !== source) continue;
        views.hide(row);
        hidden.push(row.group_id);
      }
      changed();
      try {
        const answer = await api.viewAll(realtime.cursor(), filter);
        for (const id of hidden) views.settle(id);
        store.refresh();
        return answer;
      } catch (error) {
        for (const id of hidden) views.drop(id);
        changed();
        throw error;
      }
    },
    async undoAll(viewId) {
      await api.unviewAll(viewId);
      store.refresh();
    },
  };
}
