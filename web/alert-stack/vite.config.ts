import { defineConfig } from 'vite';
import { squeeze } from '../tools/squeeze';

// One script with everything in it for any page, and with --mode esm a module
// that leaves realtime to the host, so that the app and the element share it.
// terser makes it a quarter of a kilobyte smaller than the built-in minifier.

// Names of properties that never leave the script: not in what a host hands over
// or is handed, not in what the server says, not keys that are looked up by a
// text. Shorter, they save 150 bytes.
const inner = [
  ...['actualSince', 'leftLiveAt'], // machine.ts
  ...['waitMs', 'etag', 'outcome', 'asking'], // request.ts, poll.ts
  ...['retryWaiting', 'takeTotals', 'askedAt', 'retryAfterMs', 'toldAll', 'failures'], // the feed's store
  ...['era', 'tries', 'settle', 'unview', 'timer', 'again', 'gone', 'answered', 'want', 'ops', 'told'],
  ...['keepUndo', 'endsAt', 'seconds', 'sources', 'arrived', 'urgent', 'titled'], // stack, storm, wiring
  ...['tabbable', 'props', 'kids', 'moment', 'clock', 'ago'], // what is drawn
];

export default defineConfig(({ mode }) => ({
  plugins: [squeeze()],
  resolve: { conditions: ['@rynda/source', 'module', 'browser', 'production'] },
  build: {
    target: 'es2022',
    emptyOutDir: mode !== 'esm',
    minify: 'terser',
    terserOptions: {
      ecma: 2020,
      safari10: false,
      mangle: mode === 'esm' ? {} : { properties: { regex: new RegExp(`^(${inner.join('|')})$`) } },
      compress: {
        passes: 2,
        pure_getters: true,
        unsafe_arrows: true,
        hoist_funs: true,
        lhs_constants: false,
      },
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
