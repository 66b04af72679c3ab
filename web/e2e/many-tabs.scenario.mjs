import assert from 'node:assert/strict';
import { attend, heard, heardAll, role } from './applied.mjs';
import { layLine, person, post, report, scenario, until } from './stage.mjs';

const pages = ['/errors', '/runs', '/deploys', '/settings'];

/** Opens so many tabs of one person on a line of their own, all of them live. */
async function open(count, without = []) {
  const line = await layLine();
  const ann = await person({ without });
  const tabs = [];
  for (let n = 0; n < count; n++) tabs.push(await ann.open(pages[n % pages.length], line.url));
  for (const tab of tabs) {
    await tab.says('Live');
    // Where a worker takes more than five seconds to answer, a tab goes its own way for good. On a machine that
    // is so slow it is loaded again: the worker is there by then.
    while (!without.length && (await role(tab.page)) !== 'worker') {
      await tab.page.reload();
      await tab.says('Live');
    }
    await attend(tab.page);
  }
  return { line, ann, tabs, first: tabs[0], last: tabs.at(-1) };
}

const roles = async (tabs) => (await Promise.all(tabs.map(({ page }) => role(page)))).sort();

/** What is done in one tab is done in the other; ends with nothing left to see. */
async function story(title, one, other) {
  await post(report(title));
  for (const tab of [one, other]) await tab.seen(title);
  await post(report(title));
  for (const tab of [one, other]) await tab.card(title).getByText('×2').waitFor();
  await one.dismiss(title);
  await other.gone(title);
  // By key: a pointer waits for everything to stand still, and the line is gone after six seconds.
  await one.undo.press('Enter');
  for (const tab of [one, other]) await tab.seen(title);
  await other.dismiss(title);
  for (const tab of [one, other]) await tab.gone(title);
}

async function missedNothing(tabs) {
  for (const { page } of tabs) {
    await heardAll(page);
    assert.equal((await heard(page)).resets, 0);
  }
}

scenario('many tabs share one connection, and whoever leaves is not missed', async (t) => {
  await Promise.all([byWorker(), byLeader(), eachItsOwn()]);

  // A browser has six lines to a server that speaks HTTP/1.1, and the eight share one of them.
  async function byWorker() {
    const { line, ann, tabs, first, last } = await open(8);
    await line.carries(1);
    assert.deepEqual(await roles(tabs), Array(8).fill('worker'));
    const took = await Promise.all(
      tabs.map(({ page }) =>
        page.evaluate(async () => {
          const start = performance.now();
          const answer = await fetch('/v1/me');
          if (!answer.ok) throw new Error(`${answer.status}`);
          return performance.now() - start;
        }),
      ),
    );
    t.diagnostic(
      `measured: eight tabs, one stream; the API answers in all at once, ${Math.max(...took).toFixed(0)} ms at most`,
    );
    await first.page.close(); // it started the worker
    await story('the first of eight is closed', tabs[1], last);
    await line.carries(1);
    await missedNothing(tabs.slice(1));
    for (const tab of tabs.slice(1)) await tab.page.close();
    await line.carries(0);
    ann.faultless();
  }

  async function byLeader() {
    const { line, ann, tabs } = await open(3, ['SharedWorker']);
    await line.carries(1);
    await until(() => roles(tabs), ['follower', 'follower', 'leader'], 'one leads');
    // On a machine that is slow enough it need not be the first.
    const led = await Promise.all(tabs.map(({ page }) => role(page)));
    const leader = tabs[led.indexOf('leader')];
    const others = tabs.filter((tab) => tab !== leader);
    await story('a leader and those who follow', others[0], leader);
    await leader.page.close();
    await story('the leader is closed', ...others);
    await until(() => roles(others), ['follower', 'leader'], 'another leads');
    await line.carries(1);
    await missedNothing(others);
    ann.faultless();
  }

  async function eachItsOwn() {
    const { line, ann, tabs, first, last } = await open(2, ['SharedWorker', 'locks']);
    await line.carries(2);
    assert.deepEqual(await roles(tabs), ['tab', 'tab']);
    await story('each has a connection of its own', first, last);
    await missedNothing(tabs);
    ann.faultless();
  }
});
