import type { GroupStore, Realtime } from '@rynda/realtime';
import type { LinkTemplates } from '../api/types';

declare module 'svelte/elements' {
  interface SvelteHTMLElements {
    'rynda-alerts': {
      client: Realtime;
      store: GroupStore;
      templates: LinkTemplates;
      order: 'newest' | 'severity';
      lang: string;
      theme: 'auto' | 'light' | 'dark';
      'onalert-open'?: (event: Event) => void;
    };
  }
}
