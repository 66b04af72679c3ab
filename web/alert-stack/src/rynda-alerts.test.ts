import { createApi, createGroupStore, createRealtime, type Realtime } from '@rynda/realtime';
import { FakeEnv, FakeServer } from '@rynda/realtime/testing';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import './index';
import type { RyndaAlerts } from './index';

let env: FakeEnv;
let server: FakeServer;
let link: Realtime;
let el: RyndaAlerts;

async function settle() {
  await env.settle();
  await el.updateComplete;
  await env.settle();
  await el.updateComplete;
}

async function mount(n: number, attributes: Record<string, string> = {}) {
  for (let i = 1; i <= n; i++) {
    env.sleep(1_000);
    server.raise(String(i), { title: `Title ${i}` });
  }
  link = createRealtime({ topics: ['errors'], env });
  el = document.createElement('rynda-alerts');
  for (const [name, value] of Object.entries({ lang: 'en', ...attributes })) el.setAttribute(name, value);
  el.client = link;
  el.store = createGroupStore(link, createApi({ baseUrl: '', env }));
  document.body.append(el);
  await el.updateComplete;
  await settle();
  link.start();
  await settle();
}

const root = () => el.shadowRoot!;
const $ = <E extends HTMLElement>(selector: string) => root().querySelector<E>(selector);
const cards = () => [...root().querySelectorAll<HTMLElement>('li:not(.leave) > .card')];
const titles = () => cards().map((c) => c.querySelector('.title')?.textContent);
const text = (selector: string) => $(selector)?.textContent?.replace(/\s+/g, ' ').trim();
const press = (target: HTMLElement, key: string, init: KeyboardEventInit = {}) =>
  target.dispatchEvent(
    new KeyboardEvent('keydown', { key, bubbles: true, composed: true, cancelable: true, ...init }),
  );

beforeEach(() => {
  localStorage.clear();
  env = new FakeEnv();
  server = new FakeServer(env);
});

afterEach(() => {
  el.remove();
  link.stop();
  document.body.innerHTML = '';
  document.title = '';
});

describe('the stack', () => {
  it('shows the five newest cards, newest first, and how many more there are', async () => {
    await mount(8);
    expect(titles()).toEqual(['Title 8', 'Title 7', 'Title 6', 'Title 5', 'Title 4']);
    expect(text('.more')).toBe('+3 more');
  });

  it('is not there while nothing is active', async () => {
    await mount(0);
    expect($('section')!.hidden).toBe(true);
    server.raise('1');
    await settle();
    expect($('section')!.hidden).toBe(false);
  });

  it('says how bad what does not fit is', async () => {
    server.raise('100', { severity: 'critical', raised_at: '2026-01-01T00:00:00Z' });
    await mount(6);
    expect(text('.more')).toBe('+2 more, 1 critical');
  });

  it('keeps the element of a card while it changes', async () => {
    await mount(2);
    const before = cards()[1];
    server.again('1');
    await settle();
    expect(cards()[1]).toBe(before);
    expect(before?.querySelector('.count')?.textContent).toContain('×2');
    expect(before?.querySelector('.count .vh')?.textContent).toBe('repeated 2 times');
  });

  it('renders what jobs send as text and nothing else', async () => {
    server.raise('50', { title: '<img src=x onerror="alert(1)">', source: '<b>s</b>' });
    await mount(0);
    expect(root().querySelector('img, b')).toBeNull();
    expect(titles()).toEqual(['<img src=x onerror="alert(1)">']);
  });

  it('speaks Russian when asked to', async () => {
    await mount(7, { lang: 'ru' });
    expect(text('.more')).toBe('Ещё 2');
    expect(text('.level')).toBe('Ошибка');
    expect($('section')!.getAttribute('lang')).toBe('ru');
  });

  it('can be minimized, and the browser remembers', async () => {
    await mount(3);
    $('[part=minimize]')!.click();
    await settle();
    expect($('.panel')!.hidden).toBe(true);
    expect(text('.pill')).toBe('3 alerts');
    el.remove();
    document.body.append(el);
    await settle();
    expect(text('.pill')).toBe('3 alerts');
    $('.pill')!.click();
    await settle();
    expect(titles()).toHaveLength(3);
  });

  it('says when it is polling or offline', async () => {
    await mount(1);
    server.streamsDown = true;
    server.cut();
    await env.advance(4_000);
    await settle();
    expect(text('.line')).toBe('Updating every 2 s');
    server.down = true;
    await env.advance(20_000);
    await settle();
    expect(text('.line')).toMatch(/^Offline, last update /);
  });
});

describe('dismissing', () => {
  it('takes the card away, tells the host, and can be undone', async () => {
    await mount(3);
    const heard: string[][] = [];
    el.addEventListener('alert-dismiss', (e) =>
      heard.push((e as CustomEvent).detail.groups.map((g: { group_id: string }) => g.group_id)),
    );
    cards()[1]!.querySelector<HTMLElement>('button')!.click();
    await settle();
    expect(titles()).toEqual(['Title 3', 'Title 1']);
    expect(heard).toEqual([['2']]);
    expect(text('.done')).toBe('Marked as viewed');
    $('.undo')!.click();
    await settle();
    expect(titles()).toEqual(['Title 3', 'Title 2', 'Title 1']);
    expect(server.groups.get('2')?.state).toBe('active');
  });

  it('takes all that is shown, and undoes it together', async () => {
    await mount(3);
    [...root().querySelectorAll<HTMLElement>('.bar .text')].at(-1)!.click();
    await settle();
    expect(titles()).toEqual([]);
    expect(text('.done')).toBe('3 marked as viewed');
    $('.undo')!.click();
    await settle();
    expect(titles()).toHaveLength(3);
  });

  it('that was refused brings the card back with a way to try again', async () => {
    await mount(2);
    server.answers.set('/v1/groups/2/viewed', { status: 500 });
    cards()[0]!.querySelector<HTMLElement>('button')!.click();
    await settle();
    expect(text('.trouble')).toBe('Could not mark as viewed.Retry');
    server.answers.clear();
    $('.trouble button')!.click();
    await settle();
    expect(titles()).toEqual(['Title 1']);
  });

  it('says that it will be sent later while nobody answers', async () => {
    await mount(2);
    server.down = true;
    server.cut();
    await env.advance(1_000);
    cards()[0]!.querySelector<HTMLElement>('button')!.click();
    await env.advance(7_000);
    await settle();
    expect(text('.word')).toBe('Will be sent when back online');
    server.down = false;
    link.wake('online');
    await settle();
    expect(server.groups.get('2')?.state).toBe('viewed');
  });
});

describe('the keyboard', () => {
  it('reaches the alerts with F8 and gives focus back with Escape', async () => {
    await mount(3);
    const field = document.createElement('input');
    document.body.append(field);
    field.focus();
    press(field, 'F8');
    await settle();
    expect(root().activeElement).toBe(cards()[0]);
    press(cards()[0]!, 'Escape');
    expect(document.activeElement).toBe(field);
  });

  it('lets go with Escape when nothing had the focus before', async () => {
    await mount(3);
    press(document.body, 'F8');
    await settle();
    expect(root().activeElement).toBe(cards()[0]);
    press(cards()[0]!, 'Escape');
    expect(root().activeElement).toBe(null);
  });

  it('moves between cards, and dismisses with focus on the next one', async () => {
    await mount(3);
    el.focus();
    await settle();
    press(cards()[0]!, 'ArrowDown');
    await settle();
    expect(root().activeElement).toBe(cards()[1]);
    press(cards()[1]!, 'Delete');
    await settle();
    expect(titles()).toEqual(['Title 3', 'Title 1']);
    expect(root().activeElement).toBe(cards()[1]);
    press(cards()[1]!, 'Delete');
    await settle();
    expect(root().activeElement).toBe(cards()[0]);
    press(cards()[0]!, 'z', { ctrlKey: true });
    await settle();
    expect(titles()).toEqual(['Title 3', 'Title 2', 'Title 1']);
  });

  it('has one way in by Tab', async () => {
    await mount(3);
    expect(cards().map((c) => c.tabIndex)).toEqual([0, -1, -1]);
  });

  it('opens with Enter what the card leads to', async () => {
    server.raise('9', { refs: [{ kind: 'run', id: '4812', url: '/runs/4812' }] });
    await mount(0);
    let href = '';
    el.addEventListener('alert-open', (e) => {
      href = (e as CustomEvent).detail.href;
      e.preventDefault();
    });
    press(cards()[0]!, 'Enter');
    expect(href).toBe('/runs/4812');
  });

  it('is left alone where the host asks for it, or uses the key itself', async () => {
    await mount(1, { hotkey: '' });
    press(document.body, 'F8');
    await settle();
    expect(root().activeElement).toBeNull();
    expect($('section')!.getAttribute('aria-label')).toBe('Error alerts');
  });

  it('never loses focus to an arrival, and holds the cards still meanwhile', async () => {
    await mount(5);
    el.focus();
    await settle();
    env.sleep(1_000);
    server.raise('6', { title: 'Title 6' });
    await settle();
    expect(root().activeElement).toBe(cards()[0]);
    expect(titles()[0]).toBe('Title 5');
    expect(text('.fresh')).toBe('1 new');
    $('.fresh')!.click();
    await settle();
    expect(titles()[0]).toBe('Title 6');
  });
});

describe('what is announced', () => {
  it('goes to a live region that was there before, and cards are none', async () => {
    await mount(1);
    const log = $('[role=log]')!;
    expect(log.textContent).toBe('');
    server.raise('2', { title: 'disk full' });
    await settle();
    expect(log.textContent).toBe('New: disk full');
    expect($('section')!.querySelectorAll('[aria-live], [role=alert], [role=status]')).toHaveLength(0);
  });

  it('interrupts only when it is critical', async () => {
    await mount(1);
    server.raise('2', { title: 'down', severity: 'critical' });
    await settle();
    expect($('[role=alert]')!.textContent).toBe('New: down');
  });

  it('is in the title of a page nobody sees, and gone when they look', async () => {
    document.title = 'Runs';
    await mount(1);
    const hidden = vi.spyOn(document, 'visibilityState', 'get').mockReturnValue('hidden');
    server.raise('2');
    server.raise('3');
    await settle();
    expect(document.title).toBe('(2) Runs');
    hidden.mockRestore();
    document.dispatchEvent(new Event('visibilitychange'));
    expect(document.title).toBe('Runs');
  });

  it('tells the host how things stand', async () => {
    await mount(0);
    const states: unknown[] = [];
    el.addEventListener('alerts-state', (e) => states.push((e as CustomEvent).detail));
    server.raise('1', { severity: 'critical' });
    await settle();
    expect(states.at(-1)).toEqual({
      total: 1,
      critical: 1,
      error: 0,
      warning: 0,
      info: 0,
      connection: 'live',
    });
  });
});

describe('a storm', () => {
  it('is one card', async () => {
    await mount(2);
    for (let i = 10; i < 37; i++) server.raise(String(i), { source: `s${i % 3}` });
    await settle();
    expect(titles()).toEqual(['27 new error groups']);
    expect(text('li:not(.leave) .meta')).toBe('in 1 s3 sources');
  });
});

it('a host may hand over its client before the element is defined', async () => {
  const early = document.createElement('rynda-late') as RyndaAlerts;
  link = createRealtime({ topics: ['errors'], env });
  early.client = link;
  early.store = createGroupStore(link, createApi({ baseUrl: '', env }));
  server.raise('1');
  document.body.append(early);
  const { RyndaAlerts } = await import('./index');
  customElements.define('rynda-late', class extends RyndaAlerts {});
  customElements.upgrade(early);
  el = early;
  await settle();
  expect(el.client).toBe(link);
  expect(titles()).toEqual(['Error 1']);
});

it('an element that was removed draws nothing and holds no key', async () => {
  await mount(1);
  el.remove();
  const event = new KeyboardEvent('keydown', { key: 'F8', cancelable: true });
  window.dispatchEvent(event);
  expect(event.defaultPrevented).toBe(false);
});
