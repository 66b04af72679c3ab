// <rynda-alerts>: the element. It draws what stack.ts decided, sends back what
// the person does, and keeps the promises that need a screen: focus, keys,
// motion, announcements, the top layer. It knows the network only as a store.
//
// It is a plain element over a renderer of sixty lines (dom.ts). A template
// library would be a fifth of the whole, and would ask every host that uses
// Trusted Types to allow its policy.

import {
  browserEnv,
  createFeedApi,
  createFeedStore,
  createRealtime,
  severities,
  type Group,
  type FeedStore,
  type Realtime,
  type Unsubscribe,
} from '@rynda/realtime';
import { createAnnouncer } from './announcer';
import { draw, make } from './dom';
import { detailsHref, listHref, primaryLink, templateKinds, type Link, type Templates } from './links';
import { createWords, type Messages, type Words } from './messages';
import { createRows } from './rows';
import { createStack, type Stack, type StackControl } from './stack';
import { styles } from './styles';
import { followSwipe } from './swipe';
import { bar, card, fresh, pill, stormCard } from './templates';
import { createTitleCount } from './title-count';

/** What alert-open, alert-dismiss and alert-undo carry. */
export interface AlertDetail {
  groups: Group[];
  href?: string;
  link?: Link | undefined;
}

/** What a host may hand over as properties. */
export interface Handed {
  /** A connection of the host's own; the element then neither starts nor stops it. */
  client: Realtime | undefined;
  /** A store of the host's own, over its client. */
  store: FeedStore | undefined;
  /** Words of the host's own, in place of ours. */
  messages: Partial<Messages> | undefined;
  /** Addresses by kind; the link-template-* attributes fill in what is missing here. */
  templates: Templates | undefined;
}

const handed = ['client', 'store', 'messages', 'templates'] as const;
/** A change of one of these means another connection or another stack. */
const wiring = ['base-url', 'project', 'order', 'title-count', 'client', 'store'];
const tickMs = 15_000;
const minimizedKey = 'rynda-alerts:minimized';

let sheet: CSSStyleSheet | undefined;

// eslint-disable-next-line @typescript-eslint/no-unsafe-declaration-merging, @typescript-eslint/no-empty-object-type
export interface RyndaAlerts extends Handed {}

/**
 * Attributes: `base-url` (origin and path before /v1 and /errors; empty for the
 * page's own), `project` (empty for all), `lang` (en, ru), `theme` (auto,
 * light, dark), `position` (bottom-right, bottom-left, top-right, top-left),
 * `order` (newest, severity), `hotkey` (F8; empty for none), `title-count`
 * (off), `link-template-run` and its like. Events: `alert-open` (cancelable),
 * `alert-dismiss`, `alert-undo`, `alerts-state`.
 */
// eslint-disable-next-line @typescript-eslint/no-unsafe-declaration-merging
export class RyndaAlerts extends HTMLElement {
  static observedAttributes = [
    ...wiring,
    'lang',
    'position',
    'hotkey',
    ...templateKinds.map((kind) => `link-template-${kind}`),
  ];

  /** Resolves when everything that changed is drawn. */
  updateComplete: Promise<void> = Promise.resolve();

  #given: Partial<Handed> = {};
  #view: Stack | undefined;
  #control: StackControl | undefined;
  #link: Realtime | undefined;
  #words: Words = createWords('en');
  #spoken: { lang: string; messages?: Partial<Messages> | undefined } = { lang: 'en' };
  #env = browserEnv();
  #off: Unsubscribe[] = [];
  #unwire: Unsubscribe[] = [];

  #root = this.attachShadow({ mode: 'open' });
  #log = make('div', { class: 'vh', role: 'log', 'aria-live': 'polite' });
  #alarm = make('div', { class: 'vh', role: 'alert' });
  #top = make('div', { class: 'slot' });
  #list = make('ol');
  #foot = make('div', { class: 'slot' });
  #panel = make('div', { class: 'panel' }, this.#list, this.#foot);
  #region = make('section', { part: 'stack', popover: 'manual', tabindex: '-1' }, this.#top, this.#panel);
  #rows = createRows(this.#list);

  #due = false;
  #stale = true;
  #pointer = false;
  #focus = false;
  #minimized = false;
  #sheetOpen = false;
  #cameFrom: Element | null = null;
  #roving = '';
  #told = '';
  #small = matchMedia('(max-width: 639.9px)');

  constructor() {
    super();
    for (const name of handed) {
      // A value set before the element was defined would hide the accessor.
      const early = Object.hasOwn(this, name) ? this[name] : undefined;
      Object.defineProperty(this, name, {
        get: () => this.#given[name],
        set: (value: never) => {
          this.#given[name] = value;
          this.attributeChangedCallback(name);
        },
      });
      if (early) this.#given[name] = early as never;
    }
    this.#root.append(this.#log, this.#alarm, this.#region);
    const on = (type: string, fn: (event: never) => void) =>
      this.#region.addEventListener(type, fn as () => void);
    on('pointerenter', ({ pointerType }: PointerEvent) => this.#hold(pointerType !== 'touch', this.#focus));
    on('pointerleave', () => this.#hold(false, this.#focus));
    on('focusin', () => this.#hold(this.#pointer, true));
    on('focusout', ({ relatedTarget }: FocusEvent) =>
      this.#hold(this.#pointer, this.#region.contains(relatedTarget as Node | null)),
    );
    on('keydown', (event: KeyboardEvent) => this.#onKey(event));
    on('pointerdown', (event: PointerEvent) => {
      const pressed = (event.composedPath()[0] as Element).closest<HTMLElement>('[data-id]');
      if (pressed) followSwipe(event, pressed, () => this.#dismiss(pressed.dataset['id'] ?? ''));
    });
  }

  /** Brings focus to the alerts, opening them if need be; Escape gives it back. */
  override focus(): void {
    const from = document.activeElement;
    if (from !== this) this.#cameFrom = from;
    this.#open(true);
    this.#focusCard(() => this.#roving);
  }

  // -- life ------------------------------------------------------------------

  connectedCallback(): void {
    if (!sheet) {
      sheet = new CSSStyleSheet();
      sheet.replaceSync(styles);
    }
    this.#root.adoptedStyleSheets = [sheet];
    try {
      this.#minimized = localStorage.getItem(minimizedKey) === '1';
    } catch {
      // No storage, no memory: it starts open.
    }
    const draw = () => this.#ask();
    const onHotkey = (event: KeyboardEvent) => this.#onHotkey(event);
    addEventListener('keydown', onHotkey);
    this.#small.addEventListener('change', draw);
    const ticker = setInterval(draw, tickMs);
    this.#off = [
      () => removeEventListener('keydown', onHotkey),
      () => this.#small.removeEventListener('change', draw),
      () => clearInterval(ticker),
    ];
    this.#stale = true;
    draw();
  }

  disconnectedCallback(): void {
    for (const fn of [...this.#off.splice(0), ...this.#unwire.splice(0)]) fn();
  }

  attributeChangedCallback(name: string): void {
    if (wiring.includes(name)) this.#stale = true;
    this.#ask();
  }

  #attr(name: string, missing = ''): string {
    return this.getAttribute(name) ?? missing;
  }

  /** Draws once, however much changed in this turn. */
  #ask(): void {
    if (this.#due || !this.isConnected) return;
    this.#due = true;
    this.updateComplete = Promise.resolve().then(() => {
      this.#due = false;
      if (!this.isConnected) return;
      if (this.#stale) this.#wire();
      this.#draw();
    });
  }

  /** Connects to the store there is, or makes one. */
  #wire(): void {
    for (const fn of this.#unwire.splice(0)) fn();
    this.#stale = false;
    const { client, store: given } = this.#given;
    const baseUrl = this.#attr('base-url');
    const project = this.#attr('project') || undefined;
    const order = this.#attr('order') === 'severity' ? 'severity' : 'newest';
    const link = client ?? createRealtime({ baseUrl, topics: [project ? `errors/${project}` : 'errors'] });
    const { env } = link;
    const store = given ?? createFeedStore(link, createFeedApi({ baseUrl, env }));
    this.#env = env;
    this.#link = link;
    const title = this.#attr('title-count') === 'off' ? undefined : createTitleCount(document);
    const announcer = createAnnouncer(env, ({ groups, urgent }) => {
      const text = this.#words.count('announce', groups.length, { title: groups.at(-1)?.title ?? '' });
      (urgent ? this.#alarm : this.#log).textContent = text;
    });
    const arrived = (groups: Group[]) => {
      announcer.arrived(groups);
      title?.add(groups.length);
    };
    const control = createStack({ env, store, order, project, arrived });
    this.#control = control;
    this.#unwire = [
      control.view.subscribe((view) => {
        this.#view = view;
        this.#ask();
      }),
      link.state.subscribe(() => this.#ask()),
      control.close,
      announcer.close,
      () => title?.close(),
    ];
    if (!given) this.#unwire.push(store.close);
    if (client) return;
    // The first snapshot gives the position to start from; without one, from now.
    let started = false;
    this.#unwire.push(
      store.feed(order, project).subscribe(({ loaded, failed }) => {
        if (started || !(loaded || failed)) return;
        started = true;
        link.start();
      }),
      link.stop,
    );
  }

  // -- drawing ---------------------------------------------------------------

  #draw(): void {
    const view = this.#view;
    if (!view || !this.#link) return;
    const { feed, storm, cards } = view;
    const lang = this.#attr('lang') || document.documentElement.lang || navigator.language;
    const { messages } = this.#given;
    // Made anew only for other words: the formatters in it are not cheap.
    if (lang !== this.#spoken.lang || messages !== this.#spoken.messages) {
      this.#spoken = { lang, messages };
      this.#words = createWords(lang, messages);
    }
    const words = this.#words;
    const hotkey = this.#attr('hotkey', 'F8');
    const folded = this.#folded();
    const empty = !feed.total && !view.hidden.length && !view.waiting;
    const base = this.#attr('base-url').replace(/\/+$/, '');
    const templates: Templates = { ...this.#given.templates };
    for (const kind of templateKinds) templates[kind] ||= this.#attr(`link-template-${kind}`);
    const list = listHref(this.#attr('project'), templates, base);
    const worst = severities.find((s) => feed.bySeverity[s] > 0) ?? 'error';
    const open = (event: MouseEvent, href: string) => this.#follow(event, { groups: [], href });
    const region = this.#region;

    region.className = this.#attr('position', 'bottom-right');
    region.lang = words.lang;
    region.ariaLabel = words.text('region') + (hotkey && ` (${hotkey})`);
    region.hidden = empty;
    this.#panel.hidden = folded;
    draw(this.#top, [
      folded
        ? pill(view, worst, words, () => {
            this.#open(true);
            this.#focusCard(() => '');
          })
        : view.fresh > 0 && !storm && fresh(view.fresh, words, () => this.#control?.release()),
    ]);
    draw(this.#foot, [
      bar(view, {
        words,
        list,
        open,
        link: this.#link.state.get(),
        undo: () => this.#takeBack(),
        keepUndo: () => this.#control?.keepUndo(),
        dismissShown: () => this.#dismiss(...cards.map((g) => g.group_id)),
        minimize: () => this.#open(false),
      }),
    ]);

    if (!cards.some((g) => g.group_id === this.#roving)) this.#roving = cards[0]?.group_id ?? '';
    const rows = cards.map((group) => {
      const id = group.group_id;
      const content = card(group, {
        words,
        now: this.#env.now(),
        link: primaryLink(group, templates),
        details: detailsHref(group, templates, base),
        failed: view.failed.has(id),
        tabbable: id === this.#roving,
        open: (event, href, link) => this.#follow(event, { groups: [group], href, link }),
        dismiss: () => this.#dismiss(id),
        retry: () => this.#control?.retry(id),
      });
      return { id, count: group.count, content };
    });
    const show = () => this.#control?.calm();
    const summary = storm && {
      id: '',
      count: 0,
      content: stormCard(storm, worst, { words, list, open, show }),
    };
    if (folded) this.#rows.draw([], false);
    else this.#rows.draw(summary ? [summary] : rows);

    // The top layer keeps the stack above dialogs; where there is none, z-index has to do.
    if ('showPopover' in region && region.matches(':popover-open') === empty) region.togglePopover(!empty);
    const detail = { total: feed.total, ...feed.bySeverity, connection: this.#link.state.get().state };
    const told = JSON.stringify(detail);
    if (told !== this.#told) this.#emit('alerts-state', detail);
    this.#told = told;
  }

  // -- what the person does --------------------------------------------------

  #emit(type: string, detail: unknown): boolean {
    return this.dispatchEvent(
      new CustomEvent(type, { detail, bubbles: true, composed: true, cancelable: true }),
    );
  }

  /** A host with a router of its own prevents alert-open and goes there itself. */
  #follow(event: MouseEvent, detail: AlertDetail): void {
    if (event.button || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
    if (!this.#emit('alert-open', detail)) event.preventDefault();
  }

  /** Once everything is drawn, focuses a card, or the region when it is not there. */
  #focusCard(id: () => string | undefined): void {
    this.#ask();
    void this.updateComplete.then(() => (this.#rows.get(id() ?? '') ?? this.#region).focus());
  }

  #dismiss(...ids: string[]): void {
    const cards = this.#view?.cards ?? [];
    const index = cards.findIndex((g) => g.group_id === ids[0]);
    const inside = this.#focus;
    this.#control?.dismiss(...ids);
    this.#emit('alert-dismiss', { groups: cards.filter((g) => ids.includes(g.group_id)) });
    // Focus goes to the card that took the place, else the one before, else the region.
    if (inside)
      this.#focusCard(() => {
        const left = this.#view?.cards ?? [];
        return (left[index] ?? left.at(-1))?.group_id;
      });
  }

  #takeBack(): void {
    const ids = this.#view?.hidden ?? [];
    this.#control?.undo();
    this.#emit('alert-undo', { groups: this.#view?.cards.filter((g) => ids.includes(g.group_id)) });
    if (this.#focus) this.#focusCard(() => ids[0]);
  }

  #open(open: boolean): void {
    if (this.#small.matches) this.#sheetOpen = open;
    else {
      this.#minimized = !open;
      try {
        localStorage.setItem(minimizedKey, open ? '0' : '1');
      } catch {
        // It is remembered for this page only.
      }
    }
    this.#hold(false, this.#focus);
    this.#ask();
  }

  #folded(): boolean {
    return this.#small.matches ? !this.#sheetOpen : this.#minimized;
  }

  #hold(pointer: boolean, focus: boolean): void {
    this.#pointer = pointer;
    this.#focus = focus;
    this.#control?.hold(pointer || focus);
  }

  #onHotkey(event: KeyboardEvent): void {
    if (event.key !== this.#attr('hotkey', 'F8') || event.defaultPrevented) return;
    if (event.ctrlKey || event.altKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    if (this.#view?.feed.total) this.focus();
    else this.#log.textContent = this.#words.count('alerts', 0);
  }

  #onKey(event: KeyboardEvent): void {
    const { key } = event;
    const target = event.composedPath()[0] as HTMLElement;
    const on = target.closest<HTMLElement>('.card');
    const id = on?.dataset['id'];
    const cards = this.#view?.cards ?? [];
    const step = key === 'ArrowDown' ? 1 : key === 'ArrowUp' ? -1 : 0;
    if (key === 'Escape') this.#leave();
    else if (step) {
      const from = cards.findIndex((g) => g.group_id === id);
      this.#roving = cards[Math.max(0, Math.min(from + step, cards.length - 1))]?.group_id ?? '';
      this.#focusCard(() => this.#roving);
    } else if (key === 'z' && (event.ctrlKey || event.metaKey) && this.#view?.hidden.length) this.#takeBack();
    else if (id && (key === 'Delete' || key === 'Backspace')) this.#dismiss(id);
    else if (key === 'Enter' && target === on) on.querySelector('a')?.click();
    else return;
    event.preventDefault();
  }

  /** Gives focus back to where it was. */
  #leave(): void {
    if (this.#small.matches) this.#open(false);
    const back = this.#cameFrom?.isConnected ? this.#cameFrom : null;
    // The body stands for nothing that had it, and takes no focus.
    if (back instanceof HTMLElement && back !== document.body) back.focus();
    else (this.#root.activeElement as HTMLElement | null)?.blur();
    this.#cameFrom = null;
  }
}

declare global {
  interface HTMLElementTagNameMap {
    'rynda-alerts': RyndaAlerts;
  }
}
