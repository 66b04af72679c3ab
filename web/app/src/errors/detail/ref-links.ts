import type { Group } from '@rynda/realtime';
import { refKinds, type LinkTemplates, type Occurrence, type RefKind } from '../../api/types';
import { fromReport, fromTemplate } from '../../text/links';

/** A thing the error is about: where it lives, and which filter finds its other errors. */
export interface RefLink {
  kind: RefKind;
  id: string;
  /** Leads to the thing itself; undefined when nobody said where that is. */
  href: string | undefined;
  filter: Record<string, string>;
}

const filterName: Record<RefKind, string> = {
  run: 'run_id',
  deploy: 'deploy_id',
  task: 'task_id',
  namespace: 'namespace',
  job: 'job',
};

/**
 * The refs of the open occurrence, and those of the group it lacks, in the order
 * of kinds. An operator's template goes before an address that came with a report.
 */
export function refLinks(
  group: Group,
  occurrence: Occurrence | undefined,
  templates: LinkTemplates,
): RefLink[] {
  return refKinds.flatMap((kind) => {
    const own = occurrence ? occurrence[filterName[kind] as 'run_id'] : '';
    const known = (group.refs ?? []).filter((ref) => ref.kind === kind);
    const sent = occurrence?.links?.find((link) => link.kind === kind && link.id === own)?.url;
    const ids = own ? [own] : known.slice(0, 1).map((ref) => ref.id);
    return ids.map((id) => ({
      kind,
      id,
      href:
        fromTemplate(templates[kind], id, group.project) ??
        fromReport(known.find((ref) => ref.id === id)?.url) ??
        fromReport(sent),
      filter: { project: group.project, [filterName[kind]]: id },
    }));
  });
}
