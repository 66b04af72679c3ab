// Takes the pictures of docs/pictures from the real page, filled with what the
// demo plays. Run by go test ./functions/rynda -run TestPictures -update.

import { ask, person, scenario, until } from './stage.mjs';

const folder = process.env.RYNDA_PICTURES;

scenario('pictures', async () => {
  const { groups } = await ask('/v1/groups?sort=count&limit=100');
  const find = (title) => groups.find((group) => group.title.includes(title));
  const take = async (name, { path, ready, ...options }) => {
    const ann = await person({ timezoneId: 'UTC', reducedMotion: 'reduce', ...options });
    const tab = await ann.open(path);
    await tab.cards.nth(4).waitFor();
    await tab.rows.or(tab.page.locator('main h1')).first().waitFor();
    await ready?.(tab);
    await tab.still();
    await tab.page.screenshot({ path: `${folder}/${name}.png`, animations: 'disabled' });
    ann.faultless();
    await ann.close();
  };
  const live = (word) => (tab) => tab.says(word);

  // Some were looked at already.
  const ann = await person();
  const tab = await ann.open();
  for (const title of ['certificate has expired', 'Cannot read properties'])
    if (find(title)?.state === 'active') {
      await tab.row(title).first().locator('input').check();
      await tab.page.getByRole('button', { name: 'Mark viewed' }).click();
      await tab.row(title).first().getByText('Viewed').waitFor();
    }
  await ann.close();

  await take('errors-light', { path: '/errors', colorScheme: 'light', locale: 'en-GB', ready: live('Live') });
  await take('errors-dark', { path: '/errors', colorScheme: 'dark', locale: 'en-GB', ready: live('Live') });
  await take('detail-light', {
    path: `/errors/${find('connection refused').group_id}`,
    colorScheme: 'light',
    locale: 'en-GB',
    ready: async (tab) => {
      await tab.says('Live');
      await tab.page.getByText('charge.py').first().waitFor();
      await tab.page.locator('canvas').first().waitFor();
    },
  });
  await take('alerts-ru-dark', {
    path: '/errors',
    colorScheme: 'dark',
    locale: 'ru-RU',
    ready: async (tab) => {
      await tab.says('На связи');
      const [, critical] = await tab.titles();
      await tab.dismiss(critical);
      await tab.gone(critical);
      await until(() => tab.cards.count(), 5, 'five cards');
      await tab.undo.hover(); // it stays for who is about to press it
    },
  });

  const work = { colorScheme: 'light', locale: 'en-GB' };
  const { runs } = await ask('/v1/runs?status=failed&limit=1');
  const { deploys } = await ask('/v1/deploys?status=succeeded&environment=production&limit=2');
  const filled = (text) => async (tab) => {
    await tab.says('Live');
    await tab.page.getByText(text).first().waitFor();
  };
  await take('runs-light', { ...work, path: '/runs', ready: filled('invoice-close') });
  await take('run-dark', {
    ...work,
    colorScheme: 'dark',
    path: `/runs/${runs[0].project}/${runs[0].run_id}`,
    ready: filled('exit status 1'),
  });
  await take('deploys-light', { ...work, path: '/deploys', ready: filled('production') });
  await take('deploy-light', {
    ...work,
    path: `/deploys/${deploys[1].project}/${deploys[1].deploy_id}`,
    ready: filled('health'),
  });
});
