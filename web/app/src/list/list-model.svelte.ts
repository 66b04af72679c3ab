/* eslint-disable svelte/prefer-svelte-reactivity -- the plain sets and maps here are not shown */
import { SvelteMap, SvelteSet } from 'svelte/reactivity';
import { Again } from '../api/again';
import { aborted, asProblem, type Problem } from '../api/problem';

/** Rows asked for at a time, and rows kept before the window stops growing. */
const pageSize = 50;
export const windowSize = 2000;

/** How often a storm of changes is looked at, and how often rows may change places by themselves. */
const reviewEvery = 250;
const settleEvery = 2000;
/** How long a row that left the filters is still seen, faded. */
const fadeFor = 1500;

export interface Page<T> {
  rows: T[];
  next_page: string;
  cursor: string;
}

/** "unknown" when a row cannot tell: it stays where it is, and does not arrive by itself. */
export type Belongs = 'yes' | 'no' | 'unknown';

/** What a list must know of its rows: who has them, which belong, and in which order. */
export interface Source<T> {
  /** The filters as the server wants them. */
  query(now: number): URLSearchParams;
  ask(query: URLSearchParams, signal: AbortSignal): Promise<Page<T>>;
  idOf(row: T): string;
  get(id: string): T | undefined;
  /** Takes in the rows of an answer. */
  upsert(rows: T[]): void;
  /** Whether a row belongs under the filters, judged from the row alone. */
  belongs(row: T, now: number): Belongs;
  /** What the list is ordered by: larger comes first. */
  order(row: T): number;
  /** True when rows leave as time goes by, without a change of their own. */
  ages: boolean;
  /** Called before each snapshot; what it returns is told the position, so that what follows is delivered. */
  snapshot(): (cursor: string) => void;
}

interface Facts {
  key: number;
  belongs: Belongs;
}

/**
 * A live list under one set of filters: which rows, in which order. The rows
 * themselves live in a store and patch in place; this holds ids alone.
 *
 * Calm comes first. Rows never move under a reader: those that arrive are
 * collected in `arrivals`, and take their place when the reader asks (`showNew`)
 * or when nobody would notice (at the top, neither pointer nor focus inside,
 * nothing selected), at most once in two seconds. Rows that stop matching fade
 * before they go, and stay faded while the reader is inside.
 */
export class ListModel<T extends object> {
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
  readonly selected = new SvelteSet<string>();
  /** Rows on their way out, with the time they go. */
  readonly leaving = new SvelteMap<string, number>();
  /** The row that holds the one tab stop. */
  current = $state('');
  /** When the rows were last known to be whole, and the position they were read at. */
  loadedAt = $state(0);
  cursor = '';

  readonly #known = new WeakMap<T, Facts>();
  readonly #touched = new Set<string>();
  readonly #sentAway = new Set<string>();
  #anchor = '';
  #shown = false;
  #loading = false;
  #atTop = true;
  #busy = false;
  #settledAt = 0;
  #review: ReturnType<typeof setTimeout> | undefined;
  #request = new AbortController();
  readonly #again = new Again(() => void this.load(true));

  constructor(
    /** The address text of the filters, by which the list is known. */
    readonly search: string,
    private readonly source: Source<T>,
    private readonly now: () => number = Date.now,
  ) {}

  /** On the screen from now on. Loads unless the rows are here and what changed meanwhile is known. */
  start(): void {
    this.#shown = true;
    if (this.phase !== 'ready' || this.problem || this.#touched.size > windowSize) void this.load();
    this.lookSoon();
  }

  stop(): void {
    this.#shown = false;
    this.#busy = false;
    clearTimeout(this.#review);
    this.#review = undefined;
    this.#again.stop();
  }

  /** Nobody will come back to it. */
  end(): void {
    this.stop();
    this.#request.abort();
  }

  /** Told by the grid: the reader is at the top. */
  set atTop(atTop: boolean) {
    if (atTop && !this.#atTop) this.#leave();
    this.#atTop = atTop;
  }

  /** Told by the grid: the reader has pointer or focus inside. */
  set busy(busy: boolean) {
    if (this.#busy && !busy) this.#leave();
    this.#busy = busy;
  }

  /**
   * Loads the first page (of this window) anew. Old rows stay until the answer is here, and when it fails.
   * What failed and may pass is asked for again by itself, which is not shown until it works.
   */
  async load(byItself = false): Promise<void> {
    this.#request.abort();
    const request = (this.#request = new AbortController());
    if (this.phase === 'failed' && !byItself) this.phase = 'loading';
    // What changes from here on may not be in the answer: it is kept to be looked at again.
    this.#touched.clear();
    this.#loading = true;
    const adopt = this.source.snapshot();
    try {
      const page = await this.#ask(this.beginsAt, request.signal);
      this.ids = page.rows.map((row) => this.source.idOf(row));
      this.cursor = page.cursor;
      adopt(page.cursor);
      this.nextPage = page.next_page;
      this.loadedAt = this.now();
      this.phase = 'ready';
      this.problem = undefined;
      this.#again.worked();
      this.stale = false;
      this.olderPhase = 'idle';
      this.arrivals.clear();
      this.leaving.clear();
      for (const id of this.selected) if (!this.ids.includes(id)) this.selected.delete(id);
    } catch (error) {
      if (aborted(error)) return;
      const problem = asProblem(error);
      // The same again is no news to somebody who is read aloud to.
      if (!byItself || this.problem?.status !== problem.status) this.problem = problem;
      if (this.#shown) this.#again.failed(problem);
      this.phase = this.ids.length ? 'ready' : 'failed';
      this.stale = this.ids.length > 0;
    }
    this.#loading = false;
    this.lookSoon();
  }

  /** Loads the page after the last row. */
  async older(): Promise<void> {
    if (!this.nextPage || this.olderPhase === 'loading' || this.phase !== 'ready') return;
    this.olderPhase = 'loading';
    const asked = this.nextPage;
    try {
      const page = await this.#ask(asked, this.#request.signal);
      if (asked !== this.nextPage) return;
      this.ids = [...new Set([...this.ids, ...page.rows.map((row) => this.source.idOf(row))])];
      for (const id of this.ids) this.arrivals.delete(id);
      this.nextPage = page.next_page;
      this.olderPhase = 'idle';
    } catch (error) {
      this.olderPhase = aborted(error) ? 'idle' : 'failed';
    }
  }

  get full(): boolean {
    return this.ids.length >= windowSize;
  }

  /** Lets go of the rows held and goes on from where they end. */
  moveOn(): Promise<void> {
    return this.#from(this.nextPage);
  }

  backToNewest(): Promise<void> {
    return this.#from('');
  }

  /** Keeps the rows, says that they may be out of date, and loads anew. */
  refresh(): Promise<void> {
    this.stale = true;
    return this.load();
  }

  /** Told that the server answers: what failed for want of it is tried again. */
  reachable(): void {
    if (this.problem && (this.problem.unreachable || this.problem.status >= 500)) void this.load();
  }

  /** Told which rows there is news of. While nobody looks, more than a window of them is not kept: `start` loads anew. */
  touch(ids: Iterable<string>): void {
    for (const id of ids) {
      if (!this.#shown && this.#touched.size > windowSize) return;
      this.#touched.add(id);
    }
    this.lookSoon();
  }

  /** Told that rows or the time have changed. Looked at soon, however often it is told. */
  lookSoon(): void {
    if (!this.#shown) return;
    this.#review ??= setTimeout(() => {
      this.#review = undefined;
      this.#look();
    }, reviewEvery);
  }

  /** Puts the arrivals in, and every row where it now belongs. A window that grew too long begins anew. */
  showNew(): void {
    this.#settledAt = this.now();
    const ids = [...new Set([...this.arrivals, ...this.ids])];
    if (ids.length > windowSize) return void this.load();
    this.arrivals.clear();
    this.ids = this.#sorted(ids);
  }

  /** Selects a row or takes it out of the selection; with `range` selects all from the one picked before. */
  pick(id: string, range = false): void {
    const from = this.ids.indexOf(this.#anchor);
    const to = this.ids.indexOf(id);
    if (range && from >= 0) {
      for (const each of this.ids.slice(Math.min(from, to), Math.max(from, to) + 1)) this.selected.add(each);
    } else if (!this.selected.delete(id)) this.selected.add(id);
    this.#anchor = id;
    this.current = id;
  }

  /** Rows that this person makes leave go even while the pointer is in the list. */
  sendAway(ids: Iterable<string>): void {
    for (const id of ids) this.#sentAway.add(id);
    this.lookSoon();
  }

  /** Has rows back at once after an undo. */
  bringBack(ids: Iterable<string>): void {
    const back = [...ids].filter((id) => this.source.get(id) !== undefined);
    for (const id of back) {
      this.#sentAway.delete(id);
      this.leaving.delete(id);
    }
    if (back.some((id) => !this.ids.includes(id)))
      this.ids = this.#sorted([...new Set([...this.ids, ...back])]);
  }

  async #ask(token: string, signal: AbortSignal): Promise<Page<T>> {
    const query = this.source.query(this.now());
    query.set('limit', String(pageSize));
    if (token) query.set('page', token);
    const page = await this.source.ask(query, signal);
    this.source.upsert(page.rows);
    return page;
  }

  #from(token: string): Promise<void> {
    this.beginsAt = token;
    this.ids = [];
    this.selected.clear();
    this.phase = 'loading';
    return this.load();
  }

  /** Nothing moves in the moment after a reader has gone, when the pointer may be on its way to "N new". */
  #leave(): void {
    this.#settledAt = this.now();
    this.lookSoon();
  }

  #look(): void {
    if (this.phase !== 'ready') return;
    const now = this.now();
    const gone = new Set<string>();
    let moved = false;
    let above = Infinity;
    for (const id of this.ids) {
      const row = this.source.get(id);
      if (!row) {
        gone.add(id);
        continue;
      }
      const { key, belongs } = this.#facts(row, now);
      if (key > above) moved = true;
      above = key;
      if (belongs !== 'no') {
        this.leaving.delete(id);
        continue;
      }
      const due = this.leaving.get(id);
      if (due === undefined) this.leaving.set(id, now + fadeFor);
      else if (now >= due && (!this.#busy || this.#sentAway.has(id))) gone.add(id);
    }
    if (gone.size) this.#remove(gone);
    this.#collect(now);
    const unseen = this.#atTop && !this.#busy && this.selected.size === 0 && !this.beginsAt;
    const news = unseen && !this.#loading && (this.arrivals.size > 0 || moved);
    if (news && now - this.#settledAt >= settleEvery) this.showNew();
    if (this.leaving.size || news) this.lookSoon();
  }

  #collect(now: number): void {
    const news = new Set([...this.arrivals, ...this.#touched]);
    if (news.size === 0) return;
    const shown = new Set(this.ids);
    const last = this.ids.at(-1);
    const bottom = last === undefined ? undefined : this.source.get(last);
    const lowest = this.nextPage && bottom ? this.#facts(bottom, now).key : -Infinity;
    for (const id of news) {
      const row = this.source.get(id);
      const arrives =
        row !== undefined &&
        !shown.has(id) &&
        !this.beginsAt &&
        this.#facts(row, now).belongs === 'yes' &&
        // What ties with the last row is on the next page: keys are coarser than the server's order.
        this.#facts(row, now).key > lowest;
      if (arrives) this.arrivals.add(id);
      else this.arrivals.delete(id);
    }
    if (!this.#loading) this.#touched.clear();
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
      this.#sentAway.delete(id);
    }
  }

  /** What follows from a row as it is now, kept with it: a storm has all rows looked at four times a second. */
  #facts(row: T, now: number): Facts {
    const known = this.#known.get(row);
    if (known && !this.source.ages) return known;
    const facts = { key: this.source.order(row), belongs: this.source.belongs(row, now) };
    this.#known.set(row, facts);
    return facts;
  }

  #sorted(ids: string[]): string[] {
    const now = this.now();
    const keyed = ids.flatMap((id) => {
      const row = this.source.get(id);
      return row === undefined ? [] : [{ id, key: this.#facts(row, now).key }];
    });
    keyed.sort((a, b) => b.key - a.key);
    return keyed.map(({ id }) => id);
  }
}
