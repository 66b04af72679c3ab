import type { Me } from '../api/types';

/** Puts a text between single quotes for a POSIX shell. */
export const quoted = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`;

/** The line that sends a first report, ready to be pasted into a shell. */
export function curlLine(example: Me['ingest_example'] | undefined): string {
  const report = { message: 'Hello from curl', source: 'terminal', level: 'error' };
  return [
    `curl ${quoted(example?.url ?? '/v1/reports')}`,
    `  -H ${quoted(`Authorization: Bearer ${example?.token || '<token>'}`)}`,
    `  -d ${quoted(JSON.stringify(report))}`,
  ].join(' \\\n');
}
