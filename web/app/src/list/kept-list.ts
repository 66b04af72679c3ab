import type { ListModel } from './list-model.svelte';

/** The list that going back finds as it was left. There is one; other filters make another of it. */
export class KeptList<T extends object> {
  current: ListModel<T> | undefined;

  constructor(private readonly make: (search: string) => ListModel<T>) {}

  /** The list for the filters of an address: the one left behind when they are the same, else a new one. */
  under(search: string): ListModel<T> {
    if (this.current?.search === search) return this.current;
    this.current?.end();
    return (this.current = this.make(search));
  }
}
