import assert from 'node:assert/strict';
import { ask, person, post, scenario, until } from './stage.mjs';

const runs = 'ryndaHit=alert(1)';
const markup = (where) =>
  `<img src=x onerror=${runs}><script>${runs}</script><svg/onload=${runs}><a href="javascript:${runs}">${where}</a>\${7*7}&lt;b&gt;`;
const link = `javascript:${runs}`;

scenario('a report full of markup and javascript: links shows as text everywhere', async () => {
  const ann = await person();
  const tab = await ann.open();
  const { page } = tab;
  await tab.says('Live');

  const fields = {
    message: markup('message'),
    type: markup('type'),
    source: `<b onmouseover="${runs}">source</b>`,
    environment: `<i onmouseover="${runs}">environment</i>`,
    release: `<u onmouseover="${runs}">release</u>`,
    run_id: link,
    deploy_id: `"><img src=x onerror="${runs}">`,
    task_id: `<task onfocus="${runs}" autofocus tabindex=1>`,
    namespace: '../../<namespace>',
    job: `data:text/html,<script>${runs}</script>`,
  };
  const inner = {
    function: markup('function'),
    file: `${link}//file.js`,
    tag: markup('tag'),
    key: `<key onmouseover="${runs}">`,
    value: markup('value'),
  };
  await post({
    ...fields,
    level: 'error',
    fingerprint: [markup('fingerprint')],
    frames: [{ function: inner.function, file: inner.file, line: 1, in_app: true }],
    tags: { [inner.key]: inner.tag },
    payload: { [inner.key]: { list: [inner.value, link] }, constructor: { prototype: inner.value } },
  });

  /** Everything that is text on the page, shadow roots included, as one string. */
  const text = () =>
    page.evaluate(() => {
      const read = (root) =>
        [...root.childNodes]
          .map((node) =>
            node.nodeType === Node.TEXT_NODE
              ? node.data
              : node.nodeType === Node.ELEMENT_NODE && node.localName !== 'style'
                ? (node.shadowRoot ? read(node.shadowRoot) : '') + read(node)
                : '',
          )
          .join('');
      return read(document.body);
    });
  /** What of the report became more than text. */
  const alive = () =>
    page.evaluate(() => {
      const found = globalThis.ryndaHit === undefined ? [] : ['it ran'];
      const look = (root) => {
        for (const element of root.querySelectorAll('*')) {
          if (element.shadowRoot) look(element.shadowRoot);
          const { localName } = element;
          if (['img', 'task', 'key', 'namespace'].includes(localName)) found.push(element.outerHTML);
          if (localName === 'script' && !element.src) found.push(element.outerHTML);
          for (const { name, value } of element.attributes) {
            if (name.startsWith('on')) found.push(`${name}=${value}`);
            if (['href', 'src', 'action', 'xlink:href'].includes(name) && !/^(\/|#|https?:)/.test(value))
              found.push(`${name}=${value}`);
          }
        }
      };
      look(document);
      return found;
    });

  // The alert and the history.
  await tab.cards.first().waitFor();
  assert.deepEqual(await tab.titles(), [fields.message]);
  await tab.rows.first().waitFor();
  assert.equal(await tab.rows.locator('.what').innerText(), fields.message);
  const list = await text();
  for (const field of ['message', 'source', 'environment']) assert.ok(list.includes(fields[field]), field);
  assert.deepEqual(await alive(), []);

  // The detail, with everything that folds opened.
  const { groups } = await ask('/v1/groups');
  await tab.rows.locator('.title a').click();
  await page.waitForURL(`**/errors/${groups[0].group_id}`);
  await page.getByText(inner.function).first().waitFor();
  const folded = page.locator('main section button[aria-expanded=false]');
  // Sections come as their answers do, so what is folded is opened until all is there.
  const missing = async () => {
    for (const button of (await folded.all()).reverse()) await button.click();
    const detail = await text();
    return Object.entries({ ...fields, ...inner }).filter(([, value]) => !detail.includes(value));
  };
  await until(missing, [], 'all shown as it was sent');
  assert.deepEqual(await alive(), []);
  ann.faultless();
});
