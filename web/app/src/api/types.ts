/**
 * The shapes of the answers that the app reads, named as the wire names them and
 * taken from openapi.yaml (schema.ts). `Group`, `Run` and `Deploy` belong to the
 * realtime client, which merges them and has no need of the document; here the
 * compiler holds both to each other.
 */
import type { Deploy, Event, Feed, Group, Hello, Page, Run } from '@rynda/realtime';
import type { components } from './schema';

type Wire = components['schemas'];

/** Fails to compile where an answer of the server would not be what its reader takes it for. */
type Read<Ours, _Theirs extends Ours> = Ours;
export type Merged = [
  Read<Group, Wire['Group']>,
  Read<Run, Wire['Run']>,
  Read<Deploy, Wire['Deploy']>,
  Read<Feed, Wire['Feed']>,
  Read<Hello, Wire['Hello']>,
  Read<Omit<Page, 'events'>, Omit<Wire['Events'], 'events'>>,
  Read<Omit<Event, 'data'>, Omit<Wire['Event'], 'data'>>,
];

/** The five kinds of thing a group may point at. */
export const refKinds = ['run', 'deploy', 'task', 'namespace', 'job'] as const;
export type RefKind = (typeof refKinds)[number];

export type LinkTemplates = Partial<Record<RefKind, string>>;

export type MyProject = Wire['MyProject'];
export type Me = Wire['Me'];
export type GroupPage = Wire['GroupPage'];
export type Frame = Wire['Frame'];
export type Removed = Wire['Removal'];
export type Occurrence = Wire['Occurrence'];
export type Grouping = Wire['Grouping'];
export type HistoryEntry = Wire['HistoryEntry'];
export type GroupDetail = Wire['GroupDetail'];
export type OccurrencePage = Wire['Occurrences'];
export type Histogram = Wire['Histogram'];
export type Step = Histogram['step'];
export type BulkView = Wire['ViewMany'];
export type LogState = Wire['LogState'];
export type LogLine = Wire['LogLine'];
export type LogPage = Wire['LogPage'];
/** A deploy as another thing names it: the one before, after, or after which a group was first seen. */
export type NearDeploy = Wire['DeployRef'];
export type FirstDeploy = Wire['DeployRef'];

/** The two kinds of work that a control plane tells of. */
export type WorkKind = 'run' | 'deploy';
export type WorkOf = { run: Run; deploy: Deploy };

/** A page of runs or deploys, newest first. `next_page` is empty at the end. */
export interface WorkPage<K extends WorkKind = WorkKind> {
  rows: WorkOf[K][];
  next_page: string;
  cursor: string;
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
