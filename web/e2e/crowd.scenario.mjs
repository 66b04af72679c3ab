import assert from 'node:assert/strict';
import { person, post, report, scenario, until } from './stage.mjs';

scenario('five cards at most, the rest counted; a repeat counts in place', async () => {
  const ann = await person();
  const tab = await ann.open();
  await tab.says('Live');
  const titles = ['first', 'second', 'third', 'fourth', 'fifth', 'sixth'].map((n) => `${n} failure`);
  for (const title of titles) {
    await post(report(title));
    await tab.seen(title);
  }
  const newest = titles.slice(1).reverse();
  await until(tab.titles, newest, 'the five newest, newest first');
  await tab.footer.getByText('+1 more').waitFor();

  await post([report('third failure'), report('third failure')]);
  await tab.card('third failure').getByText('×3').waitFor();
  assert.deepEqual(await tab.titles(), newest, 'a repeat moved the cards');

  await tab.dismiss('fifth failure');
  await until(
    tab.titles,
    [...newest.filter((title) => title !== 'fifth failure'), 'first failure'],
    'the next in its place',
  );
  assert.equal(await tab.footer.getByText('more').count(), 0);
  ann.faultless();
});
