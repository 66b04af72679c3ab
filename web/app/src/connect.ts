import { createApi, createGroupStore, createRealtime, createTopics } from '@rynda/realtime';
import type { Client } from './api/client';
import type { Me } from './api/types';
import { Session } from './session.svelte';

/** One connection and one store for the whole app; the alert stack is given the same two. */
export function connect(me: Me, client: Client): Session {
  const always = ['errors', 'runs', 'deploys'];
  const realtime = createRealtime({ baseUrl: '', topics: always });
  const groups = createGroupStore(realtime, createApi({ baseUrl: '', env: realtime.env }));
  return new Session(me, client, realtime, groups, createTopics(realtime, always));
}
