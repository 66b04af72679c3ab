import { isAppPath, parseRoute } from './routes';

interface Kept {
  /** Where the page was scrolled to when this entry was left. */
  y?: number;
}

/**
 * The address bar as reactive state, over the History API. Links stay plain
 * `<a href>`: clicks on addresses of the app are taken over, everything else
 * (other tabs, downloads, other sites, modified clicks) is the browser's.
 *
 * The scroll position is kept in the history entry and given back by `restore`
 * once the screen has its rows again; a new entry begins at the top.
 */
class Router {
  path = $state(location.pathname);
  search = $state(location.search);
  readonly route = $derived(parseRoute(this.path));
  #wanted: number | undefined;

  start(): () => void {
    history.scrollRestoration = 'manual';
    this.#wanted = (history.state as Kept | null)?.y;
    const stop = new AbortController();
    const options = { signal: stop.signal };
    window.addEventListener('popstate', (event) => this.#read((event.state as Kept | null)?.y ?? 0), options);
    window.addEventListener('pagehide', () => this.#keep(), options);
    document.addEventListener('click', (event) => this.#take(event), options);
    return () => stop.abort();
  }

  /** Goes to an address of the app. `replace` changes the entry instead of adding one, and keeps the scroll. */
  go(href: string, { replace = false }: { replace?: boolean } = {}): void {
    if (href === location.pathname + location.search) return;
    if (replace) {
      history.replaceState(history.state, '', href);
      this.#read(undefined);
      return;
    }
    this.#keep();
    history.pushState({}, '', href);
    this.#read(undefined);
    window.scrollTo(0, 0);
  }

  /** Scrolls to where the entry was left. Call when the screen is as tall as it was; does it once. */
  restore(): void {
    if (this.#wanted === undefined) return;
    window.scrollTo(0, this.#wanted);
    this.#wanted = undefined;
  }

  #read(y: number | undefined): void {
    this.#wanted = y;
    this.path = location.pathname;
    this.search = location.search;
  }

  #keep(): void {
    history.replaceState({ ...(history.state as Kept | null), y: window.scrollY }, '');
  }

  #take(event: MouseEvent): void {
    if (event.defaultPrevented || event.button !== 0) return;
    if (event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
    const link = event
      .composedPath()
      .find((node): node is HTMLAnchorElement => node instanceof HTMLAnchorElement);
    if (!link || link.target || link.hasAttribute('download') || link.origin !== location.origin) return;
    if (link.hash || !isAppPath(link.pathname)) return;
    event.preventDefault();
    this.go(link.pathname + link.search);
  }
}

export const router = new Router();
