/**
 * Cookies belong to the browser and not to the tab: when somebody else signs in
 * in another tab, this one would go on under a name that is not theirs and show
 * them side by side what belongs to two people. So each page notes whose it is,
 * and a page that finds another name there is loaded anew.
 */
const place = 'rynda:user';

export interface Browser {
  /** Throws where the person keeps nothing in this browser. */
  storage(): Pick<Storage, 'getItem' | 'setItem'>;
  target: Pick<EventTarget, 'addEventListener' | 'removeEventListener'>;
  reload(): void;
}

/** Watches until the returned function is called. */
export function keepTo(user: string, { storage, target, reload }: Browser): () => void {
  const look = () => {
    const now = storage().getItem(place);
    if (now !== null && now !== user) reload();
  };
  try {
    storage().setItem(place, user);
  } catch {
    return () => {};
  }
  // The first is told at once, also to a page that is not seen; a page that was
  // put aside by going back and forth is told nothing and looks when it returns.
  const moments = ['storage', 'pageshow'];
  for (const moment of moments) target.addEventListener(moment, look);
  return () => {
    for (const moment of moments) target.removeEventListener(moment, look);
  };
}
