import { describe, expect, test } from 'vitest';
import { fromReport, fromTemplate } from './links';

describe('a link from a template', () => {
  test.each([
    ['https://ci.example.com/runs/{id}', 'r 1/2?', 'https://ci.example.com/runs/r%201%2F2%3F'],
    ['/deploys/{project}/{id}', 'd-1', '/deploys/shop/d-1'],
    ['https://x.example/?q={id}&p={project}', '&p=evil', 'https://x.example/?q=%26p%3Devil&p=shop'],
  ])('%s is filled', (template, id, href) => {
    expect(fromTemplate(template, id, 'shop')).toBe(href);
  });

  test.each([
    'javascript:alert({id})',
    'http://ci.example.com/{id}',
    '//evil.example/{id}',
    '/\\evil.example/{id}',
    '{id}',
    'https://{id}',
    'https:{id}',
    ' https://x.example/{id}',
    'data:text/html,{id}',
    'https://x.example/\n{id}',
    '',
    undefined,
  ])('%j is refused', (template) => {
    expect(fromTemplate(template, 'javascript:alert(1)', 'shop')).toBeUndefined();
  });

  test('needs an id', () => {
    expect(fromTemplate('/runs/{id}', '', 'shop')).toBeUndefined();
  });
});

describe('a link that came with a report', () => {
  test.each([
    ['https://grafana.example/d/1', 'https://grafana.example/d/1'],
    ['http://10.0.0.1/x', 'http://10.0.0.1/x'],
  ])('%s is kept', (address, href) => {
    expect(fromReport(address)).toBe(href);
  });

  test.each([
    'javascript:alert(1)',
    'java\nscript:alert(1)',
    'data:text/html,x',
    '/relative',
    'https://user:pw@x.example/',
    '',
    undefined,
  ])('%j is refused', (address) => {
    expect(fromReport(address)).toBeUndefined();
  });
});
