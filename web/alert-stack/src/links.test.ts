import { group } from '@rynda/realtime/testing';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { detailsHref, fillTemplate, listHref, primaryLink, safeHref } from './links';

describe('an address', () => {
  it.each([
    'https://ci.example.com/runs/1',
    'http://ci.example.com/',
    '/runs/1',
    '/runs/1?a=b#c',
    '?state=active',
  ])('may be followed: %s', (address) => expect(safeHref(address)).toBe(address));

  it.each([
    'javascript:alert(1)',
    'JaVaScRiPt:alert(1)',
    'java\nscript:alert(1)',
    '\u0001javascript:alert(1)',
    ' javascript:alert(1)',
    'data:text/html,x',
    'vbscript:x',
    'blob:https://x/1',
    'file:///etc/passwd',
    '//evil.example.com/x',
    '/\\evil.example.com',
    '\\\\evil.example.com',
    'https://user:secret@example.com/',
    'https://',
    'runs/1',
    '',
    null,
  ])('may not be followed: %j', (address) => expect(safeHref(address)).toBeUndefined());

  it('that may be followed always leads to http or https', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.webUrl(),
          fc.string().map((s) => `/${s}`),
          fc.string().map((s) => `javascript:${s}`),
        ),
        (text) => {
          const href = safeHref(text);
          if (href !== undefined) expect(new URL(href, 'https://host.example').protocol).toMatch(/^https?:$/);
          if (href?.startsWith('/')) expect(new URL(href, 'https://host.example').host).toBe('host.example');
        },
      ),
    );
  });
});

describe('a template', () => {
  it('is filled with encoded ids', () => {
    expect(fillTemplate('https://ci/{project}/runs/{id}', { project: 'a/b', id: '../x?y' })).toBe(
      'https://ci/a%2Fb/runs/..%2Fx%3Fy',
    );
  });

  it('cannot be led elsewhere by an id', () => {
    expect(fillTemplate('{id}', { id: 'javascript:alert(1)' })).toBeUndefined();
    expect(fillTemplate('/{id}', { id: '/evil.example.com' })).toBe('/%2Fevil.example.com');
  });
});

describe('a card', () => {
  const refs = [
    { kind: 'namespace', id: 'billing', url: 'https://k.example.com/billing' },
    { kind: 'task', id: 'build-7', url: '' },
    { kind: 'run', id: '4812', url: 'javascript:alert(1)' },
  ];

  it('leads to the most specific thing that has an address', () => {
    expect(primaryLink(group('1', { refs }), {})?.kind).toBe('namespace');
    expect(primaryLink(group('1', { refs }), { task: '/tasks/{id}' })?.href).toBe('/tasks/build-7');
    expect(primaryLink(group('1', { refs }), { run: '/p/{project}/runs/{id}' })?.href).toBe(
      '/p/shop/runs/4812',
    );
  });

  it('has details in the app, or where the host says', () => {
    expect(detailsHref(group('7'), {}, '')).toBe('/errors/7');
    expect(detailsHref(group('7'), {}, 'https://rynda.example.com')).toBe(
      'https://rynda.example.com/errors/7',
    );
    expect(detailsHref(group('7'), { error: '/x?g={group_id}' }, '')).toBe('/x?g=7');
  });

  it('belongs to a list of what is active', () => {
    expect(listHref('', {}, '')).toBe('/errors?state=active');
    expect(listHref('a&b', {}, '')).toBe('/errors?state=active&project=a%26b');
  });
});
