// How the parts of the stack look, from values alone. Text only ever lands in
// text nodes, addresses only after links.ts let them through.

import type { ConnectionView, Group, Severity } from '@rynda/realtime';
import { h, type Child, type Spec } from './dom';
import { icon, type Icon } from './icons';
import type { Link } from './links';
import type { Words } from './messages';
import type { Stack } from './stack';
import type { Storm } from './storm';

/** Goes to an address, or lets the host. */
export type Open = (event: MouseEvent, href: string, link?: Link) => void;

export interface CardContext {
  words: Words;
  now: number;
  link: Link | undefined;
  details: string | undefined;
  failed: boolean;
  tabbable: boolean;
  open: Open;
  dismiss(): void;
  retry(): void;
}

/** The tail of an id is what tells two apart at a glance; whole ones stay in the title. */
function shortId(id: string): string {
  return id.length <= 20 ? id : `…${id.slice(-12)}`;
}

function button(className: string, onclick: () => void, props: Spec['props'], ...kids: Child[]): Spec {
  return h('button', { class: className, type: 'button', onclick, ...props }, ...kids);
}

/** A button that shows only a shape, and says in words what it does. */
function iconButton(shape: Icon, part: string, press: () => void, title: string, label = title): Spec {
  return button('icon', press, { part, title, 'aria-label': label }, icon(shape));
}

function anchor(open: Open, href: string | undefined, text: string, link?: Link, title?: string): Child {
  if (!href) return;
  const onclick = (event: MouseEvent) => open(event, href, link);
  return h('a', { part: 'action', href, title, onclick }, text);
}

/** The frame every card shares. */
function frame(
  severity: Severity,
  shape: Icon,
  id: string,
  title: string,
  props: Spec['props'],
  ...kids: Child[]
): Spec {
  return h(
    'article',
    { class: `card ${severity}`, part: `card ${severity}`, 'aria-labelledby': `t-${id}`, ...props },
    h(
      'div',
      { class: 'inner' },
      h('span', { class: 'badge', part: 'level' }, icon(shape)),
      h('p', { class: 'title', part: 'title', id: `t-${id}`, title }, title),
      ...kids,
    ),
  );
}

export function card(group: Group, at: CardContext): Spec {
  const { words, link } = at;
  const { group_id: id, title, severity, raised_reason: reason, count, source, last_seen_at } = group;
  return frame(
    severity,
    severity,
    id,
    title,
    { tabindex: at.tabbable ? 0 : -1, 'data-id': id },
    iconButton('close', 'dismiss', at.dismiss, words.text('dismiss'), `${words.text('dismiss')}: ${title}`),
    h(
      'div',
      { class: 'meta', part: 'meta' },
      h('span', { class: 'level' }, words.text(severity)),
      count > 1 &&
        h(
          'span',
          { class: 'count' },
          h('span', { 'aria-hidden': 'true' }, '×' + words.number(count)),
          h('span', { class: 'vh' }, words.count('repeated', count)),
        ),
      reason && reason !== 'new' && h('span', {}, words.text(reason)),
      h(
        'time',
        { datetime: last_seen_at, title: words.moment(last_seen_at) },
        words.ago(last_seen_at, at.now),
      ),
      source && h('span', { title: source }, source),
    ),
    h(
      'div',
      { class: 'links' },
      link &&
        anchor(
          at.open,
          link.href,
          `${words.text(link.kind)} ${shortId(link.id)}`,
          link,
          `${words.text(link.kind)} ${link.id}`,
        ),
      anchor(at.open, at.details, words.text('details')),
    ),
    at.failed &&
      h(
        'div',
        { class: 'trouble' },
        words.text('notViewed'),
        button('text', at.retry, {}, words.text('retry')),
      ),
  );
}

export function stormCard(
  { count, sources, seconds }: Storm,
  worst: Severity,
  { words, list, show, open }: { words: Words; list: string | undefined; show(): void; open: Open },
): Spec {
  return frame(
    worst,
    'storm',
    'storm',
    words.count('stormTitle', count),
    { tabindex: 0 },
    h(
      'div',
      { class: 'meta', part: 'meta' },
      h('span', {}, words.count('stormIn', seconds)),
      h('span', {}, words.count('stormSources', sources)),
    ),
    h(
      'div',
      { class: 'links' },
      anchor(open, list, words.text('stormList')),
      button('text', show, {}, words.text('stormShow')),
    ),
  );
}

/** How the line is doing, when there is something to say. */
function lineState({ state, pollAfterMs, lastHeardAt }: ConnectionView, words: Words): Child {
  const text =
    state === 'polling'
      ? words.count('polling', Math.max(1, Math.round(pollAfterMs / 1000)))
      : state === 'offline' && lastHeardAt
        ? words.text('offlineSince', { time: words.clock(lastHeardAt) })
        : (state === 'offline' || state === 'unauthorized') && words.text(state);
  return text && h('div', { class: 'line' }, text);
}

export interface BarContext {
  words: Words;
  link: ConnectionView;
  list: string | undefined;
  open: Open;
  undo(): void;
  keepUndo(): void;
  dismissShown(): void;
  minimize(): void;
}

export function bar({ feed, hidden, waiting, cards, storm }: Stack, at: BarContext): Spec {
  const { words, list, open } = at;
  const { critical } = feed.moreBySeverity;
  const rest = feed.more ? words.count('more', feed.more) : words.count('alerts', feed.total);
  const lead = hidden.length
    ? [
        h('span', { class: 'done' }, icon('check'), words.count('hidden', hidden.length)),
        button(
          'text undo',
          at.undo,
          { onfocus: at.keepUndo, onpointerenter: at.keepUndo },
          words.text('undo'),
        ),
      ]
    : waiting
      ? [h('span', { class: 'word' }, words.count('waiting', waiting))]
      : [
          h(
            list ? 'a' : 'span',
            {
              class: `more word ${feed.more ? '' : 'quiet'}`,
              href: list,
              onclick: list && ((event: MouseEvent) => open(event, list)),
            },
            rest,
            critical > 0 && ', ',
            critical > 0 && h('b', {}, words.count('moreCritical', critical)),
          ),
        ];
  return h(
    'div',
    { class: 'bar', part: 'footer' },
    h(
      'div',
      { class: 'row' },
      h('div', { class: 'lead' }, ...lead),
      // Hidden rather than left out, so that the button after it stays the same one.
      button(
        'text quiet',
        at.dismissShown,
        { hidden: cards.length < 2 || !!storm },
        words.text('dismissShown'),
      ),
      iconButton('down', 'minimize', at.minimize, words.text('minimize')),
    ),
    lineState(at.link, words),
  );
}

/** The chip above the cards: so many came while somebody was reading. */
export function fresh(count: number, words: Words, show: () => void): Spec {
  return button('fresh', show, { part: 'fresh' }, icon('up'), words.count('fresh', count));
}

export function pill({ feed }: Stack, worst: Severity, words: Words, expand: () => void): Spec {
  const { critical } = feed.bySeverity;
  return button(
    `pill ${worst}`,
    expand,
    { part: 'pill', title: words.text('expand'), 'aria-expanded': 'false' },
    h('span', { class: 'badge' }, icon(worst)),
    h('span', {}, words.count('alerts', feed.total)),
    critical > 0 && h('span', { class: 'rest' }, words.count('moreCritical', critical)),
    icon('up'),
  );
}
