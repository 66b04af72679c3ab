// What every scenario stands on: the server it was given, a browser, and pages
// that are watched for faults.

import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { chromium } from 'playwright-core';

const given = JSON.parse(process.env.RYNDA_STAGE ?? '{}');
export const { url, chromium: chromiumPath, ingest_token: ingestToken, staff_token: staffToken } = given;

/** How long a step may take on a machine that is busy with other tests. */
export const patience = 90_000;

// Containers have no user namespaces for the sandbox; the pages are our own.
export const chromiumArgs = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-background-networking',
  '--disable-component-update',
];

/** @type {Promise<import('playwright-core').Browser> | undefined} */
let launched;
const launch = () =>
  (launched ??= chromium.launch({
    executablePath: chromiumPath,
    args: chromiumArgs,
  }));
after(async () => (await launched)?.close());

/** Pages that are open, for what is told when a scenario fails. */
const opened = new Set();

/** A test that is ended when it takes too long, and says what people saw when it fails. */
export const scenario = (name, play) =>
  test(name, { timeout: 8 * 60_000 }, async (t) => {
    try {
      await play(t);
    } catch (failure) {
      for (const page of opened) t.diagnostic(`seen then: ${await glance(page)}`);
      throw failure;
    } finally {
      opened.clear();
    }
  });

/** The address of a page, the word of its indicator and the titles of its cards. */
async function glance(page) {
  if (page.isClosed()) return 'a page that was closed';
  const text = (locator) => locator.allInnerTexts().catch(() => ['?']);
  const words = await text(page.locator('.connection .word'));
  const titles = await text(page.locator('rynda-alerts').locator('article.card[data-id] .title'));
  const bar = await text(page.locator('rynda-alerts').locator('.bar'));
  return `${page.url()} ${words.join()} [${titles.join(' | ')}] ${bar.join(' ').replaceAll('\n', ' ')}`;
}

/**
 * Asks as a job or a control plane does, and again while the server cannot do it
 * now, which on a busy machine happens. The key makes repeating harmless.
 */
async function insist(method, address, body, token = ingestToken) {
  const headers = {
    authorization: `Bearer ${token}`,
    'content-type': 'application/json',
    'idempotency-key': crypto.randomUUID(),
  };
  const end = performance.now() + patience;
  for (;;) {
    const answer = await fetch(address, { method, headers, body: JSON.stringify(body) });
    const text = await answer.text();
    if (answer.status !== 503 || performance.now() > end) return { status: answer.status, text };
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

/** Sends reports as a job would; resolves when they are accepted. */
export async function post(reports, server = url, token = ingestToken) {
  const list = [reports].flat();
  const { status, text } = await insist('POST', `${server}/v1/reports`, { reports: list }, token);
  assert.equal(status, 202, text);
  const said = JSON.parse(text);
  assert.deepEqual(said.rejected ?? [], []);
  assert.equal(said.accepted + (said.duplicates ?? 0), list.length, text);
}

/** Tells of a run or deploy as a control plane would. */
export async function tell(method, path, body) {
  const { status, text } = await insist(method, url + path, body);
  assert.equal(status, 200, text);
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
  const { status, text } = await insist('GET', url + path, undefined, staffToken);
  assert.equal(status, 200, `${path} ${text}`);
  return JSON.parse(text);
}

/** Turns a switch of the stage and returns what it says. */
export async function turn(path) {
  const answer = await fetch(given.switches + path, { method: 'POST' });
  assert.equal(answer.status, 200, path);
  const text = await answer.text();
  return text ? JSON.parse(text) : undefined;
}

/**
 * Lays a line to the server that does what lines and proxies do; the faults are
 * named in browser_proxy_test.go.
 */
export async function layLine(does = 'passes') {
  const line = await turn(`/lines?does=${does}`);
  return {
    url: line.url,
    turn: (next) => turn(`/lines/${line.id}/${next}`),
    counts: () => turn(`/lines/${line.id}/counts`),
    /** Waits until so many streams are open on it. */
    carries: (streams) =>
      until(async () => (await turn(`/lines/${line.id}/counts`)).open, streams, `${streams} streams`),
  };
}

/** Runs in the page before all else: takes from it what other browsers do not have, and tells of violations. */
export function prepare(without) {
  if (without.includes('SharedWorker')) delete globalThis.SharedWorker;
  if (without.includes('locks')) Object.defineProperty(Navigator.prototype, 'locks', { value: undefined });
  addEventListener('securitypolicyviolation', (event) => {
    const { effectiveDirective, blockedURI, sample } = event;
    globalThis.ryndaViolation(`policy ${effectiveDirective} violated by ${blockedURI} ${sample}`);
  });
}

/**
 * One person's browser: pages in it share storage, workers and cookies. What
 * goes wrong in any of them is collected, and `faultless` fails for it.
 */
export async function person({ expected = [], without = [], ...options } = {}) {
  const context = await (await launch()).newContext({ viewport: { width: 1440, height: 900 }, ...options });
  context.setDefaultTimeout(patience);
  const faults = [];
  const fault = (text) => {
    if (!expected.some((pattern) => pattern.test(text))) faults.push(text);
  };
  await context.exposeBinding('ryndaViolation', (_, text) => fault(text));
  await context.addInitScript(prepare, without);
  context.on('page', (page) => {
    opened.add(page);
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
    /** Takes pointer and focus out of the stack, which holds back arrivals as long as one is in it. */
    leaveStack: () => page.mouse.click(2, 400),
    seen: (title) => card(title).waitFor(),
    gone: (title) => card(title).waitFor({ state: 'detached' }),
    /** Waits until nothing moves any more, on the page and in the stack, but for what moves for ever. */
    still: () =>
      page.evaluate(() =>
        Promise.allSettled(
          [document, ...[...document.querySelectorAll('rynda-alerts')].map((host) => host.shadowRoot)]
            .flatMap((root) => root.getAnimations())
            .filter((moving) => moving.effect.getComputedTiming().endTime !== Infinity)
            .map((moving) => moving.finished),
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
