import type { Readable } from '@rynda/realtime';

/**
 * The same value, told less often: a change at once, those that follow within
 * `ms` together at its end. The last is always told. For numbers in the frame of
 * the page, which a storm would have drawn anew in every frame.
 */
export function paced<T>(source: Readable<T>, ms: number): Readable<T> {
  return {
    get: source.get,
    subscribe(run) {
      let rest: ReturnType<typeof setTimeout> | undefined;
      let changed = false;
      const tell = () => {
        changed = false;
        rest = setTimeout(() => {
          rest = undefined;
          if (changed) tell();
        }, ms);
        run(source.get());
      };
      const off = source.subscribe(() => {
        if (rest === undefined) tell();
        else changed = true;
      });
      return () => {
        off();
        clearTimeout(rest);
      };
    },
  };
}
