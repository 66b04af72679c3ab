import type { Group } from '@rynda/realtime';
import type { Client } from '../api/client';
import { Again } from '../api/again';
import { aborted, asProblem, type Problem } from '../api/problem';
import type { WorkDetail, WorkKind, WorkOf } from '../api/types';

const refreshAfter = 1_000;

/**
 * What surrounds one run or deploy: its groups, its neighbours, the state of its
 * log. The row itself lives in the store and patches in place; this asks again,
 * at most once a second, when the row or the groups it may own have changed.
 */
export class WorkDetailModel<K extends WorkKind> {
  phase = $state<'loading' | 'ready' | 'failed'>('loading');
  problem = $state.raw<Problem | undefined>();
  detail = $state.raw<WorkDetail<K> | undefined>();

  #version = -1;
  #timer: ReturnType<typeof setTimeout> | undefined;
  readonly #stop = new AbortController();
  readonly #again = new Again(() => void this.load(true));

  constructor(
    readonly kind: K,
    readonly project: string,
    readonly id: string,
    private readonly client: Pick<Client, 'work'>,
    private readonly into: { works(rows: WorkOf[K][]): void; groups(groups: Group[]): void },
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
    if (this.phase === 'failed' && !byItself) this.phase = 'loading';
    try {
      const detail = await this.client.work(this.kind, this.project, this.id, this.#stop.signal);
      adopt(detail.cursor);
      this.#version = Math.max(this.#version, detail.row.version);
      this.into.works([detail.row]);
      this.into.groups([...detail.groups, ...detail.new_groups]);
      this.detail = detail;
      this.problem = undefined;
      this.#again.worked();
      this.phase = 'ready';
    } catch (error) {
      if (aborted(error)) return;
      const problem = asProblem(error);
      if (!byItself || this.problem?.status !== problem.status) this.problem = problem;
      this.#again.failed(problem);
      // What is shown already stays; the next change tries again.
      if (!this.detail) this.phase = 'failed';
    }
  }

  /** Told the version of the row on screen. */
  changed(version: number): void {
    if (version > this.#version) this.soon();
  }

  /** Asks again, soon and once. */
  soon(): void {
    if (this.phase === 'loading') return;
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      void this.load();
    }, refreshAfter);
  }
}
