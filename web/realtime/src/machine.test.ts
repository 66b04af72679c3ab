import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { dueAt, note, settle, settleMs, transitions, type Input, type Shown, type State } from './machine';

const states = Object.keys(transitions) as State[];
const inputs = Object.keys(transitions.live) as Input[];

describe('the machine', () => {
  it('answers every input in every state', () => {
    for (const state of states)
      for (const input of inputs) expect(states).toContain(transitions[state][input]);
  });

  it('leaves paused and unauthorized only when somebody starts or stops it', () => {
    for (const state of ['paused', 'unauthorized'] as const)
      for (const input of inputs)
        if (input !== 'start' && input !== 'stop') expect(transitions[state][input]).toBe(state);
  });

  it('is live after a hello and never otherwise newly so', () => {
    for (const state of states)
      for (const input of inputs)
        if (transitions[state][input] === 'live' && state !== 'live') expect(input).toBe('hello');
  });
});

const calm: Shown = { state: 'live', since: 0, actual: 'live', actualSince: 0, leftLiveAt: 0 };

describe('what people see', () => {
  it('does not blink while a line is cut every 700 ms', () => {
    let shown = calm;
    let changes = 0;
    for (let t = 0; t < 60_000; t += 700) {
      for (const [state, at] of [
        ['connecting', t],
        ['polling', t + 40],
        ['live', t + 400],
      ] as const) {
        const next = settle(note(shown, state, at), at);
        if (next.state !== shown.state) changes++;
        shown = next;
      }
    }
    expect(changes).toBe(0);
  });

  it('tells of polling after 3 s and of offline after 5 s, counted from the loss', () => {
    const polling = note(note(calm, 'connecting', 1_000), 'polling', 1_500);
    expect(settle(polling, 3_999).state).toBe('live');
    expect(settle(polling, 4_000).state).toBe('polling');
    const offline = note(note(calm, 'connecting', 1_000), 'offline', 1_500);
    expect(settle(offline, 5_999).state).toBe('live');
    expect(settle(offline, 6_000).state).toBe('offline');
  });

  it('shows the first connection and a refusal at once', () => {
    const first: Shown = { ...calm, state: 'connecting', actual: 'connecting' };
    expect(settle(note(first, 'live', 10), 10).state).toBe('live');
    expect(settle(note(calm, 'unauthorized', 10), 10).state).toBe('unauthorized');
  });

  it('always shows the truth in the end', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.constantFrom(...states), fc.nat(4_000))), (steps) => {
        let shown = calm;
        let now = 0;
        for (const [state, wait] of steps) {
          now += wait;
          shown = settle(note(shown, state, now), now);
        }
        const longest = Math.max(...Object.values(settleMs));
        expect(dueAt(shown)).toBeLessThanOrEqual(now + longest);
        expect(settle(shown, now + longest).state).toBe(shown.actual);
      }),
    );
  });
});
