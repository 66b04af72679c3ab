// What axe thinks of a page at rest, in both themes.

import assert from 'node:assert/strict';
import axe from 'axe-core';

const tags = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];
/** The rules that a theme can break; all others see the same page in both. */
const ofColours = ['color-contrast', 'link-in-text-block'];

let checked = 0;
/** How many pages were looked at, each theme counted. */
export const looks = () => checked;

/** Fails for whatever axe finds on the page or in parts of it, in the light theme and in the dark one. */
export async function accessible(tab, where, ...parts) {
  const { page } = tab;
  if (!(await page.evaluate(() => 'axe' in globalThis))) await page.evaluate(axe.source);
  const themes = { light: { type: 'tag', values: tags }, dark: { type: 'rule', values: ofColours } };
  for (const [colorScheme, runOnly] of Object.entries(themes)) {
    await page.emulateMedia({ colorScheme });
    await tab.still(); // colours are judged at rest
    const within = parts.length ? { include: parts } : undefined;
    const told = await page.evaluate(
      async ([context, only]) => {
        const { violations } = await globalThis.axe.run(context ?? document, { runOnly: only });
        return violations.map(
          ({ id, help, nodes }) =>
            `${id}: ${help}\n${nodes.map((node) => `  ${node.target} ${node.failureSummary}`).join('\n')}`,
        );
      },
      [within, runOnly],
    );
    assert.deepEqual(told, [], `${where}, ${colorScheme}`);
    checked += 1;
  }
}
