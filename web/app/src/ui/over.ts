import type { Attachment } from 'svelte/attachments';

const gap = 4;
const edge = 8;

/**
 * Opens a panel above all else, the alerts too, under the button it belongs to,
 * and keeps it there and within the window. `end` aligns it with the button's
 * end. base.css places it by what is set here; a small screen may do otherwise.
 */
export function over(button: () => HTMLElement | undefined, end = false): Attachment<HTMLElement> {
  return (panel) => {
    panel.popover = 'manual';
    panel.showPopover();
    const place = () => {
      const box = button()?.getBoundingClientRect();
      if (!box) return;
      panel.style.setProperty('--over-width', `${Math.round(box.width)}px`);
      const within = (at: number, size: number, room: number) =>
        `${Math.round(Math.max(edge, Math.min(at, room - size - edge)))}px`;
      const start = end ? box.right - panel.offsetWidth : box.left;
      panel.style.setProperty(
        '--over-x',
        within(start, panel.offsetWidth, document.documentElement.clientWidth),
      );
      panel.style.setProperty('--over-y', within(box.bottom + gap, panel.offsetHeight, innerHeight));
    };
    place();
    const resized = new ResizeObserver(place);
    resized.observe(panel);
    const stop = new AbortController();
    for (const kind of ['scroll', 'resize'])
      addEventListener(kind, place, { capture: true, passive: true, signal: stop.signal });
    return () => {
      resized.disconnect();
      stop.abort();
    };
  };
}
