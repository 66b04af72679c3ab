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

export function createStormWatch(): StormWatch {
  let recent: Arrival[] = [];
  let raging = false;

  function over(now: number): boolean {
    return now - (recent.at(-1)?.at ?? -Infinity) >= calmMs;
  }

  return {
    raised(groups, now) {
      if (raging && over(now)) raging = false;
      if (!raging) recent = recent.filter((a) => now - a.at < stormWindowMs);
      for (const group of groups) recent.push({ at: now, id: group.group_id, source: group.source });
      if (new Set(recent.map((a) => a.id)).size > stormAt) raging = true;
      // A storm of hours keeps its count, not every arrival.
      if (recent.length > 5_000) recent.splice(1, 1_000);
    },
    at(now) {
      if (!raging) return undefined;
      if (over(now)) {
        raging = false;
        recent = [];
        return undefined;
      }
      const first = recent[0] as Arrival;
      const last = recent.at(-1) as Arrival;
      return {
        count: new Set(recent.map((a) => a.id)).size,
        sources: new Set(recent.map((a) => a.source)).size,
        seconds: Math.max(1, Math.round((last.at - first.at) / 1000)),
      };
    },
    endsAt: () => (raging ? (recent.at(-1)?.at ?? 0) + calmMs : undefined),
    end() {
      raging = false;
      recent = [];
    },
  };
}
