// Whether the stack is folded away: minimized, which the browser remembers, or,
// on a small screen, a sheet that is not open.

const key = 'rynda-alerts:minimized';

export interface Fold {
  folded(): boolean;
  small(): boolean;
  open(open: boolean): void;
  /** Calls fn when the screen becomes small or large. */
  watch(fn: () => void, signal: AbortSignal): void;
}

export function createFold(): Fold {
  const small = matchMedia('(max-width: 639.9px)');
  let sheet = false;
  let minimized = false;
  try {
    minimized = localStorage.getItem(key) === '1';
  } catch {
    // No storage, no memory: it starts open.
  }

  return {
    folded: () => (small.matches ? !sheet : minimized),
    small: () => small.matches,
    open(open) {
      if (small.matches) sheet = open;
      else {
        minimized = !open;
        try {
          localStorage.setItem(key, open ? '0' : '1');
        } catch {
          // It is remembered for this page only.
        }
      }
    },
    watch: (fn, signal) => small.addEventListener('change', fn, { signal }),
  };
}
