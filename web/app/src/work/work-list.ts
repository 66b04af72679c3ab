import type { ThingStore } from '@rynda/realtime';
import type { Client } from '../api/client';
import type { WorkKind, WorkOf } from '../api/types';
import { ListModel, type Source } from '../list/list-model.svelte';
import { beganAt, matchesWork, parseWork, workQuery } from './work-filters';

/** Runs or deploys under the filters of an address, those that began last first. */
export function workList<K extends WorkKind>(
  kind: K,
  search: string,
  client: Pick<Client, 'works'>,
  store: Pick<ThingStore<WorkOf[K]>, 'get' | 'upsert'>,
  keyOf: (row: WorkOf[K]) => string,
  snapshot: Source<WorkOf[K]>['snapshot'] = () => () => {},
): ListModel<WorkOf[K]> {
  const filters = parseWork(kind, search);
  return new ListModel<WorkOf[K]>(search, {
    query: (now) => workQuery(kind, filters, now),
    ask: (query, signal) => client.works(kind, query, signal),
    idOf: keyOf,
    get: (key) => store.get(key),
    upsert: (rows) => store.upsert(rows),
    belongs: (row, now) => matchesWork(kind, filters, row, now),
    order: beganAt,
    ages: filters.since !== '',
    snapshot,
  });
}
