import { accessible, looks } from './axe.mjs';
import { fill } from './filled.mjs';
import { person, post, report, scenario } from './stage.mjs';

// One tab per language walks every screen and opens what can be opened there.
const languages = {
  'en-GB': { live: 'Live', raw: 'Raw JSON', table: 'Show as table', list: 'List' },
  'ru-RU': { live: 'На связи', raw: 'Исходный JSON', table: 'Показать таблицей', list: 'Список' },
};

scenario('axe finds nothing on any screen, theme and language', async (t) => {
  const screens = await fill();
  await Promise.all(
    Object.entries(languages).map(async ([locale, words]) => {
      // The browser itself tells of the answer that says that nobody is known.
      const ann = await person({ locale, expected: [/status of 401/] });
      const tab = await ann.open(screens.errors);
      const { page } = tab;
      const look = (what, ...parts) => accessible(tab, `${what}, ${locale}`, ...parts);
      const go = (path) => page.goto(new URL(path, page.url()).href);
      await tab.cards.nth(4).waitFor();
      await tab.says(words.live);

      for (const section of ['errors', 'runs', 'deploys']) {
        await go(screens[section]);
        await tab.rows.first().waitFor();
        await tab.cards.nth(4).waitFor();
        await look(section);
        // Its menus and the form of a filter, each opened and left by the keyboard.
        const openers = page.locator('main [role=search] button[aria-haspopup]');
        for (const opener of await openers.all()) {
          await opener.press('Enter');
          await page.locator('main :is([role=menu], [role=dialog])').waitFor();
          await look(`${section}, ${await opener.innerText()}`, '[role=search]');
          await page.keyboard.press('Escape');
        }
      }
      await go(screens.errors);
      await tab.rows.first().getByRole('checkbox').check();
      await look('errors with one picked', 'main');

      await go(screens.error);
      await page.getByText('charge.py').first().waitFor();
      await page.locator('canvas').first().waitFor();
      await look('error');
      await page.getByRole('button', { name: words.table }).click();
      await page.getByRole('button', { name: words.raw }).click();
      await page.getByRole('button', { name: words.list, exact: true }).click();
      // What is folded, opened from the last, so that those before keep their places.
      for (const folded of (await page.locator('main section [aria-expanded=false]').all()).reverse())
        await folded.click();
      await page.locator('main pre').first().waitFor();
      await look('error with everything opened', 'main');

      await go(screens.run);
      await page.getByText('exit status 1').first().waitFor();
      await look('run');
      await go(screens.deploy);
      await page.getByText('deploy-2').first().waitFor();
      await page.getByText('== build').first().waitFor();
      await look('deploy');

      await go(screens.settings);
      await page.getByRole('radio').first().waitFor({ state: 'attached' });
      await look('settings', 'main');
      await page.locator('header button[aria-haspopup=dialog]').first().click();
      await page.locator('header [role=dialog]').waitFor();
      await look('connection', 'header');
      await page.keyboard.press('Escape');
      await page.keyboard.press('?');
      await page.locator('dialog[open]').waitFor();
      await look('help', 'dialog');
      await go(screens.missing);
      await page.locator('main h1').waitFor();
      await look('no such page');

      // The alerts of a telephone, folded and open, and the card of a storm.
      const size = page.viewportSize();
      await page.setViewportSize({ width: 390, height: 844 });
      await tab.element.locator('.pill').waitFor();
      await look('alerts folded', 'rynda-alerts');
      await tab.element.locator('.pill').click();
      await tab.cards.first().waitFor();
      await look('alerts opened', 'rynda-alerts');
      await page.keyboard.press('Escape');
      await page.setViewportSize(size);
      await post(Array.from({ length: 12 }, (_, n) => report(`${locale}: shard ${n} is gone`)));
      await tab.element.locator('article.card', { has: page.locator('#t-storm') }).waitFor();
      await look('a storm', 'rynda-alerts');

      // Who is not signed in has no alerts either.
      await page.route('**/v1/me', (route) =>
        route.fulfill({
          status: 401,
          contentType: 'application/problem+json',
          body: JSON.stringify({ title: 'Who are you?', status: 401, login_url: '/auth/login' }),
        }),
      );
      await page.reload();
      await page.locator('a[href^="/auth/login"]').waitFor();
      await look('not signed in');
      ann.faultless();
      await ann.close();
    }),
  );
  t.diagnostic(`measured: ${looks()} looks without a finding`);
});
