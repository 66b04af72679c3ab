import { group } from '@rynda/realtime/testing';
import { describe, expect, it } from 'vitest';
import { calmMs, createStormWatch } from './storm';

const groups = (n: number, from = 1) =>
  Array.from({ length: n }, (_, i) => group(String(from + i), { source: `s${i % 3}` }));

describe('a storm', () => {
  it('begins with more than ten groups in ten seconds, not with ten', () => {
    const watch = createStormWatch();
    watch.raised(groups(10), 1_000);
    expect(watch.at(1_000)).toBeUndefined();
    watch.raised(groups(1, 20), 10_900);
    expect(watch.at(10_900)).toMatchObject({ count: 11, sources: 3, seconds: 10 });
  });

  it('is not made of what is more than ten seconds old', () => {
    const watch = createStormWatch();
    watch.raised(groups(10), 1_000);
    watch.raised(groups(10, 20), 11_001);
    expect(watch.at(11_001)).toBeUndefined();
  });

  it('is not made of one group again and again', () => {
    const watch = createStormWatch();
    for (let i = 0; i < 50; i++) watch.raised(groups(1), i);
    expect(watch.at(60)).toBeUndefined();
  });

  it('goes on counting, and is over after thirty calm seconds', () => {
    const watch = createStormWatch();
    watch.raised(groups(20), 0);
    watch.raised(groups(7, 50), 25_000);
    expect(watch.at(26_000)).toMatchObject({ count: 27, seconds: 25 });
    expect(watch.endsAt()).toBe(25_000 + calmMs);
    expect(watch.at(25_000 + calmMs - 1)).toBeDefined();
    expect(watch.at(25_000 + calmMs)).toBeUndefined();
    watch.raised(groups(1, 90), 60_000);
    expect(watch.at(60_000)).toBeUndefined();
  });

  it('ends when the person has seen enough', () => {
    const watch = createStormWatch();
    watch.raised(groups(20), 0);
    watch.end();
    expect(watch.at(1)).toBeUndefined();
  });

  it('of hours keeps a bounded memory', () => {
    const watch = createStormWatch();
    for (let i = 0; i < 20; i++) watch.raised(groups(1_000, i * 1_000), i * 1_000);
    expect(watch.at(20_000)?.count).toBe(5_000);
  });
});
