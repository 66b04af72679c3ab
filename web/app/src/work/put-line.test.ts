import { expect, test } from 'vitest';
import { putLine } from './put-line';

test('the line tells the server this page came from', () => {
  const line = putLine('run', { url: 'https://rynda.example/v1/reports', token: "ryi_it's" });
  expect(line).toContain("curl -X PUT 'https://rynda.example/v1/runs/hello-1'");
  expect(line).toContain(`'Authorization: Bearer ryi_it'\\''s'`);
  expect(putLine('deploy', undefined)).toContain("'/v1/deploys/hello-1'");
  expect(putLine('deploy', undefined)).toContain('<token>');
});
