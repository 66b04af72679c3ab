import { svelte } from '@sveltejs/vite-plugin-svelte';
import { defaultClientConditions, defineConfig, type Plugin } from 'vite';

/** The address of the server that answers /v1 while the app is developed with `vite`. */
const server = process.env.RYNDA_URL ?? 'http://127.0.0.1:8700';

/**
 * Holds the first paint until the entry module has run, so that a chosen theme
 * never flashes the other one. The attribute is added to the built page, where
 * Vite has already written the hashed name.
 */
function renderAfterEntry(): Plugin {
  return {
    name: 'render-after-entry',
    apply: 'build',
    transformIndexHtml: {
      order: 'post',
      handler: (html) => html.replace('<script type="module"', '<script type="module" blocking="render"'),
    },
  };
}

export default defineConfig({
  plugins: [svelte(), renderAfterEntry()],
  // The client and the element are built with the app, from their sources.
  resolve: { conditions: ['@rynda/source', ...defaultClientConditions] },
  build: {
    target: 'es2023',
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    rolldownOptions: {
      output: {
        // What the first screen needs is one file: ten of them, split by which
        // later screens share them, weigh 3 kB more and ask ten times.
        codeSplitting: { groups: [{ name: 'first', tags: ['$initial'] }] },
      },
    },
  },
  server: {
    proxy: { '/v1': server, '/auth': server, '/embed': server },
  },
});
