// From what a host handed over to a stack that lives: the connection, the store
// over it, what is shown of it, and who is told what is new.

import {
  createFeedApi,
  createFeedStore,
  createRealtime,
  type Env,
  type FeedStore,
  type Group,
  type Order,
  type Realtime,
  type Token,
  type Unsubscribe,
} from '@rynda/realtime';
import { createAnnouncer, type Announcement } from './announcer';
import { createStack, type StackControl } from './stack';
import { createTitleCount } from './title-count';

/** What a host may hand over as properties. */
export interface Handed {
  /** A connection of the host's own; the element then neither starts nor stops it. */
  client: Realtime | undefined;
  /** A store of the host's own, over its client. */
  store: FeedStore | undefined;
  /** Gives the bearer token of the person for a connection of our own, where no cookie tells who it is. */
  token: Token | undefined;
}

export interface Wishes {
  /** Origin and path before /v1, for a connection of our own. */
  baseUrl: string;
  project: string | undefined;
  order: Order;
  /** Whether the title of a hidden page counts. */
  titled: boolean;
  say(announcement: Announcement): void;
}

export interface Wired {
  control: StackControl;
  link: Realtime;
  env: Env;
  close(): void;
}

export function wire(
  { client, store: given, token }: Partial<Handed>,
  { baseUrl, project, order, titled, say }: Wishes,
): Wired {
  const topics = [project ? `errors/${project}` : 'errors'];
  const link = client ?? createRealtime({ baseUrl, topics, token });
  const { env } = link;
  const store = given ?? createFeedStore(link, createFeedApi({ baseUrl, env }));
  const title = titled ? createTitleCount(document) : undefined;
  const announcer = createAnnouncer(env, say);
  const control = createStack({
    env,
    store,
    order,
    project,
    arrived(groups: Group[]) {
      announcer.arrived(groups);
      title?.add(groups.length);
    },
  });
  const off: Unsubscribe[] = [control.close, announcer.close, () => title?.close()];
  if (!given) off.push(store.close);
  if (!client) {
    // The first snapshot gives the position to start from; without one, from now.
    let started = false;
    off.push(
      store.feed(order, project).subscribe(({ loaded, failed }) => {
        if (started || !(loaded || failed)) return;
        started = true;
        link.start();
      }),
      link.stop,
    );
  }
  return { control, link, env, close: () => off.forEach((fn) => fn()) };
}
