import assert from 'node:assert/strict';
import { person, post, report, scenario, url } from './stage.mjs';

scenario('a person signs in where they were, sees what happens, and signs out', async () => {
  // The browser itself tells of the answers that say that nobody is known.
  const ann = await person({ expected: [/status of 401/] });
  const tab = await ann.open('/settings?from=mail');
  const { page } = tab;
  const signIn = page.getByRole('link', { name: 'Sign in' });
  await signIn.click();

  await tab.says('Live');
  assert.equal(page.url(), `${url}/settings?from=mail`);
  await post(report('disk is full'));
  await tab.seen('disk is full');
  const [cookie, ...more] = await ann.context.cookies(url);
  assert.deepEqual([cookie.name, cookie.httpOnly, cookie.sameSite, more.length], ['rynda', true, 'Lax', 0]);
  assert.equal(await page.evaluate(() => document.cookie), '');

  await page.getByRole('button', { name: 'Signed in as Ada' }).click();
  await page.getByRole('button', { name: 'Sign out' }).click();
  await signIn.waitFor();
  assert.deepEqual(await ann.context.cookies(url), []);

  await page.goto(`${url}/docs`);
  await page.getByRole('heading', { name: 'Sign in' }).waitFor();
  ann.faultless();
  await ann.close();
});
