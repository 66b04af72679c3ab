import assert from 'node:assert/strict';
import axe from 'axe-core';
import { ask, person, post, report, scenario, until } from './stage.mjs';

const tags = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];

scenario('axe finds nothing on any screen, theme and language', async (t) => {
  await post([
    report('payment failed: connection refused', {
      type: 'ConnectError',
      level: 'fatal',
      run_id: 'run-9001',
      job: 'invoice-close',
      namespace: 'billing',
      environment: 'production',
      tags: { region: 'eu-north-1' },
      frames: [
        { function: 'charge', module: 'billing', file: 'billing/charge.py', line: 41, in_app: true },
        { function: 'connect', module: 'asyncpg', file: 'asyncpg/connection.py', line: 2093 },
      ],
      payload: { dsn: 'postgres://billing:' + 'not-a-real-one@db.internal/billing', timeout_ms: 3000 },
    }),
    ...['disk is full', 'queue is stuck', 'certificate expired', 'node is gone', 'cache is cold'].map(
      (title) => report(title),
    ),
    ...Array.from({ length: 3 }, () => report('query took 900 ms', { level: 'warning' })),
    report('sent at the second attempt', { level: 'info' }),
  ]);
  // Accepted is stored; that it is counted too takes a moment more.
  let groups = [];
  const found = async () => ({ groups } = await ask('/v1/groups?q=payment')).groups.length;
  await until(found, 1, 'the group of the payment');
  const screens = { history: '/errors', detail: `/errors/${groups[0].group_id}`, settings: '/settings' };
  let checked = 0;
  for (const colorScheme of ['light', 'dark']) {
    for (const locale of ['en-GB', 'ru-RU']) {
      const ann = await person({ colorScheme, locale });
      for (const [name, path] of Object.entries(screens)) {
        const tab = await ann.open(path);
        await tab.cards.nth(4).waitFor();
        await tab.says(locale === 'ru-RU' ? 'На связи' : 'Live');
        if (name === 'detail') await tab.page.getByText('charge.py').first().waitFor();
        await tab.still(); // colours are judged at rest
        await tab.page.evaluate(axe.source);
        const { violations } = await tab.page.evaluate((only) => globalThis.axe.run({ runOnly: only }), tags);
        const told = violations.map(
          ({ id, help, nodes }) =>
            `${id}: ${help}\n${nodes.map((n) => `  ${n.target} ${n.failureSummary}`).join('\n')}`,
        );
        assert.deepEqual(told, [], `${name}, ${colorScheme}, ${locale}`);
        checked += 1;
        await tab.page.close();
      }
      ann.faultless();
      await ann.close();
    }
  }
  t.diagnostic(`measured: ${checked} screens without a finding`);
});
