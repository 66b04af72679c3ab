import assert from 'node:assert/strict';
import { ask, person, post, report, scenario, until } from './stage.mjs';

scenario('what one tab dismisses is gone in the other, and undo brings it back in both', async () => {
  const ann = await person();
  const bob = await person(); // another browser: nothing is shared but the server
  const first = await ann.open();
  const second = await ann.open();
  const other = await bob.open('/settings');
  const everywhere = [first, second, other];
  await Promise.all(everywhere.map((tab) => tab.says('Live')));

  const titles = ['disk is full', 'queue is stuck', 'certificate expired'];
  await post(titles.map((title) => report(title)));
  for (const tab of everywhere) for (const title of titles) await tab.seen(title);

  await first.dismiss('queue is stuck');
  for (const tab of everywhere) await tab.gone('queue is stuck');
  const state = async (title) => {
    const { groups } = await ask(`/v1/groups?q=${encodeURIComponent(title)}`);
    return groups.map((group) => group.state);
  };
  await until(() => state('queue is stuck'), ['viewed'], 'viewed for the server');

  await first.undo.click();
  for (const tab of everywhere) await tab.seen('queue is stuck');
  await until(() => state('queue is stuck'), ['active'], 'active for the server');

  await second.dismiss('queue is stuck');
  for (const tab of everywhere) await tab.gone('queue is stuck');
  await until(() => state('queue is stuck'), ['viewed'], 'viewed for the server');
  for (const tab of everywhere) {
    await tab.page.reload();
    await tab.seen('disk is full');
    await tab.seen('certificate expired');
    assert.equal(await tab.card('queue is stuck').count(), 0);
  }
  await first.row('queue is stuck').getByText('Viewed').waitFor();
  ann.faultless();
  bob.faultless();
});
