import assert from 'node:assert/strict';
import { fill } from './filled.mjs';
import { person, post, report, scenario, tell, until } from './stage.mjs';

/** What does not fit: the page that scrolls sideways, text cut off without a sign, parts over one another. */
const misfits = (page) =>
  page.evaluate(() => {
    const found = [];
    const { scrollWidth, clientWidth } = document.documentElement;
    if (scrollWidth > clientWidth) found.push(`the page is ${scrollWidth - clientWidth} px too wide`);
    const seen = (element) => element.checkVisibility() && element.getBoundingClientRect().width > 2;
    const told = (element) =>
      `${element.localName}.${element.className}: ${element.textContent.trim().slice(0, 60)}`;
    for (const element of document.querySelectorAll('body *')) {
      if (!seen(element) || element.matches('.unseen, svg, svg *, canvas, option')) continue;
      const style = getComputedStyle(element);
      if (style.clipPath !== 'none') continue; // for screen readers alone
      const over = element.scrollWidth - element.clientWidth;
      if (
        over <= 1 ||
        element.clientWidth === 0 ||
        style.overflowX === 'auto' ||
        style.overflowX === 'scroll'
      )
        continue;
      const cut = style.overflowX !== 'visible';
      // What is cut off with an ellipsis can be read whole somewhere: in its title, or in that of what it is part of.
      if (cut && style.textOverflow === 'ellipsis') {
        if (!element.closest('[title]') && !element.querySelector('[title]'))
          found.push(`no title: ${told(element)}`);
      } else if (cut && !element.querySelector('.cut') && element.textContent.trim())
        found.push(`cut off: ${told(element)}`);
      else if (!cut && element.matches('button, a, .button, h1, h2, dt, label'))
        found.push(`sticks out: ${told(element)}`);
    }
    for (const group of document.querySelectorAll(
      'header, .head, .tools, [role=row], .card-head, .rest, .facts, .done, .banner',
    )) {
      if (!seen(group)) continue;
      const parts = [...group.children].filter(
        (part) => seen(part) && getComputedStyle(part).position !== 'absolute',
      );
      parts.forEach((part, at) => {
        const a = part.getBoundingClientRect();
        for (const other of parts.slice(at + 1)) {
          const b = other.getBoundingClientRect();
          const across = Math.min(a.right, b.right) - Math.max(a.left, b.left);
          const down = Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top);
          if (across > 1 && down > 1) found.push(`over one another: ${told(part)} | ${told(other)}`);
        }
      });
    }
    return [...new Set(found)];
  });

scenario('Russian numbers have their forms, in the page and in the stack', async () => {
  const ann = await person({ locale: 'ru-RU', viewport: { width: 390, height: 844 } });
  const tab = await ann.open('/errors');
  await tab.says('На связи');
  let posted = 0;
  for (const [n, groups, alerts] of [
    [1, '1 группа', '1 оповещение'],
    [3, '3 группы', '3 оповещения'],
    [5, '5 групп', '5 оповещений'],
    [11, '11 групп', '11 оповещений'],
    [21, '21 группа', '21 оповещение'],
    [22, '22 группы', '22 оповещения'],
  ]) {
    for (; posted < n; posted++) await post(report(`ошибка номер ${posted}`));
    await tab.page.locator('main .head').getByText(groups, { exact: true }).waitFor();
    await tab.element.locator('.pill').getByText(alerts, { exact: true }).waitFor();
  }
  ann.faultless();
  await ann.close();
});

const windows = {
  'a small telephone': { width: 320, height: 640 },
  // What a window of 1280 px is to a page shown twice as large.
  'twice as large': { width: 640, height: 400 },
  'a tablet': { width: 768, height: 1024 },
};

/** What does not fit when all has settled; a window that was just resized is given the time to. */
async function settled(page) {
  let found = [];
  await until(async () => (found = await misfits(page)), [], 'all in place', 2_000).catch(() => {});
  return found;
}

/** The foot of the page can be scrolled clear of a folded stack. */
const footIsClear = (page) =>
  page.evaluate(() => {
    window.scrollTo(0, document.documentElement.scrollHeight);
    const main = document.querySelector('main');
    const foot =
      main.getBoundingClientRect().bottom - Number.parseFloat(getComputedStyle(main).paddingBottom);
    const pill = document.querySelector('rynda-alerts').shadowRoot.querySelector('.pill');
    return foot <= pill.getBoundingClientRect().top;
  });

scenario('nothing is cut off, covered or pushed out of the window, whatever is long', async () => {
  const screens = await fill();
  // What people and machines write without thinking of columns.
  const word = 'Vollstreckungsbescheidbearbeitungsfehler';
  const text = `${word} in ${'abteilung/'.repeat(12)}x: ожидалось не больше тысячи записей, получено больше`;
  await post(
    report(text, {
      type: `com.example.billing.internal.${word}Exception`,
      source: 'billing-worker-with-a-name-that-nobody-shortened-in-time',
      environment: 'production-eu-north-1-canary',
      release: '2026.11.26-rc.1+build.20261126.0f3c9a1b2d4e',
      run_id: `run-${'0123456789'.repeat(6)}`,
      namespace: 'a-namespace-with-a-very-long-name',
      tags: { [word]: text },
      payload: { [word]: text },
    }),
  );
  for (const [kind, more] of [
    [
      'run',
      {
        steps: [{ name: text.slice(0, 80), status: 'running' }],
        deploy_id: `deploy-${'0123456789'.repeat(4)}`,
      },
    ],
    [
      'deploy',
      {
        environment: 'production-eu-north-1-canary',
        namespace: word,
        service: word.repeat(2),
        revision: `r${'1'.repeat(40)}`,
        stages: ['build', 'push', 'apply', 'health', 'verify', 'announce'].map((name) => ({
          name,
          status: 'succeeded',
        })),
      },
    ],
  ]) {
    await tell('PUT', `/v1/${kind}s/${word}-1`, {
      name: `${word} ${word}`,
      status: 'running',
      trigger: word,
      actor: word,
      ref: `feature/${word}/${word}`,
      commit: '0'.repeat(40),
      ...more,
    });
    await tell('POST', `/v1/${kind}s/${word}-1/log`, {
      lines: [{ seq: 1, text, marker: true, level: 'error' }],
    });
  }
  const paths = {
    ...screens,
    longRun: screens.run.replace('run-9001', `${word}-1`),
    longDeploy: screens.deploy.replace('deploy-2', `${word}-1`),
  };
  await Promise.all(
    ['en-GB', 'ru-RU'].map(async (locale) => {
      const found = [];
      const ann = await person({ locale, viewport: windows['a small telephone'] });
      const tab = await ann.open('/errors');
      const { page } = tab;
      const link = tab.row(word).getByRole('link').first();
      await link.waitFor();
      const longError = await link.getAttribute('href');
      for (const [name, path] of Object.entries({ ...paths, longError })) {
        await page.setViewportSize(windows['a small telephone']);
        await page.goto(new URL(path, page.url()).href);
        await tab.element.locator('.pill').waitFor();
        if (['errors', 'runs', 'deploys'].includes(name)) await tab.rows.nth(2).waitFor();
        else await page.locator('main h1').waitFor();
        if (/run$|deploy$/i.test(name)) await page.locator('.lines li').first().waitFor();
        if (/error$/i.test(name)) await page.locator('canvas').first().waitFor();
        for (const [which, size] of Object.entries(windows)) {
          await page.setViewportSize(size);
          for (const fault of await settled(page)) found.push(`${name}, ${which}, ${locale}: ${fault}`);
          if (which === 'a tablet') continue;
          await tab.element.locator('.pill').waitFor();
          if (!(await footIsClear(page))) found.push(`${name}, ${which}, ${locale}: under the alerts`);
        }
      }
      ann.faultless();
      await ann.close();
      assert.deepEqual([...new Set(found)], []);
    }),
  );
});

scenario('a list without a pointer to hover with still has all its words at 320 px', async () => {
  const ann = await person({ viewport: { width: 320, height: 640 }, hasTouch: true, isMobile: true });
  const tab = await ann.open('/deploys');
  await tab.rows.first().waitFor();
  assert.deepEqual(await settled(tab.page), [], 'all in place on a telephone');
  const small = await tab.page
    .locator('main :is(button, select, input[type=search]), header :is(button, a)')
    .evaluateAll((all) =>
      all
        .filter((element) => element.checkVisibility())
        .map((element) => ({
          name: element.getAttribute('aria-label') ?? element.innerText,
          box: element.getBoundingClientRect(),
        }))
        .filter(({ box }) => box.width > 2 && (box.height < 24 || box.width < 24))
        .map(({ name }) => name),
    );
  assert.deepEqual(small, [], 'too small for a finger');
  ann.faultless();
  await ann.close();
});

scenario('what opens lies above the alerts, within the window, and can be pressed', async () => {
  await fill();
  const ann = await person();
  const tab = await ann.open('/errors');
  const { page } = tab;
  await tab.cards.nth(4).waitFor();
  for (const [width, height] of [
    [1280, 720],
    [1024, 700],
    [700, 600],
    [360, 740],
  ]) {
    await page.setViewportSize({ width, height });
    await page.goto(new URL('/errors', page.url()).href);
    await tab.rows.first().waitFor();
    if (width > 640) await tab.cards.nth(4).waitFor();
    const within = async (panel) => {
      const box = await panel.boundingBox();
      const fits = box.x >= 0 && box.y >= 0 && box.x + box.width <= width && box.y + box.height <= height;
      assert.ok(fits, `${width}: ${JSON.stringify(box)}`);
    };
    // Open alerts lie over a smaller page: its buttons are reached by the keyboard, or when the alerts are folded.
    await page.getByRole('button', { name: 'Any time' }).press('Enter');
    const times = page.getByRole('menu');
    await within(times);
    await times.getByRole('menuitemradio').last().click();
    await times.waitFor({ state: 'detached' });

    await page.getByRole('button', { name: 'Filter', exact: true }).press('Enter');
    const form = page.getByRole('dialog', { name: 'Add filter' });
    await form.getByRole('textbox').click();
    await form.getByRole('textbox').fill('nobody');
    await within(form);
    await form.getByRole('button', { name: 'Add filter' }).click();
    await until(() => new URL(page.url()).search !== '', true, 'the filter in the address');

    await page.locator('header').getByRole('button', { name: 'Live' }).press('Enter');
    const connection = page.getByRole('dialog', { name: 'Connection details' });
    await within(connection);
    await connection.getByRole('button', { name: 'Retry now' }).click();
    await page.keyboard.press('Escape');
  }
  ann.faultless();
  await ann.close();
});
