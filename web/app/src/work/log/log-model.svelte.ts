import type { Logged } from '@rynda/realtime';
import { aborted, asProblem, type Problem } from '../../api/problem';
import type { Client } from '../../api/client';
import type { LogLine, LogState, WorkKind } from '../../api/types';
import { mergeLines, mergeMarkers } from './lines';

const pageSize = 1000;
/** Lines held; beyond them the far end is let go. */
export const mostLines = 20_000;
const retryAfter = 3_000;
const slowest = 30_000;

/**
 * The log of one run or deploy: a window of its lines without holes, and all its
 * markers. It opens at the end, and grows there as lines come; earlier lines are
 * fetched when the reader goes up, and a jump to a marker far away moves the
 * window. Lines are known by `seq` alone: what comes twice, late or out of order
 * falls into its place.
 */
export class LogModel {
  phase = $state<'loading' | 'ready' | 'failed'>('loading');
  problem = $state.raw<Problem | undefined>();
  lines = $state.raw<LogLine[]>([]);
  markers = $state.raw<LogLine[]>([]);
  /** The last line there is, as far as is known. */
  toSeq = $state(0);
  ended = $state(false);
  /** Nothing between the window and the end of the log is missing. */
  atEnd = $state(true);
  /** Every line after this one, up to the last of the window, is held. */
  from = $state(0);
  loadingEarlier = $state(false);
  loadingLater = $state(false);
  readonly atStart = $derived(this.from === 0);

  /** Where lines are to be fetched from next; undefined when nothing is wanted. */
  #wanted: number | undefined;
  #fetching = false;
  #markersTo = 0;
  #failures = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #stop = new AbortController();

  constructor(
    readonly kind: WorkKind,
    readonly project: string,
    readonly id: string,
    private readonly client: Pick<Client, 'log'>,
  ) {}

  stop(): void {
    clearTimeout(this.#timer);
    this.#stop.abort();
  }

  /** Opens at the end of what the detail said there is. */
  async open({ to_seq, ended }: LogState): Promise<void> {
    this.toSeq = Math.max(this.toSeq, to_seq);
    this.ended = ended;
    if (this.phase === 'ready') return this.#want(this.#last);
    await Promise.all([this.toEnd(), this.#loadMarkers()]);
  }

  /** Told that there are lines. */
  logged({ from_seq, to_seq, ended }: Pick<Logged, 'from_seq' | 'to_seq' | 'ended'>): void {
    this.toSeq = Math.max(this.toSeq, to_seq);
    this.ended = ended;
    if (this.phase !== 'ready') return;
    if (this.atEnd) this.#want(Math.max(this.from, Math.min(this.#last, from_seq - 1)));
    else void this.#loadMarkers();
  }

  /** Asks whether there is more; for when nobody tells. */
  poll(): void {
    if (this.phase === 'failed') void this.toEnd();
    else if (this.phase === 'ready' && this.atEnd) this.#want(this.#last);
  }

  /** Moves the window to the end of the log. */
  async toEnd(): Promise<void> {
    if (this.atEnd && this.phase === 'ready') return;
    if (this.phase === 'ready') void this.#loadMarkers();
    await this.#moveTo(Math.max(0, this.toSeq - pageSize), true);
  }

  toStart(): Promise<void> {
    return this.atStart && this.phase === 'ready' ? Promise.resolve() : this.#moveTo(0, false);
  }

  /** Sees to it that the line is in the window. */
  async reach(seq: number): Promise<void> {
    if (seq > this.from && seq <= this.#last) return;
    await this.#moveTo(Math.max(0, seq - 1 - pageSize / 4), false);
  }

  /** The lines before the window. */
  async earlier(): Promise<void> {
    if (this.from === 0 || this.loadingEarlier || this.phase !== 'ready') return;
    this.loadingEarlier = true;
    const first = this.from;
    const after = Math.max(0, first - pageSize);
    try {
      const page = await this.#fetch(after);
      if (this.from !== first) return;
      this.lines = mergeLines(page.lines, this.lines);
      this.from = after;
      this.#bound('last');
    } catch (error) {
      this.#failed(error);
    } finally {
      this.loadingEarlier = false;
    }
  }

  /** The lines after a window that does not reach the end. */
  async later(): Promise<void> {
    if (this.atEnd || this.loadingLater || this.phase !== 'ready') return;
    this.loadingLater = true;
    const last = this.#last;
    try {
      const page = await this.#fetch(last);
      if (this.#last !== last) return;
      this.lines = mergeLines(this.lines, page.lines);
      this.atEnd = !page.has_more;
      this.#bound('first');
    } catch (error) {
      this.#failed(error);
    } finally {
      this.loadingLater = false;
    }
  }

  get #last(): number {
    return this.lines.at(-1)?.seq ?? this.from;
  }

  async #moveTo(after: number, end: boolean): Promise<void> {
    try {
      let page = await this.#fetch(after);
      let lines = page.lines;
      // Lines came meanwhile: the end has moved on.
      while (end && page.has_more) {
        page = await this.#fetch(lines.at(-1)?.seq ?? after);
        lines = mergeLines(lines, page.lines);
      }
      this.from = after;
      this.lines = lines;
      this.atEnd = !page.has_more;
      this.#bound('first');
      this.phase = 'ready';
    } catch (error) {
      if (aborted(error)) return;
      this.#failed(error);
      if (this.phase === 'loading') this.phase = 'failed';
    }
  }

  #want(after: number): void {
    this.#wanted = Math.min(this.#wanted ?? Infinity, after);
    if (!this.#fetching && this.#timer === undefined) void this.#pump();
  }

  /** One request at a time, however fast the news come; what comes meanwhile is fetched by the next. */
  async #pump(): Promise<void> {
    this.#fetching = true;
    while (this.#wanted !== undefined && this.atEnd) {
      const after = this.#wanted;
      this.#wanted = undefined;
      try {
        const page = await this.#fetch(after);
        if (!this.atEnd) break;
        this.lines = mergeLines(this.lines, page.lines);
        this.#bound('first');
        if (page.has_more) this.#want(page.lines.at(-1)?.seq ?? after);
        this.#failures = 0;
      } catch (error) {
        if (aborted(error)) break;
        this.#failed(error);
        this.#wanted = Math.min(this.#wanted ?? Infinity, after);
        this.#timer = setTimeout(
          () => {
            this.#timer = undefined;
            void this.#pump();
          },
          Math.min(slowest, retryAfter * 2 ** this.#failures++),
        );
        break;
      }
    }
    if (!this.atEnd) this.#wanted = undefined;
    this.#fetching = false;
  }

  async #fetch(after: number) {
    const options = { after, limit: pageSize };
    const page = await this.client.log(this.kind, this.project, this.id, options, this.#stop.signal);
    this.toSeq = Math.max(this.toSeq, page.to_seq);
    this.ended = page.ended;
    this.markers = mergeMarkers(this.markers, page.lines);
    this.problem = undefined;
    return page;
  }

  /** Every marker behind those that are known. A log of any length has few. */
  async #loadMarkers(): Promise<void> {
    try {
      for (let more = true; more && this.markers.length < mostLines;) {
        const options = { after: this.#markersTo, limit: pageSize, markers: true };
        const page = await this.client.log(this.kind, this.project, this.id, options, this.#stop.signal);
        this.markers = mergeMarkers(this.markers, page.lines);
        this.#markersTo = Math.max(this.#markersTo, page.lines.at(-1)?.seq ?? 0);
        more = page.has_more && page.lines.length > 0;
      }
    } catch (error) {
      this.#failed(error);
    }
  }

  #failed(error: unknown): void {
    if (!aborted(error)) this.problem = asProblem(error);
  }

  /** Lets go of the end of the window that the reader is not at. */
  #bound(far: 'first' | 'last'): void {
    const over = this.lines.length - mostLines;
    if (over <= 0) return;
    if (far === 'first') {
      this.from = this.lines[over - 1]!.seq;
      this.lines = this.lines.slice(over);
    } else {
      this.lines = this.lines.slice(0, mostLines);
      this.atEnd = false;
    }
  }
}
