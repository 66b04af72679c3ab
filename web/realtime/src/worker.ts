// The shared worker: the hub and its one connection, for every tab of a user.
// Built as a file of its own, because a worker from a blob breaks a strict CSP.

import { browserEnv } from './browser';
import { createConnection } from './connection';
import { createHub, type FromHub, type ToHub } from './hub';
import { withToken } from './token';

const scope = globalThis as unknown as {
  name: string;
  onconnect: ((event: { ports: readonly MessagePort[] }) => void) | null;
};

const [, , base = '', tickets] = scope.name.split(' ');
const env = browserEnv();
const hub = createHub((sink, token) => {
  const known = withToken(env, tickets ? token : undefined);
  const baseUrl = decodeURIComponent(base);
  return createConnection({ baseUrl, topics: [], env: known, tickets: !!tickets, shared: true }, sink);
}, env);
let tabs = 0;
/** Ports do not tell when a worker dies either; its lock does. */
const alive = new Promise<void>((held) => {
  if (!('locks' in navigator)) return held();
  void navigator.locks.request(`${scope.name} w`, { steal: true }, () => {
    held();
    return new Promise(() => {});
  });
});

scope.onconnect = ({ ports: [port] }) => {
  if (!port) return;
  const id = String(++tabs);
  const post = (message: FromHub | 'ready') => port.postMessage(message);
  port.onmessage = ({ data }: { data: ToHub | { lock: string } }) => {
    if (!('lock' in data)) return hub.receive(id, data, post);
    void navigator.locks.request(data.lock, () => hub.receive(id, { kind: 'bye' }, post));
  };
  void alive.then(() => post('ready'));
};
