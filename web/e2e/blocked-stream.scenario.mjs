import assert from 'node:assert/strict';
import { ask, layLine, person, post, report, scenario, tell, until } from './stage.mjs';

const expected = [/502 \(Bad Gateway\).*\/v1\/events\/stream/, /MIME type/, /net::ERR_/];
const seconds = (ms) => (ms / 1000).toFixed(1);

// The spoiled lines are tried at once: most of it is waiting, as it is for people.
scenario('a blocked stream: polling takes over, everything works, live comes back by itself', async (t) => {
  const ways = await Promise.all(['hangs', 'refuses', 'buffers', 'strips'].map(begin));
  const tabs = ways.map(({ tab }) => tab);
  const everywhere = (look) => Promise.all(tabs.map(look));

  // An alert, in the stack and in the history.
  const posted = performance.now();
  await post(ways.map(({ own }) => report(own, { stack: 'Error: it\n    at work (/srv/app/work.js:7:3)' })));
  await everywhere(async (tab) => {
    for (const { own } of ways) await tab.seen(own);
    for (const { own } of ways) await tab.row(own).waitFor();
  });
  const alert = performance.now() - posted;

  // Dismiss and undo, detail and back: each with its own, and in the end all see all.
  await Promise.all(
    ways.map(async ({ tab, own }) => {
      await tab.dismiss(own);
      await tab.gone(own);
      await tab.row(own).getByText('Viewed').waitFor();
      await tab.undo.click();
      await tab.seen(own);
      await tab.row(own).getByText('Viewed').waitFor({ state: 'detached' });
      await tab.card(own).getByText('Details').click();
      await tab.page.getByRole('heading', { name: own }).waitFor();
      await tab.page.getByText('work.js').first().waitFor();
      await tab.page.goBack();
      await tab.row(own).waitFor();
      assert.match(await tab.footer.innerText(), /Updating every \d+ s/);
      await tab.leaveStack();
    }),
  );
  await everywhere(async (tab) => {
    for (const { own } of ways) await tab.seen(own);
  });

  // The sixth, a repeat in its place, and what comes back worse than it was dismissed.
  for (const title of ['the fifth', 'the sixth']) {
    await post(report(title));
    await everywhere((tab) => tab.seen(title));
  }
  const five = await tabs[0].titles();
  assert.deepEqual(five.slice(0, 2), ['the sixth', 'the fifth']);
  await everywhere(async (tab) => {
    await until(tab.titles, five, 'the five newest, newest first');
    await tab.footer.getByText('+1 more').waitFor();
  });
  await post([report('the fifth'), report('the fifth')]);
  await everywhere((tab) => tab.card('the fifth').getByText('×3').waitFor());
  await everywhere(async (tab) => assert.deepEqual(await tab.titles(), five, 'a repeat moved the cards'));
  await tabs[0].dismiss('the sixth');
  await tabs[0].leaveStack();
  await everywhere((tab) => tab.gone('the sixth'));
  await post(report('the sixth', { level: 'fatal' }));
  await everywhere((tab) => tab.card('the sixth').getByText('got worse').waitFor());
  await tabs[0].dismiss('the fifth');
  await tabs[0].leaveStack();
  await everywhere(async (tab) => {
    await tab.gone('the fifth');
    for (const { own } of ways) await tab.seen(own);
  });

  await changesOfWork(everywhere);
  await dismissedOffline(ways);

  await Promise.all(
    ways.map(async ({ does, line, tab, started, polling }) => {
      const opened = performance.now();
      await line.turn('passes');
      await tab.says('Live');
      const back = performance.now() - opened;
      t.diagnostic(
        `measured: the proxy ${does}: polling shown after ${seconds(polling - started)} s, an alert everywhere in ` +
          `${seconds(alert)} s, live again after ${seconds(back)} s`,
      );
    }),
  );
  await post(report('the sixth'));
  await everywhere((tab) => tab.card('the sixth').getByText('×3').waitFor());
  for (const { ann } of ways) ann.faultless();
});

async function begin(does) {
  const line = await layLine(does);
  const started = performance.now();
  const ann = await person({ expected });
  const tab = await ann.open('/errors', line.url);
  await tab.says('Polling');
  return { does, line, ann, tab, started, polling: performance.now(), own: `the proxy ${does}` };
}

/** A run and a deploy change on screen. */
async function changesOfWork(everywhere) {
  for (const [kind, section] of Object.entries({ run: 'Runs', deploy: 'Deploys' })) {
    await everywhere((tab) => tab.page.getByRole('link', { name: section, exact: true }).click());
    const name = `${kind} behind a proxy`;
    for (const status of ['running', 'succeeded']) {
      await tell('PUT', `/v1/${kind}s/polled-${kind}`, { name, status });
      const word = status === 'running' ? 'Running' : 'Succeeded';
      await everywhere((tab) =>
        tab.page.locator('[role=row]').filter({ hasText: name }).getByText(word, { exact: true }).waitFor(),
      );
    }
  }
}

/** What is dismissed while nobody answers is viewed when somebody does, once. */
async function dismissedOffline(ways) {
  await Promise.all(
    ways.map(async ({ does, line, tab, own }) => {
      await line.turn('away');
      await tab.says('Offline');
      await tab.dismiss(own);
      await tab.leaveStack();
      await tab.gone(own);
      const { groups } = await ask(`/v1/groups?q=${encodeURIComponent(own)}`);
      assert.deepEqual(
        groups.map(({ state }) => state),
        ['active'],
        'nobody could have heard it',
      );
      await line.turn(does);
      const actions = async () => {
        const { history } = await ask(`/v1/groups/${groups[0].group_id}`);
        return history.map(({ action }) => action);
      };
      // Newest first; the two in the middle are those of before.
      await until(actions, ['viewed', 'undone', 'viewed', 'raised'], 'viewed once more');
      await tab.says('Polling');
      assert.equal(await tab.card(own).count(), 0);
      assert.deepEqual(await actions(), ['viewed', 'undone', 'viewed', 'raised']);
    }),
  );
}
