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
  // A button is pressed by Enter, though the list behind it opens rows by it.
  await tab.undo.focus();
  await keyboard.press('Enter');
  await until(tab.focused, 'middle', 'focus on the card that came back');
  assert.equal(new URL(tab.page.url()).pathname, '/errors', 'Enter went to the list');
  // Keys of the list are not meant while the focus is in the stack.
  const active = () => tab.rows.locator('.state.active').count();
  await until(active, 4, 'all in the list');
  await keyboard.press('j');
  await keyboard.press('v');
  assert.equal(await tab.focused(), 'middle', 'a key of the list took the focus');
  await keyboard.press('Delete');
  await tab.gone('middle');
  await until(active, 3, 'only what was dismissed is viewed');
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
