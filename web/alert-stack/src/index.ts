// @rynda/alert-stack: importing it defines <rynda-alerts>. Read stack.ts for
// what is shown and when, rynda-alerts.ts for how it behaves on a screen.

export { RyndaAlerts } from './define';
export type { Link, LinkKind, Templates } from './links';
export { en, ru, type Messages } from './messages';
export type { AlertDetail, Handed } from './rynda-alerts';
