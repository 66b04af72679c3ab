// What a page was told and what it made of it, beside what the server has. The
// pages may be Playwright's or those of raw-browser.mjs.

import assert from 'node:assert/strict';
import { ask, until } from './stage.mjs';

/** Notes from here on what the page hears; resolves to the position where it begins. */
export const attend = (page) =>
  page.evaluate(() => {
    const { client } = document.querySelector('rynda-alerts');
    const heard = { begin: client.cursor(), ids: [], resets: 0 };
    client.onEvents((events) => heard.ids.push(...events.map(({ id }) => id)));
    client.onReset(() => (heard.resets += 1));
    globalThis.heard = heard;
    return heard.begin;
  });

export const heard = (page) => page.evaluate(() => globalThis.heard);

/** How the page shares its connection: worker, leader, follower or tab. */
export const role = (page) =>
  page.evaluate(() => document.querySelector('rynda-alerts')?.client?.state.get().role);

/** The ids of all events after a position, as the server has them. */
export async function eventsAfter(position) {
  const ids = [];
  for (let after = position; ;) {
    const page = await ask(`/v1/events?after=${after}&topics=errors,runs,deploys&limit=500`);
    assert.equal(page.reset, false, `${after} is no position any more`);
    ids.push(...page.events.map(({ id }) => id));
    if (!page.has_more) return ids;
    after = page.cursor;
  }
}

/** Waits until the page heard everything since it attends: in order, each once. */
export async function heardAll(page) {
  let said;
  const missing = async () => {
    said = await heard(page);
    const ids = new Set(said.ids);
    return (await eventsAfter(said.begin)).filter((id) => !ids.has(id));
  };
  await until(missing, [], 'everything heard');
  const inOrder = [...new Set(said.ids)].sort((a, b) => place(a) - place(b));
  assert.deepEqual(said.ids, inOrder, 'heard twice or out of order');
  return said.ids.length;
}

const place = (position) => Number(position.split('-')[1]);

const ofElement = () => {
  let groups = new Map();
  document.querySelector('rynda-alerts').store.subscribe((now) => (groups = now))();
  return [...groups.values()];
};

/** Waits until what the page holds of the groups is what the history says. */
export async function holdsHistory(page, held = ofElement) {
  const history = async () => {
    const groups = [];
    for (let next = ''; ;) {
      const answer = await ask(`/v1/groups?limit=100${next && `&page=${encodeURIComponent(next)}`}`);
      groups.push(...answer.groups);
      if (!answer.next_page) return told(groups);
      next = answer.next_page;
    }
  };
  const differing = async () => {
    const [wanted, has] = [await history(), new Set(told(await page.evaluate(held)))];
    return wanted.filter((group) => !has.has(group));
  };
  await until(differing, [], 'the history of the server');
}

const told = (groups) =>
  groups.map(({ group_id: id, version, state, count }) => `${id} version ${version} ${state} ×${count}`);
