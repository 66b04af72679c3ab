// The feed: the five newest (or most severe) active groups, how many more there
// are, and what a person has just done to them. It follows from the rows held,
// which are merged by version from events, lists and answers alike.
//
// What makes the five right without asking each time: a snapshot of the feed
// tells every active group down to its last one, and every group raised since
// comes as an event. So the first five ranked at or above that floor are the
// first five there are. When fewer are left, and the totals say there are
// more, the feed is asked again.

import type { FeedApi } from './api';
import { backoffMs } from './env';
import { createGroupRows, type GroupRows } from './group-rows';
import { signal, writable, type Writable } from './readable';
import type { Realtime } from './realtime';
import type { Event, Feed, Group, Order, Readable, Severity, Unsubscribe } from './types';
import { createViews, type Op, type Views } from './views';

export type Counts = Record<Severity, number>;

/** The feed as a person should see it: what the server said, with what they just did to it. */
export interface FeedView {
  /** At most five, first is first. */
  groups: Group[];
  /** All active ones, shown or not. */
  total: number;
  bySeverity: Counts;
  /** Those of the total that are not among `groups`. */
  more: number;
  moreBySeverity: Counts;
  /** Requests of the person that are not through: by group, absent when all is well. */
  pending: ReadonlyMap<string, Op>;
  /** False until the first snapshot. */
  loaded: boolean;
  /** A newer snapshot is on its way; what is shown may be old. */
  stale: boolean;
  /** The last snapshot could not be had. */
  failed: boolean;
}

/** What a stack of alerts needs. group-store.ts has the rest. */
export interface FeedStore {
  get(groupId: string): Group | undefined;
  /** The group if it is active as the person should see it. */
  active(groupId: string): Group | undefined;
  feed(order?: Order, project?: string): Readable<FeedView>;
  /** Groups that an event put into the feed, again or for the first time; called before the feed changes. */
  onRaised(fn: (groups: Group[]) => void): Unsubscribe;
  /** Marks viewed, at once for the eye. Unknown ids are ignored. */
  dismiss(...groupIds: string[]): void;
  undo(...groupIds: string[]): void;
  /** Sends again what failed; all of it without an id. */
  retry(groupId?: string): void;
  /** Asks for the feed again. */
  refresh(): void;
  /** Ends it; the realtime object lives on. */
  close(): void;
}

/** The store with its insides, for those who build on it. */
export interface OpenFeedStore {
  store: FeedStore;
  rows: GroupRows;
  views: Views;
  /** Absolute counts of the server, corrected by what it has not told back yet. */
  count(project?: string): Counts;
  /** Says that rows or views changed. */
  changed(): void;
  onChange(fn: () => void): Unsubscribe;
}

export const severities: readonly Severity[] = ['critical', 'error', 'warning', 'info'];
export const none: Counts = { critical: 0, error: 0, warning: 0, info: 0 };
const shown = 5;
const refillMs = 250;

/** Sorts before whatever it outranks; total, so that every browser shows the same five. */
function byRank(order: Order): (a: Group, b: Group) => number {
  return (a, b) =>
    (order === 'severity' ? severities.indexOf(a.severity) - severities.indexOf(b.severity) : 0) ||
    compareTimes(b.raised_at ?? '', a.raised_at ?? '') ||
    b.group_id.length - a.group_id.length ||
    compare(b.group_id, a.group_id);
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** Without the Z a shorter fraction sorts before a longer one, as it should; of one length the Z is no matter. */
function compareTimes(a: string, b: string): number {
  return a.length === b.length ? compare(a, b) : compare(a.replace('Z', ''), b.replace('Z', ''));
}

interface FeedState {
  order: Order;
  project: string | undefined;
  view: Writable<FeedView>;
  /** Everything active that ranks at or above is known; null: everything is; undefined: nothing is. */
  floor: Group | null | undefined;
  /** The number of resets its last snapshot was taken after. */
  era: number;
  loading: boolean;
  again: boolean;
  failures: number;
  askedAt: number;
  timer: unknown;
}

export function createFeedStore(realtime: Realtime, api: FeedApi): FeedStore {
  return openFeedStore(realtime, api).store;
}

export function openFeedStore(realtime: Realtime, api: FeedApi): OpenFeedStore {
  const { env } = realtime;
  const rows = createGroupRows((row) => row.state === 'active' || views.ops.has(row.group_id));
  const { get, take } = rows;
  const views: Views = createViews({ env, api, get, answered: take, gone: rows.delete, changed }, refresh);
  const feeds = new Map<string, FeedState>();
  const changes = signal<void>();
  const raised = signal<Group[]>();
  let era = 0;
  let closed = false;
  let up = false;

  function ingest(events: Event[]) {
    const news = new Map<string, Group>();
    const touched = new Set<string>();
    for (const event of events) {
      if (event.kind === 'group.changed' || event.kind === 'group.viewed') {
        const { totals: sums, ...group } = event.data;
        const { group_id: id, state } = group;
        const before = get(id);
        take(group);
        views.told(id, get(id)?.state === 'active');
        if (state !== 'active') news.delete(id);
        else if (before ? group.raised_version > before.raised_version : justRaised(group, event.at))
          news.set(id, group);
        if (sums) rows.takeTotals(sums);
        touched.add(id);
      } else if (event.kind === 'group.removed') {
        const { group_id, project, version, totals: sums } = event.data;
        if (take({ group_id, project, version, state: 'removed' })) views.drop(group_id);
        if (sums) rows.takeTotals(sums);
        news.delete(group_id);
        touched.add(group_id);
      }
    }
    if (news.size) raised.emit([...news.values()]);
    if (touched.size) changed(touched);
  }

  /** Of a group not known before: was it raised by this event, or does an old one merely go on? */
  function justRaised({ raised_at }: Group, at: string): boolean {
    return Date.parse(at) - Date.parse(raised_at ?? '') < 10_000;
  }

  /** Absolute counts of the server, corrected by what it has not told back yet. */
  function count(project?: string): Counts {
    const sum = { ...none };
    for (const each of rows.totals.values())
      if (project === undefined || each.project === project) for (const s of severities) sum[s] += each[s];
    for (const [id, op] of views.ops) {
      const group = get(id);
      if (!group || (project !== undefined && group.project !== project)) continue;
      sum[group.severity] += Number(views.active(group)) - Number(op.counted);
    }
    for (const s of severities) sum[s] = Math.max(0, sum[s]);
    return sum;
  }

  /** Says what changed when that is known: a storm must not cost a look at every row in every frame. */
  function changed(ids?: ReadonlySet<string>) {
    if (closed) return;
    for (const feed of feeds.values()) show(feed, (ids && amended(feed, ids)) ?? best(feed));
    changes.emit();
  }

  function belongs({ project, order, floor }: FeedState, row: Group): boolean {
    if (project !== undefined && row.project !== project) return false;
    if (!views.active(row)) return false;
    return !floor || byRank(order)(row, floor) <= 0 || views.ops.has(row.group_id);
  }

  function insert(into: Group[], row: Group, rank: ReturnType<typeof byRank>) {
    let at = into.length;
    while (at > 0 && rank(row, into[at - 1] as Group) < 0) at--;
    if (at >= shown) return;
    into.splice(at, 0, row);
    into.length = Math.min(into.length, shown);
  }

  /** The best of all rows. */
  function best(feed: FeedState): Group[] {
    const rank = byRank(feed.order);
    const current = feed.era === era;
    const found: Group[] = [];
    for (const row of rows.groups())
      if (belongs(feed, row) && !(current && rows.doubted(row.group_id))) insert(found, row, rank);
    return found;
  }

  /** The best as they were, with these rows as they are now; undefined when others may have to move up. */
  function amended(feed: FeedState, ids: ReadonlySet<string>): Group[] | undefined {
    if (feed.era !== era || views.ops.size) return undefined;
    const rank = byRank(feed.order);
    const found = [...feed.view.get().groups];
    for (const id of ids) {
      const row = get(id);
      const fits = row !== undefined && belongs(feed, row);
      const at = found.findIndex((group) => group.group_id === id);
      const [was] = at < 0 ? [] : found.splice(at, 1);
      if (was && !(fits && rank(row, was) <= 0)) return undefined;
      if (fits) insert(found, row, rank);
    }
    return found;
  }

  function show(feed: FeedState, best: Group[]) {
    const { project, floor } = feed;
    const current = feed.era === era;
    const bySeverity = count(project);
    const beyond = besides(best, bySeverity);
    const stale = !current || feed.floor === undefined;
    feed.view.set({
      groups: best,
      bySeverity,
      ...beyond,
      pending: new Map(views.ops),
      loaded: feed.floor !== undefined,
      stale,
      failed: feed.failures > 0,
    });
    if (floor && !stale && best.length < shown && beyond.more > 0 && !feed.failures && quiet()) refill(feed);
  }

  /** Asks for what took the places that became free; not again and again where server and totals disagree. */
  function refill(feed: FeedState) {
    if (!feed.loading) later(feed, feed.askedAt + refillMs - env.now());
  }

  function later(feed: FeedState, ms: number) {
    env.clearTimeout(feed.timer);
    feed.timer = env.setTimeout(() => void load(feed), ms);
  }

  /** No request of the person is under way: a snapshot now would show it half done. */
  function quiet(): boolean {
    for (const op of views.ops.values()) if (op.phase === 'sending') return false;
    return true;
  }

  async function load(feed: FeedState): Promise<void> {
    if (closed) return;
    feed.again = feed.loading;
    if (feed.loading) return;
    feed.loading = true;
    feed.askedAt = env.now();
    const asked = era;
    try {
      const answer = await api.feed(feed.order, feed.project);
      if (closed) return;
      feed.failures = 0;
      takeFeed(feed, answer, asked);
    } catch {
      if (closed) return;
      feed.failures++;
      // While the line is down its return asks; this is for a server that is up and refuses.
      later(feed, 1_000 + backoffMs(feed.failures, env.random));
    }
    feed.loading = false;
    changed();
    if (feed.again || feed.era !== era) {
      feed.again = false;
      if (!feed.failures) void load(feed);
    }
  }

  function takeFeed(feed: FeedState, answer: Feed, asked: number) {
    for (const group of answer.groups) take(group);
    for (const sums of answer.totals ?? []) rows.takeTotals(sums);
    feed.floor = answer.active_total > answer.groups.length ? (answer.groups.at(-1) ?? null) : null;
    feed.era = asked;
    views.toldAll((id) => get(id)?.state === 'active');
    realtime.adopt(answer.cursor);
  }

  function refresh() {
    for (const feed of feeds.values()) void load(feed);
  }

  const off = [
    realtime.onEvents(ingest),
    realtime.onReset(() => {
      era++;
      rows.doubt();
      refresh();
      changed();
    }),
    realtime.state.subscribe(({ actual }) => {
      const now = actual === 'live' || actual === 'polling';
      if (now && !up) {
        views.retryWaiting();
        for (const feed of feeds.values()) if (feed.failures) void load(feed);
      }
      up = now;
    }),
  ];

  const store: FeedStore = {
    get,
    active(id) {
      const group = get(id);
      return group && views.active(group) ? group : undefined;
    },
    onRaised: raised.on,
    refresh,
    feed(order = 'newest', project) {
      const key = `${order} ${project ?? ''}`;
      let feed = feeds.get(key);
      if (!feed) {
        feed = {
          order,
          project: project || undefined,
          view: writable<FeedView>({
            groups: [],
            bySeverity: none,
            ...besides([], none),
            pending: new Map(),
            loaded: false,
            stale: true,
            failed: false,
          }),
          floor: undefined,
          era,
          loading: false,
          again: false,
          failures: 0,
          askedAt: -Infinity,
          timer: undefined,
        };
        feeds.set(key, feed);
        void load(feed);
      }
      return feed.view;
    },
    dismiss(...ids) {
      for (const group of ids.map(get)) if (group && views.active(group)) views.want(group, 'viewed');
    },
    undo(...ids) {
      for (const group of ids.map(get)) if (group && !views.active(group)) views.want(group, 'active');
    },
    retry: views.retry,
    close() {
      closed = true;
      for (const fn of off) fn();
      for (const feed of feeds.values()) env.clearTimeout(feed.timer);
    },
  };
  return { store, rows, views, count, changed, onChange: changes.on };
}

/** What there is besides these groups. Never fewer in all than can be seen. */
export function besides(
  groups: Group[],
  bySeverity: Counts,
): Pick<FeedView, 'total' | 'more' | 'moreBySeverity'> {
  const moreBySeverity = { ...bySeverity };
  for (const { severity } of groups) moreBySeverity[severity] = Math.max(0, moreBySeverity[severity] - 1);
  const more = total(moreBySeverity);
  return { total: more + groups.length, more, moreBySeverity };
}

export function total(counts: Counts): number {
  return severities.reduce((sum, s) => sum + counts[s], 0);
}
