import { expect, test } from 'vitest';
import { sharedTemplates } from './shared-templates';

const project = (link_templates?: Record<string, string> | null) => ({
  project: 'p',
  name: 'P',
  link_templates,
});

test('one project’s templates are used, but for those that may not become links', () => {
  expect(sharedTemplates([project({ run: 'https://ci/{id}', job: 'javascript:{id}' })])).toEqual({
    run: 'https://ci/{id}',
  });
});

test('a kind is shared when every project says the same', () => {
  const a = project({ run: '/r/{project}/{id}', task: '/t/{id}' });
  const b = project({ run: '/r/{project}/{id}', task: '/other/{id}' });
  expect(sharedTemplates([a, b])).toEqual({ run: '/r/{project}/{id}' });
  expect(sharedTemplates([a, project(null)])).toEqual({});
});
