import assert from 'node:assert/strict';
import { ask, person, post, report, scenario, tell, until } from './stage.mjs';

const titles = (tab) => tab.rows.evaluateAll((rows) => rows.map((row) => row.id).sort());

scenario('Back finds a list as it was left: scroll, row and older pages', async () => {
  const reports = Array.from({ length: 130 }, (_, n) => report(`failure number ${n}`));
  await post(reports);
  await until(async () => (await ask('/v1/groups?limit=100')).groups.length, 100, 'a hundred groups');
  for (let n = 0; n < 60; n++)
    await tell('PUT', `/v1/runs/run-${n}`, { name: `run ${n}`, status: 'succeeded' });
  const ann = await person();
  const tab = await ann.open('/errors');
  const { page } = tab;
  for (const section of ['errors', 'runs']) {
    await page.goto(new URL(`/${section}`, page.url()).href);
    await tab.rows.first().waitFor();
    // Down, past the first page where there is another.
    const deep = section === 'errors' ? 3400 : 900;
    await until(
      async () => page.evaluate((y) => (window.scrollTo(0, y), Math.round(window.scrollY)), deep),
      deep,
      'rows to scroll through',
    );
    const middle = () =>
      page.evaluate(() => document.elementFromPoint(300, innerHeight / 2)?.closest('[role=row]')?.id ?? '');
    await until(async () => (await middle()) !== '', true, 'rows in view');
    const row = await middle();
    await page
      .locator(`#${row.replaceAll(/[^\w-]/g, '\\$&')}`)
      .getByRole('link')
      .first()
      .click();
    await page.locator('main h1').waitFor();
    assert.equal(await page.evaluate(() => window.scrollY), 0, 'a new screen begins at its top');
    await page.goBack();
    await until(() => page.evaluate(() => Math.round(window.scrollY)), deep, `the scroll of ${section}`);
    await until(middle, row, 'the row that was opened');
    // And by the link that says so, at least the filters.
    await page.goForward();
    await page.locator('main h1').waitFor();
    await page.goBack();
    await until(
      () => page.evaluate(() => Math.round(window.scrollY)),
      deep,
      `the scroll of ${section} again`,
    );
  }
  ann.faultless();
  await ann.close();
});

scenario('an address with filters gives the same list to whoever opens it', async () => {
  await post([
    report('slow query', { level: 'warning', source: 'catalog' }),
    report('card refused', { level: 'fatal', source: 'payments', environment: 'staging' }),
    report('card expired', { source: 'payments', environment: 'staging' }),
  ]);
  await until(async () => (await ask('/v1/groups?source=payments')).groups.length, 2, 'both of payments');
  await tell('PUT', '/v1/runs/nightly', { name: 'nightly', status: 'failed', actor: 'ann' });
  await tell('PUT', '/v1/deploys/shop-1', { name: 'shop', status: 'running', service: 'checkout' });
  const ann = await person();
  const bob = await person({ locale: 'ru-RU', viewport: { width: 700, height: 900 } });
  const tab = await ann.open('/errors');
  const { page } = tab;
  /** Picks by hand, then lets another person open the address. */
  const shared = async (wanted) => {
    await until(async () => (await titles(tab)).length, wanted, `${wanted} rows`);
    const other = await bob.open(page.url().slice(new URL(page.url()).origin.length));
    await until(() => titles(other), await titles(tab), 'the same rows for another person');
    await other.page.close();
  };
  const add = async (name, value) => {
    await page.getByRole('button', { name: 'Filter', exact: true }).click();
    const form = page.getByRole('dialog', { name: 'Add filter' });
    await form.getByRole('combobox').selectOption({ label: name });
    await form.getByRole('textbox').fill(value);
    await form.getByRole('textbox').press('Enter');
  };
  await tab.rows.first().waitFor();
  await page.getByRole('searchbox').fill('card');
  await shared(2);
  await add('Source', 'payments');
  await add('Environment', 'staging');
  await page.getByRole('button', { name: 'Severity' }).click();
  await page.getByRole('menuitemcheckbox', { name: 'Critical' }).click();
  await page.keyboard.press('Escape');
  await page.getByRole('radio', { name: 'Active' }).check();
  await shared(1);
  const narrowed = new URL(page.url()).searchParams;
  assert.deepEqual([...narrowed.keys()].sort(), ['environment', 'q', 'severity', 'source', 'state']);
  // Every change was a step: Back undoes the last one alone.
  await page.goBack();
  await until(() => new URL(page.url()).searchParams.get('state'), null, 'the state undone');
  await page.getByRole('button', { name: 'Clear filters' }).click();
  await until(() => new URL(page.url()).search, '', 'no filters');

  await page.goto(new URL('/runs', page.url()).href);
  await tab.rows.first().waitFor();
  await add('Actor', 'ann');
  await page.getByRole('button', { name: 'Status' }).click();
  await page.getByRole('menuitemcheckbox', { name: 'Failed' }).click();
  await page.keyboard.press('Escape');
  await shared(1);
  await page.goto(new URL('/deploys', page.url()).href);
  await tab.rows.first().waitFor();
  await add('Service', 'checkout');
  await shared(1);
  ann.faultless();
  bob.faultless();
  await Promise.all([ann.close(), bob.close()]);
});
