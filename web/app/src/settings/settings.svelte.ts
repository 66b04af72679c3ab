import { preferredLanguage } from '../text/i18n.svelte';
import type { Language } from '../text/format';

export const themes = ['auto', 'light', 'dark'] as const;
export const densities = ['normal', 'compact'] as const;
export const alertOrders = ['newest', 'severity'] as const;

export interface Choices {
  language: Language;
  theme: (typeof themes)[number];
  density: (typeof densities)[number];
  alertOrder: (typeof alertOrders)[number];
  /** Whether single letters are shortcuts; people who dictate turn them off. */
  singleKeys: boolean;
  /** The project last looked at, where the address names none; empty means all. */
  project: string;
  /** Long lines of stacks and JSON are wrapped instead of scrolled. */
  wrap: boolean;
}

const place = 'rynda:settings';

const oneOf = <T>(values: readonly T[], value: unknown, otherwise: T): T =>
  values.includes(value as T) ? (value as T) : otherwise;

/** Reads what was kept; anything missing or unknown takes its default. */
export function readChoices(kept: string | null, wanted: readonly string[]): Choices {
  let found: Partial<Record<keyof Choices, unknown>> = {};
  try {
    const parsed: unknown = JSON.parse(kept ?? '{}');
    if (parsed !== null && typeof parsed === 'object') found = parsed;
  } catch {
    // Someone edited it by hand: begin anew.
  }
  return {
    language: oneOf<Language>(['en', 'ru'], found.language, preferredLanguage(wanted)),
    theme: oneOf(themes, found.theme, 'auto'),
    density: oneOf(densities, found.density, 'normal'),
    alertOrder: oneOf(alertOrders, found.alertOrder, 'newest'),
    singleKeys: found.singleKeys !== false,
    project: typeof found.project === 'string' ? found.project : '',
    wrap: found.wrap === true,
  };
}

/** What this browser's user chose, kept in this browser. Other tabs follow. */
class Settings {
  current = $state<Choices>(readChoices(null, []));

  start(): () => void {
    this.#load();
    const follow = (event: StorageEvent) => {
      if (event.key === place) this.#load();
    };
    window.addEventListener('storage', follow);
    return () => window.removeEventListener('storage', follow);
  }

  set<K extends keyof Choices>(name: K, value: Choices[K]): void {
    this.current[name] = value;
    try {
      localStorage.setItem(place, JSON.stringify(this.current));
    } catch {
      // Storage is off or full: the choice holds until the tab closes.
    }
    this.#show();
  }

  #load(): void {
    let kept: string | null = null;
    try {
      kept = localStorage.getItem(place);
    } catch {
      // Storage is off: defaults.
    }
    this.current = readChoices(kept, navigator.languages);
    this.#show();
  }

  #show(): void {
    const root = document.documentElement;
    if (this.current.theme === 'auto') delete root.dataset.theme;
    else root.dataset.theme = this.current.theme;
    root.dataset.density = this.current.density;
  }
}

export const settings = new Settings();
