// What the element shows, decided away from the screen: which cards, in which
// order, what is held back while somebody's pointer or focus is among them,
// and what can still be undone. The element draws it and sends back what the
// person does.

import type { Env, FeedView, Group, FeedStore, Order, Readable, Unsubscribe } from '@rynda/realtime';
import { besides, createTimers, writable } from '@rynda/realtime';
import { createStormWatch, type Storm } from './storm';

export const shown = 5;
export const undoMs = 6_000;
export const sortMs = 2_000;
/** How often a storm is drawn: it is one card with numbers, and nobody reads faster. */
export const stormDrawMs = 250;

export interface Stack {
  cards: Group[];
  /** Raised and held back while the stack is in use. */
  fresh: number;
  /** Dismissed a moment ago; the last line offers to undo them. */
  hidden: string[];
  /** Dismissals that nobody answered yet. */
  waiting: number;
  /** Cards whose dismissal was refused. */
  failed: ReadonlySet<string>;
  storm: Storm | undefined;
  feed: FeedView;
}

export interface StackControl {
  view: Readable<Stack>;
  /** Somebody is reading: nothing moves until they are done. */
  hold(held: boolean): void;
  /** Shows what was held back, though somebody is reading. */
  release(): void;
  dismiss(...ids: string[]): void;
  undo(): void;
  retry(id: string): void;
  /** Shows single cards again. */
  calm(): void;
  /** The undo line is being reached for: it stays a while longer. */
  keepUndo(): void;
  close(): void;
}

/** Comparable: without the Z, a shorter fraction sorts before a longer one. */
function raisedAt(group: Group | undefined): string {
  return (group?.raised_at ?? '').replace('Z', '');
}

interface Options {
  env: Env;
  store: FeedStore;
  order: Order;
  project?: string | undefined;
  /** Groups that became visible news, held back or not. */
  arrived(groups: Group[]): void;
}

export function createStack({ env, store, order, project, arrived }: Options): StackControl {
  const feed = store.feed(order, project);
  const storms = createStormWatch();
  let cards: string[] = [];
  let held = false;
  let hidden: string[] = [];
  let sortedAt = -Infinity;
  const heldBack = new Set<string>();
  /** What the person dismissed here: it may come back to its place even under their hand. */
  const own = new Set<string>();
  const timers = createTimers<'sort' | 'storm' | 'undo' | 'draw'>(env);
  const { after, cancel } = timers;
  /** The newest raise there was; undefined before the first snapshot, which is no news. */
  let newest: string | undefined;

  function compose(): Stack {
    const now = feed.get();
    const groups = place(now.groups.map((g) => g.group_id))
      .map((id) => store.active(id))
      .filter((g) => g !== undefined);
    cards = groups.map((g) => g.group_id);
    for (const id of heldBack) if (cards.includes(id) || !store.active(id)) heldBack.delete(id);
    const inPhase = (phase: string) =>
      [...now.pending].filter(([, op]) => op.phase === phase).map(([id]) => id);
    return {
      cards: groups,
      fresh: heldBack.size,
      hidden: hidden.filter((id) => !store.active(id)),
      waiting: inPhase('waiting').length,
      failed: new Set(inPhase('failed')),
      storm: storms.at(env.now()),
      feed: { ...now, ...besides(groups, now.bySeverity) },
    };
  }

  /** The order of the cards: as the feed has it, unless that would move something under a hand. */
  function place(wanted: string[]): string[] {
    const still = cards.filter((id) => store.active(id));
    if (held && still.length) {
      const lowest = Math.max(...still.map((id) => wanted.indexOf(id)));
      // Older ones may fill the places below; what was dismissed here may come back to its own.
      const kept = [...still, ...wanted.filter((id, i) => i > lowest && !heldBack.has(id))];
      wanted.forEach((id, i) => {
        if (kept.includes(id) || !own.has(id)) return;
        const at = kept.findIndex((other) => wanted.indexOf(other) > i);
        kept.splice(at < 0 ? kept.length : at, 0, id);
      });
      kept.length = Math.min(kept.length, shown);
      // Whatever else belongs here is newer, and waits.
      for (const id of wanted) if (!kept.includes(id)) heldBack.add(id);
      return kept;
    }
    const moved = still.filter((id) => wanted.includes(id));
    if (moved.join() !== wanted.filter((id) => still.includes(id)).join()) {
      const wait = sortedAt + sortMs - env.now();
      if (wait > 0) {
        // Newcomers may enter; those already there keep their places a little longer.
        after('sort', wait, update);
        return wanted.map((id) => (still.includes(id) ? (moved.shift() as string) : id));
      }
      sortedAt = env.now();
    }
    return wanted;
  }

  const view = writable(compose());
  function update() {
    view.set(compose());
  }

  /** The undo line stays as long as this is called again. */
  function keepUndo() {
    if (hidden.length)
      after('undo', undoMs, () => {
        hidden = [];
        update();
      });
  }

  function noteRaised(groups: Group[]) {
    const mine = groups.filter((g) => project === undefined || g.project === project);
    if (!mine.length) return;
    tell(mine);
    storms.raised(mine, env.now());
    if (held) for (const g of mine) if (!cards.includes(g.group_id)) heldBack.add(g.group_id);
    const endsAt = storms.endsAt();
    // A timer may be a little early.
    if (endsAt !== undefined) after('storm', endsAt - env.now() + 50, update);
  }

  function tell(news: Group[]) {
    if (newest === undefined || !news.length) return;
    for (const g of news) if (raisedAt(g) > newest) newest = raisedAt(g);
    arrived(news);
  }

  const off: Unsubscribe[] = [
    feed.subscribe((now) => {
      if (now.loaded && !now.stale) {
        // After an absence the snapshot brings what no event did; a card that
        // merely fills a free place is older than what was seen already.
        tell(now.groups.filter((g) => raisedAt(g) > (newest ?? '')));
        newest ??= now.groups.map(raisedAt).sort().at(-1) ?? '';
      }
      if (!view.get().storm) update();
      else if (!timers.has('draw')) after('draw', stormDrawMs, update);
    }),
    store.onRaised(noteRaised),
  ];

  return {
    view,
    hold(now) {
      if (held === now) return;
      held = now;
      if (!held) {
        heldBack.clear();
        own.clear();
      }
      update();
    },
    release() {
      heldBack.clear();
      held = false;
      update();
      held = true;
      update();
    },
    dismiss(...ids) {
      if (!ids.length) return;
      hidden = [...hidden.filter((id) => !ids.includes(id)), ...ids];
      keepUndo();
      for (const id of ids) own.add(id);
      store.dismiss(...ids);
      update();
    },
    undo() {
      const ids = hidden;
      hidden = [];
      store.undo(...ids);
      update();
    },
    retry: (id) => store.retry(id),
    calm() {
      storms.end();
      update();
    },
    keepUndo,
    close() {
      for (const fn of off) fn();
      cancel('sort', 'storm', 'undo', 'draw');
    },
  };
}
