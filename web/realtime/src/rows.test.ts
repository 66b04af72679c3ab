import { describe, expect, it } from 'vitest';
import { createRows } from './rows';

interface Row {
  id: string;
  version: number;
  active: boolean;
}

const row = (n: number, active: boolean): Row => ({ id: String(n), version: 1, active });

describe('rows', () => {
  it('that may not be forgotten are not looked through for each that comes', () => {
    const count = 20_000;
    let looks = 0;
    const rows = createRows<Row>(
      ({ id }) => id,
      ({ active }) => {
        looks++;
        return active;
      },
    );
    for (let n = 0; n < count; n++) rows.take(row(n, true));
    expect(rows.all.size).toBe(count);
    // Each time a thousand more have come: 5,001, 6,001 and so on.
    expect(looks).toBeLessThan(10 * count);
  });

  it('are few again when they may be forgotten', () => {
    let active = true;
    const rows = createRows<Row>(
      ({ id }) => id,
      () => active,
    );
    for (let n = 0; n < 12_000; n++) rows.take(row(n, true));
    active = false;
    for (let n = 12_000; n < 14_000; n++) rows.take(row(n, false));
    expect(rows.all.size).toBeLessThanOrEqual(6_000);
    expect(rows.all.has('13999')).toBe(true);
  });
});
