import { expect, test } from 'vitest';
import { curlLine } from './curl-line';

test('the line can be pasted into a shell', () => {
  expect(curlLine({ url: 'http://127.0.0.1:8700/v1/reports', token: 'ryi_x' })).toBe(
    [
      "curl 'http://127.0.0.1:8700/v1/reports' \\",
      "  -H 'Authorization: Bearer ryi_x' \\",
      `  -d '{"message":"Hello from curl","source":"terminal","level":"error"}'`,
    ].join('\n'),
  );
});

test('a quote in the address cannot leave its quotes', () => {
  expect(curlLine({ url: "http://x/'; rm -rf '", token: '' })).toContain(`'http://x/'\\''; rm -rf '\\'''`);
});
