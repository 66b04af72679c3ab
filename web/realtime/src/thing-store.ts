// Runs or deploys as a page holds them: from the stream, from polls, from lists
// and from answers, merged by version alone like groups. Of their logs it only
// passes on that there are lines; whoever shows a log fetches what it lacks.

import { signal } from './readable';
import type { Realtime } from './realtime';
import { createRows } from './rows';
import type { Deploy, Event, Logged, Run, Unsubscribe } from './types';

export interface Things {
  run: Run;
  deploy: Deploy;
}

export interface ThingStore<T> {
  get(key: string): T | undefined;
  /** Takes in things from a list or an answer. */
  upsert(things: T[]): void;
  /** Called with the keys of what changed: by events at most once per frame, by an answer at once. */
  onChanged(fn: (keys: Set<string>) => void): Unsubscribe;
  /** Called when there are lines of a log; only topics of a single thing bring it. */
  onLogged(fn: (logged: Logged) => void): Unsubscribe;
  /** Ends it; the realtime object lives on. */
  close(): void;
}

/** An id is its project's own. A slug has no slash, so no two things share a key. */
export const thingKey = (project: string, id: string): string => `${project}/${id}`;

/** `keep` says which may not be forgotten when there are too many: those on the screen. */
export function createThingStore<K extends keyof Things>(
  realtime: Pick<Realtime, 'onEvents' | 'onReset'>,
  kind: K,
  keep: (key: string) => boolean = () => false,
): ThingStore<Things[K]> {
  type Thing = (Run | Deploy) & { run_id?: string; new_group_count?: number };
  const keyOf = (thing: Thing) =>
    thingKey(thing.project, kind === 'run' ? (thing as Run).run_id : thing.deploy_id);
  const rows = createRows<Thing>(keyOf, (thing) => keep(keyOf(thing)));
  const changes = signal<Set<string>>();
  const logs = signal<Logged>();

  /**
   * The count of new groups is no part of the versioned state: answers carry it
   * and events do not, so the one that is known stays until an answer has another.
   */
  function take(came: Thing): boolean {
    const key = keyOf(came);
    const count = came.new_group_count ?? rows.all.get(key)?.new_group_count;
    const news = rows.take(came);
    const row = rows.all.get(key);
    if (!row || row.new_group_count === count) return news;
    rows.all.set(key, { ...row, new_group_count: count } as Thing);
    return true;
  }

  function takeAll(things: Thing[]) {
    const keys = new Set(things.filter(take).map(keyOf));
    if (keys.size) changes.emit(keys);
  }

  const off = [
    realtime.onEvents((events: Event[]) => {
      const logged: Logged[] = [];
      const changed: Thing[] = [];
      for (const event of events) {
        if (event.kind === `${kind}.changed`) changed.push(event.data as Thing);
        else if (event.kind === `${kind}.logged`) logged.push(event.data as Logged);
      }
      takeAll(changed);
      logged.forEach(logs.emit);
    }),
    realtime.onReset(rows.doubt),
  ];

  return {
    get: (key) => rows.all.get(key) as Things[K] | undefined,
    upsert: takeAll,
    onChanged: changes.on,
    onLogged: logs.on,
    close: () => off.forEach((fn) => fn()),
  };
}
