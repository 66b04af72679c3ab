import assert from 'node:assert/strict';
import { person, post, proxies, report, scenario } from './stage.mjs';

// The three spoiled lines are tried at once: most of it is waiting, as it is for people.
scenario('a blocked stream: polling takes over, everything works, live comes back by itself', async (t) => {
  await Promise.all(
    Object.entries(proxies).map(async ([does, at]) => {
      const start = performance.now();
      const ann = await person({ expected: [/502 \(Bad Gateway\).*\/v1\/events\/stream/] });
      const tab = await ann.open('/errors', at);
      await tab.says('Polling');
      const polling = performance.now();

      // A new alert, in the stack and in the history.
      const title = `the proxy ${does}`;
      await post(report(title, { stack: 'Error: it\n    at work (/srv/app/work.js:7:3)' }));
      await tab.seen(title);
      await tab.row(title).waitFor();
      const alert = performance.now() - polling;
      // Dismiss and undo.
      await tab.dismiss(title);
      await tab.gone(title);
      await tab.row(title).getByText('Viewed').waitFor();
      await tab.undo.click();
      await tab.seen(title);
      await tab.row(title).getByText('Viewed').waitFor({ state: 'detached' });
      // Detail and back.
      await tab.card(title).getByText('Details').click();
      await tab.page.getByRole('heading', { name: title }).waitFor();
      await tab.page.getByText('work.js').first().waitFor();
      await tab.page.goBack();
      await tab.row(title).waitFor();
      assert.match(await tab.footer.innerText(), /Updating every \d+ s/);

      const opened = performance.now();
      assert.equal((await fetch(`${at}/proxy/open`)).status, 200);
      await tab.says('Live');
      const back = performance.now() - opened;
      await post(report(title));
      await tab.card(title).getByText('×2').waitFor();
      const seconds = (ms) => (ms / 1000).toFixed(1);
      t.diagnostic(
        `measured: the proxy ${does}: polling shown after ${seconds(polling - start)} s, an alert in ` +
          `${seconds(alert)} s, live again after ${seconds(back)} s`,
      );
      ann.faultless();
    }),
  );
});
