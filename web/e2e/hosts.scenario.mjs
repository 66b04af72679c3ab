import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { build } from 'vite';
import { accessible } from './axe.mjs';
import { person, post, report, scenario, screen, until, url } from './stage.mjs';

const here = new URL('hosts/', import.meta.url);
/** What a careful host allows. The element has to do with it. */
const policy =
  "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; require-trusted-types-for 'script'";

/** A host's application in one file, as its own build would make it. */
async function bundled(entry) {
  const { output } = await build({
    configFile: false,
    logLevel: 'error',
    define: {
      'process.env.NODE_ENV': '"production"',
      __VUE_OPTIONS_API__: 'false',
      __VUE_PROD_DEVTOOLS__: 'false',
      __VUE_PROD_HYDRATION_MISMATCH_DETAILS__: 'false',
    },
    build: { write: false, lib: { entry: new URL(entry, here).pathname, formats: ['iife'], name: 'host' } },
  }).then((result) => [result].flat()[0]);
  return output[0].code;
}

/** Opens a page of a host, at the address of the server that has the element. */
async function visit(ann, name, html, script) {
  const page = await ann.context.newPage();
  await page.route(`${url}/hosts/${name}/`, async (route) =>
    route.fulfill({
      contentType: 'text/html',
      headers: { 'content-security-policy': policy },
      body: await readFile(new URL(html, here), 'utf8'),
    }),
  );
  if (script)
    await page.route(`${url}/hosts/${name}/app.js`, (route) =>
      route.fulfill({ contentType: 'text/javascript', body: script }),
    );
  await page.goto(`${url}/hosts/${name}/`);
  return screen(page);
}

scenario('the element works and is accessible in a plain page, in Vue and in React', async () => {
  const title = 'payment failed';
  await post(report(title, { run_id: 'run-7' }));
  const ann = await person();
  const hosts = [
    ['plain', 'plain.html'],
    ['vue', 'framework.html', await bundled('vue.mjs')],
    ['react', 'framework.html', await bundled('react.mjs')],
  ];
  // One after the other: a card that another host's report brings in is pale while it is judged.
  for (const [name, html, script] of hosts) {
    const tab = await visit(ann, name, html, script);
    const { page } = tab;
    await tab.seen(title);
    await accessible(tab, name);
    const link = tab.card(title).getByRole('link', { name: 'Run run-7' });
    assert.equal(await link.getAttribute('href'), 'https://ci.example.com/runs/run-7');

    const live = `arrived in ${name}`;
    await post(report(live));
    await tab.seen(live);
    await tab.dismiss(live);
    await tab.gone(live);
    if (script) {
      // The host's own way of going somewhere, and of taking the element away.
      await tab.card(title).getByRole('link', { name: 'Details' }).click();
      await until(() => page.locator('#opened').innerText(), '/errors/1', 'the host told where to go');
      const mount = page.getByRole('button', { name: 'Mount or not' });
      await mount.click();
      await tab.element.waitFor({ state: 'detached' });
      await mount.click();
      await tab.seen(title);
    }
    await page.close();
  }
  ann.faultless();
  await ann.close();
});
