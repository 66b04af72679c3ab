// What a person sees and does: it draws what stack.ts decided, sends back what
// is pressed, and keeps the promises that need a screen: focus, keys, motion,
// announcements, the top layer.
//
// It is a plain element over a renderer of sixty lines (dom.ts). A template
// library would be a fifth of the whole, and would ask every host that uses
// Trusted Types to allow its policy.

import { severities, type Group, type Unsubscribe } from '@rynda/realtime';
import { draw, dress, make } from './dom';
import { createFold } from './fold';
import { detailsHref, listHref, primaryLink, templateKinds, type Link, type Templates } from './links';
import { createWords, type Messages } from './messages';
import { createRows } from './rows';
import type { Stack } from './stack';
import { styles } from './styles';
import { followSwipe } from './swipe';
import { bar, card, fresh, pill, stormCard } from './templates';
import { wire, type Handed, type Wired } from './wiring';

/** What alert-open, alert-dismiss and alert-undo carry. */
export interface AlertDetail {
  groups: Group[];
  href?: string;
  link?: Link | undefined;
}

/** What a host may say beside the connection. */
export interface Said extends Handed {
  /** Words of the host's own, in place of ours. */
  messages: Partial<Messages> | undefined;
  /** Addresses by kind; the link-template-* attributes fill in what is missing here. */
  templates: Templates | undefined;
}

export interface Screen {
  connect(): void;
  disconnect(): void;
  /** An attribute or property has changed; `rewire` when it means another connection or another stack. */
  changed(rewire: boolean): void;
  /** Brings focus to the alerts, opening them if need be; Escape gives it back. */
  focus(): void;
  /** Resolves when everything that changed is drawn. */
  drawn(): Promise<void>;
}

const tickMs = 15_000;

let sheet: CSSStyleSheet | undefined;

/** Alerts in the shadow of `host`, which says what it wants by attributes and in `given`. */
export function createScreen(host: HTMLElement, given: Partial<Said>): Screen {
  const log = make('div', { class: 'vh', role: 'log', 'aria-live': 'polite' });
  const alarm = make('div', { class: 'vh', role: 'alert' });
  const top = make('div', { class: 'slot' });
  const list = make('ol');
  const foot = make('div', { class: 'slot' });
  const panel = make('div', { class: 'panel' }, list, foot);
  const always = { part: 'stack', popover: 'manual', tabindex: '-1' };
  const region = make('section', always, top, panel);
  const root = host.attachShadow({ mode: 'open' });
  const rows = createRows(list);
  const fold = createFold();

  let view: Stack | undefined;
  let wired: Wired | undefined;
  let words = createWords('en');
  let spoken: { lang: string; messages?: Partial<Messages> | undefined } = { lang: 'en' };
  let away = new AbortController();
  let unwire: Unsubscribe[] = [];

  let drawn = Promise.resolve();
  let due = false;
  let stale = true;
  let pointed = false;
  let focused = false;
  let cameFrom: Element | null = null;
  let roving = '';
  let told = '';
  let line = '';

  root.append(log, alarm, region);
  const on = (type: string, fn: (event: never) => void) => region.addEventListener(type, fn as () => void);
  on('pointerenter', ({ pointerType }: PointerEvent) => hold(pointerType !== 'touch', focused));
  on('pointerleave', () => hold(false, focused));
  on('focusin', () => hold(pointed, true));
  on('focusout', ({ relatedTarget }: FocusEvent) =>
    hold(pointed, region.contains(relatedTarget as Node | null)),
  );
  on('keydown', onKey);
  on('pointerdown', (event: PointerEvent) => {
    const pressed = (event.composedPath()[0] as Element).closest<HTMLElement>('[data-id]');
    if (pressed) followSwipe(event, pressed, () => dismiss(pressed.dataset['id'] ?? ''));
  });

  function attr(name: string, missing = ''): string {
    return host.getAttribute(name) ?? missing;
  }

  // -- life ------------------------------------------------------------------

  function connect() {
    if (!sheet) {
      sheet = new CSSStyleSheet();
      sheet.replaceSync(styles);
    }
    root.adoptedStyleSheets = [sheet];
    away = new AbortController();
    const { signal } = away;
    addEventListener('keydown', onHotkey, { signal });
    fold.watch(ask, signal);
    const ticker = setInterval(ask, tickMs);
    signal.addEventListener('abort', () => clearInterval(ticker));
    stale = true;
    ask();
  }

  function disconnect() {
    away.abort();
    for (const fn of unwire.splice(0)) fn();
  }

  /** Draws once, however much changed in this turn. */
  function ask() {
    if (due || !host.isConnected) return;
    due = true;
    drawn = Promise.resolve().then(() => {
      due = false;
      if (!host.isConnected) return;
      if (stale) rewire();
      render();
    });
  }

  /** Connects anew, as attributes and properties are now. */
  function rewire() {
    for (const fn of unwire.splice(0)) fn();
    stale = false;
    wired = wire(given, {
      baseUrl: attr('base-url'),
      project: attr('project') || undefined,
      order: attr('order') === 'severity' ? 'severity' : 'newest',
      titled: attr('title-count') !== 'off',
      say({ groups, urgent }) {
        const text = words.count('announce', groups.length, { title: groups.at(-1)?.title ?? '' });
        (urgent ? alarm : log).textContent = text;
      },
    });
    unwire = [
      wired.control.view.subscribe((next) => {
        view = next;
        ask();
      }),
      // It tells of every event too; what is said of the line changes with these alone.
      wired.link.state.subscribe(({ state, pollAfterMs }) => {
        const next = state + pollAfterMs;
        if (next !== line) ask();
        line = next;
      }),
      wired.close,
    ];
  }

  // -- drawing ---------------------------------------------------------------

  function render(): void {
    if (!view || !wired) return;
    const { feed, storm, cards, failed } = view;
    const { env, link } = wired;
    const lang = attr('lang') || document.documentElement.lang || navigator.language;
    const { messages } = given;
    // Made anew only for other words: the formatters in it are not cheap.
    if (lang !== spoken.lang || messages !== spoken.messages) {
      spoken = { lang, messages };
      words = createWords(lang, messages);
    }
    const hotkey = attr('hotkey', 'F8');
    const folded = fold.folded();
    const empty = !feed.total && !view.hidden.length && !view.waiting;
    const base = attr('base-url').replace(/\/+$/, '');
    const templates: Templates = { ...given.templates };
    for (const kind of templateKinds) templates[kind] ||= attr(`link-template-${kind}`);
    const all = listHref(attr('project'), templates, base);
    const worst = severities.find((s) => feed.bySeverity[s] > 0) ?? 'error';
    const go = (event: MouseEvent, href: string) => follow(event, { groups: [], href });

    dress(region, {
      ...always,
      class: attr('position', 'bottom-right'),
      lang: words.lang,
      'aria-label': words.text('region') + (hotkey && ` (${hotkey})`),
      hidden: empty,
    });
    panel.hidden = folded;
    draw(top, [
      folded
        ? pill(view, worst, words, () => {
            open(true);
            focusCard(() => '');
          })
        : view.fresh > 0 && !storm && fresh(view.fresh, words, () => wired?.control.release()),
    ]);
    draw(foot, [
      bar(view, {
        words,
        list: all,
        open: go,
        link: link.state.get(),
        undo: takeBack,
        keepUndo: () => wired?.control.keepUndo(),
        dismissShown: () => dismiss(...cards.map((g) => g.group_id)),
        minimize: () => open(false),
      }),
    ]);

    if (!cards.some((g) => g.group_id === roving)) roving = cards[0]?.group_id ?? '';
    const shown = cards.map((group) => {
      const id = group.group_id;
      const content = card(group, {
        words,
        now: env.now(),
        link: primaryLink(group, templates),
        details: detailsHref(group, templates, base),
        failed: failed.has(id),
        tabbable: id === roving,
        open: (event, href, link) => follow(event, { groups: [group], href, link }),
        dismiss: () => dismiss(id),
        retry: () => wired?.control.retry(id),
      });
      return { id, count: group.count, content };
    });
    const show = () => wired?.control.calm();
    const summary = storm && {
      id: '',
      count: 0,
      content: stormCard(storm, worst, { words, list: all, open: go, show }),
    };
    if (folded) rows.draw([], false);
    else rows.draw(summary ? [summary] : shown);

    // The top layer keeps the stack above dialogs; where there is none, z-index has to do.
    if ('showPopover' in region && region.matches(':popover-open') === empty) region.togglePopover(!empty);
    const detail = { total: feed.total, ...feed.bySeverity, connection: link.state.get().state };
    const telling = JSON.stringify(detail);
    if (telling !== told) emit('alerts-state', detail);
    told = telling;
  }

  // -- what the person does --------------------------------------------------

  function emit(type: string, detail: unknown): boolean {
    return host.dispatchEvent(
      new CustomEvent(type, { detail, bubbles: true, composed: true, cancelable: true }),
    );
  }

  /** A host with a router of its own prevents alert-open and goes there itself. */
  function follow(event: MouseEvent, detail: AlertDetail): void {
    if (event.button || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
    if (!emit('alert-open', detail)) event.preventDefault();
  }

  /** Once everything is drawn, focuses a card, or the region when it is not there. */
  function focusCard(id: () => string | undefined): void {
    ask();
    void drawn.then(() => (rows.get(id() ?? '') ?? region).focus());
  }

  function dismiss(...ids: string[]): void {
    const cards = view?.cards ?? [];
    const index = cards.findIndex((g) => g.group_id === ids[0]);
    const inside = focused;
    wired?.control.dismiss(...ids);
    emit('alert-dismiss', { groups: cards.filter((g) => ids.includes(g.group_id)) });
    // Focus goes to the card that took the place, else the one before, else the region.
    if (inside)
      focusCard(() => {
        const left = view?.cards ?? [];
        return (left[index] ?? left.at(-1))?.group_id;
      });
  }

  function takeBack(): void {
    const ids = view?.hidden ?? [];
    wired?.control.undo();
    emit('alert-undo', { groups: view?.cards.filter((g) => ids.includes(g.group_id)) });
    if (focused) focusCard(() => ids[0]);
  }

  function open(wide: boolean): void {
    fold.open(wide);
    hold(false, focused);
    ask();
  }

  function hold(byPointer: boolean, byFocus: boolean): void {
    pointed = byPointer;
    focused = byFocus;
    wired?.control.hold(pointed || focused);
  }

  function onHotkey(event: KeyboardEvent): void {
    if (event.key !== attr('hotkey', 'F8') || event.defaultPrevented) return;
    if (event.ctrlKey || event.altKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    if (view?.feed.total) focus();
    else log.textContent = words.count('alerts', 0);
  }

  function onKey(event: KeyboardEvent): void {
    const { key } = event;
    const target = event.composedPath()[0] as HTMLElement;
    const on = target.closest<HTMLElement>('.card');
    const id = on?.dataset['id'];
    const cards = view?.cards ?? [];
    const step = key === 'ArrowDown' ? 1 : key === 'ArrowUp' ? -1 : 0;
    if (key === 'Escape') leave();
    else if (step) {
      const from = cards.findIndex((g) => g.group_id === id);
      roving = cards[Math.max(0, Math.min(from + step, cards.length - 1))]?.group_id ?? '';
      focusCard(() => roving);
    } else if (key === 'z' && (event.ctrlKey || event.metaKey) && view?.hidden.length) takeBack();
    else if (id && (key === 'Delete' || key === 'Backspace')) dismiss(id);
    else if (key === 'Enter' && target === on) on.querySelector('a')?.click();
    else return;
    event.preventDefault();
  }

  /** Gives focus back to where it was. */
  function leave(): void {
    if (fold.small()) open(false);
    const back = cameFrom?.isConnected ? cameFrom : null;
    // The body stands for nothing that had it, and takes no focus.
    if (back instanceof HTMLElement && back !== document.body) back.focus();
    else (root.activeElement as HTMLElement | null)?.blur();
    cameFrom = null;
  }

  function focus() {
    const from = document.activeElement;
    if (from !== host) cameFrom = from;
    open(true);
    focusCard(() => roving);
  }

  return {
    connect,
    disconnect,
    changed(rewire) {
      stale ||= rewire;
      ask();
    },
    focus,
    drawn: () => drawn,
  };
}
