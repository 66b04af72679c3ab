import type { Readable, Unsubscribe } from './types';

export interface Writable<T> extends Readable<T> {
  set(value: T): void;
}

/** A value and those who want to know when it changes. Subscribers are called at once, then on every set. */
export function writable<T>(value: T): Writable<T> {
  const { on, emit } = signal<T>();
  return {
    get: () => value,
    set(next) {
      value = next;
      emit(next);
    },
    subscribe(run) {
      const off = on(run);
      run(value);
      return off;
    },
  };
}

/** Listeners of something that happens rather than is. One that throws does not keep it from the others. */
export function signal<T>(): { on(fn: (value: T) => void): Unsubscribe; emit(value: T): void } {
  const fns = new Set<(value: T) => void>();
  return {
    on(fn) {
      const own = (v: T) => fn(v);
      fns.add(own);
      return () => fns.delete(own);
    },
    emit(value) {
      for (const fn of [...fns]) {
        try {
          fn(value);
        } catch (error) {
          // Told to the page as an unhandled rejection, where its own error reporting looks.
          void Promise.reject(error as Error);
        }
      }
    },
  };
}
