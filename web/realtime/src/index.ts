// @rynda/realtime: the browser side of the event log. README.md shows how to
// use it, SPEC.md says what always holds. Read connection.ts first.

import { browserEnv, watchPage } from './browser';
import { createConnection } from './connection';
import type { Env } from './env';
import { realtimeOver, type Realtime } from './realtime';
import { withToken, type Token } from './token';

export interface RealtimeOptions {
  /** Origin and path before /v1; empty or missing for the page's own. */
  baseUrl?: string;
  /** What to listen to: `errors`, `runs`, `errors/<project>`, `run/<project>/<id>` … */
  topics: string[];
  /** Gives the bearer token of the person, where no cookie tells who it is. */
  token?: Token | undefined;
  /** Clock, chance and network, for tests and unusual hosts; the page's own when missing. */
  env?: Env;
}

/** A connection to the event log. Nothing happens before start(). */
export function createRealtime({ baseUrl = '', topics, token, env }: RealtimeOptions): Realtime {
  const base = baseUrl.replace(/\/+$/, '');
  const own = withToken(env ?? browserEnv(), token);
  const realtime = realtimeOver(own, (sink) =>
    createConnection({ baseUrl: base, topics, env: own, tickets: !!token }, sink),
  );
  if (!env) watchPage(realtime.wake);
  return realtime;
}

export { ApiError, createApi, createFeedApi, type Api, type BulkFilter, type FeedApi } from './api';
export { browserEnv } from './browser';
export type { ConnectionView, Wake } from './transport';
export type { Answer, Env, Request, StreamFrame, StreamSource } from './env';
export {
  besides,
  createFeedStore,
  severities,
  type Counts,
  type FeedStore,
  type FeedView,
} from './feed-store';
export { createGroupStore, type GroupStore, type TotalsView } from './group-store';
export type { State } from './machine';
export { newer, put, type Versioned } from './merge';
export { writable, type Writable } from './readable';
export type { Realtime } from './realtime';
export { createSharedRealtime, type SharedOptions } from './share';
export { createThingStore, thingKey, type ThingStore, type Things } from './thing-store';
export { createTimers, type Timers } from './timers';
export type { Token } from './token';
export { createTopics, type Topics } from './topics';
export * from './types';
export type { Op, Phase } from './views';
