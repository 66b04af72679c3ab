import { refKinds, type LinkTemplates, type MyProject } from '../api/types';
import { fromTemplate } from '../text/links';

/** Screens of this app, where no project has a place of its own for the kind. */
const screens: LinkTemplates = { run: '/runs/{project}/{id}', deploy: '/deploys/{project}/{id}' };

/**
 * The templates the alert stack may use. It takes one set for all projects, so a
 * kind is in it when every project says the same; the detail has each project's own.
 */
export function sharedTemplates(projects: readonly MyProject[]): LinkTemplates {
  const shared: LinkTemplates = {};
  for (const kind of refKinds) {
    const [first, ...rest] = projects.map((project) => project.link_templates?.[kind]);
    if (first && fromTemplate(first, 'id', 'project') && rest.every((each) => each === first))
      shared[kind] = first;
    else if (screens[kind] && !first && !rest.some(Boolean)) shared[kind] = screens[kind];
  }
  return shared;
}
