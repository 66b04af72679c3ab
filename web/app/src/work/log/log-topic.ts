import type { WorkKind } from '../../api/types';

/** The topic that tells of a log, or nothing where an id has characters that no topic can have. */
export const logTopic = (kind: WorkKind, project: string, id: string): string =>
  id.length <= 200 && !/[,\u0000-\u001f\u007f-\u009f]/.test(id) ? `${kind}/${project}/${id}` : '';
