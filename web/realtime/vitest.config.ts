import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    name: 'realtime',
    environment: 'node',
    include: ['src/**/*.test.ts'],
    testTimeout: 60_000, // a property test on a busy machine
  },
});
