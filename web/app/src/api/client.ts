import { Problem, problemFrom } from './problem';
import type { Group } from '@rynda/realtime';
import type {
  BulkView,
  GroupDetail,
  GroupPage,
  Histogram,
  LogPage,
  LogState,
  Me,
  NearDeploy,
  OccurrencePage,
  Step,
  WorkDetail,
  WorkKind,
  WorkOf,
  WorkPage,
} from './types';

/** How long an answer may take before the request counts as unreachable. */
const patience = 15_000;

type Query = Record<string, string | number | undefined> | URLSearchParams;

function withQuery(path: string, query?: Query): string {
  if (!query) return path;
  const search = query instanceof URLSearchParams ? query : new URLSearchParams();
  if (!(query instanceof URLSearchParams)) {
    for (const [name, value] of Object.entries(query)) {
      if (value !== undefined && value !== '') search.set(name, String(value));
    }
  }
  const text = search.toString();
  return text ? `${path}?${text}` : path;
}

/**
 * The staff side of the HTTP contract, one method per operation. Every method
 * rejects with a Problem, or with an AbortError when its signal was aborted.
 */
export class Client {
  constructor(
    private readonly base = '',
    private readonly send: typeof fetch = (...args) => fetch(...args),
  ) {}

  me(signal?: AbortSignal): Promise<Me> {
    return this.call('GET', '/v1/me', undefined, signal);
  }

  groups(query: URLSearchParams, signal?: AbortSignal): Promise<GroupPage> {
    return this.call('GET', withQuery('/v1/groups', query), undefined, signal);
  }

  group(id: string, signal?: AbortSignal): Promise<GroupDetail> {
    return this.call('GET', `/v1/groups/${encodeURIComponent(id)}`, undefined, signal);
  }

  occurrences(id: string, page: string, limit: number, signal?: AbortSignal): Promise<OccurrencePage> {
    return this.call(
      'GET',
      withQuery(`/v1/groups/${encodeURIComponent(id)}/occurrences`, { limit, page }),
      undefined,
      signal,
    );
  }

  histogram(id: string, from: string, to: string, step: Step, signal?: AbortSignal): Promise<Histogram> {
    return this.call(
      'GET',
      withQuery(`/v1/groups/${encodeURIComponent(id)}/histogram`, { from, to, step }),
      undefined,
      signal,
    );
  }

  /** Runs or deploys, newest first. */
  async works<K extends WorkKind>(
    kind: K,
    query: URLSearchParams,
    signal?: AbortSignal,
  ): Promise<WorkPage<K>> {
    type Answer = { runs?: unknown; deploys?: unknown; next_page: string; cursor: string };
    const path = withQuery(`/v1/${kind}s`, query);
    const answer = await this.call<Answer>('GET', path, undefined, signal);
    const rows = (answer[`${kind}s`] ?? []) as WorkOf[K][];
    return { rows, next_page: answer.next_page, cursor: answer.cursor };
  }

  async work<K extends WorkKind>(
    kind: K,
    project: string,
    id: string,
    signal?: AbortSignal,
  ): Promise<WorkDetail<K>> {
    const answer = await this.call<{
      run?: unknown;
      deploy?: unknown;
      groups?: Group[] | null;
      new_groups?: Group[] | null;
      new_group_count?: number;
      previous?: NearDeploy | null;
      next?: NearDeploy | null;
      log: LogState;
      cursor: string;
    }>('GET', withQuery(`/v1/${kind}s/${encodeURIComponent(id)}`, { project }), undefined, signal);
    const row = answer[kind] as WorkOf[K];
    return {
      // The count stands beside the deploy here and in it in lists.
      row: answer.new_group_count === undefined ? row : { ...row, new_group_count: answer.new_group_count },
      groups: answer.groups ?? [],
      new_groups: answer.new_groups ?? [],
      previous: answer.previous ?? null,
      next: answer.next ?? null,
      log: answer.log,
      cursor: answer.cursor,
    };
  }

  /** Lines after a seq, or of them the markers alone. */
  log(
    kind: WorkKind,
    project: string,
    id: string,
    { after, limit, markers }: { after: number; limit: number; markers?: boolean },
    signal?: AbortSignal,
  ): Promise<LogPage> {
    const query = { project, after_seq: after, limit, markers: markers ? 'true' : undefined };
    return this.call(
      'GET',
      withQuery(`/v1/${kind}s/${encodeURIComponent(id)}/log`, query),
      undefined,
      signal,
    );
  }

  /** Marks every group that matches and was raised at or before the cursor as viewed. */
  viewAll(filter: Record<string, string>, throughCursor: string): Promise<BulkView> {
    return this.call('POST', '/v1/groups/viewed', { ...filter, through_cursor: throughCursor });
  }

  undoAll(viewId: string): Promise<unknown> {
    return this.call('DELETE', `/v1/groups/viewed/${encodeURIComponent(viewId)}`);
  }

  private async call<T>(method: string, path: string, body?: unknown, signal?: AbortSignal): Promise<T> {
    const timeout = AbortSignal.timeout(patience);
    let response: Response;
    try {
      response = await this.send(this.base + path, {
        method,
        credentials: 'same-origin',
        headers: {
          accept: 'application/json',
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        },
        body: body === undefined ? undefined : JSON.stringify(body),
        signal: signal ? AbortSignal.any([signal, timeout]) : timeout,
      });
    } catch (error) {
      if (signal?.aborted) throw new DOMException('aborted', 'AbortError');
      throw new Problem(0, error instanceof Error ? error.message : String(error));
    }
    if (!response.ok) throw await problemFrom(response);
    if (response.status === 204) return undefined as T;
    return (await response.json()) as T;
  }
}
