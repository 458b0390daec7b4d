import { type Client, createClient } from 'graphql-ws';
import WebSocket from 'ws';

/** A subscription that is being listened to: what it has told so far, the oldest first. */
export interface LiveFeed<Event> {
  readonly events: readonly Event[];
  stop(): Promise<void>;
}

interface Asked {
  readonly url: string;
  readonly authorization: string;
  readonly query: string;
  readonly variables: Record<string, unknown>;
}

/** Listens to the subscription in `query`, which has one field; its first event is in `events` when this resolves. */
export async function listen<Event>({
  url,
  authorization,
  query,
  variables,
}: Asked): Promise<LiveFeed<Event>> {
  const client = createClient({
    url: `${url.replace('http', 'ws')}/graphql`,
    webSocketImpl: WebSocket,
    connectionParams: { authorization },
  });
  const events: Event[] = [];
  await new Promise<void>((begun, failed) => {
    client.subscribe<Record<string, Event>>(
      { query, variables },
      {
        next({ data, errors }) {
          if (errors) failed(new Error(JSON.stringify(errors)));
          events.push(...Object.values(data ?? {}));
          begun();
        },
        error: failed,
        complete: () => undefined,
      },
    );
  });
  return { events, stop: () => closed(client) };
}

async function closed(client: Client): Promise<void> {
  await client.dispose();
}
