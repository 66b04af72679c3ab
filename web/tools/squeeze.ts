import type { Plugin } from 'vite';

/**
 * Takes the air out of template literals, which the minifier has to leave
 * alone: indentation in css and html, comments in css. In a minified chunk a
 * line break can only stand inside a literal, so it is safe there to close
 * them up; none of ours means anything by its line breaks.
 */
export function squeeze(): Plugin {
  return {
    name: 'squeeze',
    apply: 'build',
    transform(code, id) {
      if (!id.includes('/styles/')) return null;
      const small = code.replace(/`([^`]*)`/, (_, text: string) => `\`${squeezeCss(text)}\``);
      return { code: small, map: null };
    },
    generateBundle(_, bundle) {
      for (const chunk of Object.values(bundle))
        if (chunk.type === 'chunk')
          chunk.code = chunk.code.replace(/>\s*\n\s*</g, '><').replace(/\s*\n\s*/g, ' ');
    },
  };
}

export function squeezeCss(text: string): string {
  return text
    .replace(/\/\*[\s\S]*?\*\//g, '')
    .replace(/\s+/g, ' ')
    .replace(/ ?([{};]) ?/g, '$1')
    .replace(/([:,]) /g, '$1')
    .replace(/ > /g, '>')
    .replace(/ !important/g, '!important')
    .replace(/#([\da-f])\1([\da-f])\2([\da-f])\3\b/g, '#$1$2$3')
    .replace(/;}/g, '}')
    .trim();
}
