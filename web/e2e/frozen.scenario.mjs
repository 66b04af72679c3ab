import assert from 'node:assert/strict';
import { attend, heard, heardAll, role } from './applied.mjs';
import { rawPerson } from './raw-browser.mjs';
import { layLine, post, report, scenario, until } from './stage.mjs';

const withoutWorker = { without: ['SharedWorker'] };
const seconds = (since) => ((performance.now() - since) / 1000).toFixed(1);

/** Two live tabs of a person, the first of which leads where there is no worker. */
async function two(options, at) {
  // The other site that is gone to has no icon.
  const ann = await rawPerson({ ...options, expected: [/favicon\.ico/] });
  const first = await ann.open('/errors', at);
  await first.says('Live');
  const second = await ann.open('/settings', at);
  await second.says('Live');
  await first.hidden();
  for (const { page } of [first, second]) await attend(page);
  return { ann, first, second };
}

scenario('a leader that is frozen or stands still is left behind, and catches up', async (t) => {
  const { ann, first, second } = await two(withoutWorker);
  const roles = async () => [await role(first.page), await role(second.page)];
  const oneLeads = () => until(async () => (await roles()).sort(), ['follower', 'leader'], 'one leads');
  await oneLeads();
  // On a machine that is slow enough the second may have taken over already; then nothing is proved but that all goes on.

  const start = performance.now();
  await first.freeze();
  for (let n = 1; n === 1 || performance.now() < start + 7_000; n++) {
    await post(report('while the leader was frozen'));
    await heardAll(second.page);
    if (n === 1)
      t.diagnostic(`measured: the leader frozen, an alert in the seen tab ${seconds(start)} s later`);
  }
  assert.equal(await role(second.page), 'leader');
  await first.thaw();
  await oneLeads();
  await heardAll(first.page);

  // Who only stands still says nothing before: the others have to notice.
  await first.front();
  await second.hidden();
  const halted = performance.now();
  const goOn = await second.halt();
  await post(report('while the leader stood still'));
  await first.seen('while the leader stood still');
  t.diagnostic(`measured: the leader stopped, an alert in the seen tab ${seconds(halted)} s later`);
  assert.equal(await role(first.page), 'leader');
  await goOn();
  await oneLeads();
  for (const { page } of [first, second]) {
    await heardAll(page);
    assert.equal((await heard(page)).resets, 0);
  }
  ann.faultless();
  await ann.close();
});

for (const [how, options] of Object.entries({ 'by a worker': {}, 'by a leader': withoutWorker }))
  scenario(
    `tabs that share ${how} all freeze and wake, are left and returned to, and miss nothing`,
    async () => {
      const line = await layLine();
      const { ann, first, second } = await two(options, line.url);

      const blank = await ann.browser.newPage();
      await blank.bringToFront();
      await second.hidden();
      await first.freeze();
      await second.freeze();
      await line.carries(0);
      await post([report('while all were frozen'), report('and another')]);
      for (const tab of [first, second]) await tab.thaw();
      for (const { page } of [first, second]) await heardAll(page);
      await line.carries(1);

      // Left for another site and returned to: the same page, not deaf.
      await second.page.close();
      await first.front();
      await first.page.evaluate(() =>
        addEventListener('pageshow', ({ persisted }) => (globalThis.persisted = persisted)),
      );
      await first.leave(`${(await layLine()).url}/healthz`);
      await line.carries(0);
      await post(report('while it was put aside'));
      await first.back();
      assert.equal(await first.page.evaluate(() => globalThis.persisted), true, 'the page was not kept');
      await heardAll(first.page);
      await post(report('after it came back'));
      await first.seen('after it came back');
      await heardAll(first.page);
      assert.equal((await heard(first.page)).resets, 0);
      await line.carries(1);
      ann.faultless();
      await ann.close();
    },
  );

scenario('a worker that dies with the tab it lived in is replaced', async () => {
  const line = await layLine();
  const ann = await rawPerson({ expected: [/the page crashed/] });
  const first = await ann.open('/errors', line.url);
  await first.says('Live');
  const second = await ann.open('/settings', line.url);
  await second.says('Live');
  await attend(second.page);
  const { streams } = await line.counts();
  first.crash();
  await until(async () => (await line.counts()).streams, streams + 1, 'another stream');
  await post(report('after the crash'));
  await second.seen('after the crash');
  await heardAll(second.page);
  await line.carries(1);
  assert.equal(await role(second.page), 'worker');
  ann.faultless();
  await ann.close();
});

scenario('after a sleep the line is not trusted although it does not break', async () => {
  const line = await layLine();
  const ann = await rawPerson();
  const tab = await ann.open('/errors', line.url);
  await tab.says('Live');
  await attend(tab.page);
  const { streams } = await line.counts();

  await line.turn('silence');
  await post(report('while it slept'));
  await ann.inWorker(() => {
    const { now } = Date;
    Date.now = () => now() + 3_600_000;
  });
  await tab.seen('while it slept');
  await heardAll(tab.page);
  await line.carries(1);
  assert.equal((await line.counts()).streams, streams + 1);
  ann.faultless();
});
