// The whole of the script: it has nobody to export to.

import { RyndaAlerts } from './rynda-alerts';

// Two copies on one page are one too many, but not a reason to break it.
if (!customElements.get('rynda-alerts')) customElements.define('rynda-alerts', RyndaAlerts);
