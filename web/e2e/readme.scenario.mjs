import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { build } from 'vite';
import { person, post, report, scenario, url } from './stage.mjs';

// The hosts of web/realtime/README.md, as they stand there.
const readme = await readFile(new URL('../realtime/README.md', import.meta.url), 'utf8');
const hosts = readme.slice(readme.indexOf('## Hosts'));
const block = (language, holding) => {
  const found = [...hosts.matchAll(/```(\w+)\n([\s\S]*?)```/g)].find(
    ([, of, text]) => of === language && text.includes(holding),
  );
  assert.ok(found, `the README has no ${language} with ${holding}`);
  return found[2];
};

/** An application that says what the README leaves to it: the connection, and what is drawn. */
async function bundled(part, draw) {
  const entry = '\0host';
  const files = {
    [entry]: `import { createApi, createGroupStore, createRealtime } from '@rynda/realtime';
      ${draw}
      const realtime = createRealtime({ topics: ['errors'] });
      const store = createGroupStore(realtime, createApi({ baseUrl: '', env: realtime.env }));
      show(store, document.querySelector('#app'));
      realtime.start();`,
    '\0part': part,
  };
  const [{ output }] = [
    await build({
      configFile: false,
      logLevel: 'error',
      root: new URL('.', import.meta.url).pathname,
      define: {
        'process.env.NODE_ENV': '"production"',
        __VUE_OPTIONS_API__: 'false',
        __VUE_PROD_DEVTOOLS__: 'false',
        __VUE_PROD_HYDRATION_MISMATCH_DETAILS__: 'false',
      },
      plugins: [
        {
          name: 'readme',
          resolveId: (id) => (/(^|\/)host$/.test(id) ? entry : id === 'part' ? '\0part' : null),
          load: (id) => files[id] ?? null,
        },
      ],
      build: { write: false, lib: { entry: 'host', formats: ['iife'], name: 'host' } },
    }),
  ].flat();
  return `<!doctype html><title>Host</title><div id="app"></div><script>${output[0].code.replaceAll('</script', '<\\/script')}</script>`;
}

scenario('the hosts of the README work as they stand there', async () => {
  const pages = {
    plain: `<!doctype html><title>Host</title>${block('html', 'rynda-realtime.iife.js')}`,
    vue: await bundled(
      block('js', 'useReadable'),
      `import { createApp, h } from 'vue';
       import { useReadable } from 'part';
       const show = (store, at) => createApp({ setup() {
         const feed = useReadable(store.feed());
         return () => h('ul', feed.value.groups.map(({ group_id, title }) => h('li', { key: group_id }, title)));
       } }).mount(at);`,
    ),
    react: await bundled(
      block('js', 'useFeed'),
      `import { createElement as h } from 'react';
       import { createRoot } from 'react-dom/client';
       import { useFeed } from 'part';
       const Feed = ({ store }) => h('ul', null, useFeed(store).groups.map(({ group_id, title }) => h('li', { key: group_id }, title)));
       const show = (store, at) => createRoot(at).render(h(Feed, { store }));`,
    ),
  };
  await post(report('already there'));
  const ann = await person();
  for (const [name, html] of Object.entries(pages)) {
    const page = await ann.context.newPage();
    await page.route(`${url}/hosts/${name}`, (route) =>
      route.fulfill({ contentType: 'text/html', body: html }),
    );
    await page.goto(`${url}/hosts/${name}`);
    await page.locator('li', { hasText: 'already there' }).waitFor();
    await post(report(`live in ${name}`));
    await page.locator('li', { hasText: `live in ${name}` }).waitFor();
    await page.close();
  }
  ann.faultless();
  await ann.close();
});
