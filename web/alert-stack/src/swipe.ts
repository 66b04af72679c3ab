// A card pushed aside with a finger is dismissed. Always beside a button that
// does the same.

export const swipePx = 80;

/** Follows one pointer from pointerdown; calls done when the card went far enough. */
export function followSwipe(down: PointerEvent, card: HTMLElement, done: () => void): void {
  if (down.pointerType !== 'touch' || !down.isPrimary) return;
  const stop = new AbortController();
  const on = (type: string, fn: (event: PointerEvent) => void) =>
    card.addEventListener(type, fn as EventListener, { signal: stop.signal });
  let dx = 0;

  function end(far: boolean) {
    stop.abort();
    if (far) return done();
    card.style.translate = card.style.opacity = '';
  }

  on('pointermove', (event) => {
    dx = Math.max(0, event.clientX - down.clientX);
    if (dx > 8 && !card.hasPointerCapture(down.pointerId)) card.setPointerCapture(down.pointerId);
    card.style.translate = `${dx}px`;
    card.style.opacity = String(Math.max(0.3, 1 - dx / 240));
  });
  on('pointerup', () => end(dx >= swipePx));
  on('pointercancel', () => end(false));
}
