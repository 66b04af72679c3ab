import { describe, expect, it, vi } from 'vitest';
import { draw, h } from './dom';

const root = () => document.createElement('div');

describe('drawing', () => {
  it('puts text in as text', () => {
    const el = root();
    draw(el, [h('p', { title: '"<b>' }, '<img src=x onerror=alert(1)>')]);
    expect(el.querySelector('img')).toBeNull();
    expect(el.textContent).toBe('<img src=x onerror=alert(1)>');
    expect(el.firstElementChild?.getAttribute('title')).toBe('"<b>');
  });

  it('shows what would turn the letters around it, and does not obey', () => {
    const el = root();
    draw(el, ['invoice \u202egnp.exe \u2066a\u2069', h('b', {}, 'שלום, мир')]);
    expect(el.textContent).toBe('invoice \ufffdgnp.exe \ufffda\ufffdשלום, мир');
  });

  it('keeps the elements that can stay', () => {
    const el = root();
    draw(el, [h('p', {}, 'one'), h('a', { href: '/x' }, 'two')]);
    const [p, a] = [...el.children];
    draw(el, [h('p', { class: 'c' }, 'uno'), h('a', {}, 'due')]);
    expect([...el.children]).toEqual([p, a]);
    expect(el.innerHTML).toBe('<p class="c">uno</p><a>due</a>');
  });

  it('leaves out what is not there and removes what is no more', () => {
    const el = root();
    draw(el, [false, h('p', { hidden: true, id: undefined }), null, 'text', undefined, '']);
    expect(el.innerHTML).toBe('<p hidden=""></p>text');
    draw(el, []);
    expect(el.childNodes).toHaveLength(0);
  });

  it('calls the handler of the last drawing alone', () => {
    const el = root();
    const [first, second] = [vi.fn(), vi.fn()];
    draw(el, [h('button', { onclick: first })]);
    draw(el, [h('button', { onclick: second })]);
    (el.firstElementChild as HTMLElement).click();
    draw(el, [h('button')]);
    (el.firstElementChild as HTMLElement).click();
    expect(first).not.toHaveBeenCalled();
    expect(second).toHaveBeenCalledTimes(1);
  });

  it('draws pictures in their own namespace', () => {
    const el = root();
    draw(el, [h('svg', {}, h('path', { d: 'M0 0' }))]);
    expect(el.firstElementChild?.firstElementChild?.namespaceURI).toBe('http://www.w3.org/2000/svg');
  });
});
