/* eslint-disable svelte/prefer-svelte-reactivity -- the plain sets and maps here are not shown */
import type { Group } from '@rynda/realtime';
import { SvelteMap, SvelteSet } from 'svelte/reactivity';
import type { Client } from '../api/client';
import { aborted, asProblem, type Problem } from '../api/problem';
import type { GroupPage } from '../api/types';
import { filterParams, filterSearch, matches, sortKey, type Filters } from './filters';

/** Rows asked for at a time, and rows kept before the window stops growing. */
const pageSize = 50;
export const windowSize = 2000;

/** How often a storm of changes is looked at, and how often rows may change places by themselves. */
const reviewEvery = 250;
const settleEvery = 2000;
/** How long a row that left the filter is still seen, faded. */
const fadeFor = 1500;

/** What the list needs of the group store. */
export interface Rows {
  get(id: string): Group | undefined;
  upsert(groups: Group[]): void;
  subscribe(run: () => void): () => void;
}

interface Facts {
  key: number;
  fits: ReturnType<typeof matches>;
}

/**
 * The history under one set of filters: which groups, in which order. The groups
 * themselves live in the store and patch in place; this list holds ids alone.
 *
 * Calm comes first. Rows never move under a reader: groups that arrive are
 * collected in `arrivals`, and take their place when the reader asks (`showNew`)
 * or when nobody would notice (at the top, neither pointer nor focus inside,
 * nothing selected), at most once in two seconds. Rows that stop matching fade
 * before they go.
 */
export class HistoryList {
  ids = $state.raw<string[]>([]);
  phase = $state<'loading' | 'ready' | 'failed'>('loading');
  problem = $state.raw<Problem | undefined>();
  /** Rows are shown that may be out of date: the log was reset or a refresh failed. */
  stale = $state(false);
  olderPhase = $state<'idle' | 'loading' | 'failed'>('idle');
  nextPage = $state('');
  /** The page token this window begins at; empty at the newest. */
  beginsAt = $state('');
  arrivals = new SvelteSet<string>();
  selected = new SvelteSet<string>();
  /** The row that holds the one tab stop. */
  current = $state('');
  /** When the rows were last known to be whole. */
  loadedAt = $state(0);
  readonly key: string;
  cursor = '';

  /** Rows on their way out, with the time they go. */
  readonly leaving = new SvelteMap<string, number>();
  /** Set by the grid: the reader is at the top / has pointer or focus inside. */
  atTop = true;
  busy = false;

  readonly #known = new WeakMap<Group, Facts>();
  readonly #touched = new Set<string>();
  readonly #mine = new Set<string>();
  #unsubscribe: (() => void) | undefined;
  #review: ReturnType<typeof setTimeout> | undefined;
  #settledAt = 0;
  #request: AbortController | undefined;

  constructor(
    readonly filters: Filters,
    private readonly client: Pick<Client, 'groups'>,
    private readonly rows: Rows,
    /** Called before each snapshot; what it returns is told the position, so that what follows is delivered. */
    private readonly snapshot: () => (cursor: string) => void = () => () => {},
    private readonly now: () => number = Date.now,
  ) {
    this.key = filterSearch(filters);
  }

  /** Begins to follow the store, and loads unless rows are here already. */
  start(): void {
    this.#unsubscribe ??= this.rows.subscribe(() => this.#lookSoon());
    if (this.phase !== 'ready') void this.load();
  }

  stop(): void {
    this.#unsubscribe?.();
    this.#unsubscribe = undefined;
    clearTimeout(this.#review);
    this.#review = undefined;
    this.busy = false;
  }

  /** Loads the first page (of this window) anew. Old rows stay until the answer is here, and when it fails. */
  async load(): Promise<void> {
    this.#request?.abort();
    const request = (this.#request = new AbortController());
    if (this.phase === 'failed') this.phase = 'loading';
    const adopt = this.snapshot();
    // What arrives while the answer is under way may be newer than it, and stays.
    const before = [...this.arrivals];
    try {
      const page = await this.client.groups(this.#query(this.beginsAt), request.signal);
      this.#accept(page);
      this.ids = page.groups.map((group) => group.group_id);
      this.cursor = page.cursor;
      adopt(page.cursor);
      this.nextPage = page.next_page;
      this.loadedAt = this.now();
      this.phase = 'ready';
      this.problem = undefined;
      this.stale = false;
      for (const id of [...before, ...this.ids]) this.arrivals.delete(id);
      this.leaving.clear();
      this.olderPhase = 'idle';
      for (const id of this.selected) if (!this.ids.includes(id)) this.selected.delete(id);
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
      const page = await this.client.groups(this.#query(asked), this.#request?.signal);
      if (asked !== this.nextPage) return;
      this.#accept(page);
      const known = new Set(this.ids);
      this.ids = [...this.ids, ...page.groups.map((group) => group.group_id).filter((id) => !known.has(id))];
      for (const id of this.ids) this.arrivals.delete(id);
      this.nextPage = page.next_page;
      this.olderPhase = 'idle';
    } catch (error) {
      if (!aborted(error)) this.olderPhase = 'failed';
    }
  }

  get full(): boolean {
    return this.ids.length >= windowSize;
  }

  /** Lets go of the rows held and goes on from where they end. */
  async moveOn(): Promise<void> {
    this.beginsAt = this.nextPage;
    this.ids = [];
    this.selected.clear();
    this.phase = 'loading';
    await this.load();
  }

  async backToNewest(): Promise<void> {
    this.beginsAt = '';
    this.ids = [];
    this.phase = 'loading';
    await this.load();
  }

  /** Keeps the rows, says that they may be out of date, and loads anew. */
  async refresh(): Promise<void> {
    this.stale = true;
    await this.load();
  }

  /** Told that the server answers: what failed for want of it is tried again. */
  reachable(): void {
    if (this.problem && (this.problem.unreachable || this.problem.status >= 500)) void this.load();
  }

  /** Told which groups the log has news of. */
  touch(ids: Iterable<string>): void {
    for (const id of ids) this.#touched.add(id);
    this.#lookSoon();
  }

  /**
   * Puts the arrivals in, and every row where it now belongs. When that would be
   * more than the window keeps, the list begins anew instead: what fell off its
   * end could not be paged to, and the reader is at its top.
   */
  showNew(): void {
    this.#settledAt = this.now();
    if (this.ids.length + this.arrivals.size > windowSize) return void this.load();
    this.ids = this.#sorted([...new Set([...this.arrivals, ...this.ids])]);
    this.arrivals.clear();
  }

  /** Rows this person is dismissing go even while the pointer is in the list. */
  dismissing(ids: Iterable<string>): void {
    for (const id of ids) this.#mine.add(id);
    this.#lookSoon();
  }

  /** Brings rows back at once after an undo. */
  restore(ids: Iterable<string>): void {
    const back = [...ids].filter((id) => this.rows.get(id) !== undefined);
    for (const id of back) {
      this.#mine.delete(id);
      this.leaving.delete(id);
    }
    if (back.some((id) => !this.ids.includes(id)))
      this.ids = this.#sorted([...new Set([...this.ids, ...back])]);
  }

  #query(page: string): URLSearchParams {
    const query = new URLSearchParams(filterParams(this.filters, this.now()));
    query.set('sort', this.filters.sort);
    query.set('limit', String(pageSize));
    if (page) query.set('page', page);
    return query;
  }

  #accept(page: GroupPage): void {
    this.rows.upsert(page.groups);
  }

  #lookSoon(): void {
    if (!this.#unsubscribe) return;
    this.#review ??= setTimeout(() => {
      this.#review = undefined;
      this.#look();
    }, reviewEvery);
  }

  #look(): void {
    if (this.phase !== 'ready') return;
    const now = this.now();
    const gone = new Set<string>();
    let moved = false;
    let above = Infinity;
    for (const id of this.ids) {
      const group = this.rows.get(id);
      if (!group) {
        gone.add(id);
        continue;
      }
      const { key, fits } = this.#facts(group, now);
      if (key > above) moved = true;
      above = key;
      if (fits !== 'no') {
        this.leaving.delete(id);
        continue;
      }
      const due = this.leaving.get(id);
      if (due === undefined) this.leaving.set(id, now + fadeFor);
      else if (now >= due && (!this.busy || this.#mine.has(id))) gone.add(id);
    }
    if (gone.size) this.#remove(gone);
    this.#collect(now);
    const unseen = this.atTop && !this.busy && this.selected.size === 0 && !this.beginsAt;
    const news = this.arrivals.size > 0 || moved;
    if (news && unseen && now - this.#settledAt >= settleEvery) this.showNew();
    if (this.leaving.size || (news && unseen)) this.#lookSoon();
  }

  #collect(now: number): void {
    if (this.#touched.size === 0) return;
    const shown = new Set(this.ids);
    const last = this.ids.at(-1);
    const bottom = last === undefined ? undefined : this.rows.get(last);
    const lowest = this.nextPage && bottom ? this.#facts(bottom, now).key : -Infinity;
    for (const id of this.#touched) {
      const group = this.rows.get(id);
      const belongs =
        group !== undefined &&
        !shown.has(id) &&
        !this.beginsAt &&
        this.#facts(group, now).fits === 'yes' &&
        this.#facts(group, now).key >= lowest;
      if (belongs) this.arrivals.add(id);
      else this.arrivals.delete(id);
    }
    this.#touched.clear();
  }

  #remove(gone: Set<string>): void {
    if (gone.has(this.current)) {
      const at = this.ids.indexOf(this.current);
      const stays = (id: string) => !gone.has(id);
      this.current = this.ids.slice(at).find(stays) ?? this.ids.slice(0, at).findLast(stays) ?? '';
    }
    this.ids = this.ids.filter((id) => !gone.has(id));
    for (const id of gone) {
      this.leaving.delete(id);
      this.selected.delete(id);
      this.#mine.delete(id);
    }
  }

  /** What follows from a group as it is now, kept with it: a storm has all rows looked at four times a second. */
  #facts(group: Group, now: number): Facts {
    const known = this.#known.get(group);
    // A time counted back from now moves on by itself.
    if (known && !this.filters.since) return known;
    const facts = { key: sortKey(this.filters.sort, group), fits: matches(this.filters, group, now) };
    this.#known.set(group, facts);
    return facts;
  }

  #sorted(ids: string[]): string[] {
    const now = this.now();
    const keyed = ids.flatMap((id) => {
      const group = this.rows.get(id);
      return group ? [{ id, key: this.#facts(group, now).key }] : [];
    });
    keyed.sort((a, b) => b.key - a.key);
    return keyed.map(({ id }) => id);
  }
}
