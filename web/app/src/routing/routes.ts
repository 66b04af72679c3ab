/**
 * Which screen an address shows. A new screen adds a line to `parseRoute` and,
 * when it has its own place in the navigation, a section.
 */
export type Route =
  | { screen: 'errors' }
  | { screen: 'error'; id: string }
  | { screen: 'runs' | 'deploys' }
  | { screen: 'run' | 'deploy'; project: string; id: string }
  | { screen: 'settings' }
  | { screen: 'missing' };

export type Screen = Route['screen'];

/** The entries of the navigation, in order, with the letter that follows `g`. */
export const sections = [
  { name: 'errors', href: '/errors', letter: 'e', screens: ['errors', 'error'] as Screen[] },
  { name: 'runs', href: '/runs', letter: 'r', screens: ['runs', 'run'] as Screen[] },
  { name: 'deploys', href: '/deploys', letter: 'd', screens: ['deploys', 'deploy'] as Screen[] },
] as const;

export type Section = (typeof sections)[number];

/** Parses the path of an address. A trailing slash makes no difference. */
export function parseRoute(path: string): Route {
  const parts = path.split('/').filter((part) => part !== '');
  if (parts.length === 0) return { screen: 'errors' };
  if (parts[0] === 'errors') {
    if (parts.length === 1) return { screen: 'errors' };
    const id = decoded(parts[1] ?? '');
    if (parts.length === 2 && id !== '') return { screen: 'error', id };
  }
  if (parts[0] === 'runs' || parts[0] === 'deploys') {
    if (parts.length === 1) return { screen: parts[0] };
    const [project, id] = [decoded(parts[1] ?? ''), decoded(parts[2] ?? '')];
    if (parts.length === 3 && project && id)
      return { screen: parts[0] === 'runs' ? 'run' : 'deploy', project, id };
  }
  if (parts[0] === 'settings' && parts.length === 1) return { screen: 'settings' };
  return { screen: 'missing' };
}

export const errorHref = (id: string, search = ''): string => `/errors/${encodeURIComponent(id)}${search}`;

export const workHref = (kind: 'run' | 'deploy', project: string, id: string): string =>
  `/${kind}s/${encodeURIComponent(project)}/${encodeURIComponent(id)}`;

/** True for addresses the app itself answers; the API and everything else load as usual. */
export const isAppPath = (path: string): boolean => parseRoute(path).screen !== 'missing';

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return '';
  }
}
