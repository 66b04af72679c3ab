import type { Group } from '@rynda/realtime';
import { refKinds, type LinkTemplates, type Occurrence, type RefKind } from '../../api/types';
import { workHref } from '../../routing/routes';
import { fromReport, fromTemplate } from '../../text/links';

/** A thing the error is about: where it lives, and which filter finds its other errors. */
export interface RefLink {
  kind: RefKind;
  id: string;
  /** Leads to the thing itself; undefined when nobody said where that is. */
  href: string | undefined;
  /** The address is a screen of this app. */
  own: boolean;
  /** The address that came with the report, where the link leads to our own screen instead. */
  outside: string | undefined;
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
 * of kinds. An operator's template goes before everything; runs and deploys have
 * screens here; then comes an address that came with a report.
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
    return ids.map((id) => {
      const template = fromTemplate(templates[kind], id, group.project);
      const screen =
        !template && (kind === 'run' || kind === 'deploy') ? workHref(kind, group.project, id) : undefined;
      const reported = fromReport(known.find((ref) => ref.id === id)?.url) ?? fromReport(sent);
      return {
        kind,
        id,
        href: template ?? screen ?? reported,
        own: screen !== undefined,
        outside: screen && reported,
        filter: { project: group.project, [filterName[kind]]: id },
      };
    });
  });
}
