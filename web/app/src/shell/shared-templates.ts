import { refKinds, type LinkTemplates, type MyProject } from '../api/types';
import { fromTemplate } from '../text/links';

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
  }
  return shared;
}
