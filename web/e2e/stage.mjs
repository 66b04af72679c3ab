// What every scenario stands on: the server it was given, a browser, and pages
// that are watched for faults.

import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { chromium } from 'playwright-core';

const given = JSON.parse(process.env.RYNDA_STAGE ?? '{}');
export const { url, ingest_token: ingestToken, staff_token: staffToken, proxies } = given;

/** How long a step may take on a machine that is busy with other tests. */
export const patience = 90_000;

/** @type {Promise<import('playwright-core').Browser> | undefined} */
let launched;
const launch = () =>
  (launched ??= chromium.launch({
    executablePath: given.chromium,
    // Containers have no user namespaces for the sandbox; the pages are our own.
    args: ['--no-sandbox', '--disable-gpu', '--disable-background-networking', '--disable-component-update'],
  }));
after(async () => (await launched)?.close());

/** A test that is ended when it takes too long. */
export const scenario = (name, play) => test(name, { timeout: 8 * 60_000 }, play);

/**
 * Sends reports as a job would; resolves when they are accepted. A server that
 * is busy is asked again, and since each report has an id, none counts twice.
 */
export async function post(reports, server = url) {
  const list = [reports].flat().map((each) => ({ report_id: crypto.randomUUID(), ...each }));
  for (const end = performance.now() + patience; ;) {
    const answer = await fetch(`${server}/v1/reports`, {
      method: 'POST',
      headers: { authorization: `Bearer ${ingestToken}`, 'content-type': 'application/json' },
      body: JSON.stringify({ reports: list }),
    });
    const said = await answer.json();
    if (answer.status === 503 && performance.now() < end) {
      await new Promise((resolve) => setTimeout(resolve, 200));
      continue;
    }
    assert.equal(answer.status, 202, JSON.stringify(said));
    assert.deepEqual(said.rejected ?? [], []);
    assert.equal(said.accepted + said.duplicates, list.length, JSON.stringify(said));
    return;
  }
}

/** Tells of a run or deploy as a control plane would. */
export async function tell(method, path, body) {
  const answer = await fetch(url + path, {
    method,
    headers: { authorization: `Bearer ${ingestToken}`, 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  assert.equal(answer.status, 200, await answer.text());
}

/** A report of a cause of its own: every title makes another group. */
export const report = (title, more = {}) => ({
  message: title,
  level: 'error',
  source: 'e2e',
  fingerprint: [title],
  ...more,
});

/** Asks the API as a script of the staff would. */
export async function ask(path) {
  const answer = await fetch(url + path, { headers: { authorization: `Bearer ${staffToken}` } });
  assert.equal(answer.status, 200, path);
  return answer.json();
}

/** Turns a switch of the stage and returns what it says. */
export async function turn(path) {
  const answer = await fetch(given.switches + path, { method: 'POST' });
  assert.equal(answer.status, 200, path);
  const text = await answer.text();
  return text ? JSON.parse(text) : undefined;
}

/**
 * One person's browser: pages in it share storage, workers and cookies. What
 * goes wrong in any of them is collected, and `faultless` fails for it.
 */
export async function person({ expected = [], ...options } = {}) {
  const context = await (await launch()).newContext({ viewport: { width: 1440, height: 900 }, ...options });
  context.setDefaultTimeout(patience);
  const faults = [];
  const fault = (text) => {
    if (!expected.some((pattern) => pattern.test(text))) faults.push(text);
  };
  await context.exposeBinding('ryndaViolation', (_, text) => fault(text));
  await context.addInitScript(() => {
    addEventListener('securitypolicyviolation', (event) => {
      const { effectiveDirective, blockedURI, sample } = event;
      globalThis.ryndaViolation(`policy ${effectiveDirective} violated by ${blockedURI} ${sample}`);
    });
  });
  context.on('page', (page) => {
    page.on('console', (line) => {
      if (['error', 'warning'].includes(line.type())) fault(`console: ${line.text()} ${line.location().url}`);
    });
    page.on('pageerror', (error) => fault(`exception: ${error.stack}`));
    page.on('dialog', (dialog) => {
      fault(`dialog: ${dialog.message()}`);
      void dialog.dismiss();
    });
    page.on('crash', () => fault('the page crashed'));
  });
  return {
    context,
    faultless: () => assert.deepEqual(faults, []),
    close: () => context.close(),
    async open(path = '/errors', at = url) {
      const page = await context.newPage();
      await page.goto(at + path);
      return screen(page);
    },
  };
}

/** What a person sees of one tab. */
export function screen(page) {
  const element = page.locator('rynda-alerts');
  const cards = element.locator('article.card[data-id]');
  const card = (title) => cards.filter({ has: page.getByText(title, { exact: true }) });
  const rows = page.locator('[role=row][id^=row-]');
  return {
    page,
    element,
    cards,
    card,
    rows,
    row: (title) => rows.filter({ hasText: title }),
    footer: element.locator('.bar'),
    undo: element.locator('button.undo'),
    /** Waits for the word of the indicator: Live, Polling, Offline. */
    says: (word) => page.locator('.connection .word').getByText(word, { exact: true }).waitFor(),
    titles: () => cards.locator('.title').allInnerTexts(),
    dismiss: (title) => card(title).locator('[part~=dismiss]').click(),
    seen: (title) => card(title).waitFor(),
    gone: (title) => card(title).waitFor({ state: 'detached' }),
    /** Waits until nothing moves any more, on the page and in the stack. */
    still: () =>
      element.evaluate((host) =>
        Promise.allSettled(
          [...document.getAnimations(), ...host.shadowRoot.getAnimations()].map((moving) => moving.finished),
        ),
      ),
    /** The title of the card that has the focus; empty when none has. */
    focused: () =>
      element.evaluate((host) => host.shadowRoot?.activeElement?.querySelector('.title')?.textContent ?? ''),
  };
}

/** Waits until `read` gives what is wanted, and says what it gave last when it never does. */
export async function until(read, wanted, what = 'the wanted value', limit = patience) {
  const end = performance.now() + limit;
  let last;
  for (;;) {
    last = await read();
    try {
      assert.deepEqual(last, wanted);
      return;
    } catch (difference) {
      if (performance.now() > end) throw new Error(`not ${what}`, { cause: difference });
    }
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
}
