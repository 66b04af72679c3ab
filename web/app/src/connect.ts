import { createApi, createGroupStore, createSharedRealtime, createTopics } from '@rynda/realtime';
import type { Client } from './api/client';
import type { Me } from './api/types';
import { Session } from './session.svelte';

interface TrustedTypes {
  createPolicy(name: string, rules: { createScriptURL(): string }): { createScriptURL(url: string): object };
}

const workerAddress = '/embed/realtime/rynda-worker.js';
const types = (globalThis as { trustedTypes?: TrustedTypes }).trustedTypes;
/** Our pages demand that the addresses of scripts are vouched for: this vouches for one, once, and no other. */
const worker =
  types
    ?.createPolicy('rynda-worker', { createScriptURL: () => workerAddress })
    .createScriptURL(workerAddress) ?? workerAddress;

/**
 * One connection for all tabs of a person, and one store for the whole app; the
 * alert stack is given the same two. A browser has six lines to a server that
 * speaks plain HTTP/1.1: with a stream per tab the seventh would not even load.
 */
export function connect(me: Me, client: Client): Session {
  const always = ['errors', 'runs', 'deploys'];
  const realtime = createSharedRealtime({
    topics: always,
    user: me.user.id,
    worker,
  });
  const groups = createGroupStore(realtime, createApi({ baseUrl: '', env: realtime.env }));
  return new Session(me, client, realtime, groups, createTopics(realtime, always));
}
