import { defineConfig } from 'vite';

// The library as a module and as one script that sets `Rynda`; with --mode
// worker the shared worker, which has to be a file of its own.
export default defineConfig(({ mode }) => ({
  build: {
    target: 'es2022',
    emptyOutDir: mode !== 'worker',
    minify: 'oxc',
    lib:
      mode === 'worker'
        ? {
            entry: 'src/worker.ts',
            name: 'RyndaWorker',
            formats: ['iife'],
            fileName: () => 'rynda-worker.js',
          }
        : {
            entry: 'src/index.ts',
            name: 'Rynda',
            formats: ['es', 'iife'],
            fileName: (format) => (format === 'iife' ? 'rynda-realtime.iife.js' : 'rynda-realtime.js'),
          },
  },
}));
