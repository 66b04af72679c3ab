/* eslint-disable svelte/prefer-svelte-reactivity -- the plain sets and maps here are not shown */
import type {
  ConnectionView,
  FeedView,
  Group,
  GroupStore,
  Readable,
  Realtime,
  Topics,
  TotalsView,
} from '@rynda/realtime';
import { createContext } from 'svelte';
import { createSubscriber } from 'svelte/reactivity';
import { fromStore } from 'svelte/store';
import type { Client } from './api/client';
import type { Me, MyProject } from './api/types';
import { historyList, type GroupRows } from './errors/history-list';
import { KeptList } from './list/kept-list';
import { paced } from './shell/paced';
import { status } from './shell/status.svelte';
import { t } from './text/i18n.svelte';
import { Works } from './work/works.svelte';

/**
 * What the screens share once it is known who is here: the person, the one
 * connection, the one store of groups that stream, polls and answers all meet
 * in, and the lists that going back finds as they were left.
 */
export class Session {
  readonly #connection: { readonly current: ConnectionView };
  readonly #totals: { readonly current: TotalsView };
  readonly #follow: () => void;
  /** Every change of the store shows in its feed, which costs no copy of all rows. */
  readonly #feed: Readable<FeedView>;
  /** Where details and lists put the groups they brought. */
  readonly rows: GroupRows;
  readonly #asked = new Set<string>();
  readonly history: KeptList<Group>;
  readonly works: { run: Works<'run'>; deploy: Works<'deploy'> };
  #started = $state(false);

  constructor(
    readonly me: Me,
    readonly client: Client,
    readonly realtime: Realtime,
    readonly groups: GroupStore,
    readonly topics: Topics,
  ) {
    this.works = {
      run: new Works('run', realtime, client, () => this.snapshot()),
      deploy: new Works('deploy', realtime, client, () => this.snapshot()),
    };
    this.#feed = groups.feed('newest');
    this.#connection = fromStore(realtime.state);
    this.#totals = fromStore(paced(groups.totals, 250));
    this.#follow = createSubscriber((update) => this.#feed.subscribe(update));
    this.rows = { get: (id) => this.#seen(id), upsert: (came) => groups.upsert(came) };
    this.history = new KeptList((search) => historyList(search, client, this.rows, this.snapshot));
  }

  start(): () => void {
    const stops = [
      this.realtime.onEvents((events) => {
        const ids = events.flatMap((event) => {
          const data = event.data as { group_id?: unknown } | null;
          return event.kind.startsWith('group.') && typeof data?.group_id === 'string' ? [data.group_id] : [];
        });
        if (ids.length) this.history.current?.touch(ids);
      }),
      this.realtime.onReset(() => {
        for (const list of this.#lists()) void list.refresh();
      }),
      this.#feed.subscribe(({ pending }) => {
        this.#report(pending);
        this.history.current?.lookSoon();
      }),
      // The first snapshot says where to begin; without one it is from now.
      this.#feed.subscribe(({ loaded, failed }) => {
        if (this.#started || !(loaded || failed)) return;
        this.#started = true;
        this.realtime.start();
      }),
      this.realtime.state.subscribe(({ actual }) => {
        if (actual !== 'live' && actual !== 'polling') return;
        for (const list of this.#lists()) list.reachable();
      }),
    ];
    return () => {
      for (const stop of stops) stop();
      this.realtime.stop();
    };
  }

  /**
   * Called before a snapshot is asked for; what it returns is told the position.
   * Only one asked for before the connection began can hold news of its own:
   * what came later has been delivered already, and merges by version.
   */
  readonly snapshot = (): ((cursor: string) => void) => {
    const early = !this.#started;
    return (cursor) => {
      if (early) this.realtime.adopt(cursor);
    };
  };

  get connection(): ConnectionView {
    const view = this.#connection.current;
    // Until the first snapshot says where to begin, nobody is away: the page is on its way.
    return this.#started || view.state !== 'paused' ? view : { ...view, state: 'connecting' };
  }

  /** The group as the person should see it, what they just did to it included. Reading it follows its changes. */
  group(id: string): Group | undefined {
    this.#follow();
    return this.#seen(id);
  }

  get activeTotal(): number {
    return this.#totals.current.active_total;
  }

  project(slug: string): MyProject | undefined {
    return this.me.projects.find((project) => project.project === slug);
  }

  /** Marks groups viewed, at once on screen, and offers the way back. */
  dismiss(ids: string[]): void {
    const active = ids.filter((id) => this.#seen(id)?.state === 'active');
    if (active.length === 0) return;
    for (const id of active) this.#asked.add(id);
    this.history.current?.sendAway(active);
    this.groups.dismiss(...active);
    status.say(t('viewed.done', { n: active.length }), { label: t('undo'), run: () => this.undo(active) });
  }

  undo(ids: string[]): void {
    for (const id of ids) this.#asked.add(id);
    this.groups.undo(...ids);
    this.history.current?.bringBack(ids);
    status.say(t('undo.done', { n: ids.length }));
  }

  /** Every list that was left, one of a section. */
  #lists() {
    const { run, deploy } = this.works;
    return [this.history.current, run.lists.current, deploy.lists.current].filter(
      (list) => list !== undefined,
    );
  }

  #seen(id: string): Group | undefined {
    const group = this.groups.get(id);
    const op = group && this.#feed.get().pending.get(id);
    if (!op || op.phase === 'failed') return group;
    const again = group.state === 'active' && group.raised_version > op.through;
    const state = op.want === 'active' || again ? 'active' : 'viewed';
    return state === group.state ? group : { ...group, state };
  }

  /** Says which of the things asked for here the server refused; the rows show the truth again by themselves. */
  #report(pending: FeedView['pending']): void {
    const failed = new Map<string, string[]>();
    for (const id of this.#asked) {
      const op = pending.get(id);
      if (!op || op.phase === 'settling') this.#asked.delete(id);
      else if (op.phase === 'failed') {
        this.#asked.delete(id);
        failed.set(op.want, [...(failed.get(op.want) ?? []), id]);
      }
    }
    for (const [want, ids] of failed) {
      this.history.current?.bringBack(ids);
      const retry = () => {
        for (const id of ids) {
          this.#asked.add(id);
          this.groups.retry(id);
        }
      };
      status.fail(t(want === 'viewed' ? 'viewed.failed' : 'undo.failed', { n: ids.length }), {
        label: t('retry'),
        run: retry,
      });
    }
  }
}

export const [useSession, provideSession] = createContext<Session>();
