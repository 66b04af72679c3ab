/**
 * Text from a report, made safe to look at. Reports are written by strangers:
 * characters that change the direction or the look of what stands around them
 * are shown by their code, and the marks that redaction left become parts of
 * their own, so that a screen can say "value removed" in the reader's language.
 */
export type Piece =
  { kind: 'text'; text: string } | { kind: 'removed'; what: string } | { kind: 'hidden'; code: string };

/**
 * Controls but tab and line feed (carriage returns before a line feed are
 * dropped first), bidi controls, zero-width and other invisible format
 * characters, tags, lone surrogates.
 */
const special =
  // eslint-disable-next-line no-misleading-character-class -- the halves of pairs are meant one by one
  /\[redacted:([a-z0-9_-]{1,40})\]|([\u0000-\u0008\u000b-\u001f\u007f-\u009f\u00ad\u061c\u115f\u1160\u17b4\u17b5\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\u3164\ufeff\uffa0\ufff9-\ufffb]|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]|\udb40[\udc00-\udc7f])/g;

/** Splits text into what is shown as it is and what is shown as a mark. Joining the texts loses nothing visible. */
export function pieces(input: string): Piece[] {
  const text = input.replaceAll('\r\n', '\n');
  const found: Piece[] = [];
  let from = 0;
  for (const match of text.matchAll(special)) {
    if (match.index > from) found.push({ kind: 'text', text: text.slice(from, match.index) });
    if (match[1] !== undefined) found.push({ kind: 'removed', what: match[1] });
    else found.push({ kind: 'hidden', code: codeOf(match[0]) });
    from = match.index + match[0].length;
  }
  if (from < text.length) found.push({ kind: 'text', text: text.slice(from) });
  return found;
}

/** The same text in one string, for places that take no elements: titles, labels, the document's title. */
export const flat = (text: string): string =>
  pieces(text)
    .map((piece) =>
      piece.kind === 'text' ? piece.text : piece.kind === 'removed' ? `[${piece.what}]` : `⟨${piece.code}⟩`,
    )
    .join('');

function codeOf(char: string): string {
  return `U+${(char.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')}`;
}
