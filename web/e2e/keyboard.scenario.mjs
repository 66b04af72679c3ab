import assert from 'node:assert/strict';
import { person, post, report, scenario, until } from './stage.mjs';

scenario('the keyboard reaches, moves through and dismisses alerts, and focus is never lost', async () => {
  for (const title of ['oldest', 'middle', 'newest']) await post(report(title));
  const ann = await person();
  const tab = await ann.open();
  const { keyboard } = tab.page;
  await tab.says('Live');
  await until(tab.titles, ['newest', 'middle', 'oldest'], 'three cards');
  const search = tab.page.getByRole('searchbox');
  await search.focus();

  await keyboard.press('F8');
  await until(tab.focused, 'newest', 'focus on the newest');
  await post(report('arrived meanwhile'));
  await tab.element.getByText('1 new').waitFor();
  assert.equal(await tab.focused(), 'newest', 'an arrival took the focus');
  await keyboard.press('ArrowDown');
  await until(tab.focused, 'middle', 'focus on the next');
  await keyboard.press('Delete');
  await tab.gone('middle');
  await until(tab.focused, 'oldest', 'focus on the card that took the place');
  await keyboard.press('Delete');
  await tab.gone('oldest');
  await until(tab.focused, 'newest', 'focus on the card before');
  await keyboard.press('Escape');
  await until(
    () => search.evaluate((field) => field === document.activeElement),
    true,
    'focus back where it was',
  );

  await keyboard.press('F8');
  await until(tab.focused, 'newest', 'focus on the newest again');
  await keyboard.press('Enter');
  await tab.page.getByRole('heading', { name: 'newest' }).waitFor();
  assert.match(new URL(tab.page.url()).pathname, /^\/errors\/\d+$/);
  ann.faultless();
});
