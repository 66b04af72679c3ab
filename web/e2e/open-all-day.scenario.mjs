import assert from 'node:assert/strict';
import { person, post, report, scenario, until } from './stage.mjs';

// An hour of events in a minute. What a page may hold grows with what there is,
// not with what was heard of it: after garbage was collected, the heap stays on
// a level line over the events, whatever the machine's pace.

const groups = 1_000;
/** Rounds in which every group changes once. The first fill what has a bound, such as the positions remembered. */
const warm = 6;
const measured = 8;
/** Of an event that was kept, 600 would be seen; of one that was not, less than 100. */
const bytesPerEvent = 300;

scenario('a page that hears thousands of events holds no more after than before', async (t) => {
  const titles = Array.from({ length: groups }, (_, n) => `failure ${n}`);
  const all = async () => {
    for (let n = 0; n < groups; n += 500) await post(titles.slice(n, n + 500).map((title) => report(title)));
  };
  await all();

  const ann = await person();
  await ann.context.addInitScript(() => {
    globalThis.heard = 0;
    const Stream = globalThis.EventSource;
    globalThis.EventSource = class extends Stream {
      constructor(...given) {
        super(...given);
        this.addEventListener('group.changed', () => globalThis.heard++);
      }
    };
    const Worker = globalThis.SharedWorker;
    globalThis.SharedWorker = class extends Worker {
      constructor(...given) {
        super(...given);
        this.port.addEventListener('message', ({ data }) => {
          if (data?.kind === 'events') globalThis.heard += data.events.length;
        });
      }
    };
  });
  const tab = await ann.open();
  await tab.says('Live');
  const rows = tab.row('failure ');
  const browser = await ann.context.newCDPSession(tab.page);

  /** What the page holds once all that can go has gone. */
  async function held() {
    for (let n = 0; n < 3; n++) await browser.send('HeapProfiler.collectGarbage');
    const { usedSize: heap } = await browser.send('Runtime.getHeapUsage');
    const { nodes, jsEventListeners: listeners } = await browser.send('Memory.getDOMCounters');
    return { events: await tab.page.evaluate(() => globalThis.heard), heap, nodes, listeners };
  }

  const looks = [];
  for (let round = 1; round <= warm + measured; round++) {
    await all();
    const counts = () => rows.locator('.count [aria-hidden]').allInnerTexts();
    await until(
      async () => new Set(await counts()),
      new Set([String(round + 1)]),
      'every row with its last count',
    );
    await rows.locator('.title a').nth(3).click();
    await tab.page.getByRole('heading', { level: 1, name: /^failure / }).waitFor();
    await tab.page.evaluate(() => history.back());
    await rows.nth(3).waitFor();
    if (round > warm) looks.push(await held());
  }
  const [first, last] = [looks[0], looks.at(-1)];
  const grows = slope(looks.map(({ events, heap }) => [events, heap]));
  t.diagnostic(
    `measured: ${last.events - first.events} events, ${grows.toFixed(1)} bytes of heap an event, ` +
      `heap ${(first.heap / 1e6).toFixed(2)} to ${(last.heap / 1e6).toFixed(2)} MB, ` +
      `${first.nodes} to ${last.nodes} nodes, ${first.listeners} to ${last.listeners} listeners`,
  );
  assert.ok(last.events - first.events >= (measured - 1) * groups * 0.5, 'the events did not reach the page');
  assert.ok(grows < bytesPerEvent, `${grows} bytes stay of each event`);
  assert.ok(last.nodes < 1.25 * first.nodes + 100, `${first.nodes} nodes became ${last.nodes}`);
  assert.ok(
    last.listeners < 1.25 * first.listeners + 20,
    `${first.listeners} listeners became ${last.listeners}`,
  );
  ann.faultless();
});

/** The middle of the slopes between all pairs of points: one look that is far off does not move it. */
function slope(points) {
  const all = points.flatMap(([x, y], n) => points.slice(n + 1).map(([z, w]) => (w - y) / (z - x)));
  return all.sort((a, b) => a - b)[all.length >> 1];
}
