/**
 * Addresses that may become links. Templates are set per project by operators
 * and filled with ids from reports; reports may also bring addresses of their
 * own. Nothing else ever reaches an `href`.
 */

/** An address with only a path, on this very site. `//host` and `/\host` would leave it. */
const isRelative = (address: string): boolean => /^\/(?![/\\])/.test(address);

function parsed(address: string): URL | undefined {
  try {
    return new URL(address);
  } catch {
    return undefined;
  }
}

/** Fills `{id}` and `{project}`. Undefined unless the outcome is an https or relative address. */
export function fromTemplate(template: string | undefined, id: string, project: string): string | undefined {
  if (!template || !id) return undefined;
  const fixed = template.split(/[{]/, 1)[0] ?? '';
  if (!isRelative(fixed) && !/^https:\/\/[^/]/.test(fixed)) return undefined;
  const address = template
    .replaceAll('{id}', encodeURIComponent(id))
    .replaceAll('{project}', encodeURIComponent(project));
  if (/[\u0000-\u0020\u007f]/.test(address)) return undefined;
  if (isRelative(address)) return address;
  return parsed(address)?.protocol === 'https:' ? address : undefined;
}

/** An address that came with a report: http or https, without a user name in it, as the browser reads it. */
export function fromReport(address: string | undefined): string | undefined {
  if (!address) return undefined;
  const url = parsed(address);
  if (!url || (url.protocol !== 'https:' && url.protocol !== 'http:')) return undefined;
  if (url.username || url.password) return undefined;
  return url.href;
}
