import { defineConfig } from 'vite';
import { squeeze } from '../tools/squeeze';

// One script with everything in it for any page, and with --mode esm a module
// that leaves realtime to the host, so that the app and the element share it.
// terser makes it a quarter of a kilobyte smaller than the built-in minifier.
export default defineConfig(({ mode }) => ({
  plugins: [squeeze()],
  resolve: { conditions: ['@rynda/source', 'module', 'browser', 'production'] },
  build: {
    target: 'es2022',
    emptyOutDir: mode !== 'esm',
    minify: 'terser',
    terserOptions: {
      ecma: 2020,
      compress: { passes: 2, pure_getters: true, unsafe_arrows: true, hoist_funs: true },
    },
    lib: {
      // The script has nobody to export its words to.
      entry: mode === 'esm' ? 'src/index.ts' : 'src/define.ts',
      name: 'RyndaAlerts',
      formats: [mode === 'esm' ? 'es' : 'iife'],
      fileName: () => (mode === 'esm' ? 'rynda-alerts.mjs' : 'rynda-alerts.js'),
    },
    rolldownOptions: mode === 'esm' ? { external: ['@rynda/realtime'] } : {},
  },
}));
