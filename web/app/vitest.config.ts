import { svelte } from '@sveltejs/vite-plugin-svelte';
import { defineConfig } from 'vitest/config';

export default defineConfig({
  plugins: [svelte()],
  resolve: { conditions: ['@rynda/source', 'browser'] },
  test: {
    name: 'app',
    environment: 'node',
    include: ['src/**/*.test.ts'],
    testTimeout: 60_000, // a property test on a busy machine
  },
});
