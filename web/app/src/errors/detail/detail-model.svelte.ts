/* eslint-disable svelte/prefer-svelte-reactivity -- the plain sets and maps here are not shown */
import type { Group } from '@rynda/realtime';
import { Again } from '../../api/again';
import { aborted, asProblem, type Problem } from '../../api/problem';
import type { Client } from '../../api/client';
import type { FirstDeploy, Grouping, HistoryEntry, Occurrence } from '../../api/types';

const pageSize = 25;
const refreshAfter = 1_000;
const mostPages = 20;

const newestFirst = (a: Occurrence, b: Occurrence): number =>
  Date.parse(b.occurred_at) - Date.parse(a.occurred_at) || (b.occurrence_id < a.occurrence_id ? -1 : 1);

/**
 * One group in full. The occurrence that is open stays open: newer ones raise
 * the counter and are one key away, but never take its place by themselves.
 * Occurrences are held newest first and loaded a page at a time. In a storm the
 * newest may have no text; then the newest that has is open, pages away or not.
 */
export class DetailModel {
  phase = $state<'loading' | 'ready' | 'failed'>('loading');
  problem = $state.raw<Problem | undefined>();
  grouping = $state.raw<Grouping | undefined>();
  history = $state.raw<HistoryEntry[]>([]);
  /** The deploy after which the group was first seen. */
  deploy = $state.raw<FirstDeploy | undefined>();
  occurrences = $state.raw<Occurrence[]>([]);
  nextPage = $state('');
  /** Which of the occurrences is open. */
  at = $state(0);
  turning = $state(false);
  turnFailed = $state(false);
  readonly shown = $derived(this.occurrences[this.at]);
  /** The oldest that was reached by pages. What is held after it has others before it that are not held. */
  #reached = $state('');
  readonly #paged = $derived(this.occurrences.findIndex((each) => each.occurrence_id === this.#reached) + 1);
  /** Which one the open occurrence is, counted from the newest; undefined when that is not known. */
  readonly place = $derived(this.at < this.#paged || this.occurrences.length === 1 ? this.at + 1 : undefined);

  #version = -1;
  #timer: ReturnType<typeof setTimeout> | undefined;
  readonly #stop = new AbortController();
  readonly #again = new Again(() => void this.load(true));

  constructor(
    readonly id: string,
    private readonly client: Pick<Client, 'group' | 'occurrences'>,
    private readonly rows: { upsert(groups: Group[]): void },
    private readonly snapshot: () => (cursor: string) => void,
  ) {}

  stop(): void {
    clearTimeout(this.#timer);
    this.#again.stop();
    this.#stop.abort();
  }

  /** What failed and may pass is asked for again by itself, which is not shown until it works. */
  async load(byItself = false): Promise<void> {
    const adopt = this.snapshot();
    try {
      const [detail, page] = await Promise.all([
        this.client.group(this.id, this.#stop.signal),
        this.client.occurrences(this.id, '', pageSize, this.#stop.signal),
      ]);
      adopt(detail.cursor);
      this.#version = detail.group.version;
      this.rows.upsert([detail.group]);
      this.grouping = detail.grouping;
      this.deploy = detail.deploy ?? undefined;
      this.history = detail.history ?? [];
      const newest = detail.occurrence;
      const held = page.occurrences.some((each) => each.occurrence_id === newest?.occurrence_id);
      this.occurrences = held || !newest ? page.occurrences : [...page.occurrences, newest].sort(newestFirst);
      this.#reached = page.occurrences.at(-1)?.occurrence_id ?? '';
      this.nextPage = page.next_page;
      this.at = 0;
      if (newest && !newest.sampled) this.#keepOpen(newest.occurrence_id);
      this.problem = undefined;
      this.#again.worked();
      this.phase = 'ready';
    } catch (error) {
      if (aborted(error)) return;
      const problem = asProblem(error);
      if (!byItself || this.problem?.status !== problem.status) this.problem = problem;
      this.#again.failed(problem);
      this.phase = 'failed';
    }
  }

  /** Told the version of the group on screen; a newer one than was loaded refreshes what surrounds the open occurrence. */
  changed(version: number): void {
    if (this.phase !== 'ready' || version <= this.#version || this.#timer !== undefined) return;
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      void this.#refresh();
    }, refreshAfter);
  }

  get hasOlder(): boolean {
    return this.at < this.occurrences.length - 1 || this.nextPage !== '';
  }

  get hasNewer(): boolean {
    return this.at > 0;
  }

  open(at: number): void {
    this.at = at;
  }

  async older(): Promise<void> {
    const last = () => this.at === this.occurrences.length - 1;
    const due = () => last() || this.at === this.#paged - 1;
    for (let pages = 0; due() && this.nextPage && pages < mostPages; pages++) {
      await this.more();
      if (this.turnFailed) return;
    }
    if (!last()) this.at += 1;
  }

  newer(): Promise<void> {
    if (this.at > 0) this.at -= 1;
    return Promise.resolve();
  }

  newest(): Promise<void> {
    this.at = 0;
    return Promise.resolve();
  }

  /** Loads the page of occurrences after the oldest one held. */
  async more(): Promise<void> {
    if (!this.nextPage || this.turning) return;
    this.turning = true;
    this.turnFailed = false;
    try {
      const page = await this.client.occurrences(this.id, this.nextPage, pageSize, this.#stop.signal);
      const open = this.shown?.occurrence_id;
      const known = new Set(this.occurrences.map((each) => each.occurrence_id));
      const fresh = page.occurrences.filter((each) => !known.has(each.occurrence_id));
      this.occurrences = [...this.occurrences, ...fresh].sort(newestFirst);
      this.#reached = page.occurrences.at(-1)?.occurrence_id ?? this.#reached;
      this.nextPage = page.next_page;
      this.#keepOpen(open);
    } catch (error) {
      if (!aborted(error)) this.turnFailed = true;
    } finally {
      this.turning = false;
    }
  }

  /** New history and newer occurrences, put in front; the open one keeps its place on screen. */
  async #refresh(): Promise<void> {
    try {
      const [detail, page] = await Promise.all([
        this.client.group(this.id, this.#stop.signal),
        this.client.occurrences(this.id, '', pageSize, this.#stop.signal),
      ]);
      this.#version = Math.max(this.#version, detail.group.version);
      this.rows.upsert([detail.group]);
      this.history = detail.history ?? [];
      const open = this.shown?.occurrence_id;
      const known = new Set(page.occurrences.map((each) => each.occurrence_id));
      const joined = this.occurrences.some((each) => known.has(each.occurrence_id));
      if (joined || this.occurrences.length === 0) {
        this.occurrences = [
          ...page.occurrences,
          ...this.occurrences.filter((each) => !known.has(each.occurrence_id)),
        ];
        if (this.occurrences.length <= pageSize) {
          this.nextPage = page.next_page;
          this.#reached = page.occurrences.at(-1)?.occurrence_id ?? '';
        }
      } else if (this.at === 0 && this.shown) {
        // More came than a page holds: begin anew behind the open one.
        this.occurrences = [...page.occurrences, this.shown];
        this.#reached = page.occurrences.at(-1)?.occurrence_id ?? '';
        this.nextPage = page.next_page;
      }
      this.#keepOpen(open);
    } catch {
      // The next change tries again; the counter on screen is right already.
    }
  }

  #keepOpen(id: string | undefined): void {
    const at = this.occurrences.findIndex((each) => each.occurrence_id === id);
    if (at >= 0) this.at = at;
  }
}
