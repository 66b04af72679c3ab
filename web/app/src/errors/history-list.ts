import type { Group } from '@rynda/realtime';
import type { Client } from '../api/client';
import { ListModel, type Source } from '../list/list-model.svelte';
import { filterParams, matches, parseFilters, sortKey } from './filters';

/** What the history needs of the store of groups. */
export type GroupRows = Pick<Source<Group>, 'get' | 'upsert'>;

/** The history under the filters of an address: every group that was ever counted and is still kept. */
export function historyList(
  search: string,
  client: Pick<Client, 'groups'>,
  rows: GroupRows,
  snapshot: Source<Group>['snapshot'] = () => () => {},
): ListModel<Group> {
  const filters = parseFilters(search);
  return new ListModel(search, {
    query: (now) => new URLSearchParams({ ...filterParams(filters, now), sort: filters.sort }),
    async ask(query, signal) {
      const { groups, ...page } = await client.groups(query, signal);
      return { ...page, rows: groups };
    },
    idOf: (group) => group.group_id,
    get: (id) => rows.get(id),
    upsert: (groups) => rows.upsert(groups),
    belongs: (group, now) => matches(filters, group, now),
    order: (group) => sortKey(filters.sort, group),
    ages: filters.since !== '',
    snapshot,
  });
}
