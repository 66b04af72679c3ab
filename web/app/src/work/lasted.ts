/** What says how long something took. Steps have no `created_at` and no attempts. */
export interface Timed {
  status: string;
  started_at: string | null;
  finished_at: string | null;
  created_at?: string;
  attempt?: number;
}

/**
 * How long something took, in ms; while it runs, how long it has been running by
 * now. Undefined when that is not known. Who never said when the first attempt
 * started is taken to have started it when it was first told of, unless that is
 * when it had already finished.
 */
export function lasted(work: Timed, now: () => number): number | undefined {
  const to = work.finished_at ? Date.parse(work.finished_at) : work.status === 'running' ? now() : undefined;
  if (to === undefined) return undefined;
  if (work.started_at) return to - Date.parse(work.started_at);
  if (!work.created_at || work.attempt !== 1) return undefined;
  const took = to - Date.parse(work.created_at);
  return took > 0 || work.status === 'running' ? Math.max(0, took) : undefined;
}
