// Put into the page before its own scripts: it watches, and touches nothing.
{
  const watch = {
    /** Of each interaction that took 16 ms or more, the longest of its events: [id, ms, name]. */
    interactions: [],
    /** How long each task of more than 50 ms took. */
    tasks: [],
    /** Events of the log that reached this tab. */
    events: 0,
    /** What was drawn: [where, group, count, when in ms since 1970]. */
    drawn: [],
    now: () => performance.timeOrigin + performance.now(),
    begin() {
      watch.interactions = [];
      watch.tasks = [];
      watch.events = 0;
      watch.began = interactionsSoFar();
    },
    result: () => ({
      interactions: watch.interactions,
      tasks: watch.tasks,
      events: watch.events,
      count: interactionsSoFar() - watch.began,
    }),
    rows: () => {
      const body = document.querySelector('[role=rowgroup]');
      return body ? Math.round(body.offsetHeight / (document.querySelector('[id^=row-]')?.offsetHeight || 1)) : 0;
    },
    /** Elements in the document, those of the alert stack too. */
    elements: () => {
      const count = (root) => {
        const all = [...root.querySelectorAll('*')];
        return all.length + all.reduce((sum, each) => sum + (each.shadowRoot ? count(each.shadowRoot) : 0), 0);
      };
      return count(document);
    },
    shown,
    follow,
  };
  globalThis.ryndaWatch = watch;

  const interactionsSoFar = () => performance.interactionCount ?? 0;

  new PerformanceObserver((list) => {
    for (const { interactionId, duration, name } of list.getEntries())
      if (interactionId) watch.interactions.push([interactionId, duration, name]);
  }).observe({ type: 'event', durationThreshold: 16, buffered: true });
  new PerformanceObserver((list) => {
    for (const { duration } of list.getEntries()) watch.tasks.push(duration);
  }).observe({ type: 'longtask', buffered: true });

  // What comes is counted by second listeners beside the page's own: on a stream
  // of the tab's, and on its end of a shared connection.
  const kinds = ['group.changed', 'group.viewed', 'group.removed'];
  const Stream = globalThis.EventSource;
  globalThis.EventSource = class extends Stream {
    constructor(...given) {
      super(...given);
      for (const kind of kinds) this.addEventListener(kind, () => watch.events++);
    }
  };
  const Worker = globalThis.SharedWorker;
  globalThis.SharedWorker = class extends Worker {
    constructor(...given) {
      super(...given);
      this.port.addEventListener('message', ({ data }) => {
        if (data?.kind === 'events') watch.events += data.events.length;
      });
    }
  };

  const counted = (element) => Number(element?.textContent.replace(/\D/g, '') || 1);
  const rowCount = (row) => counted(row.querySelector('.count [aria-hidden]'));
  const cardCount = (card) => counted(card.querySelector('.count [aria-hidden]'));

  /** What is on screen now: { row: { group: count }, card: { … } }. */
  function shown() {
    const root = document.querySelector('rynda-alerts').shadowRoot;
    const rows = [...document.querySelectorAll('[id^=row-]')].map((row) => [row.id.slice(4), rowCount(row)]);
    const cards = [...root.querySelectorAll('[data-id]')].map((card) => [card.dataset.id, cardCount(card)]);
    return { row: Object.fromEntries(rows), card: Object.fromEntries(cards) };
  }

  /**
   * Writes down when each change of a count was on screen. The change is seen by
   * a MutationObserver, still in the frame in which the page made it; the time
   * is that of the frame after, when the changed one has been handed over.
   */
  function follow() {
    let last = shown();
    let due = false;
    const write = () => {
      due = false;
      const at = watch.now();
      const now = shown();
      for (const where of ['row', 'card'])
        for (const [id, count] of Object.entries(now[where]))
          if (count !== last[where][id]) watch.drawn.push([where, id, count, at]);
      last = now;
    };
    const changed = new MutationObserver(() => {
      if (due) return;
      due = true;
      requestAnimationFrame(write);
    });
    for (const root of [document.querySelector('[role=rowgroup]'), document.querySelector('rynda-alerts').shadowRoot])
      changed.observe(root, { subtree: true, childList: true, characterData: true });
  }
}
