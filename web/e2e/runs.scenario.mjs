import assert from 'node:assert/strict';
import { ask, layLine, person, post, report, scenario, tell, until } from './stage.mjs';

const lines = (from, to) =>
  Array.from({ length: to - from + 1 }, (_, n) => ({ seq: from + n, text: `line ${from + n}` }));

// The same story twice: over a stream, and behind a proxy that refuses streams.
async function story(tab, id) {
  const { page } = tab;
  const name = `import ${id}`;
  await tell('PUT', `/v1/runs/${id}`, {
    name,
    status: 'running',
    steps: [
      { name: 'load', status: 'running' },
      { name: 'sort', status: 'queued' },
    ],
  });
  // The list shows it without a reload, and the way to its page.
  const row = page.locator('[role=row]').filter({ hasText: name });
  await row.getByText('Running', { exact: true }).waitFor();
  await row.getByRole('link').first().click();
  await page.getByRole('heading', { name, exact: true }).waitFor();

  // Lines appear as they come; what looks like a secret does not.
  await tell('POST', `/v1/runs/${id}/log`, {
    lines: [
      { seq: 1, text: '== load', level: 'info', marker: true },
      { seq: 2, text: 'connected to postgres://app:hunter2-hunter2@db.test/shop <b>bold</b>' },
    ],
  });
  await page.getByText('<b>bold</b>').first().waitFor();
  assert.equal(await page.getByText('hunter2').count(), 0);
  await tell('POST', `/v1/runs/${id}/log`, {
    lines: [{ seq: 3, text: 'cannot go on', level: 'error', marker: true }],
    ended: true,
  });
  await page.getByText('cannot go on').first().waitFor();

  // It reports an error and fails: the failure joins the group of the report.
  const title = `rows of ${id} are not sorted`;
  await post(report(title, { run_id: id }));
  await tell('PUT', `/v1/runs/${id}`, {
    status: 'failed',
    steps: [
      { name: 'load', status: 'succeeded' },
      { name: 'sort', status: 'failed' },
    ],
  });
  await page.getByText('Failed', { exact: true }).first().waitFor();
  await page.getByRole('link', { name: title }).first().waitFor();
  const { run, groups } = await ask(`/v1/runs/${id}`);
  assert.equal(groups.length, 1);
  assert.equal(run.group_id, groups[0].group_id);
}

scenario('a run changes on screen without a reload, and its failure joins its error', async (t) => {
  const ann = await person();
  const tab = await ann.open('/runs');
  await tab.says('Live');
  await story(tab, 'live-1');
  await tab.page.goBack();
  await tab.page.getByText('Failed', { exact: true }).first().waitFor();

  // A deploy, the error that came after it, and the way from one to the other.
  await tell('PUT', '/v1/deploys/d-418', { name: 'shop', status: 'succeeded', environment: 'production' });
  await post(report('after the deploy', { environment: 'production' }));
  await tab.page.goto(new URL('/deploys', tab.page.url()).href);
  const row = tab.page.locator('[role=row]').filter({ hasText: 'd-418' });
  await row.getByRole('link').first().click();
  await tab.page.getByText('after the deploy').first().waitFor();

  // A log that is followed keeps its newest line in the window, and the page where it is.
  await tell('PUT', '/v1/runs/long-1', { name: 'long', status: 'running', steps: [{ name: 'load' }] });
  await tell('POST', '/v1/runs/long-1/log', { lines: lines(1, 60) });
  const { page } = tab;
  await page.goto(new URL('/runs/main/long-1', page.url()).href);
  for (const size of [
    { width: 1280, height: 800 },
    { width: 1440, height: 900 },
  ]) {
    await page.setViewportSize(size);
    const last = `line ${size.width}`;
    await tell('POST', '/v1/runs/long-1/log', { lines: [{ seq: size.width, text: last }] });
    await page.getByText(last, { exact: true }).waitFor();
    const inWindow = (element) =>
      element.getBoundingClientRect().bottom <= globalThis.innerHeight && globalThis.scrollY === 0;
    await until(
      () => page.getByText(last, { exact: true }).evaluate(inWindow),
      true,
      `${last} in the window`,
    );
  }
  const following = page.getByRole('button', { name: 'Following the end', pressed: true });
  await following.click();
  await page.getByRole('button', { name: 'Follow the end', pressed: false }).click();
  await following.waitFor();
  ann.faultless();

  const bob = await person({ expected: [/502 \(Bad Gateway\).*\/v1\/events\/stream/] });
  const polled = await bob.open('/runs', (await layLine('refuses')).url);
  await polled.says('Polling');
  await story(polled, 'polled-1');
  bob.faultless();
  t.diagnostic('measured: the story of a run, over a stream and by polling');
});
