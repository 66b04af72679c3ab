// <rynda-alerts>: the element as a host sees it. What it shows is screen.ts,
// where it comes from is wiring.ts; it knows the network only as a store.

import { templateKinds } from './links';
import { createScreen, type Said } from './screen';

const properties = ['client', 'store', 'token', 'messages', 'templates'] as const;
/** A change of one of these means another connection or another stack. */
const wiring = ['base-url', 'project', 'order', 'title-count', 'client', 'store', 'token'];

// eslint-disable-next-line @typescript-eslint/no-unsafe-declaration-merging, @typescript-eslint/no-empty-object-type
export interface RyndaAlerts extends Said {}

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

  #given: Partial<Said> = {};
  #screen = createScreen(this, this.#given);

  constructor() {
    super();
    for (const name of properties) {
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
  }

  /** Resolves when everything that changed is drawn. */
  get updateComplete(): Promise<void> {
    return this.#screen.drawn();
  }

  /** Brings focus to the alerts, opening them if need be; Escape gives it back. */
  override focus(): void {
    this.#screen.focus();
  }

  connectedCallback(): void {
    this.#screen.connect();
  }

  disconnectedCallback(): void {
    this.#screen.disconnect();
  }

  attributeChangedCallback(name: string): void {
    this.#screen.changed(wiring.includes(name));
  }
}

declare global {
  interface HTMLElementTagNameMap {
    'rynda-alerts': RyndaAlerts;
  }
}
