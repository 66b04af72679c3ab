// Whether the stack is folded away: minimized, which the browser remembers, or,
// on a small screen, a sheet that is not open. A page shown twice as large is
// low rather than narrow: five alerts would cover all of it.

const key = 'rynda-alerts:minimized';

export interface Fold {
  folded(): boolean;
  small(): boolean;
  open(open: boolean): void;
  /** Calls fn when the screen becomes small or large. */
  watch(fn: () => void, signal: AbortSignal): void;
}

export function createFold(): Fold {
  const small = matchMedia('(max-width:639.9px),(max-height:539.9px)');
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
