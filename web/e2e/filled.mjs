// A project with something of everything, for scenarios that look at screens.

import { ask, post, report, tell, until } from './stage.mjs';

const steps = (...names) =>
  names.map((name, at) => ({ name, status: at < names.length - 1 ? 'succeeded' : 'failed' }));

/** Fills the server and gives the addresses of its screens. */
export async function fill() {
  const at = Date.now();
  const before = (minutes) => new Date(at - minutes * 60_000).toISOString();
  const deploy = (id, n, more = {}) =>
    tell('PUT', `/v1/deploys/${id}`, {
      name: 'shop',
      service: 'checkout',
      environment: 'production',
      namespace: 'shop',
      revision: `2026.11.${n}`,
      status: 'succeeded',
      trigger: 'push',
      actor: 'ann',
      ref: 'main',
      commit: '0f3c9a1b2d4e',
      started_at: before(60 - n),
      finished_at: before(58 - n),
      stages: ['build', 'push', 'apply', 'health'].map((name) => ({ name, status: 'succeeded' })),
      ...more,
    });
  await deploy('deploy-1', 1);
  await deploy('deploy-2', 2, {
    url: 'https://ci.example.com/deploys/2',
    links: [{ kind: 'dashboard', id: 'checkout', url: 'https://graphs.example.com/checkout' }],
  });
  await deploy('deploy-3', 3);
  await tell('POST', '/v1/deploys/deploy-2/log', {
    lines: [
      { seq: 1, text: '== build', marker: true },
      { seq: 2, text: 'done' },
    ],
    ended: true,
  });
  await tell('PUT', '/v1/runs/run-9001', {
    name: 'invoice-close',
    status: 'failed',
    attempt: 2,
    trigger: 'schedule',
    actor: 'bob',
    ref: 'main',
    commit: '0f3c9a1b2d4e',
    deploy_id: 'deploy-2',
    started_at: before(10),
    finished_at: before(8),
    steps: steps('collect', 'charge', 'close'),
  });
  await tell('POST', '/v1/runs/run-9001/log', {
    lines: [
      { seq: 1, text: '== collect', level: 'info', marker: true },
      { seq: 2, text: 'connected to postgres://app:hunter2-hunter2@db.test/shop' },
      { seq: 3, text: 'slow answer, trying once more', level: 'warning' },
      { seq: 4, text: 'exit status 1', level: 'error', marker: true },
    ],
    ended: true,
  });
  for (const [n, status] of ['queued', 'running', 'succeeded', 'canceled'].entries())
    await tell('PUT', `/v1/runs/run-${n}`, {
      name: 'reindex',
      status,
      trigger: 'push',
      actor: 'ci',
      steps: [{ name: 'load', status: 'running' }],
    });
  await post([
    ...['one', 'two'].map((dsn) =>
      report('payment failed: connection refused', {
        type: 'ConnectError',
        fingerprint: ['payment'],
        level: 'fatal',
        source: 'billing-worker',
        run_id: 'run-9001',
        task_id: 'task-7',
        deploy_id: 'deploy-2',
        job: 'invoice-close',
        namespace: 'billing',
        environment: 'production',
        release: '2026.11.2',
        correlation_id: 'b7c1',
        tags: { region: 'eu-north-1' },
        frames: [
          { function: 'charge', module: 'billing', file: 'billing/charge.py', line: 41, in_app: true },
          { function: 'connect', module: 'asyncpg', file: 'asyncpg/connection.py', line: 2093 },
        ],
        payload: { dsn: `postgres://${dsn}:not-a-real-one@db.internal/billing`, list: [1, { deep: null }] },
      }),
    ),
    ...['disk is full', 'queue is stuck', 'certificate expired', 'node is gone', 'cache is cold'].map(
      (title) => report(title),
    ),
    ...Array.from({ length: 3 }, () => report('query took 900 ms', { level: 'warning' })),
    report('sent at the second attempt', { level: 'info' }),
  ]);
  // Accepted is stored; that it is counted too takes a moment more.
  let groups = [];
  const found = async () => ({ groups } = await ask('/v1/groups?q=payment')).groups.length;
  await until(found, 1, 'the group of the payment');
  await until(async () => (await ask('/v1/feed')).groups.length, 5, 'five alerts');
  const { project } = groups[0];
  return {
    errors: '/errors',
    error: `/errors/${groups[0].group_id}`,
    runs: '/runs',
    run: `/runs/${project}/run-9001`,
    deploys: '/deploys',
    deploy: `/deploys/${project}/deploy-2`,
    settings: '/settings',
    missing: '/nothing/here',
  };
}
