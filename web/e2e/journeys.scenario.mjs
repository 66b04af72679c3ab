import assert from 'node:assert/strict';
import { fill } from './filled.mjs';
import { ask, person, scenario, until } from './stage.mjs';

/**
 * Where the focus is: what has it, and what is wrong with it. A person has to
 * see it: an outline of its own, inside the window, with nothing lying over it.
 */
const focus = (page) =>
  page.evaluate(() => {
    let at = document.activeElement;
    while (at?.shadowRoot?.activeElement) at = at.shadowRoot.activeElement;
    if (!at || at === document.body) return { name: 'nothing', faults: [] };
    const name = (at.getAttribute('aria-label') || at.innerText || at.id || at.localName).trim().slice(0, 60);
    // The beginning of a screen, where the skip link and a new address lead, is a place and no control.
    if (at.matches('main')) return { name: 'main', faults: [] };
    const faults = [];
    // A choice is drawn by what follows its unseen field.
    const drawn = getComputedStyle(at).opacity === '0' ? at.nextElementSibling : at;
    const { outlineStyle, outlineWidth } = getComputedStyle(drawn);
    if (outlineStyle === 'none' || Number.parseFloat(outlineWidth) < 2) faults.push('no outline');
    const box = drawn.getBoundingClientRect();
    if (box.width < 4 || box.height < 4) faults.push(`only ${box.width} x ${box.height}`);
    const x = Math.max(1, Math.min(innerWidth - 2, box.left + Math.min(box.width / 2, 24)));
    const y = Math.max(1, Math.min(innerHeight - 2, box.top + Math.min(box.height / 2, 12)));
    const over = at.getRootNode().elementFromPoint(x, y);
    if (over && !(drawn.contains(over) || over.contains(drawn) || over === at))
      faults.push(`under ${over.outerHTML.slice(0, 80)}`);
    if (box.bottom <= 0 || box.top >= innerHeight || box.right <= 0 || box.left >= innerWidth)
      faults.push('out of view');
    return { name, faults };
  });

/** Presses Tab until the focus is where `wanted` says, or once around; every stop has to be seen. */
async function tabTo(page, wanted, most = 80) {
  const stops = [];
  for (let n = 0; n < most; n++) {
    await page.keyboard.press('Tab');
    const { name, faults } = await focus(page);
    assert.deepEqual(faults, [], `the focus on "${name}" after ${stops.join(' > ')}`);
    stops.push(name);
    if (wanted && wanted.test(name)) return stops;
    if (!wanted && n > 0 && (name === 'nothing' || name === stops[0])) return stops;
  }
  if (wanted) assert.fail(`no ${wanted} among ${stops.join(' > ')}`);
  return stops;
}

scenario('from a fresh page to an error and back, by the keyboard alone', async () => {
  await fill();
  const ann = await person();
  const tab = await ann.open('/errors');
  const { page } = tab;
  const { keyboard } = page;
  const heading = (name) => page.getByRole('heading', { name, exact: true, level: 1 });
  await tab.says('Live');
  await tab.cards.nth(4).waitFor();
  await tab.rows.nth(5).waitFor();

  // Every stop of the page, once around.
  const stops = await tabTo(page, undefined);
  assert.equal(stops[0], 'Skip to content');
  for (const title of await tab.titles()) {
    const reached = stops.some((name) => name.includes(title.slice(0, 20)));
    assert.ok(reached, `no way to "${title}": ${stops.join(' > ')}`);
  }

  // Past the bar, into the list, to one of its rows and in.
  await page.reload();
  await tab.rows.nth(5).waitFor();
  await tabTo(page, /^Skip/);
  await keyboard.press('Enter');
  assert.equal((await focus(page)).name, 'main');
  await keyboard.press('/');
  await keyboard.type('payment');
  await keyboard.press('Enter');
  await until(() => tab.rows.count(), 1, 'one row');
  await tabTo(page, /payment failed/);
  await keyboard.press('Enter');
  await heading('payment failed: connection refused').waitFor();
  await page.getByText('charge.py').first().waitFor();
  await until(async () => (await focus(page)).name, 'main', 'the focus at the beginning of the new screen');
  await tabTo(page, undefined);

  // Viewed, and not.
  await keyboard.press('v');
  const state = async () => (await ask('/v1/groups?q=payment')).groups[0].state;
  await until(state, 'viewed', 'viewed');
  await page.getByRole('button', { name: 'Make active again' }).waitFor();
  await keyboard.press('u');
  await until(state, 'active', 'active again');
  await page.getByRole('button', { name: 'Mark viewed' }).waitFor();
  await page.getByRole('button', { name: 'Mark viewed' }).focus();
  await keyboard.press('Enter');
  await until(state, 'viewed', 'viewed by the button');
  // The button has become another one, and the focus is with it.
  await until(async () => (await focus(page)).name, 'Make active again', 'the focus on what took the place');
  await keyboard.press('Enter');
  await until(state, 'active', 'active by the button');

  await keyboard.press('Escape');
  await tab.rows.first().waitFor();
  assert.equal(new URL(page.url()).search, '?q=payment');
  // The filters, and the way out of them.
  await tabTo(page, /^Severity/);
  await keyboard.press('Enter');
  await page.getByRole('menuitemcheckbox', { name: 'Critical' }).waitFor();
  await keyboard.press('ArrowDown');
  await keyboard.press('w');
  const item = await focus(page);
  assert.deepEqual(item, { name: 'Warning', faults: [] });
  await keyboard.press('Enter');
  await page.getByRole('heading', { name: 'Nothing matches' }).waitFor();
  await keyboard.press('Escape');
  await until(
    async () => (await focus(page)).name,
    'Severity:\nWarning',
    'the focus on the button of the menu',
  );
  await tabTo(page, /^Clear filters/);
  await keyboard.press('Enter');
  await tab.rows.nth(5).waitFor();

  // The stack: in, dismiss, and back to the row one came from.
  await keyboard.press('j');
  const row = await focus(page);
  assert.deepEqual(row.faults, []);
  const [newest, next] = await tab.titles();
  await keyboard.press('F8');
  await until(tab.focused, newest, 'focus on the newest');
  assert.deepEqual((await focus(page)).faults, []);
  await keyboard.press('Delete');
  await tab.gone(newest);
  await until(tab.focused, next, 'focus on the next');
  await keyboard.press('Escape');
  await until(
    () => page.evaluate(() => document.activeElement.closest('[role=row]') !== null),
    true,
    'focus in the list',
  );
  ann.faultless();
  await ann.close();
});

scenario('from the runs to a line of a log and back, by the keyboard alone', async () => {
  const ann = await person();
  const tab = await ann.open('/errors');
  const { page } = tab;
  const { keyboard } = page;
  await tab.says('Live');
  await keyboard.press('g');
  await keyboard.press('r');
  await tab.rows.nth(4).waitFor();
  await tabTo(page, undefined);
  await page.getByRole('searchbox').focus();
  await tabTo(page, /invoice-close|reindex/);
  await until(
    async () => {
      if (!(await focus(page)).name.includes('invoice-close')) await keyboard.press('j');
      return (await focus(page)).name.includes('invoice-close');
    },
    true,
    'the run that failed',
  );
  assert.deepEqual((await focus(page)).faults, []);
  await keyboard.press('Enter');
  await page.getByRole('heading', { name: 'invoice-close', level: 1 }).waitFor();
  await page.getByRole('group', { name: 'Log' }).getByText('exit status 1').waitFor();
  await tabTo(page, /exit status 1/);
  await keyboard.press('Enter');
  // The marker leads into the log, to its line.
  await until(async () => (await focus(page)).name, 'Log', 'the focus in the log');
  assert.deepEqual((await focus(page)).faults, []);
  await page.locator('li.chosen').getByText('exit status 1').waitFor();
  await tabTo(page, undefined);
  await keyboard.press('Escape');
  await tab.rows.nth(4).waitFor();
  assert.equal(new URL(page.url()).pathname, '/runs');
  ann.faultless();
  await ann.close();
});

scenario('in a small window the focus is never under the alerts', async () => {
  const ann = await person({ viewport: { width: 320, height: 640 } });
  const tab = await ann.open('/errors');
  await tab.says('Live');
  for (const path of ['/errors', '/errors/1', '/runs', '/settings']) {
    await tab.page.goto(new URL(path, tab.page.url()).href);
    await tab.page.locator('main h1').waitFor();
    await tab.element.locator('.pill').waitFor();
    await tabTo(tab.page, undefined);
  }
  ann.faultless();
  await ann.close();
});
