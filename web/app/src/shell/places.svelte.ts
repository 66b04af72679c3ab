import { filterSearch, parseFilters } from '../errors/filters';
import { router } from '../routing/router.svelte';
import { errorHref, type Section } from '../routing/routes';
import { settings } from '../settings/settings.svelte';

/** Addresses that remember: the chosen project, and the filters the history was left with. */
class Places {
  #left = $state<Record<Section['name'], string>>({ errors: '', runs: '', deploys: '' });

  /** Keeps a list's filters, so that "back to errors" leads back to them. */
  keep(section: Section['name'], search: string): void {
    this.#left[section] = search;
  }

  /** A list as it was left. */
  left(section: Section['name']): string {
    return `/${section}${this.#left[section]}`;
  }

  /** Where a section begins: in the chosen project, without filters. */
  section(section: Section): string {
    return (
      section.href +
      (settings.current.project
        ? filterSearch({ ...parseFilters(''), project: settings.current.project })
        : '')
    );
  }

  /** The history as it was left. */
  get errors(): string {
    return this.left('errors');
  }

  /** The history with one filter set, in one project. */
  errorsWith(filters: Record<string, string>): string {
    return `/errors${filterSearch(parseFilters(new URLSearchParams(filters).toString()))}`;
  }

  openError(id: string): void {
    router.go(errorHref(id));
  }
}

export const places = new Places();
