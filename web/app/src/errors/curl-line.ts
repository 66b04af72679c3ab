import type { Me } from '../api/types';
import { curl } from '../list/curl';

/** The line that sends a first report. */
export const curlLine = (example: Me['ingest_example'] | undefined): string =>
  curl(example?.url ?? '/v1/reports', example?.token, {
    message: 'Hello from curl',
    source: 'terminal',
    level: 'error',
  });
