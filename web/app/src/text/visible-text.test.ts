import fc from 'fast-check';
import { expect, test } from 'vitest';
import { flat, pieces } from './visible-text';

test('plain text stays one piece, markup and all', () => {
  const text = '<script>alert("x")</script> {@html} привет 👩‍💻 é\n\ttab';
  expect(pieces(text)).toEqual([{ kind: 'text', text }]);
});

test('a redaction mark becomes a part of its own', () => {
  expect(pieces('token=[redacted:token]&x=1')).toEqual([
    { kind: 'text', text: 'token=' },
    { kind: 'removed', what: 'token' },
    { kind: 'text', text: '&x=1' },
  ]);
  expect(pieces('[redacted:TOKEN]')[0]?.kind).toBe('text');
});

test.each([
  ['\u202e', 'U+202E'],
  ['\u0000', 'U+0000'],
  ['\u001b', 'U+001B'],
  ['\u200b', 'U+200B'],
  ['\ufeff', 'U+FEFF'],
  ['\u2066', 'U+2066'],
  ['\u{e0041}', 'U+E0041'],
  ['\ud800', 'U+D800'],
])('%j is shown by its code', (char, code) => {
  expect(pieces(`a${char}b`)).toEqual([
    { kind: 'text', text: 'a' },
    { kind: 'hidden', code },
    { kind: 'text', text: 'b' },
  ]);
});

test('no character that could mislead survives in what is shown', () => {
  const misleading =
    /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff]/;
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 200 }), (text) => {
      expect(misleading.test(flat(text))).toBe(false);
    }),
  );
});

test('what is not special is kept to the letter', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme-ascii', maxLength: 200 }), (text) => {
      if (!text.includes('[redacted:')) expect(flat(text)).toBe(text.replaceAll('\r\n', '\n'));
    }),
  );
});
