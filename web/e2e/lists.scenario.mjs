import assert from 'node:assert/strict';
import { person, scenario, tell, until } from './stage.mjs';

const run = (id, status, more = {}) =>
  tell('PUT', `/v1/runs/${id}`, { name: `import ${id}`, status, ...more });

scenario('a list keeps to its filters, under a reader who scrolls, leaves and comes back', async (t) => {
  // Enough rows to scroll; each began a minute before the one after it.
  const minute = 60_000;
  const begin = Date.now() - 90 * minute;
  const began = (nth) => new Date(begin + nth * minute).toISOString();
  const ids = Array.from({ length: 60 }, (_, nth) => `r${String(nth).padStart(2, '0')}`);
  for (const [nth, id] of ids.entries()) await run(id, 'running', { started_at: began(nth) });
  await run('done', 'succeeded', { started_at: began(61) });

  const ann = await person();
  const tab = await ann.open('/runs');
  const { page, row } = tab;
  const shown = (text) => page.getByText(text, { exact: true }).first().waitFor();
  const gone = (id) => row(`import ${id}`).waitFor({ state: 'detached' });
  await tab.says('Live');
  await row('import done').waitFor();

  // The filter is chosen, stands in the address, and hides what it hides.
  await page.getByRole('button', { name: 'Status' }).click();
  await page.getByRole('menuitemcheckbox', { name: 'Running' }).click();
  await page.keyboard.press('Escape');
  await gone('done');
  await row('import r59').waitFor();
  assert.equal(new URL(page.url()).search, '?status=running');
  assert.equal(await row('import done').count(), 0);

  // What no longer runs leaves by itself; what begins to run comes by itself.
  await page.mouse.move(700, 20); // nobody is in the list
  await page.evaluate(() => (globalThis.sameDocument = true));
  await run('r59', 'succeeded');
  await gone('r59');
  await run('late', 'queued', { started_at: began(62) });
  await run('late', 'running', { started_at: began(62) });
  await row('import late').waitFor();

  // Away from the top nothing moves: it is counted, and counted down when it is over before it was seen.
  const scrolled = () => page.evaluate(() => Math.round(scrollY));
  await page.evaluate(() => scrollTo(0, 600));
  await until(async () => (await scrolled()) > 0, true, 'a scrolled page');
  await row('import r35').waitFor();
  const at = await scrolled();
  await run('new1', 'running', { started_at: began(63) });
  await shown('1 new run');
  await run('new2', 'running', { started_at: began(64) });
  await shown('2 new runs');
  await run('new1', 'canceled');
  await shown('1 new run');
  // A list lets new rows in after two seconds when nobody would notice; here somebody would.
  await page.waitForFunction(
    (end) => performance.now() > end,
    (await page.evaluate(() => performance.now())) + 3000,
  );
  await shown('1 new run');
  assert.equal(await scrolled(), at, 'the list moved under the reader');

  // To a run and back: the filter, the place, the row and the count are as they were left.
  await row('import r35').getByRole('link').first().click();
  await page.getByRole('heading', { name: 'import r35', exact: true }).waitFor();
  await run('new3', 'running', { started_at: began(65) });
  await page.goBack();
  await row('import r35').waitFor();
  assert.equal(new URL(page.url()).search, '?status=running');
  await until(scrolled, at, 'the place where the list was left');
  await shown('2 new runs');

  // The reader asks for them: the newest first, the focus on it.
  await page.getByRole('button', { name: '2 new runs' }).click();
  await row('import new3').waitFor();
  await until(scrolled, 0, 'the top');
  await until(
    () => page.evaluate(() => document.activeElement?.textContent?.includes('import new3') ?? false),
    true,
    'the focus on the newest',
  );
  assert.equal(await row('import new1').count(), 0);

  await page.mouse.move(700, 20);

  // A row that goes while the focus is inside fades, and stays until the reader is elsewhere.
  await run('new3', 'failed');
  await page.locator('[role=row].leaving').filter({ hasText: 'import new3' }).waitFor();
  await row('import new3').getByText('Failed', { exact: true }).waitFor();
  await page.getByRole('searchbox').focus();
  await gone('new3');

  // A filter that nothing matches says so, and the way out keeps the rest.
  await page.getByRole('searchbox').fill('nobody');
  await shown('No run matches these filters.');
  await page.locator('main .card').getByRole('button', { name: 'Clear filters' }).click();
  await row('import done').waitFor();
  assert.equal(new URL(page.url()).search, '');
  assert.equal(await page.evaluate(() => globalThis.sameDocument), true, 'the page was loaded anew');
  ann.faultless();
  t.diagnostic('measured: a list under a filter, from the first row to the last');
});
