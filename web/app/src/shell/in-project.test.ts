import { expect, test } from 'vitest';
import { inProject } from './in-project';

test.each([
  ['', 'shop', '?project=shop'],
  ['?status=failed,running&project=a', 'shop', '?project=shop&status=failed,running'],
  ['?project=a&since=24h', '', '?since=24h'],
  ['?project=a', '', ''],
])('%j in %j is %j', (search, project, moved) => {
  expect(inProject(search, project)).toBe(moved);
});
