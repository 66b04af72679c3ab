import assert from 'node:assert/strict';
import { ask, person, post, report, scenario, turn, until } from './stage.mjs';

const viewed = (title) =>
  until(
    async () => (await ask(`/v1/groups?q=${encodeURIComponent(title)}`)).groups.map((group) => group.state),
    ['viewed'],
    `${title} viewed for the server`,
  );

scenario('the most severe come first when that is chosen, and one that gets worse moves up', async () => {
  const ann = await person();
  const tab = await ann.open('/settings');
  await tab.says('Live');
  await tab.page.getByRole('radio', { name: 'Most severe first' }).check();
  await post(report('critical, the oldest', { level: 'fatal' }));
  await tab.seen('critical, the oldest');
  for (const title of ['an error', 'a later error']) {
    await post(report(title));
    await tab.seen(title);
  }
  await until(tab.titles, ['critical, the oldest', 'a later error', 'an error'], 'the critical one first');
  await post(report('an error', { level: 'fatal' }));
  await until(
    tab.titles,
    ['an error', 'critical, the oldest', 'a later error'],
    'the one that got worse before the rest',
  );
  await tab.card('an error').getByText('got worse', { exact: true }).waitFor();

  // The choice is kept, and shown by a list that is new.
  await tab.page.reload();
  await until(tab.titles, ['an error', 'critical, the oldest', 'a later error'], 'the same order');
  await tab.page.getByRole('radio', { name: 'Newest first' }).check();
  await until(
    async () => (await tab.titles()).at(-1),
    'critical, the oldest',
    'the oldest last in the other order',
  );
  ann.faultless();
  await ann.close();
});

scenario(
  'nothing moves under a pointer; what came meanwhile is told of, and enters when it leaves',
  async () => {
    const ann = await person();
    const tab = await ann.open('/settings');
    await tab.says('Live');
    const there = await until(
      tab.titles,
      ['an error', 'a later error', 'critical, the oldest'],
      'three cards',
    ).then(tab.titles);
    await tab.card('a later error').hover();
    const places = () =>
      tab.cards.evaluateAll((cards) => cards.map((card) => Math.round(card.getBoundingClientRect().top)));
    await tab.still();
    const before = await places();
    await post([report('came meanwhile'), report('came later')]);
    await tab.element.getByText('2 new', { exact: true }).waitFor();
    // A repeat counts in its place, under the hand too.
    await post(report('a later error'));
    await tab.card('a later error').getByText('×2').waitFor();
    assert.deepEqual(await tab.titles(), there, 'cards moved under the pointer');
    assert.deepEqual(await places(), before, 'cards shifted under the pointer');

    await tab.page.mouse.move(10, 10);
    await tab.element.getByText('2 new', { exact: true }).waitFor({ state: 'detached' });
    await until(
      async () => {
        const all = await tab.titles();
        return [all.slice(0, 2).sort(), all.slice(2)];
      },
      [['came later', 'came meanwhile'], there],
      'the new ones above the old',
    );

    // Or when the person asks, without leaving.
    await tab.card('a later error').hover();
    await post(report('came third'));
    await tab.element.getByText('1 new', { exact: true }).click();
    await until(async () => (await tab.titles())[0], 'came third', 'the third on top');
    ann.faultless();
    await ann.close();
  },
);

scenario('what is dismissed comes back when it happens again, and says so', async () => {
  const ann = await person();
  const tab = await ann.open();
  await tab.says('Live');
  await post(report('dismissed once'));
  await tab.seen('dismissed once');
  await tab.dismiss('dismissed once');
  await tab.gone('dismissed once');
  await viewed('dismissed once');
  // Within the quiet window it counts in silence.
  await post(report('dismissed once'));
  await tab.row('dismissed once').getByText('2 times').waitFor();
  assert.equal(await tab.card('dismissed once').count(), 0);

  await turn('/views/age');
  await post(report('dismissed once'));
  await tab.card('dismissed once').getByText('again', { exact: true }).waitFor();
  await tab.card('dismissed once').getByText('×3').waitFor();
  assert.equal((await tab.titles())[0], 'dismissed once', 'what was raised again stands first');
  await tab.row('dismissed once').getByText('Recurred').waitFor();
  ann.faultless();
  await ann.close();
});

scenario('a storm is one card with the way to the list, until the person has seen it', async () => {
  const ann = await person();
  const tab = await ann.open('/settings');
  await tab.says('Live');
  const storm = tab.element.locator('article.card').filter({ hasText: 'new error groups' });
  const causes = Array.from({ length: 14 }, (_, n) =>
    report(`storm number ${n}`, { source: n % 2 ? 'billing-worker' : 'edge-proxy' }),
  );
  await post(causes);
  await storm.getByText('14 new error groups', { exact: true }).waitFor();
  await storm.getByText('2 sources', { exact: true }).waitFor();
  await until(() => tab.cards.count(), 0, 'the storm alone');

  await storm.getByText('Show the newest').click();
  await tab.cards.nth(4).waitFor();
  await storm.waitFor({ state: 'detached' });

  await post(causes.map((cause) => ({ ...cause, fingerprint: [`again ${cause.message}`] })));
  await storm.getByText('Open the list').click();
  await tab.page.getByRole('heading', { name: 'Errors' }).waitFor();
  await tab.row('storm number 13').first().waitFor();
  ann.faultless();
  await ann.close();
});
