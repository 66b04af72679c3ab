// What a person has done to groups and the server has not told back yet: an
// overlay, kept apart from what the server said, so that a card leaves at once
// and nothing is ever guessed into the rows.

import { ApiError, type FeedApi } from './api';
import { backoffMs, type Env } from './env';
import type { Group } from './types';

/**
 * sending   a request is on its way
 * waiting   nobody answered; it is sent again when the line is back
 * failed    the server refused; the person is asked
 * settling  answered, and the event of it is on its way
 */
export type Phase = 'sending' | 'waiting' | 'failed' | 'settling';

export interface Op {
  want: 'viewed' | 'active';
  /** The version the person saw. */
  through: number;
  phase: Phase;
  /** Whether the totals still count the group as active. */
  counted: boolean;
  tries: number;
}

export interface Views {
  ops: ReadonlyMap<string, Op>;
  /** Active as the person should see it. */
  active(group: Group): boolean;
  want(group: Group, want: Op['want']): void;
  /** Sends again what failed or waits; with an id only that one. */
  retry(groupId?: string): void;
  /** The line is back: sends what waited for it. */
  retryWaiting(): void;
  /** The bulk view's own way: hidden now, answered elsewhere. */
  hide(group: Group): void;
  settle(groupId: string): void;
  drop(groupId: string): void;
  /** An event said how the group is now. */
  told(groupId: string, active: boolean): void;
  /** A snapshot said how everything is: nothing is on its way any more. */
  toldAll(active: (groupId: string) => boolean): void;
}

interface Host {
  env: Env;
  api: FeedApi;
  get(groupId: string): Group | undefined;
  /** Merges an answer; false when an event had brought it already. */
  answered(group: Group): boolean;
  gone(groupId: string): void;
  changed(): void;
}

const settleMs = 5_000;
const maxTries = 5;

/** No answer at all, or one that says later: worth sending again. */
function isPassing(error: unknown): error is ApiError {
  return error instanceof ApiError && [0, 408, 425, 429, 502, 503, 504].includes(error.status);
}

export function createViews({ env, api, get, answered, gone, changed }: Host, unsettled: () => void): Views {
  const ops = new Map<string, Op>();
  const busy = new Set<string>();

  function settle(id: string) {
    const op = ops.get(id);
    if (!op) return;
    op.phase = 'settling';
    // The event may never come, say because its topic may not be had: look.
    env.setTimeout(() => {
      if (ops.get(id) === op && op.phase === 'settling') unsettled();
    }, settleMs);
  }

  /** Sends until what the person wants last is what was sent. One request per group at a time. */
  async function drive(id: string): Promise<void> {
    if (busy.has(id)) return;
    busy.add(id);
    for (let op = ops.get(id); op?.phase === 'sending'; op = ops.get(id)) {
      const { want } = op;
      try {
        const group =
          want === 'viewed'
            ? await api.view(id, op.through)
            : await api.unview(id, get(id)?.version ?? op.through);
        const first = answered(group);
        if (op.want === want && ops.get(id) === op) {
          if (first) settle(id);
          else ops.delete(id);
        }
      } catch (error) {
        if (op.want !== want) continue;
        if (error instanceof ApiError && error.status === 404) {
          ops.delete(id);
          gone(id);
        } else if (isPassing(error) && (error.status === 0 || ++op.tries < maxTries)) {
          op.phase = 'waiting';
          const ms = error.retryAfterMs || 1_000 + backoffMs(op.tries + 1, env.random, 1_000, 30_000);
          env.setTimeout(() => retry(id, 'waiting'), ms);
        } else op.phase = 'failed';
      }
      changed();
    }
    busy.delete(id);
  }

  function retry(groupId?: string, only?: Phase) {
    for (const [id, op] of ops) {
      if (groupId !== undefined && groupId !== id) continue;
      if (only ? op.phase !== only : op.phase !== 'failed' && op.phase !== 'waiting') continue;
      op.phase = 'sending';
      void drive(id);
    }
    changed();
  }

  function set(group: Group, want: Op['want']): Op {
    const held = ops.get(group.group_id);
    const op: Op = {
      want,
      through: group.version,
      phase: 'sending',
      counted: held?.counted ?? group.state === 'active',
      tries: 0,
    };
    // The same object, so that a request on its way sees the change of mind.
    if (held) Object.assign(held, op);
    else ops.set(group.group_id, op);
    return op;
  }

  return {
    ops,
    active(group) {
      const op = ops.get(group.group_id);
      if (!op || op.phase === 'failed') return group.state === 'active';
      // Raised again since the person looked: that is news, not what was dismissed.
      return op.want === 'active' || (group.state === 'active' && group.raised_version > op.through);
    },
    want(group, want) {
      set(group, want);
      void drive(group.group_id);
      changed();
    },
    retry: (groupId) => retry(groupId),
    retryWaiting: () => retry(undefined, 'waiting'),
    hide(group) {
      const op = set(group, 'viewed');
      op.phase = 'settling';
    },
    settle,
    drop(id) {
      ops.delete(id);
    },
    told(id, active) {
      const op = ops.get(id);
      if (!op) return;
      op.counted = active;
      if (op.phase === 'settling') ops.delete(id);
    },
    toldAll(active) {
      for (const [id, op] of ops) {
        op.counted = active(id);
        if (op.phase === 'settling') ops.delete(id);
      }
    },
  };
}
