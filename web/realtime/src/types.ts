// What travels between the server and a browser, in the server's own words:
// snake_case, ids as strings, times as RFC 3339 in UTC, versions as integers.
// The contract is openapi/openapi.yaml; these are the shapes this package reads.

export type Severity = 'critical' | 'error' | 'warning' | 'info';
export type GroupState = 'active' | 'viewed' | 'unraised';
export type RaisedReason = 'new' | 'recurred' | 'escalated' | 'regressed' | 'surged';

/** A link from a group to a run, deploy, task, namespace or job. `url` is empty when the reporter gave none. */
export interface Ref {
  kind: string;
  id: string;
  url: string;
}

/** Occurrences with one fingerprint, as a list or a card shows them. */
export interface Group {
  group_id: string;
  project: string;
  fingerprint: string;
  /** Raised by every change of the group; the only thing a merge looks at. */
  version: number;
  /** The version at which the group was last put into the feed. */
  raised_version: number;
  state: GroupState;
  severity: Severity;
  type: string;
  title: string;
  culprit: string;
  source: string;
  environment: string;
  release: string;
  count: number;
  first_seen_at: string;
  last_seen_at: string;
  raised_at: string | null;
  raised_reason: RaisedReason | null;
  viewed_at: string | null;
  viewed_by: string | null;
  refs: Ref[];
}

/** Active groups of one project, absolute; `version` orders two of them. */
export interface Totals extends Record<Severity, number> {
  project: string;
  version: number;
}

export type Order = 'newest' | 'severity';

/** GET /v1/feed. The cursor was read before the rows. */
export interface Feed {
  groups: Group[];
  active_total: number;
  active_by_severity: Record<Severity, number>;
  totals: Totals[];
  cursor: string;
}

export type RunStatus = 'queued' | 'running' | 'succeeded' | 'failed' | 'canceled';

/** A step of a run or a stage of a deploy. */
export interface Step {
  name: string;
  /** Empty where nobody said. */
  status: RunStatus | '';
  started_at: string | null;
  finished_at: string | null;
}

/** What runs and deploys have in common. Texts that nobody gave are empty. */
export interface Work {
  project: string;
  version: number;
  name: string;
  /** Empty where nobody has said it. */
  status: RunStatus | '';
  attempt: number;
  trigger: string;
  actor: string;
  ref: string;
  commit: string;
  /** The deploy it belongs to, or a deploy's own id. */
  deploy_id: string;
  /** When it was first heard of. */
  created_at: string;
  started_at: string | null;
  finished_at: string | null;
  updated_at: string;
  url: string;
  links: Ref[];
  /** The group that its failure raised or joined; empty while there is none. */
  group_id: string;
}

export interface Run extends Work {
  run_id: string;
  steps: Step[];
}

export interface Deploy extends Work {
  environment: string;
  namespace: string;
  service: string;
  revision: string;
  stages: Step[];
  /** Groups first seen between it and the next. Lists and answers say it, events do not. */
  new_group_count?: number;
}

/** Lines from `from_seq` to `to_seq` exist now; the page fetches what it lacks. */
export interface Logged {
  project: string;
  run_id?: string;
  deploy_id?: string;
  from_seq: number;
  to_seq: number;
  ended: boolean;
}

interface Row<K extends string, D> {
  /** Its position in the log: what a reader resumes after. Opaque. */
  id: string;
  kind: K;
  at: string;
  topics: string[];
  /** The version of the thing it is about. */
  version: number;
  data: D;
}

export type GroupEvent = Row<'group.changed' | 'group.viewed', Group & { totals: Totals }>;
export type GroupRemoved = Row<
  'group.removed',
  { group_id: string; project: string; version: number; totals: Totals }
>;
export type RunEvent = Row<'run.changed', Run>;
export type DeployEvent = Row<'deploy.changed', Deploy>;
export type LoggedEvent = Row<'run.logged' | 'deploy.logged', Logged>;

/** A row of the event log. */
export type Event = GroupEvent | GroupRemoved | RunEvent | DeployEvent | LoggedEvent;
export type EventKind = Event['kind'];

/** Every kind, as a value: EventSource hears only the names it was told. */
export const eventKinds = Object.keys({
  'group.changed': 1,
  'group.viewed': 1,
  'group.removed': 1,
  'run.changed': 1,
  'run.logged': 1,
  'deploy.changed': 1,
  'deploy.logged': 1,
} satisfies Record<EventKind, 1>) as EventKind[];

/** GET /v1/events. */
export interface Page {
  events: Event[];
  cursor: string;
  has_more: boolean;
  reset: boolean;
  poll_after_ms: number;
}

/** The first frame of a stream. */
export interface Hello {
  from: string;
  head: string;
  heartbeat_ms: number;
  granted: string[];
  denied: string[];
}

/** POST /v1/groups/viewed. */
export interface BulkView {
  view_id: string;
  viewed: number;
  cursor: string;
}

export type Unsubscribe = () => void;

/** The store contract of Svelte, and `get` for everybody else. */
export interface Readable<T> {
  subscribe(run: (value: T) => void): Unsubscribe;
  get(): T;
}
