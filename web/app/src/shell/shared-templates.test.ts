import { expect, test } from 'vitest';
import { sharedTemplates } from './shared-templates';

const project = (link_templates: Record<string, string> = {}) => ({
  project: 'p',
  name: 'P',
  link_templates,
});

test('one project’s templates are used, but for those that may not become links', () => {
  expect(sharedTemplates([project({ run: 'https://ci/{id}', job: 'javascript:{id}' })])).toEqual({
    run: 'https://ci/{id}',
    deploy: '/deploys/{project}/{id}',
  });
});

test('a kind is shared when every project says the same', () => {
  const a = project({ run: '/r/{project}/{id}', task: '/t/{id}' });
  const b = project({ run: '/r/{project}/{id}', task: '/other/{id}' });
  const deploy = '/deploys/{project}/{id}';
  expect(sharedTemplates([a, b])).toEqual({ run: '/r/{project}/{id}', deploy });
  expect(sharedTemplates([a, project()])).toEqual({ deploy });
});

test('runs and deploys lead to the screens of this app when no project has a place of its own', () => {
  expect(sharedTemplates([project(), project({})])).toEqual({
    run: '/runs/{project}/{id}',
    deploy: '/deploys/{project}/{id}',
  });
});
