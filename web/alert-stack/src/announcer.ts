// What a screen reader is told, so that it informs and does not chatter: at
// most one polite message in five seconds, gathering what came meanwhile, and
// at most one urgent one in thirty, for critical alone.

import type { Env, Group } from '@rynda/realtime';

export const politeMs = 5_000;
export const urgentMs = 30_000;

export interface Announcement {
  groups: Group[];
  urgent: boolean;
}

export interface Announcer {
  arrived(groups: Group[]): void;
  close(): void;
}

export function createAnnouncer(env: Env, say: (what: Announcement) => void): Announcer {
  let waiting = new Map<string, Group>();
  let politeAt = -Infinity;
  let urgentAt = -Infinity;
  let timer: unknown;

  function speak() {
    timer = undefined;
    if (!waiting.size) return;
    const groups = [...waiting.values()];
    waiting = new Map();
    const now = env.now();
    const urgent = groups.some((g) => g.severity === 'critical') && now - urgentAt >= urgentMs;
    politeAt = now;
    if (urgent) urgentAt = now;
    say({ groups, urgent });
  }

  return {
    arrived(groups) {
      for (const group of groups) waiting.set(group.group_id, group);
      const now = env.now();
      const hurry = groups.some((g) => g.severity === 'critical') && now - urgentAt >= urgentMs;
      const wait = hurry ? 0 : politeAt + politeMs - now;
      if (wait <= 0) {
        env.clearTimeout(timer);
        speak();
      } else timer ??= env.setTimeout(speak, wait);
    },
    close() {
      env.clearTimeout(timer);
      waiting.clear();
    },
  };
}
