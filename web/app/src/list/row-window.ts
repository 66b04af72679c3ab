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

/** A row and its place in the list. */
export interface Placed {
  id: string;
  at: number;
}

/**
 * What to have in the page now, of the rows that are wanted there, the most
 * urgent first: all that are there already and at most `budget` new ones, the
 * very first whatever the budget. Where a new one is still missing, the row that
 * was seen in its place stays. In the order of their places; `made` is how
 * many are new, `missing` says that there is more to do.
 */
export function pacedRows(
  there: readonly Placed[],
  wanted: readonly Placed[],
  budget: number,
): { rows: Placed[]; made: number; missing: boolean } {
  const known = new Set(there.map(({ id }) => id));
  const rows: Placed[] = [];
  const empty = new Set<number>();
  let made = 0;
  for (const row of wanted) {
    if (known.has(row.id)) rows.push(row);
    else if (made < budget || rows.length === 0) {
      made++;
      rows.push(row);
    } else empty.add(row.at);
  }
  if (empty.size) {
    const placed = new Set(rows.map(({ id }) => id));
    for (const row of there) if (empty.has(row.at) && !placed.has(row.id)) rows.push(row);
  }
  return { rows: rows.sort((a, b) => a.at - b.at), made, missing: empty.size > 0 };
}
