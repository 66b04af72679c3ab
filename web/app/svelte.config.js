import { vitePreprocess } from '@sveltejs/vite-plugin-svelte';

/** @type {import('@sveltejs/vite-plugin-svelte').SvelteConfig} */
export default {
  preprocess: vitePreprocess({ script: true }),
  compilerOptions: {
    // Build templates node by node instead of through innerHTML, so that the
    // page works under `require-trusted-types-for 'script'` with no policy.
    fragments: 'tree',
  },
};
