// The few requests the group store makes. Another front end may bring its own
// object of this shape; answers are trusted to be what the contract says.

import type { Env } from './env';
import { request } from './request';
import type { BulkView, Feed, Group, Order, Severity } from './types';

/** Which groups a bulk view is about; missing fields match everything. */
export interface BulkFilter {
  project?: string | undefined;
  severity?: Severity | undefined;
  source?: string | undefined;
}

/** What the feed needs. */
export interface FeedApi {
  feed(order: Order, project?: string): Promise<Feed>;
  /** Marks viewed what was raised at or before the version `through`, and answers the group as it is then. */
  view(groupId: string, through: number): Promise<Group>;
  unview(groupId: string, version: number): Promise<Group>;
}

export interface Api extends FeedApi {
  viewAll(throughCursor: string, filter: BulkFilter): Promise<BulkView>;
  unviewAll(viewId: string): Promise<unknown>;
}

/** A request that was not answered with what was asked for. `status` is 0 when nothing answered at all. */
export class ApiError extends Error {
  constructor(
    readonly status: number,
    readonly retryAfterMs: number,
    title: string,
  ) {
    super(title);
  }
}

interface ApiOptions {
  /** Origin and path before /v1. */
  baseUrl: string;
  env: Env;
}

function caller({ baseUrl, env }: ApiOptions) {
  const base = baseUrl.replace(/\/+$/, '');
  return async function call<T>(method: string, path: string, body?: unknown): Promise<T> {
    const answered = await request(env, method, `${base}/v1/${path}`, body);
    const { status } = answered;
    if (status >= 200 && status < 300 && answered.body !== undefined) return answered.body as T;
    const { title } = (answered.body ?? {}) as { title?: string };
    throw new ApiError(status, answered.waitMs, title ?? `${status || 'no answer'}`);
  };
}

export function createFeedApi(options: ApiOptions): FeedApi {
  const call = caller(options);
  const viewed = (id: string) => `groups/${encodeURIComponent(id)}/viewed`;
  return {
    feed: (order, project) =>
      call('GET', `feed?${new URLSearchParams({ order, ...(project && { project }) })}`),
    view: (id, through) => call('POST', viewed(id), { through }),
    unview: (id, version) => call('DELETE', viewed(id), { version }),
  };
}

export function createApi(options: ApiOptions): Api {
  const call = caller(options);
  return {
    ...createFeedApi(options),
    viewAll: (through_cursor, filter) => call('POST', 'groups/viewed', { through_cursor, ...filter }),
    unviewAll: (viewId) => call('DELETE', `groups/viewed/${encodeURIComponent(viewId)}`),
  };
}
