import { createGraphiQLFetcher, type Fetcher, type FetcherParams } from '@graphiql/toolkit';
import { type DocumentNode, getOperationAST, parse } from 'graphql';
import { type Client, createClient } from 'graphql-ws';

/** How the page reaches `/graphql` of its own origin. */
export interface Connection {
  /** Sends queries and mutations over HTTP, subscriptions over a websocket. */
  readonly fetcher: Fetcher;
  /** Takes what answers the text of the headers editor, once there is one. */
  readHeadersWith(read: () => string): void;
}

/** A connection whose socket logs in with what the headers editor holds when it connects, and connects again for ever. */
export function createConnection(): Connection {
  let readHeaders = () => '';
  const send = createGraphiQLFetcher({
    url: '/graphql',
    enableIncrementalDelivery: false,
    wsClient: createSocket(() => authorizationIn(readHeaders())),
  });
  return {
    fetcher(params, options) {
      const documentAST = parsed(params.query);
      if (!documentAST) return send(params, options);
      return send(inDocument(params, documentAST), { ...options, documentAST });
    },
    readHeadersWith(read) {
      readHeaders = read;
    },
  };
}

function parsed(query: string): DocumentNode | undefined {
  try {
    return parse(query);
  } catch {
    // The server says what is wrong with it.
    return undefined;
  }
}

/** GraphiQL still names the operation of the tab before when a tab is run as soon as it comes to the front. */
function inDocument(params: FetcherParams, document: DocumentNode): FetcherParams {
  if (getOperationAST(document, params.operationName)) return params;
  return { ...params, operationName: getOperationAST(document)?.name?.value ?? null };
}

function createSocket(connectionParams: () => Record<string, unknown>): Client {
  return createClient({
    url: `${location.origin.replace(/^http/, 'ws')}/graphql`,
    connectionParams,
    retryAttempts: Number.POSITIVE_INFINITY,
    // By default a connection that is refused, as while the server restarts, counts as fatal.
    shouldRetry: () => true,
    retryWait: (retries) => pause(Math.min(10_000, 250 * 2 ** retries) * (0.5 + Math.random() / 2)),
    keepAlive: 15_000,
  });
}

function authorizationIn(headersText: string): Record<string, unknown> {
  const found = entriesOf(headersText).find(([name]) => name.toLowerCase() === 'authorization');
  return found ? { Authorization: found[1] } : {};
}

function entriesOf(json: string): [string, unknown][] {
  try {
    const value: unknown = JSON.parse(json);
    return typeof value === 'object' && value !== null ? Object.entries(value) : [];
  } catch {
    // Somebody is in the middle of typing: connect without credentials and let the server say so.
    return [];
  }
}

function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}
