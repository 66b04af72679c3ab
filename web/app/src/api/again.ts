import type { Problem } from './problem';

const firstMs = 5_000;
const mostMs = 60_000;

/** Whether asking again may help: no answer, a server in trouble, or one that asks for patience. */
export const passes = (problem: Problem): boolean =>
  problem.unreachable || problem.status >= 500 || problem.status === 429;

/**
 * Asks again by itself for what failed and may pass: after 5 s, then after twice
 * as long each time up to a minute, each a fifth more or less, so that pages
 * which failed together do not come back together.
 */
export class Again {
  #failures = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(
    private readonly ask: () => void,
    private readonly random: () => number = Math.random,
  ) {}

  failed(problem: Problem): void {
    this.stop();
    if (!passes(problem)) return;
    const ms = Math.min(mostMs, firstMs * 2 ** this.#failures++) * (0.8 + 0.4 * this.random());
    this.#timer = setTimeout(this.ask, ms);
  }

  worked(): void {
    this.#failures = 0;
    this.stop();
  }

  /** Nobody waits for it now. */
  stop(): void {
    clearTimeout(this.#timer);
  }
}
