import type { Env } from './env';

/** Timers by name: one that is set again starts anew. */
export interface Timers<Name extends string> {
  after(name: Name, ms: number, fn: () => void): void;
  cancel(...names: Name[]): void;
  has(name: Name): boolean;
}

export function createTimers<Name extends string>(env: Env): Timers<Name> {
  const timers = new Map<Name, unknown>();

  function cancel(...names: Name[]) {
    for (const name of names) {
      env.clearTimeout(timers.get(name));
      timers.delete(name);
    }
  }

  return {
    cancel,
    has: (name) => timers.has(name),
    after(name, ms, fn) {
      cancel(name);
      timers.set(
        name,
        env.setTimeout(() => {
          timers.delete(name);
          fn();
        }, ms),
      );
    },
  };
}
