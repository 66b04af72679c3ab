// A browser whose pages are hidden, frozen and put aside as people's are.
// Playwright gives every page the focus for good, so that none is ever hidden
// and freezing does nothing; puppeteer leaves pages alone once the flags that
// switch all this off are not passed.

import assert from 'node:assert/strict';
import { after } from 'node:test';
import puppeteer from 'puppeteer-core';
import { chromiumArgs, chromiumPath, patience, prepare, until, url } from './stage.mjs';

const unwanted = [
  '--disable-back-forward-cache',
  '--disable-renderer-backgrounding',
  '--disable-backgrounding-occluded-windows',
  '--disable-background-timer-throttling',
];

/** One person's browser, watched for faults as in stage.mjs. */
export async function rawPerson({ expected = [], without = [] } = {}) {
  const browser = await puppeteer.launch({
    executablePath: chromiumPath,
    pipe: true,
    args: chromiumArgs,
    ignoreDefaultArgs: unwanted,
    defaultViewport: { width: 1440, height: 900 },
    timeout: patience,
  });
  after(() => browser.close());
  const faults = [];
  const fault = (text) => {
    if (!expected.some((pattern) => pattern.test(text))) faults.push(text);
  };

  async function watched() {
    const page = await browser.newPage();
    page.setDefaultTimeout(patience);
    await page.exposeFunction('ryndaViolation', fault);
    await page.evaluateOnNewDocument(prepare, without);
    page.on('console', (line) => {
      if (['error', 'warn'].includes(line.type())) fault(`console: ${line.text()} ${line.location().url}`);
    });
    page.on('pageerror', (error) => fault(`exception: ${error.stack}`));
    page.on('dialog', (dialog) => {
      fault(`dialog: ${dialog.message()}`);
      void dialog.dismiss();
    });
    page.on('error', () => fault('the page crashed'));
    return page;
  }

  return {
    browser,
    faultless: () => assert.deepEqual(faults, []),
    close: () => browser.close(),
    /** Evaluates in the shared worker. */
    async inWorker(run) {
      const target = await browser.waitForTarget((one) => one.type() === 'shared_worker', {
        timeout: patience,
      });
      return (await target.worker()).evaluate(run);
    },
    async open(path = '/errors', at = url) {
      const page = await watched();
      await page.goto(at + path);
      return tab(page, await page.createCDPSession());
    },
  };
}

function tab(page, session) {
  const lifecycle = (state) => session.send('Page.setWebLifecycleState', { state });
  return {
    page,
    says: (word) =>
      until(
        () => page.evaluate(() => document.querySelector('.connection .word')?.textContent),
        word,
        `the word ${word}`,
      ),
    seen: (title) => until(async () => (await titles()).includes(title), true, `an alert: ${title}`),
    front: () => page.bringToFront(),
    hidden: () => until(() => page.evaluate(() => document.visibilityState), 'hidden', 'hidden'),
    freeze: () => lifecycle('frozen'),
    thaw: () => lifecycle('active'),
    /** Its process ends, and with it all that lives there. */
    crash: () => void session.send('Page.crash').catch(() => {}),
    /** Stops the page where it is: unlike a frozen one it is told nothing. Resolves to what lets it go on. */
    async halt() {
      await session.send('Debugger.enable');
      const halted = new Promise((resolve) => session.once('Debugger.paused', resolve));
      await session.send('Debugger.pause');
      await halted;
      return () => session.send('Debugger.disable');
    },
    /** Goes to another site, and back to the page as it was left. */
    leave: (to) => page.goto(to),
    async back() {
      const { currentIndex, entries } = await session.send('Page.getNavigationHistory');
      await session.send('Page.navigateToHistoryEntry', { entryId: entries[currentIndex - 1].id });
      await until(
        () => page.evaluate(() => location.href).catch(() => ''),
        entries[currentIndex - 1].url,
        'back on the page',
      );
    },
  };

  function titles() {
    return page.evaluate(() =>
      [...document.querySelector('rynda-alerts').shadowRoot.querySelectorAll('.card .title')].map(
        (title) => title.textContent,
      ),
    );
  }
}
