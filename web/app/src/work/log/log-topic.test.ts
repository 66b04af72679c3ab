import { expect, test } from 'vitest';
import { logTopic } from './log-topic';

test.each([
  ['7', 'run/shop/7'],
  ['a/b', 'run/shop/a/b'],
  ['a,b', ''],
  ['a\nb', ''],
  ['a'.repeat(201), ''],
])('the log of %j is told of under %j', (id, topic) => {
  expect(logTopic('run', 'shop', id)).toBe(topic);
});
