// The rows of the list, one element per card for as long as the card is there:
// a new one grows in, one that goes shrinks away, one that moves glides. All of
// it is decoration; the order in the document is right from the first moment.

import { draw, type Spec } from './dom';

export const leaveMs = 120;

export interface Row {
  id: string;
  count: number;
  content: Spec;
}

export interface Rows {
  /** Brings the list to these rows, which are used up. Not animated, those that go are gone at once. */
  draw(rows: Row[], animated?: boolean): void;
  /** The card of a row. */
  get(id: string): HTMLElement | undefined;
}

export function createRows(list: HTMLElement): Rows {
  const items = new Map<string, HTMLElement>();
  const counts = new Map<string, number>();
  const still = matchMedia('(prefers-reduced-motion: reduce)');

  function play(el: Element | null, frames: Keyframe[], duration: number) {
    if (el && !still.matches) el.animate?.(frames, { duration, easing: 'ease-out' });
  }

  return {
    get: (id) => items.get(id)?.firstElementChild as HTMLElement | undefined,
    draw(rows, animated = true) {
      const wanted = rows.map((row) => row.id);
      for (const [id, item] of items) {
        if (wanted.includes(id)) continue;
        items.delete(id);
        counts.delete(id);
        item.inert = true;
        item.className = 'leave';
        if (animated) setTimeout(() => item.remove(), leaveMs);
        else item.remove();
      }
      const tops = new Map<HTMLElement, number>();
      let next: Element | null = null;
      for (const { id, count, content } of rows.reverse()) {
        let item = items.get(id);
        if (!item) {
          items.set(id, (item = document.createElement('li')));
          item.className = 'enter';
          list.insertBefore(item, next);
        } else if (following(item) !== next) {
          // Measured before the first one moves.
          if (!tops.size) for (const each of items.values()) tops.set(each, top(each));
          list.insertBefore(item, next);
        }
        draw(item, [content]);
        if (count > (counts.get(id) ?? count))
          play(item.querySelector('.count'), [{ scale: 1.18 }, { scale: 1 }], 200);
        counts.set(id, count);
        next = item;
      }
      for (const [item, was] of tops) {
        const moved = was - top(item);
        if (moved) play(item, [{ translate: `0 ${moved}px` }, { translate: '0 0' }], 160);
      }
    },
  };
}

function top(item: Element): number {
  return item.getBoundingClientRect().top;
}

/** The next row that is staying. */
function following(item: Element): Element | null {
  let next = item.nextElementSibling;
  while (next?.className === 'leave') next = next.nextElementSibling;
  return next;
}
