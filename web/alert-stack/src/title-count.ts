// While the page is out of sight, its title says how much is new: "(3) Runs".

export interface TitleCount {
  add(n: number): void;
  close(): void;
}

export function createTitleCount(page: Document): TitleCount {
  let count = 0;
  let shown = '';

  function clear() {
    if (shown && page.title.startsWith(shown)) page.title = page.title.slice(shown.length);
    shown = '';
  }

  function onChange() {
    if (page.visibilityState === 'hidden') return;
    count = 0;
    clear();
  }

  const stop = new AbortController();
  page.addEventListener('visibilitychange', onChange, { signal: stop.signal });
  return {
    add(n) {
      if (page.visibilityState !== 'hidden') return;
      clear();
      count += n;
      shown = `(${count}) `;
      page.title = shown + page.title;
    },
    close() {
      stop.abort();
      clear();
    },
  };
}
