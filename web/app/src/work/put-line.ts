import type { Me, WorkKind } from '../api/types';
import { curl } from '../list/curl';

const first = {
  run: { name: 'hello', status: 'running', steps: [{ name: 'first step', status: 'running' }] },
  deploy: {
    name: 'hello',
    status: 'running',
    environment: 'production',
    service: 'hello',
    revision: '1',
    stages: [
      { name: 'build', status: 'succeeded' },
      { name: 'push', status: 'running' },
    ],
  },
};

/** The line that tells of a first run or deploy. */
export function putLine(kind: WorkKind, example: Me['ingest_example'] | undefined): string {
  const base = (example?.url ?? '/v1/reports').replace(/\/reports$/, '');
  return curl(`${base}/${kind}s/hello-1`, example?.token, first[kind], 'PUT');
}
