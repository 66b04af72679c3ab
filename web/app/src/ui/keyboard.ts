/**
 * Keyboard shortcuts. A screen lends its bindings while it is mounted; the last
 * lender wins. Single letters work only when the settings allow them and no
 * field has the focus. Two letters in a row ("g e") are written with a space.
 * Enter on a link or button always presses it, and what has the focus inside an
 * element with insides of its own, the alerts, is not a matter of the screen.
 */
type Action = (event: KeyboardEvent) => void;
export type Bindings = Record<string, Action>;

interface Lent {
  bindings: Bindings;
  everywhere: boolean;
}

const lenders: Lent[] = [];
const pause = 1_000;

/** Adds bindings; the returned function takes them back. `everywhere`: also while the focus is in the alerts. */
export function lend(bindings: Bindings, everywhere = false): () => void {
  const lent = { bindings, everywhere };
  lenders.push(lent);
  return () => {
    const at = lenders.indexOf(lent);
    if (at >= 0) lenders.splice(at, 1);
  };
}

const pressed = 'a[href], button, summary';

function isTyping(event: KeyboardEvent): boolean {
  const target = event.composedPath()[0];
  if (!(target instanceof HTMLElement)) return false;
  if (target instanceof HTMLInputElement) return !['checkbox', 'radio', 'button'].includes(target.type);
  return (
    target instanceof HTMLTextAreaElement || target instanceof HTMLSelectElement || target.isContentEditable
  );
}

/** Where a Russian layout is on, the letter comes from the place of the key. */
export function keyOf(event: Pick<KeyboardEvent, 'key' | 'code'>): string {
  const letter = /^Key([A-Z])$/.exec(event.code);
  if (letter && /^[^\u0000-\u007f]$/.test(event.key)) return letter[1]!.toLowerCase();
  if (event.code === 'Slash' && event.key === '.') return '/';
  return event.key;
}

export function listen(singleKeys: () => boolean): () => void {
  let first = '';
  let at = 0;
  const down = (event: KeyboardEvent) => {
    if (event.defaultPrevented || event.isComposing) return;
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (isTyping(event) || document.querySelector('dialog[open]')) return;
    const key = keyOf(event);
    if (key.length === 1 && !singleKeys()) return;
    const inner = event.composedPath()[0];
    if (key === 'Enter' && inner instanceof Element && inner.closest(pressed)) return;
    const valid = lenders.filter(({ everywhere }) => everywhere || inner === event.target);
    const find = (keys: string) => valid.findLast(({ bindings }) => keys in bindings)?.bindings[keys];
    const pair = first && event.timeStamp - at < pause ? find(`${first} ${key}`) : undefined;
    const begins = valid.some(({ bindings }) =>
      Object.keys(bindings).some((keys) => keys.startsWith(`${key} `)),
    );
    first = begins && !pair ? key : '';
    at = event.timeStamp;
    const action = pair ?? find(key);
    if (!action) return;
    event.preventDefault();
    action(event);
  };
  document.addEventListener('keydown', down);
  return () => document.removeEventListener('keydown', down);
}
