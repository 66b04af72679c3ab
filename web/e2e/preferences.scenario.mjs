import assert from 'node:assert/strict';
import { fill } from './filled.mjs';
import { person, report, post, scenario } from './stage.mjs';

scenario('who wants less motion sees nothing move', async () => {
  const screens = await fill();
  const ann = await person({ reducedMotion: 'reduce' });
  const tab = await ann.open(screens.runs);
  const { page } = tab;
  await tab.says('Live');
  /** What moves or will: everything that has a duration, the page's own and the stack's. */
  const moving = () =>
    tab.element.evaluate((host) =>
      [...document.getAnimations(), ...host.shadowRoot.getAnimations()].flatMap((each) => {
        const { duration, iterations } = each.effect.getComputedTiming();
        const moved = each.effect
          .getKeyframes()
          .some((frame) =>
            ['translate', 'transform', 'gridTemplateRows', 'rotate', 'scale'].some((name) => name in frame),
          );
        return moved && duration > 0
          ? [`${each.animationName ?? each.transitionProperty} ${duration} ${iterations}`]
          : [];
      }),
    );
  await tab.rows.first().waitFor();
  assert.deepEqual(await moving(), [], 'a running run turns');
  // From before a card comes until it is there, and while another goes.
  await tab.element.evaluate((host) => {
    globalThis.seen = [];
    const note = () => {
      for (const each of host.shadowRoot.getAnimations())
        if (each.effect.getKeyframes().some((frame) => 'translate' in frame || 'gridTemplateRows' in frame))
          globalThis.seen.push(each.animationName);
      globalThis.watching = requestAnimationFrame(note);
    };
    note();
  });
  await post(report('comes without a move'));
  await tab.seen('comes without a move');
  await tab.dismiss('disk is full').catch(() => tab.dismiss('comes without a move'));
  await tab.undo.click();
  assert.deepEqual(await page.evaluate(() => globalThis.seen), []);

  await page.emulateMedia({ reducedMotion: 'no-preference' });
  await post(report('comes with one'));
  await page.waitForFunction(() => globalThis.seen.length > 0, undefined, { polling: 'raf' });
  ann.faultless();
  await ann.close();
});

scenario('in forced colours everything that can be pressed or told apart has an edge', async () => {
  const ann = await person({ forcedColors: 'active' });
  const tab = await ann.open('/errors');
  const { page } = tab;
  await tab.cards.nth(4).waitFor();
  await tab.rows.first().waitFor();
  /** Those that are told from what lies around them by a background alone, which forced colours take away. */
  const edgeless = (root) =>
    root.evaluate((from) => {
      const all = [
        ...(from.shadowRoot ?? from).querySelectorAll(
          'button, input, select, .card, .mark, .badge, .count, .chip',
        ),
      ];
      return all
        .filter((element) => element.checkVisibility() && element.getBoundingClientRect().width > 2)
        .filter((element) => {
          const style = getComputedStyle(element);
          const edged = ['Top', 'Bottom', 'Left'].some(
            (side) =>
              style[`border${side}Style`] !== 'none' && Number.parseFloat(style[`border${side}Width`]) > 0,
          );
          const inked =
            element.innerText?.trim() || element.querySelector('svg') || element.matches('input, select');
          return !edged && !inked;
        })
        .map((element) => element.outerHTML.slice(0, 120));
    });
  assert.deepEqual(await edgeless(page.locator('body')), []);
  assert.deepEqual(await edgeless(tab.element), []);
  /** A picked choice differs from the others by more than a colour that is forced on all alike. */
  const look = (label) =>
    label.evaluate((span) => {
      const { backgroundColor, color, outlineStyle, borderStyle, textDecorationLine, fontWeight } =
        getComputedStyle(span);
      return [backgroundColor, color, outlineStyle, borderStyle, textDecorationLine, fontWeight].join(' ');
    });
  const state = page.getByRole('radiogroup');
  assert.notEqual(
    await look(state.locator('input:checked + span')),
    await look(state.locator('input:not(:checked) + span').first()),
  );
  const here = page.locator('nav a[aria-current=page]');
  const line = await here.evaluate((link) => getComputedStyle(link, '::after').backgroundColor);
  const around = await page.evaluate(
    () => getComputedStyle(document.querySelector('header')).backgroundColor,
  );
  assert.notEqual(line, around, 'the line under the section where one is');
  for (const stop of ['Search errors']) {
    await page.getByRole('searchbox', { name: stop }).focus();
    const outline = await page.evaluate(() => getComputedStyle(document.activeElement).outlineStyle);
    assert.notEqual(outline, 'none');
  }
  ann.faultless();
  await ann.close();
});
