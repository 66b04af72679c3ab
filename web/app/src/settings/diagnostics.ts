import type { ConnectionView } from '@rynda/realtime';
import type { Me } from '../api/types';
import type { Choices } from './settings.svelte';

/** What to paste into a report about the app itself. Holds no ids of people and nothing of any error. */
export function diagnostics(me: Me, connection: ConnectionView, choices: Choices, now: number): string {
  const { denied, ...rest } = connection;
  return JSON.stringify(
    {
      at: new Date(now).toISOString(),
      version: me.version,
      kind: me.kind,
      projects: me.projects.length,
      connection: { ...rest, denied: denied.length },
      choices: { ...choices, project: choices.project !== '' },
      browser: navigator.userAgent,
      languages: navigator.languages,
      zone: Intl.DateTimeFormat().resolvedOptions().timeZone,
      view: `${innerWidth}x${innerHeight}@${devicePixelRatio}`,
    },
    null,
    2,
  );
}
