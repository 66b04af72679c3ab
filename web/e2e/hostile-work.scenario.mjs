import assert from 'node:assert/strict';
import { person, scenario, tell, until } from './stage.mjs';

const runs = 'ryndaHit=alert(1)';
const markup = (where) =>
  `<img src=x onerror=${runs}><script>${runs}</script><a href="javascript:${runs}">${where}</a>`;
const link = `javascript:${runs}`;

/** What of the text became more than text. */
const alive = (page) =>
  page.evaluate(() => {
    const found = globalThis.ryndaHit === undefined ? [] : ['it ran'];
    for (const element of document.querySelectorAll('*')) {
      const { localName } = element;
      if (localName === 'img' || (localName === 'script' && !element.src)) found.push(element.outerHTML);
      for (const { name, value } of element.attributes) {
        if (name.startsWith('on')) found.push(`${name}=${value}`);
        if (['href', 'src', 'action'].includes(name) && !/^(\/|#|https?:)/.test(value))
          found.push(`${name}=${value}`);
      }
    }
    return found;
  });

const fields = {
  name: markup('name'),
  trigger: markup('trigger'),
  actor: `<b onmouseover="${runs}">actor</b>`,
  ref: markup('ref'),
  commit: link,
};
const place = {
  environment: markup('environment'),
  namespace: '../../<namespace>',
  service: markup('service'),
  revision: markup('revision'),
};
const line = markup('line');
const marker = `<h1 onclick="${runs}">marker</h1>`;
const step = `<img src=x onerror=${runs}>step`; // names of steps are short

scenario('runs, deploys, their steps and their logs full of markup are text everywhere', async () => {
  const ann = await person();
  // A slash, a quotation mark and markup in the ids, which are part of addresses.
  for (const [kind, more] of [
    ['run', { ...fields, deploy_id: markup('of'), steps: [{ name: step, status: 'running' }] }],
    ['deploy', { ...fields, ...place, stages: [{ name: step, status: 'running' }] }],
  ]) {
    const id = `<b>"${kind}"</b>?a=1&b#c`;
    const address = `/v1/${kind}s/${encodeURIComponent(id)}`;
    await tell('PUT', address, { status: 'running', ...more });
    await tell('POST', `${address}/log`, {
      lines: [
        { seq: 1, text: marker, marker: true, level: 'error' },
        { seq: 2, text: `${line}\u0000\u202e\u001b[31m` },
      ],
    });
    const tab = await ann.open(`/${kind}s`);
    const { page } = tab;
    const missing = (wanted) => async () => {
      const shown = await page.locator('body').textContent();
      return Object.entries(wanted).filter(([, value]) => !shown.includes(value));
    };
    const { commit: _, service = fields.name, ...listed } = more;
    const inList =
      kind === 'run'
        ? {
            name: fields.name,
            trigger: fields.trigger,
            actor: fields.actor,
            ref: fields.ref,
            deploy: more.deploy_id,
            id,
          }
        : {
            service,
            environment: place.environment,
            namespace: place.namespace,
            revision: place.revision,
            id,
            stage: step,
          };
    assert.ok(listed);
    await until(missing(inList), [], `all of the ${kind} in the list`);
    assert.deepEqual(await alive(page), []);

    await tab.rows.first().getByRole('link').first().click();
    await page.locator('main h1').waitFor();
    const inDetail = {
      ...fields,
      ...(kind === 'deploy' ? place : { deploy: more.deploy_id }),
      step,
      line,
      marker,
      id,
    };
    await until(missing(inDetail), [], `all of the ${kind} on its page`);
    assert.deepEqual(await alive(page), []);
    assert.equal(new URL(page.url()).pathname.endsWith(encodeURIComponent(id)), true);
  }
  ann.faultless();
  await ann.close();
});

scenario('links that are no web addresses are refused or no links', async () => {
  const ann = await person();
  const answers = [];
  for (const url of [
    link,
    `data:text/html,<script>${runs}</script>`,
    '//evil.example',
    'https://safe.example/a"onclick=b',
  ]) {
    try {
      await tell('PUT', '/v1/runs/linked', {
        name: 'linked',
        status: 'running',
        url,
        links: [{ kind: 'ci', id: 'x', url }],
      });
      answers.push('taken');
    } catch {
      answers.push('refused');
    }
    if (answers.at(-1) === 'refused') continue;
    const { page } = await ann.open('/runs');
    await page.locator('[role=row]').getByRole('link').first().click();
    await page.getByRole('heading', { name: 'linked' }).waitFor();
    assert.deepEqual(await alive(page), [], url);
    await page.close();
  }
  assert.deepEqual(answers.slice(0, 3), ['refused', 'refused', 'refused']);
  ann.faultless();
  await ann.close();
});
