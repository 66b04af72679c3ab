import assert from 'node:assert/strict';
import { accessible, looks } from './axe.mjs';
import { fill } from './filled.mjs';
import { person, scenario, turn } from './stage.mjs';

// What the lists say in each of their states, and the first row that each has when it is filled.
const languages = {
  'en-GB': {
    live: 'Live',
    polling: 'Polling',
    offline: 'Offline',
    retry: 'Try again',
    nothing: 'Nothing matches',
    clear: 'Clear filters',
    inactive: 'Nothing active',
    all: 'Show all errors',
    failed: 'The list could not be loaded',
    foreign: 'You cannot see this',
    reset: 'The log moved on while you were away',
    stale: 'Could not be refreshed',
    pollingBanner: 'The event stream is not available',
    offlineBanner: 'The server does not answer',
    signedOut: 'You are signed out',
    sections: {
      errors: { empty: 'No errors yet', name: 'Errors' },
      runs: { empty: 'No runs yet', name: 'Runs' },
      deploys: { empty: 'No deploys yet', name: 'Deploys' },
    },
  },
  'ru-RU': {
    live: 'На связи',
    polling: 'Опрос',
    offline: 'Нет связи',
    retry: 'Повторить',
    nothing: 'Ничего не нашлось',
    clear: 'Сбросить фильтры',
    inactive: 'Активных нет',
    all: 'Показать все ошибки',
    failed: 'Список не загрузился',
    foreign: 'Вам это не открыто',
    reset: 'Пока вас не было, журнал ушёл вперёд',
    stale: 'Обновить не удалось',
    pollingBanner: 'Поток событий недоступен',
    offlineBanner: 'Сервер не отвечает',
    signedOut: 'Сеанс завершён',
    sections: {
      errors: { empty: 'Ошибок пока нет', name: 'Ошибки' },
      runs: { empty: 'Запусков пока нет', name: 'Запуски' },
      deploys: { empty: 'Выкладок пока нет', name: 'Выкладки' },
    },
  },
};
const api = { errors: '**/v1/groups?*', runs: '**/v1/runs?*', deploys: '**/v1/deploys?*' };

const refused = /^console: Failed to load resource: .*(429|404|502|401|ERR_FAILED)/;
const everyLanguage = (play) =>
  Promise.all(Object.entries(languages).map(([locale, words]) => play(locale, words)));
const skeleton = (page) => page.locator('main .card[role=status] [aria-hidden]').first();

/** What is refused in this way is not asked for again until the person wants it. */
const refusal = {
  status: 429,
  contentType: 'application/problem+json',
  body: JSON.stringify({ title: 'Not now', status: 429, request_id: '0123456789abcdef' }),
};

/** A person whose tabs hold their own connection: what a worker fetches cannot be held back here. */
async function alone(locale) {
  const ann = await person({ locale, expected: [refused] });
  await ann.context.addInitScript(() => delete globalThis.SharedWorker);
  return ann;
}

/** Refuses until a press asked: lists ask again by themselves too, which is not what is tried here. */
async function refuse(page, route) {
  const asked = await page.evaluate(() => globalThis.asked).catch(() => false); // no page: no press
  if (asked) await route.continue();
  else await route.fulfill(refusal);
}

/** Presses a button; what the page asks for before anything else happens is asked by the press. */
async function press(button) {
  await button.evaluate(() => {
    const { fetch } = globalThis;
    const watch = () => {
      globalThis.fetch = (...request) => {
        globalThis.asked = true;
        return fetch(...request);
      };
      setTimeout(() => (globalThis.fetch = fetch));
    };
    addEventListener('click', watch, { capture: true, once: true });
  });
  await button.click();
}

/** Holds the answers for an address back; the returned function lets them go, or refuses them until a press. */
async function hold(page, address) {
  let release;
  const released = new Promise((resolve) => (release = resolve));
  await page.route(address, async (route) => {
    if (await released) await refuse(page, route);
    else await route.continue();
  });
  return async ({ refused: no = false } = {}) => {
    release(no);
    if (!no) await page.unrouteAll({ behavior: 'wait' });
  };
}

scenario('lists that load and lists without anything say which they are', async () => {
  await everyLanguage(async (locale, { sections }) => {
    const ann = await alone(locale);
    const tab = await ann.open('/settings');
    const { page } = tab;
    for (const [section, { name, empty }] of Object.entries(sections)) {
      const release = await hold(page, api[section]);
      await page.getByRole('link', { name, exact: true }).click();
      await skeleton(page).waitFor();
      await accessible(tab, `${section} loading, ${locale}`, 'main');
      assert.equal(await page.getByText(empty).count(), 0, 'empty is not said before it is known');
      await release();
      await page.getByRole('heading', { name: empty }).waitFor();
      await page.getByText('curl ').first().waitFor();
      await accessible(tab, `${section} empty, ${locale}`, 'main');
    }
    ann.faultless();
    await ann.close();
  });
});

scenario('lists that match nothing, fail, or are not open say so and lead on', async (t) => {
  await fill();
  await everyLanguage(async (locale, words) => {
    const ann = await alone(locale);
    const tab = await ann.open('/settings');
    const { page } = tab;
    for (const section of Object.keys(api)) {
      await page.goto(new URL(`/${section}?q=no-such-thing`, page.url()).href);
      await page.getByRole('heading', { name: words.nothing }).waitFor();
      await accessible(tab, `${section} filtered empty, ${locale}`, 'main');
      await page.getByRole('button', { name: words.clear }).last().click();
      await tab.rows.first().waitFor();
      assert.equal(new URL(page.url()).search, '');

      await page.goto(new URL(`/${section}?project=somebody-elses`, page.url()).href);
      await page.getByRole('heading', { name: words.foreign }).waitFor();
      await accessible(tab, `${section} not open, ${locale}`, 'main');

      // A list comes back by itself in a while (runs), and at once for those who cannot wait (the others).
      let heals = false;
      await page.route(api[section], (route) => (heals ? route.continue() : refuse(page, route)));
      await page.goto(new URL(`/${section}`, page.url()).href);
      await page.getByRole('heading', { name: words.failed }).waitFor();
      await page.getByText('0123456789abcdef').waitFor();
      await accessible(tab, `${section} failed, ${locale}`, 'main');
      heals = section === 'runs';
      if (!heals) await press(page.getByRole('button', { name: words.retry }));
      await tab.rows.first().waitFor();
      await page.unrouteAll({ behavior: 'wait' });
    }
    // That nothing is left to look at is good news, and leads to all.
    await page.route('**/v1/groups?*state=active*', async (route) => {
      const response = await route.fetch();
      await route.fulfill({ response, json: { ...(await response.json()), groups: [] } });
    });
    await page.goto(new URL('/errors?state=active', page.url()).href);
    await page.getByRole('heading', { name: words.inactive }).waitFor();
    await accessible(tab, `errors nothing active, ${locale}`, 'main');
    assert.equal(
      await page.getByRole('button', { name: words.clear }).count(),
      1,
      'one way to clear filters',
    );
    await page.getByRole('button', { name: words.all }).click();
    await tab.rows.first().waitFor();
    assert.equal(new URL(page.url()).search, '');
    await page.unrouteAll({ behavior: 'wait' });
    // The same for what stands alone.
    for (const path of ['/errors/0', '/runs/main/no-such-run', '/deploys/main/no-such-deploy']) {
      await page.goto(new URL(path, page.url()).href);
      await page.getByRole('alert').getByRole('heading').waitFor();
      await accessible(tab, `${path}, ${locale}`, 'main');
    }
    ann.faultless();
    await ann.close();
  });
  t.diagnostic(`measured: ${looks()} looks without a finding`);
});

scenario('a reset keeps the rows, says that they are old, and takes the new ones', async () => {
  await fill();
  const people = await everyLanguage(async (locale, words) => ({ ann: await alone(locale), locale, words }));
  for (const section of Object.keys(api)) {
    // What is held back is given up after 15 s: one list at a time.
    const seen = await Promise.all(
      people.map(async ({ ann, locale, words }) => {
        const tab = await ann.open(`/${section}`);
        await tab.rows.first().waitFor();
        await tab.says(words.live);
        return { tab, locale, words, release: await hold(tab.page, api[section]) };
      }),
    );
    await turn('/log/new-epoch');
    await Promise.all(
      seen.map(async ({ tab, locale, words, release }) => {
        const { page } = tab;
        const old = page.locator('main .stale[role=status]');
        await old.getByText(words.reset).waitFor();
        await tab.rows.first().waitFor();
        await accessible(tab, `${section} after a reset, ${locale}`, 'main');
        await release({ refused: true });
        await old.getByText(words.stale).waitFor();
        await tab.rows.first().waitFor();
        await accessible(tab, `${section} not refreshed, ${locale}`, 'main');
        await press(old.getByRole('button', { name: words.retry }));
        await old.waitFor({ state: 'detached' });
        await page.close();
      }),
    );
  }
  for (const { ann } of people) {
    ann.faultless();
    await ann.close();
  }
});

scenario('polling, offline and signed out are told of over every list', async () => {
  await everyLanguage(async (locale, words) => {
    const ann = await alone(locale);
    await ann.context.route('**/v1/events/stream*', (route) => route.fulfill({ status: 502 }));
    const tab = await ann.open('/errors');
    const { page } = tab;
    const everyList = async (state, banner) => {
      for (const [section, { name }] of Object.entries(words.sections)) {
        await page.locator('nav').getByRole('link', { name }).first().click();
        await tab.rows.first().waitFor();
        await page.locator('.banner').getByText(banner).waitFor();
        await accessible(tab, `${section} ${state}, ${locale}`, '.banner', 'main');
      }
    };
    await tab.says(words.polling);
    await everyList('polling', words.pollingBanner);
    await ann.context.route('**/v1/events?*', (route) => route.abort());
    await tab.says(words.offline);
    await everyList('offline', words.offlineBanner);
    await ann.context.route('**/v1/events?*', (route) =>
      route.fulfill({ status: 401, contentType: 'application/problem+json', body: '{"status":401}' }),
    );
    await page.locator('.banner').getByText(words.signedOut).waitFor();
    await everyList('signed out', words.signedOut);
    ann.faultless();
    await ann.close();
  });
});
