import { defineConfig } from 'vitest/config';

export default defineConfig({
  resolve: { conditions: ['@rynda/source'] },
  test: {
    name: 'alert-stack',
    environment: 'happy-dom',
    include: ['src/**/*.test.ts'],
    testTimeout: 60_000, // a property test on a busy machine
  },
});
