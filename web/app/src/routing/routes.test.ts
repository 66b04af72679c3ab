import { describe, expect, test } from 'vitest';
import { errorHref, isAppPath, parseRoute, sections, workHref } from './routes';

describe('an address', () => {
  test.each([
    ['/', { screen: 'errors' }],
    ['/errors', { screen: 'errors' }],
    ['/errors/', { screen: 'errors' }],
    ['/errors/48213', { screen: 'error', id: '48213' }],
    ['/errors/a%2Fb', { screen: 'error', id: 'a/b' }],
    ['/settings', { screen: 'settings' }],
    ['/settings/more', { screen: 'missing' }],
    ['/errors/1/2', { screen: 'missing' }],
    ['/errors/%E0%A4%A', { screen: 'missing' }],
    ['/runs', { screen: 'runs' }],
    ['/runs/shop', { screen: 'missing' }],
    ['/runs/shop/42', { screen: 'run', project: 'shop', id: '42' }],
    ['/deploys/', { screen: 'deploys' }],
    ['/deploys/shop/a%2Fb', { screen: 'deploy', project: 'shop', id: 'a/b' }],
    ['/deploys/shop/1/2', { screen: 'missing' }],
    ['/v1/groups', { screen: 'missing' }],
  ])('%s shows %o', (path, route) => {
    expect(parseRoute(path)).toEqual(route);
  });

  test('of an error leads back to its id, whatever is in it', () => {
    for (const id of ['1', 'a/b', 'a?b#c', 'ё', '%']) {
      expect(parseRoute(new URL(errorHref(id), 'https://x').pathname)).toEqual({ screen: 'error', id });
    }
  });

  test('of a run or deploy leads back to its project and id', () => {
    for (const id of ['1', 'a/b', 'a?b#c', 'ё', '%'])
      for (const kind of ['run', 'deploy'] as const)
        expect(parseRoute(new URL(workHref(kind, 'shop', id), 'https://x').pathname)).toEqual({
          screen: kind,
          project: 'shop',
          id,
        });
  });

  test('of every section is the app’s own', () => {
    expect(sections.map((section) => isAppPath(section.href))).not.toContain(false);
    expect(isAppPath('/v1/me')).toBe(false);
    expect(isAppPath('/docs')).toBe(false);
  });
});
