import assert from 'node:assert/strict';
import { layLine, person, post, report, scenario, turn } from './stage.mjs';

const is = (name) => `Signed in as ${name}`;
const signsInNext = (name, project) =>
  turn(`/person?sub=u-${name.toLowerCase()}&name=${name}&projects=${project}`);

scenario(
  'two people in one browser, one after the other: no tab shows the one what is the other’s',
  async () => {
    const bobs = await turn('/projects/other');
    const line = await layLine();
    const ann = await person({ expected: [/status of 401/, /net::ERR_/, /ERR_INCOMPLETE_CHUNKED/] });
    const shown = await watchCards(ann.context);

    await signsInNext('Ada', 'main');
    const first = await ann.open('/errors', line.url);
    await first.page.getByRole('link', { name: 'Sign in' }).click();
    await first.says('Live');
    await post(report('seen by Ada'));
    await first.seen('seen by Ada');

    // Ada does not sign out; Bob signs in beside her.
    await signsInNext('Bob', 'other');
    const second = await ann.open('/auth/login?next=/errors', line.url);
    for (const { page } of [first, second]) await page.getByRole('button', { name: is('Bob') }).waitFor();
    await post(report('only for Ada'));
    await post(report('for Bob'), undefined, bobs);
    for (const tab of [first, second]) {
      await tab.says('Live');
      await tab.seen('for Bob');
      assert.deepEqual(await tab.titles(), ['for Bob']);
    }
    await line.carries(1);

    // And back: Bob signs out, Ada signs in where he was.
    await signsInNext('Ada', 'main');
    await second.page.getByRole('button', { name: is('Bob') }).click();
    await second.page.getByRole('button', { name: 'Sign out' }).click();
    await second.page.getByRole('link', { name: 'Sign in' }).click();
    for (const { page } of [first, second]) await page.getByRole('button', { name: is('Ada') }).waitFor();
    await post(report('again for Bob'), undefined, bobs);
    await post(report('again for Ada'));
    for (const tab of [first, second]) {
      await tab.says('Live');
      await tab.seen('again for Ada');
      assert.deepEqual((await tab.titles()).sort(), ['again for Ada', 'only for Ada', 'seen by Ada']);
    }
    await line.carries(1);

    const wrong = [...shown].filter((line) => {
      const [who, title] = line.split(': ');
      return !title.includes(who === is('Ada') ? 'Ada' : 'Bob');
    });
    assert.deepEqual(wrong, [], 'shown to the wrong person');
    assert.ok(shown.size >= 4, `${[...shown]}`);
    ann.faultless();
  },
);

/** Notes every card that is ever shown, and to whom the page says that it belongs. */
async function watchCards(context) {
  const shown = new Set();
  await context.exposeBinding('ryndaShown', (_, line) => void shown.add(line));
  await context.addInitScript(() => {
    const told = new Set(); // each line once: a call per frame is more than a slow machine can take
    const look = () => {
      const who = document.querySelector('button[aria-label^="Signed in as"]')?.getAttribute('aria-label');
      const cards =
        document.querySelector('rynda-alerts')?.shadowRoot?.querySelectorAll('.card .title') ?? [];
      for (const { textContent } of who ? cards : []) {
        const line = `${who}: ${textContent}`;
        if (!told.has(line)) globalThis.ryndaShown(line);
        told.add(line);
      }
      requestAnimationFrame(look);
    };
    look();
  });
  return shown;
}
