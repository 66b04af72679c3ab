// A position is `epoch-id`: eight hex digits and a number. The server may
// change that; we look inside only to save a request, never to drop an event.

const form = /^[0-9a-f]{8}-([0-9]+)$/;

export function isPosition(text: unknown): text is string {
  return typeof text === 'string' && form.test(text);
}

/** True unless a is known to be at or after b. */
export function mayBeBehind(a: string, b: string): boolean {
  const [x, y] = [form.exec(a)?.[1], form.exec(b)?.[1]];
  if (x === undefined || y === undefined || a.slice(0, 8) !== b.slice(0, 8)) return true;
  return BigInt(x) < BigInt(y);
}
