import { defineConfig } from 'vitest/config';

// One run covers every package. Each brings its own vitest.config.ts, so that
// realtime is tested without a DOM and the element with one.
export default defineConfig({
  test: { projects: ['*/vitest.config.ts'] },
});
