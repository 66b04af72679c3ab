import { createThingStore, thingKey, type Realtime, type ThingStore } from '@rynda/realtime';
import { createSubscriber } from 'svelte/reactivity';
import type { Client } from '../api/client';
import type { WorkKind, WorkOf } from '../api/types';
import { workSearch, type WorkFilters } from './work-filters';
import { WorkList } from './work-list.svelte';

/** Runs or deploys as the screens share them: the one store, and the list that going back finds as it was left. */
export class Works<K extends WorkKind> {
  readonly store: ThingStore<WorkOf[K]>;
  readonly #follow: () => void;
  #kept: WorkList<K> | undefined;
  /** The one that a detail shows. */
  shown = '';

  constructor(
    readonly kind: K,
    realtime: Realtime,
    private readonly client: Client,
    private readonly snapshot: () => (cursor: string) => void,
  ) {
    this.store = createThingStore(
      realtime,
      kind,
      (key) => key === this.shown || this.#kept?.ids.includes(key) === true,
    );
    this.#follow = createSubscriber((update) => this.store.onChanged(update));
  }

  keyOf(row: WorkOf[K]): string {
    return thingKey(row.project, this.kind === 'run' ? (row as WorkOf['run']).run_id : row.deploy_id);
  }

  /** The row as it is now. Reading it follows its changes. */
  row(key: string): WorkOf[K] | undefined {
    this.#follow();
    return this.store.get(key);
  }

  /** The list for these filters: the one left behind when they are the same, else a new one. */
  list(filters: WorkFilters): WorkList<K> {
    if (this.#kept?.search !== workSearch(this.kind, filters)) {
      this.#kept?.end();
      this.#kept = new WorkList(
        this.kind,
        filters,
        this.client,
        this.store,
        (row) => this.keyOf(row),
        this.snapshot,
      );
    }
    return this.#kept!;
  }

  reset(): void {
    void this.#kept?.refresh();
  }

  reachable(): void {
    this.#kept?.reachable();
  }
}
