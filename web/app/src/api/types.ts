/**
 * The shapes of the answers that the app reads, named as the wire names them.
 * `Group` and its parts belong to the realtime client, which merges them.
 */
import type { Group } from '@rynda/realtime';

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
  cursor: string;
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
