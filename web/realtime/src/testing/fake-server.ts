// A server in memory that keeps the contract: a log with gapless ids, groups
// with versions, a feed, polls and streams. Tests switch its faults on and off.

import type { Event, Feed, Group, Order, Severity, Totals } from '../types';
import type { FakeEnv, FakeStream, Reply } from './fake-env';

const epoch = '0badc0de';
const weight: Record<Severity, number> = { critical: 0, error: 1, warning: 2, info: 3 };

export function group(id: string, over: Partial<Group> = {}): Group {
  const at = new Date(Date.parse('2026-03-01T11:00:00Z') + Number(id) * 1000).toISOString();
  return {
    group_id: id,
    project: 'shop',
    fingerprint: `v1:${id}`,
    version: 1,
    raised_version: 1,
    state: 'active',
    severity: 'error',
    type: 'TypeError',
    title: `Error ${id}`,
    culprit: 'cart.total',
    source: 'cart',
    environment: 'production',
    release: '1.0.0',
    count: 1,
    first_seen_at: at,
    last_seen_at: at,
    raised_at: at,
    raised_reason: 'new',
    viewed_at: null,
    viewed_by: null,
    refs: [],
    ...over,
  };
}

/** As the server grants them: `errors` stands for `errors/<project>` of every project. */
const among = (asked: string[]) => (topic: string) =>
  asked.includes(topic) || asked.includes(topic.split('/')[0] ?? '');

export class FakeServer {
  readonly groups = new Map<string, Group>();
  readonly log: Event[] = [];
  floor = 1;
  epoch = epoch;
  heartbeatMs = 15_000;
  pollAfterMs = 2_000;
  pageLimit = 500;
  /** Streams are accepted and say nothing, as behind a proxy that buffers. */
  mute = false;
  streamsDown = false;
  down = false;
  /** Answers every request with this while it is set. */
  answer: Reply | undefined;
  /** The same, for one path. */
  readonly answers = new Map<string, Reply>();
  /** Whoever does not bring this token is a stranger; undefined asks for none. */
  token: string | undefined;
  /** Tickets that have opened nothing yet, and when they end. */
  readonly tickets = new Map<string, number>();
  issued = 0;
  #totalsVersion = 0;
  readonly subscribers = new Set<FakeStream>();

  constructor(readonly env: FakeEnv) {
    env.handler = (url, { method, headers, body }) => this.handle(url, method, headers, body);
    env.onOpen = (stream) => this.open(stream);
  }

  get head(): string {
    return this.position(this.log.length);
  }

  position(id: number): string {
    return `${this.epoch}-${id}`;
  }

  totals(project = 'shop'): Totals {
    const sum = { project, version: this.#totalsVersion, critical: 0, error: 0, warning: 0, info: 0 };
    for (const g of this.groups.values())
      if (g.project === project && g.state === 'active') sum[g.severity]++;
    return sum;
  }

  // -- what happens on the server ------------------------------------------------

  /** A new group, raised now unless it says otherwise. */
  raise(id: string, over: Partial<Group> = {}): Group {
    const now = new Date(this.env.time).toISOString();
    return this.change(group(id, { raised_at: now, last_seen_at: now, ...over }));
  }

  /** Changes a group and appends the event of it. */
  change(next: Group, kind: 'group.changed' | 'group.viewed' = 'group.changed'): Group {
    const version = (this.groups.get(next.group_id)?.version ?? 0) + 1;
    const stored = { ...next, version, raised_version: Math.min(next.raised_version, version) };
    this.groups.set(stored.group_id, stored);
    this.#totalsVersion++;
    this.append({
      kind,
      version,
      topics: [`errors/${stored.project}`, `project/${stored.project}`],
      data: { ...stored, totals: this.totals(stored.project) },
    } as Omit<Event, 'id' | 'at'>);
    return stored;
  }

  again(id: string): Group {
    const held = this.must(id);
    return this.change({
      ...held,
      count: held.count + 1,
      last_seen_at: new Date(this.env.time).toISOString(),
    });
  }

  /** Raised again after a view. */
  reraise(id: string): Group {
    const held = this.must(id);
    return this.change({
      ...held,
      state: 'active',
      raised_version: held.version + 1,
      raised_reason: 'recurred',
      raised_at: new Date(this.env.time).toISOString(),
      viewed_at: null,
      viewed_by: null,
    });
  }

  view(id: string, through = Infinity): Group {
    const held = this.must(id);
    if (held.state !== 'active' || through < held.raised_version) return held;
    const viewed_at = new Date(this.env.time).toISOString();
    return this.change({ ...held, state: 'viewed', viewed_at, viewed_by: 'ada' }, 'group.viewed');
  }

  unview(id: string): Group {
    const held = this.must(id);
    if (held.state !== 'viewed') return held;
    return this.change({ ...held, state: 'active', viewed_at: null, viewed_by: null });
  }

  remove(id: string) {
    const { project, version } = this.must(id);
    this.groups.delete(id);
    this.#totalsVersion++;
    this.append({
      kind: 'group.removed',
      version: version + 1,
      topics: [`errors/${project}`, `project/${project}`],
      data: { group_id: id, project, version: version + 1, totals: this.totals(project) },
    } as Omit<Event, 'id' | 'at'>);
  }

  append(event: Omit<Event, 'id' | 'at'>) {
    const whole = {
      ...event,
      id: this.position(this.log.length + 1),
      at: new Date(this.env.time).toISOString(),
    } as Event;
    this.log.push(structuredClone(whole));
    for (const stream of this.subscribers) this.send(stream, whole);
  }

  feed(order: Order, project: string | null): Feed {
    const active = [...this.groups.values()].filter(
      (g) => g.state === 'active' && (!project || g.project === project),
    );
    active.sort(
      (a, b) =>
        (order === 'severity' ? weight[a.severity] - weight[b.severity] : 0) ||
        (a.raised_at! < b.raised_at! ? 1 : a.raised_at! > b.raised_at! ? -1 : 0) ||
        Number(b.group_id) - Number(a.group_id),
    );
    const projects = [...new Set([...this.groups.values()].map((g) => g.project))];
    const totals = projects.filter((p) => !project || p === project).map((p) => this.totals(p));
    const by = { critical: 0, error: 0, warning: 0, info: 0 };
    for (const g of active) by[g.severity]++;
    return {
      groups: active.slice(0, 5),
      active_total: active.length,
      active_by_severity: by,
      totals,
      cursor: this.head,
    };
  }

  // -- faults --------------------------------------------------------------------

  /** Ends every stream as a broken line does. */
  cut() {
    for (const stream of [...this.subscribers]) {
      this.subscribers.delete(stream);
      stream.fail();
    }
  }

  /** Forgets the log up to here, as retention does. */
  sweep() {
    this.floor = this.log.length + 1;
  }

  ping() {
    for (const stream of this.subscribers) stream.frame('ping', {}, this.head);
  }

  // -- the wire ------------------------------------------------------------------

  private must(id: string): Group {
    const held = this.groups.get(id);
    if (!held) throw new Error(`no group ${id}`);
    return held;
  }

  /** The id after which to go on; null asks for a reset. */
  private resume(after: string | null): number | null {
    if (!after) return this.log.length;
    const [, e, id] = /^([0-9a-f]{8})-([0-9]+)$/.exec(after) ?? [];
    const n = Number(id);
    return e === this.epoch && n >= this.floor - 1 && n <= this.log.length ? n : null;
  }

  private send(stream: FakeStream, event: Event) {
    const asked = (stream.url.searchParams.get('topics') ?? '').split(',');
    if (event.topics.some(among(asked))) stream.frame(event.kind, event, event.id);
  }

  private open(stream: FakeStream) {
    queueMicrotask(() => {
      if (stream.closed) return;
      if (this.down || this.streamsDown || this.answer || !this.admits(stream.url)) return stream.fail();
      if (this.mute) return;
      const after = stream.url.searchParams.get('after');
      const from = this.resume(after);
      const topics = (stream.url.searchParams.get('topics') ?? '').split(',');
      const hello = { head: this.head, heartbeat_ms: this.heartbeatMs, granted: topics, denied: [] };
      stream.frame('hello', { ...hello, from: from === null ? this.head : this.position(from) });
      if (from === null) stream.frame('reset', { head: this.head }, this.head);
      else for (const event of this.log.slice(from)) this.send(stream, event);
      if (!stream.closed) this.subscribers.add(stream);
    });
  }

  /** A ticket is worth one stream, for half a minute. */
  private admits({ searchParams }: URL): boolean {
    if (!this.token) return true;
    const ticket = searchParams.get('ticket') ?? '';
    const until = this.tickets.get(ticket) ?? 0;
    this.tickets.delete(ticket);
    return this.env.time < until;
  }

  private handle(url: URL, method: string, headers: Record<string, string>, body?: string): Reply {
    if (this.down) throw new TypeError('network');
    const fixed = this.answer ?? this.answers.get(url.pathname);
    if (fixed) return fixed;
    if (this.token && headers['Authorization'] !== `Bearer ${this.token}`) return { status: 401 };
    if (url.pathname === '/v1/stream-tickets') {
      const ticket = `ryt_${++this.issued}`;
      this.tickets.set(ticket, this.env.time + 30_000);
      return { status: 201, body: { ticket, expires_at: '' } };
    }
    const query = url.searchParams;
    if (url.pathname === '/v1/feed')
      return { status: 200, body: this.feed(query.get('order') as Order, query.get('project')) };
    if (url.pathname === '/v1/events') return this.poll(query);
    if (url.pathname === '/v1/groups/viewed') {
      const ids = [...this.groups.values()].filter((g) => g.state === 'active').map((g) => g.group_id);
      for (const id of ids) this.view(id);
      return { status: 200, body: { view_id: 'v1', viewed: ids.length, cursor: this.head } };
    }
    const [, id] = /^\/v1\/groups\/([^/]+)\/viewed$/.exec(url.pathname) ?? [];
    if (id && this.groups.has(id)) {
      const sent = JSON.parse(body ?? '{}') as { through?: number };
      return { status: 200, body: method === 'POST' ? this.view(id, sent.through) : this.unview(id) };
    }
    return { status: 404, body: { title: 'Not Found', status: 404 } };
  }

  private poll(query: URLSearchParams): Reply {
    const from = this.resume(query.get('after'));
    const quiet = { reset: false, has_more: false, poll_after_ms: this.pollAfterMs };
    if (from === null) return { status: 200, body: { ...quiet, events: [], cursor: this.head, reset: true } };
    const end = Math.min(this.log.length, from + this.pageLimit);
    const asked = (query.get('topics') ?? '').split(',');
    const events = this.log.slice(from, end).filter((e) => e.topics.some(among(asked)));
    return {
      status: 200,
      body: { ...quiet, events, cursor: this.position(end), has_more: end < this.log.length },
    };
  }
}
