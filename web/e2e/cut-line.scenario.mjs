import assert from 'node:assert/strict';
import { attend, heard, heardAll, holdsHistory } from './applied.mjs';
import { layLine, person, post, report, scenario } from './stage.mjs';

const cutMs = 60_000;

// The events of the one story are those of the other.
scenario(
  'a line that is cut all the time does not blink and loses nothing; stream and poll meet',
  async (t) => {
    const line = await layLine();
    const ann = await person({ expected: [/ERR_INCOMPLETE_CHUNKED/, /net::ERR_/] });
    const tab = await ann.open('/errors', line.url);
    const bob = await person();
    const both = await bob.open('/settings');
    for (const each of [tab, both]) await each.says('Live');
    await attend(tab.page);
    await watchWords(tab.page);
    await listenTwice(both.page);

    const title = 'sent while the line was cut';
    await line.turn('cuts');
    const start = performance.now();
    for (let n = 0; performance.now() < start + cutMs; n++) {
      const one = `${title}, ${n % 8}`;
      await post(report(title));
      await post([report(one), report(title)]);
      await heardAll(tab.page);
      if (n !== 5) continue;
      await tab.dismiss(one);
      await tab.gone(one);
      await tab.undo.click();
      await tab.seen(one);
    }
    const { streams, polls } = await line.counts();
    const meanwhile = await tab.page.evaluate(() => globalThis.words.slice());
    await line.turn('passes');
    await tab.says('Live');
    const events = await heardAll(tab.page);
    assert.equal((await heard(tab.page)).resets, 0);
    await holdsHistory(tab.page);
    t.diagnostic(
      `measured: ${streams} streams cut, ${polls} polls, ${events} events heard; shown was ${meanwhile.join(', ')}`,
    );

    // Live for 700 ms is not live: once it is not shown any more it is not shown before the cuts end.
    assert.deepEqual(
      meanwhile.slice(1).filter((word) => word === 'Live'),
      [],
      'it blinked',
    );
    assert.ok(meanwhile.length <= 4, `it blinked: ${meanwhile}`);

    await sameAsTheirs(both.page);
    ann.faultless();
    bob.faultless();
  },
);

/** Notes each word that the indicator shows, beginning with that of now. */
const watchWords = (page) =>
  page.evaluate(() => {
    const shown = document.querySelector('.connection .word');
    globalThis.words = [shown.textContent];
    new MutationObserver(() => {
      if (globalThis.words.at(-1) !== shown.textContent) globalThis.words.push(shown.textContent);
    }).observe(shown, { childList: true, subtree: true, characterData: true });
  });

/** Gives the page a store that hears everything twice, by a stream and by polls at the same time. */
const listenTwice = (page) =>
  page.evaluate(async () => {
    const { browserEnv, createApi, createGroupStore, createRealtime } =
      await import('/embed/realtime/rynda-realtime.js');
    const topics = ['errors'];
    const stream = createRealtime({ topics });
    const noStream = () => {
      throw new Error('this one polls');
    };
    const poll = createRealtime({ topics, env: { ...browserEnv(), openStream: noStream } });
    const both = (name) => (fn) => {
      const off = [stream[name](fn), poll[name](fn)];
      return () => off.forEach((stop) => stop());
    };
    const realtime = { ...stream, onEvents: both('onEvents'), onReset: both('onReset') };
    const store = createGroupStore(realtime, createApi({ baseUrl: '', env: stream.env }));
    globalThis.twice = { store, heard: { stream: 0, poll: 0 } };
    for (const [name, one] of Object.entries({ stream, poll })) {
      one.onEvents((events) => (globalThis.twice.heard[name] += events.length));
      one.start();
    }
    const live = (one, wanted) =>
      new Promise((resolve) => one.state.subscribe(({ actual }) => actual === wanted && resolve()));
    await Promise.all([live(stream, 'live'), live(poll, 'polling')]);
  });

/** The store that heard everything twice holds what the history says. */
async function sameAsTheirs(page) {
  await holdsHistory(page, () => {
    let groups = new Map();
    globalThis.twice.store.subscribe((now) => (groups = now))();
    return [...groups.values()];
  });
  const { stream, poll } = await page.evaluate(() => globalThis.twice.heard);
  assert.ok(stream > 0 && poll > 0, `${stream} by stream, ${poll} by poll`);
}
