// Holds what browsers download to its budget, in bytes of gzip as pack.mjs makes
// it and the server sends it; of gzip -9 where nothing is packed. Run after
// `npm run build`. A file that is not there is not held, so that one package
// can be built alone; give its name to insist.

import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { build } from 'vite';

const web = join(dirname(fileURLToPath(import.meta.url)), '..');
const gz = (text) => gzipSync(text, { level: 9 }).length;

/** What a host pays that imports only these names. */
async function imported(names) {
  const id = '\0only';
  const result = await build({
    configFile: false,
    logLevel: 'silent',
    root: join(web, 'realtime'),
    resolve: { conditions: ['@rynda/source', 'module', 'browser', 'production'] },
    plugins: [
      {
        name: 'only',
        resolveId: (source) => (/only$/.test(source) ? id : null),
        load: (source) =>
          source === id
            ? `export { ${names} } from ${JSON.stringify(join(web, 'realtime/src/index.ts'))};`
            : null,
      },
    ],
    build: { write: false, target: 'es2022', lib: { entry: 'only', name: 'Only', formats: ['iife'] } },
  });
  return gz([result].flat()[0].output[0].code);
}

/** What is sent of a file; undefined when it was not built. */
function sent(path) {
  if (existsSync(`${path}.gz`)) return readFileSync(`${path}.gz`).length;
  return existsSync(path) ? gz(readFileSync(path)) : undefined;
}
const file = (path) => sent(join(web, path));

const held = [
  ['client, a connection per tab', 4 * 1024, () => imported('createRealtime')],
  ['client, one connection for all tabs', 6 * 1024, () => imported('createRealtime, createSharedRealtime')],
  ['realtime/dist/rynda-realtime.iife.js', 9.6 * 1024, file],
  ['realtime/dist/rynda-worker.js', 5 * 1024, file],
  ['alert-stack/dist/rynda-alerts.js', 16 * 1024, file],
];

let over = false;
for (const [name, limit, measure] of held) {
  const bytes = await measure(name);
  if (bytes === undefined) {
    if (process.argv.includes(name)) throw new Error(`${relative(web, name)} was not built`);
    continue;
  }
  over ||= bytes > limit;
  console.log(
    `${bytes > limit ? 'OVER' : 'ok  '} ${String(bytes).padStart(6)} of ${String(limit).padStart(6)}  ${name}`,
  );
}

// The app: its entry with everything it loads at once, and its style sheets.
const assets = join(web, 'app/dist/assets');
const html = join(web, 'app/dist/index.html');
if (existsSync(assets) && existsSync(html)) {
  const first = [...readFileSync(html, 'utf8').matchAll(/(?:src|href)="[^"]*\/([^"/]+\.(js|css))"/g)];
  for (const [kind, limit] of [
    ['js', 60 * 1024],
    ['css', 12 * 1024],
  ]) {
    const names = new Set(first.filter((m) => m[2] === kind).map((m) => m[1]));
    const bytes = readdirSync(assets)
      .filter((name) => names.has(name))
      .reduce((sum, name) => sum + sent(join(assets, name)), 0);
    over ||= bytes > limit;
    console.log(
      `${bytes > limit ? 'OVER' : 'ok  '} ${String(bytes).padStart(6)} of ${String(limit).padStart(6)}  app, first route, ${kind}`,
    );
  }
}
process.exit(over ? 1 : 0);
