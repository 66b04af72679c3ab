/* eslint-disable svelte/prefer-svelte-reactivity -- the plain sets here are not shown */
import type { ThingStore } from '@rynda/realtime';
import { SvelteSet } from 'svelte/reactivity';
import type { Client } from '../api/client';
import { aborted, asProblem, type Problem } from '../api/problem';
import type { WorkKind, WorkOf } from '../api/types';
import { beganAt, matchesWork, workQuery, workSearch, type WorkFilters } from './work-filters';

const pageSize = 50;
export const mostRows = 2000;
/** How often a storm of changes is looked at. */
const reviewEvery = 250;

/**
 * Runs or deploys under one set of filters: which ones, in which order. The rows
 * live in the store and patch in place; this list holds keys alone.
 *
 * Rows never move under a reader: what is new is collected in `arrivals` and
 * takes its place when the reader asks (`showNew`) or when nobody would notice,
 * at the top with neither pointer nor focus inside. A row that stops matching
 * stays, with its new state, until the list is loaded or the new are shown: a
 * run that just failed under "running" is what the reader waits to see.
 */
export class WorkList<K extends WorkKind> {
  ids = $state.raw<string[]>([]);
  phase = $state<'loading' | 'ready' | 'failed'>('loading');
  problem = $state.raw<Problem | undefined>();
  /** Rows are shown that may be out of date: the log was reset or a refresh failed. */
  stale = $state(false);
  olderPhase = $state<'idle' | 'loading' | 'failed'>('idle');
  nextPage = $state('');
  /** The page token this window begins at; empty at the newest. */
  beginsAt = $state('');
  readonly arrivals = new SvelteSet<string>();
  /** The row that holds the one tab stop. */
  current = $state('');
  /** When the rows were last known to be whole. */
  loadedAt = $state(0);
  readonly search: string;
  /** Set by the grid: the reader is at the top / has pointer or focus inside. */
  atTop = true;
  busy = false;

  readonly #touched = new Set<string>();
  #request: AbortController | undefined;
  #review: ReturnType<typeof setTimeout> | undefined;
  readonly #off: () => void;

  constructor(
    private readonly kind: K,
    readonly filters: WorkFilters,
    private readonly client: Pick<Client, 'works'>,
    private readonly store: Pick<ThingStore<WorkOf[K]>, 'get' | 'upsert' | 'onChanged'>,
    private readonly keyOf: (row: WorkOf[K]) => string,
    /** Called before each snapshot; what it returns is told the position, so that what follows is delivered. */
    private readonly snapshot: () => (cursor: string) => void = () => () => {},
    private readonly now: () => number = Date.now,
  ) {
    this.search = workSearch(kind, filters);
    // Also while another screen is shown, so that coming back misses nothing.
    this.#off = store.onChanged((keys) => {
      for (const key of keys) this.#touched.add(key);
      this.#lookSoon();
    });
  }

  start(): void {
    if (this.phase !== 'ready') void this.load();
    this.#lookSoon();
  }

  end(): void {
    this.#off();
    this.#request?.abort();
    clearTimeout(this.#review);
  }

  /** Loads the first page (of this window) anew. Old rows stay until the answer is here, and when it fails. */
  async load(): Promise<void> {
    this.#request?.abort();
    const request = (this.#request = new AbortController());
    if (this.phase === 'failed') this.phase = 'loading';
    const adopt = this.snapshot();
    try {
      const page = await this.client.works(this.kind, this.#query(this.beginsAt), request.signal);
      this.store.upsert(page.rows);
      adopt(page.cursor);
      this.ids = page.rows.map(this.keyOf);
      this.nextPage = page.next_page;
      this.loadedAt = this.now();
      this.phase = 'ready';
      this.problem = undefined;
      this.stale = false;
      this.olderPhase = 'idle';
      this.arrivals.clear();
    } catch (error) {
      if (aborted(error)) return;
      this.problem = asProblem(error);
      this.phase = this.ids.length ? 'ready' : 'failed';
      this.stale = this.ids.length > 0;
    }
  }

  /** Loads the page after the last row. */
  async older(): Promise<void> {
    if (!this.nextPage || this.olderPhase === 'loading' || this.phase !== 'ready') return;
    this.olderPhase = 'loading';
    const asked = this.nextPage;
    try {
      const page = await this.client.works(this.kind, this.#query(asked), this.#request?.signal);
      if (asked !== this.nextPage) return;
      this.store.upsert(page.rows);
      this.ids = [...new Set([...this.ids, ...page.rows.map(this.keyOf)])];
      for (const id of this.ids) this.arrivals.delete(id);
      this.nextPage = page.next_page;
      this.olderPhase = 'idle';
    } catch (error) {
      if (!aborted(error)) this.olderPhase = 'failed';
    }
  }

  get full(): boolean {
    return this.ids.length >= mostRows;
  }

  /** Lets go of the rows held and goes on from where they end. */
  moveOn(): Promise<void> {
    return this.#from(this.nextPage);
  }

  backToNewest(): Promise<void> {
    return this.#from('');
  }

  /** Keeps the rows, says that they may be out of date, and loads anew. */
  async refresh(): Promise<void> {
    this.stale = this.ids.length > 0;
    await this.load();
  }

  /** Told that the server answers: what failed for want of it is tried again. */
  reachable(): void {
    if (this.problem && (this.problem.unreachable || this.problem.status >= 500)) void this.load();
  }

  /** Puts the arrivals in, and every row where it now belongs; what no longer matches goes. */
  showNew(): void {
    const rows = [...new Set([...this.arrivals, ...this.ids])].flatMap((id) => {
      const row = this.store.get(id);
      return row && matchesWork(this.kind, this.filters, row, this.now()) ? [{ id, at: beganAt(row) }] : [];
    });
    rows.sort((a, b) => b.at - a.at);
    this.arrivals.clear();
    this.ids = rows.map(({ id }) => id);
  }

  #from(page: string): Promise<void> {
    this.beginsAt = page;
    this.ids = [];
    this.phase = 'loading';
    return this.load();
  }

  #query(page: string): URLSearchParams {
    const query = workQuery(this.kind, this.filters, this.now());
    query.set('limit', String(pageSize));
    if (page) query.set('page', page);
    return query;
  }

  #lookSoon(): void {
    this.#review ??= setTimeout(() => {
      this.#review = undefined;
      this.#look();
    }, reviewEvery);
  }

  #look(): void {
    if (this.phase !== 'ready') return;
    const shown = new Set(this.ids);
    const last = this.ids.at(-1);
    const bottom = last === undefined ? undefined : this.store.get(last);
    const lowest = this.nextPage && bottom ? beganAt(bottom) : -Infinity;
    for (const id of this.#touched) {
      const row = this.store.get(id);
      const belongs =
        row && !shown.has(id) && !this.beginsAt && matchesWork(this.kind, this.filters, row, this.now());
      if (belongs && beganAt(row) >= lowest) this.arrivals.add(id);
      else this.arrivals.delete(id);
    }
    this.#touched.clear();
    if (this.arrivals.size === 0) return;
    if (this.atTop && !this.busy) this.showNew();
    else if (this.atTop) this.#lookSoon();
  }
}
