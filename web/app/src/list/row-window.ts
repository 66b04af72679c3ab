/**
 * Which rows of a long list of equally tall rows are worth having in the page.
 * `top` is how far the list's beginning lies above the upper edge of the view
 * (negative when below it). At most `view / row + 2 * spare + 2` rows come back.
 */
export function rowWindow(
  count: number,
  row: number,
  top: number,
  view: number,
  spare = 8,
): [from: number, to: number] {
  if (count === 0 || row <= 0) return [0, 0];
  const first = Math.floor(top / row);
  const from = Math.min(Math.max(0, first - spare), count);
  const to = Math.min(count, Math.max(from, first + Math.ceil(view / row) + spare + 1));
  return [from, to];
}
