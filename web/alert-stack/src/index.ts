// @rynda/alert-stack: importing it defines <rynda-alerts>. Read stack.ts for
// what is shown and when, screen.ts for how it behaves on a screen.

import './define';

export { RyndaAlerts } from './rynda-alerts';
export type { Link, LinkKind, Templates } from './links';
export { en, ru, type Messages } from './messages';
export type { AlertDetail, Said } from './screen';
