import assert from 'node:assert/strict';
import { person, post, report, scenario, turn, until } from './stage.mjs';

scenario(
  'a killed server comes back, and what was posted meanwhile is there once, without a reload',
  async () => {
    // While nobody listens the browser says so on its console; that is no fault of the page.
    const ann = await person({
      expected: [/^console: Failed to load resource: net::ERR_/, /^console: .*ERR_INCOMPLETE_CHUNKED/],
    });
    const tabs = [await ann.open(), await ann.open()];
    for (const tab of tabs) await tab.says('Live');
    await post(report('before the end'));
    for (const tab of tabs) {
      await tab.seen('before the end');
      await tab.page.evaluate(() => (globalThis.sameAsBefore = true));
    }

    await turn('/front/kill');
    const second = await turn('/second/start');
    await post([report('while it was away'), report('and another'), report('before the end')], second);
    await post(report('and a third'), second);
    for (const tab of tabs) await tab.says('Offline');
    await turn('/front/start');
    await post(report('after it was back'));

    const wanted = ['after it was back', 'and a third', 'and another', 'before the end', 'while it was away'];
    for (const tab of tabs) {
      await until(async () => (await tab.titles()).sort(), wanted, 'every alert once');
      await until(
        async () => (await tab.rows.locator('.what').allInnerTexts()).sort(),
        wanted,
        'every row once',
      );
      await tab.card('before the end').getByText('×2').waitFor();
      await tab.says('Live');
      assert.equal(await tab.page.evaluate(() => globalThis.sameAsBefore), true, 'the page was loaded anew');
      for (const title of wanted) assert.equal(await tab.card(title).count(), 1, title);
    }
    ann.faultless();
  },
);
