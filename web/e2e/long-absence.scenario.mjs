import assert from 'node:assert/strict';
import { attend, heard, heardAll, holdsHistory } from './applied.mjs';
import { ask, person, post, report, scenario, turn, until } from './stage.mjs';

scenario(
  'a thousand events and a new log while the server was away: nothing lost, nothing twice',
  async (t) => {
    // While nobody listens the browser says so on its console; that is no fault of the page.
    const ann = await person({
      expected: [/^console: Failed to load resource: net::ERR_/, /^console: .*ERR_INCOMPLETE_CHUNKED/],
    });
    const tabs = [await ann.open('/errors'), await ann.open('/settings')];
    await post(report('before the end'));
    for (const tab of tabs) {
      await tab.says('Live');
      await tab.seen('before the end');
      await attend(tab.page);
    }

    await turn('/front/kill');
    const second = await turn('/second/start');
    for (let n = 0; n < 1_000; n += 250)
      await post(
        Array.from({ length: 250 }, (_, each) => report(`cause ${n + each} of a thousand`)),
        second,
      );
    await tabs[0].says('Offline');
    await turn('/front/start');
    const back = performance.now();
    for (const { page } of tabs) {
      const ids = await heardAll(page);
      assert.ok(ids >= 1_000, `${ids} events`);
      assert.equal((await heard(page)).resets, 0, 'it gave up and took a snapshot');
      await holdsHistory(page);
    }
    t.diagnostic(
      `measured: 1000 events heard ${((performance.now() - back) / 1000).toFixed(1)} s after the server was back`,
    );
    for (const tab of tabs) await tab.says('Live');
    const { active_total: total } = await ask('/v1/feed');
    assert.equal(total, 1_001);

    // The log is another when the server is back, as after a restore. What was seen stays until the new is there.
    await turn('/front/kill');
    await post(report('in the old log'), second);
    await turn('/log/new-epoch');
    await post(report('in the new log'), second);
    const watching = tabs[0].element.evaluate(
      (host) =>
        new Promise((resolve) => {
          const root = host.shadowRoot;
          let fewest = Infinity;
          new MutationObserver(() => {
            fewest = Math.min(fewest, root.querySelectorAll('.card').length);
            if (root.textContent.includes('in the new log')) resolve(fewest);
          }).observe(root, { childList: true, subtree: true, characterData: true });
        }),
    );
    await turn('/front/start');
    assert.ok((await watching) > 0, 'the cards were gone meanwhile');
    for (const tab of tabs) {
      await tab.seen('in the old log');
      await holdsHistory(tab.page);
      await until(async () => (await heard(tab.page)).resets, 1, 'one reset');
      await tab.says('Live');
    }
    await post(report('after all of it'));
    for (const tab of tabs) await tab.seen('after all of it');
    ann.faultless();
  },
);
