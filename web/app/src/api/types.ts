/**
 * The shapes of the answers that the app reads, named as the wire names them.
 * `Group` and its parts belong to the realtime client, which merges them.
 */
import type { Deploy, Group, Run, RunStatus } from '@rynda/realtime';

/** The five kinds of thing a group may point at. */
export const refKinds = ['run', 'deploy', 'task', 'namespace', 'job'] as const;
export type RefKind = (typeof refKinds)[number];

export type LinkTemplates = Partial<Record<RefKind, string>>;

export interface MyProject {
  project: string;
  name: string;
  link_templates?: LinkTemplates | null;
}

export interface Me {
  user: { id: string; name: string };
  kind: 'local' | 'session' | 'staff_token' | 'bearer';
  projects: MyProject[];
  version: string;
  ingest_example: { url: string; token?: string };
  /** Where people sign in and out: paths of the server, missing where there is no such way. */
  login_url?: string;
  logout_url?: string;
}

/** A page of history, newest by the asked order. `next_page` is empty at the end. */
export interface GroupPage {
  groups: Group[];
  next_page: string;
  cursor: string;
}

export interface Frame {
  function?: string;
  module?: string;
  file?: string;
  line?: number;
  in_app?: boolean;
}

/** One thing taken out of a report: where, of what kind, how many times. Never the value. */
export interface Removed {
  path: string;
  kind: string;
  count: number;
}

export interface OccurrenceLink {
  kind: string;
  id: string;
  url: string;
}

export interface Occurrence {
  occurrence_id: string;
  group_id: string;
  project: string;
  fingerprint: string;
  occurred_at: string;
  received_at: string;
  level: string;
  severity: string;
  type: string;
  message: string;
  source: string;
  environment: string;
  release: string;
  correlation_id: string;
  trace_id: string;
  run_id: string;
  deploy_id: string;
  task_id: string;
  namespace: string;
  job: string;
  links: OccurrenceLink[] | null;
  stack: string;
  frames: Frame[] | null;
  tags: Record<string, string> | null;
  payload: unknown;
  removed: Removed[] | null;
  /** True when the rate guard kept the occurrence without its body. */
  sampled: boolean;
}

export interface Grouping {
  version: string;
  rule: string;
  template: string;
  culprit: string;
  type: string;
  parts: { name: string; value: string }[] | null;
}

export interface HistoryEntry {
  at: string;
  action: 'raised' | 'viewed' | 'undone';
  reason: string;
  actor: string;
  version: number | string;
}

export interface GroupDetail {
  group: Group;
  occurrence: Occurrence | null;
  grouping: Grouping;
  history: HistoryEntry[] | null;
  /** The deploy after which it was first seen, in its project and environment. */
  deploy?: FirstDeploy | null;
  cursor: string;
}

export interface FirstDeploy {
  project: string;
  deploy_id: string;
  name: string;
  service: string;
  revision: string;
  environment: string;
  at: string;
}

/** The two kinds of work that a control plane tells of. */
export type WorkKind = 'run' | 'deploy';
export type WorkOf = { run: Run; deploy: Deploy };

/** A page of runs or deploys, newest first. `next_page` is empty at the end. */
export interface WorkPage<K extends WorkKind = WorkKind> {
  rows: WorkOf[K][];
  next_page: string;
  cursor: string;
}

export interface LogState {
  to_seq: number;
  ended: boolean;
}

/** The deploy before or after, of the same place. */
export interface NearDeploy {
  deploy_id: string;
  name: string;
  revision: string;
  status: RunStatus;
  at: string;
}

/** A run or deploy in full; what only deploys have is missing from runs. */
export interface WorkDetail<K extends WorkKind = WorkKind> {
  row: WorkOf[K];
  groups: Group[];
  new_groups: Group[];
  previous: NearDeploy | null;
  next: NearDeploy | null;
  log: LogState;
  cursor: string;
}

export interface LogLine {
  seq: number;
  at: string | null;
  level: string;
  text: string;
  marker: boolean;
}

/** Lines in the order of `seq`; `to_seq` is the last there is. */
export interface LogPage extends LogState {
  lines: LogLine[];
  has_more: boolean;
}

export interface OccurrencePage {
  occurrences: Occurrence[];
  next_page: string;
}

export type Step = 'minute' | 'hour' | 'day';

export interface Histogram {
  from: string;
  to: string;
  step: Step;
  buckets: { at: string; count: number }[];
}

export interface BulkView {
  view_id: string;
  viewed: number;
  cursor: string;
}
