import { filterSearch, parseFilters } from '../errors/filters';
import { router } from '../routing/router.svelte';
import { errorHref, type Section } from '../routing/routes';
import { settings } from '../settings/settings.svelte';

/** Addresses that remember: the chosen project, and the filters the history was left with. */
class Places {
  #errors = $state('');

  /** Keeps the history's filters, so that "back to errors" leads back to them. */
  keepErrors(search: string): void {
    this.#errors = search;
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
    return `/errors${this.#errors}`;
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
