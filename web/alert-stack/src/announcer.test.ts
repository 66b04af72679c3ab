import { FakeEnv, group } from '@rynda/realtime/testing';
import { beforeEach, describe, expect, it } from 'vitest';
import { createAnnouncer, type Announcer } from './announcer';

let env: FakeEnv;
let said: { ids: string[]; urgent: boolean; at: number }[];
let announcer: Announcer;
let start: number;

beforeEach(() => {
  env = new FakeEnv();
  start = env.time;
  said = [];
  announcer = createAnnouncer(env, ({ groups, urgent }) =>
    said.push({ ids: groups.map((g) => g.group_id), urgent, at: env.time - start }),
  );
});

describe('a screen reader', () => {
  it('is told at once, then at most every five seconds, of everything that came meanwhile', async () => {
    for (let i = 1; i <= 6; i++) {
      announcer.arrived([group(String(i))]);
      await env.advance(1_000);
    }
    await env.advance(10_000);
    expect(said).toEqual([
      { ids: ['1'], urgent: false, at: 0 },
      { ids: ['2', '3', '4', '5'], urgent: false, at: 5_000 },
      { ids: ['6'], urgent: false, at: 10_000 },
    ]);
  });

  it('is interrupted for critical alone, and at most every thirty seconds', async () => {
    announcer.arrived([group('1')]);
    for (let i = 2; i <= 40; i++) {
      announcer.arrived([group(String(i), { severity: 'critical' })]);
      await env.advance(1_000);
    }
    const urgent = said.filter((s) => s.urgent);
    expect(urgent.map((s) => s.at)).toEqual([0, 30_000]);
    for (let i = 1; i < said.length; i++)
      if (!said[i]!.urgent) expect(said[i]!.at - said[i - 1]!.at).toBeGreaterThanOrEqual(5_000);
  });

  it('hears of a group once, however often it came before the message', async () => {
    announcer.arrived([group('1')]);
    announcer.arrived([group('2')]);
    announcer.arrived([group('2')]);
    await env.advance(5_000);
    expect(said[1]?.ids).toEqual(['2']);
  });

  it('hears nothing after the end', async () => {
    announcer.arrived([group('1')]);
    announcer.arrived([group('2')]);
    announcer.close();
    await env.advance(60_000);
    expect(said).toHaveLength(1);
    expect(env.timers).toBe(0);
  });
});
