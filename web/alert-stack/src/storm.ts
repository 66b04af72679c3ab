// When alerts come faster than anybody can read, they are one thing that
// happens, not many: a storm begins with more than ten raised groups in ten
// seconds and is over after thirty seconds without one.

import type { Group } from '@rynda/realtime';

export const stormAt = 10;
export const stormWindowMs = 10_000;
export const calmMs = 30_000;

export interface Storm {
  /** Groups raised since it began. */
  count: number;
  sources: number;
  /** From the first of them to the last, at least a second. */
  seconds: number;
}

interface Arrival {
  at: number;
  id: string;
  source: string;
}

export interface StormWatch {
  raised(groups: Group[], now: number): void;
  /** The storm there is, if any. */
  at(now: number): Storm | undefined;
  /** When it will be over if nothing more comes; undefined without a storm. */
  endsAt(): number | undefined;
  /** The person has seen enough of the card. */
  end(): void;
}

/** A storm of hours stops counting here: nobody could tell the difference, and it is held in memory. */
const most = 5_000;

export function createStormWatch(): StormWatch {
  /** Of the last ten seconds, while there is no storm. */
  let recent: Arrival[] = [];
  let storm: { from: number; to: number; ids: Set<string>; sources: Set<string> } | undefined;

  function end() {
    recent = [];
    storm = undefined;
  }

  function look(now: number) {
    if (storm && now - storm.to >= calmMs) end();
  }

  return {
    raised(groups, now) {
      look(now);
      if (storm) {
        storm.to = now;
        for (const group of groups) {
          if (storm.ids.size >= most) break;
          storm.ids.add(group.group_id);
          storm.sources.add(group.source);
        }
        return;
      }
      recent = recent.filter((a) => now - a.at < stormWindowMs);
      for (const group of groups) recent.push({ at: now, id: group.group_id, source: group.source });
      const ids = new Set(recent.map((a) => a.id));
      if (ids.size > stormAt)
        storm = { from: recent[0]?.at ?? now, to: now, ids, sources: new Set(recent.map((a) => a.source)) };
    },
    at(now) {
      look(now);
      if (!storm) return undefined;
      const { from, to, ids, sources } = storm;
      return { count: ids.size, sources: sources.size, seconds: Math.max(1, Math.round((to - from) / 1000)) };
    },
    endsAt: () => storm && storm.to + calmMs,
    end,
  };
}
