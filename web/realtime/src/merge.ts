// The one rule by which anything here is merged, whether it came by stream, by
// poll, in a list or as the answer to a click: the higher version stays.

export interface Versioned {
  version: number;
}

/** The newer of what is held and what came. Equal versions are equal things: the held one stays. */
export function newer<T extends Versioned>(held: T | undefined, came: T): T {
  return held !== undefined && held.version >= came.version ? held : came;
}

/** Puts what came under its key when it is newer, and says whether it was. */
export function put<T extends Versioned>(into: Map<string, T>, key: string, came: T): boolean {
  const held = into.get(key);
  if (newer(held, came) === held) return false;
  into.set(key, came);
  return true;
}
