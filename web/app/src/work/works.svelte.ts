import { createThingStore, thingKey, type Realtime, type ThingStore } from '@rynda/realtime';
import { createSubscriber } from 'svelte/reactivity';
import type { Client } from '../api/client';
import type { WorkKind, WorkOf } from '../api/types';
import { KeptList } from '../list/kept-list';
import { workList } from './work-list';

/** Runs or deploys as the screens share them: the one store, and the list as it was left. */
export class Works<K extends WorkKind> {
  readonly store: ThingStore<WorkOf[K]>;
  readonly lists: KeptList<WorkOf[K]>;
  readonly #follow: () => void;
  /** The one that a detail shows. */
  shown = '';

  constructor(
    readonly kind: K,
    realtime: Realtime,
    client: Client,
    snapshot: () => (cursor: string) => void,
  ) {
    this.store = createThingStore(
      realtime,
      kind,
      (key) => key === this.shown || this.lists.current?.ids.includes(key) === true,
    );
    this.lists = new KeptList((search) =>
      workList(kind, search, client, this.store, (row) => this.keyOf(row), snapshot),
    );
    this.#follow = createSubscriber((update) => this.store.onChanged(update));
    // Also while another screen is shown, so that coming back misses nothing.
    this.store.onChanged((keys) => this.lists.current?.touch(keys));
  }

  keyOf(row: WorkOf[K]): string {
    return thingKey(row.project, this.kind === 'run' ? (row as WorkOf['run']).run_id : row.deploy_id);
  }

  /** The row as it is now. Reading it follows its changes. */
  row(key: string): WorkOf[K] | undefined {
    this.#follow();
    return this.store.get(key);
  }
}
