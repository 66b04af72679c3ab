// The only places an address may come from: a template of the host, filled
// with ids, or a reference that a report brought. Both must come out as http,
// https or a path on the same site, or there is no link.

import type { Group } from '@rynda/realtime';

/** What a group may lead to, most specific first. */
export const linkKinds = ['run', 'deploy', 'task', 'job', 'namespace'] as const;
export type LinkKind = (typeof linkKinds)[number];
export const templateKinds = [...linkKinds, 'error', 'list'] as const;
export type Templates = Partial<Record<(typeof templateKinds)[number], string>>;

export interface Link {
  kind: LinkKind;
  id: string;
  href: string;
}

/** The address, if it may be followed. `javascript:`, `data:` and whatever hides them are not. */
export function safeHref(address: string | null | undefined): string | undefined {
  // Browsers drop control characters inside a scheme, so none may be there.
  if (!address || /[\u0000-\u0020\u007f\\]/.test(address)) return undefined;
  if (/^\/(?!\/)/.test(address) || /^[?#]/.test(address)) return address;
  try {
    const { protocol, username, password, href } = new URL(address);
    return /^https?:$/.test(protocol) && !username && !password ? href : undefined;
  } catch {
    return undefined;
  }
}

/** Fills {id}, {project} and the rest, encoded; undefined when the outcome may not be followed. */
export function fillTemplate(
  template: string | undefined,
  values: Record<string, string>,
): string | undefined {
  if (!template) return undefined;
  return safeHref(
    template.replace(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(values[name] ?? '')),
  );
}

/** Where the card leads besides its details: the most specific reference that has an address. */
export function primaryLink(group: Group, templates: Templates): Link | undefined {
  for (const kind of linkKinds) {
    for (const ref of group.refs) {
      if (ref.kind !== kind) continue;
      const { id } = ref;
      const values = { id, project: group.project, group_id: group.group_id };
      const href = fillTemplate(templates[kind], values) ?? safeHref(ref.url);
      if (href) return { kind, id, href };
    }
  }
  return undefined;
}

export function detailsHref(group: Group, templates: Templates, base: string): string | undefined {
  return fillTemplate(templates.error || `${base}/errors/{group_id}`, {
    group_id: group.group_id,
    id: group.group_id,
    project: group.project,
  });
}

export function listHref(project: string, templates: Templates, base: string): string | undefined {
  const query = project ? '?state=active&project={project}' : '?state=active';
  return fillTemplate(templates.list || `${base}/errors${query}`, { project });
}
