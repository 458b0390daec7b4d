import type { TypedDocumentNode } from '@graphql-typed-document-node/core';
import { print } from 'graphql';
import { type Client, createClient } from 'graphql-ws';
import { ApiError, type ApiErrorItem } from './http-client.ts';

export interface LiveClientOptions {
  /** Of the server, as for HTTP: `/graphql` is appended. */
  readonly url: string;
  /** A key or token. */
  readonly credential: string;
  /** Default: the WebSocket of the platform. */
  readonly webSocketImpl?: unknown;
}

/** Follows subscriptions, all over one websocket. It does not come back by itself: `follow` does, where it left off. */
export interface LiveClient {
  /**
   * The events of a subscription until its iterator returns or the server completes it.
   * @throws ApiError when the server refuses or ends it, SocketClosed when the socket is lost.
   */
  subscribe<Data, Variables extends Record<string, unknown>>(
    document: TypedDocumentNode<Data, Variables>,
    variables: Variables,
  ): AsyncIterableIterator<Data>;
  close(): void;
}

/** The socket is closed, or could not be opened. */
export class SocketClosed extends Error {
  /** `code`: as the protocol documents it; 1006 when there was none. */
  constructor(
    readonly code: number,
    reason: string,
  ) {
    super(`The socket closed with ${code}${reason && `: ${reason}`}`);
    this.name = 'SocketClosed';
  }

  /** Whether it makes sense to come back: not after credentials or limits were refused. */
  get mayReturn(): boolean {
    return !FATAL.has(this.code);
  }
}

const FATAL = new Set([1008, 4400, 4401, 4406, 4409, 4429, 4500]);

/** A client of the live API at `url`. The socket is opened by the first subscription. */
export function openLiveClient({ url, credential, webSocketImpl }: LiveClientOptions): LiveClient {
  const client = createClient({
    url: `${url.replace(/^http/, 'ws')}/graphql`,
    connectionParams: { authorization: `Bearer ${credential}` },
    retryAttempts: 0,
    ...(webSocketImpl === undefined ? {} : { webSocketImpl }),
  });
  return {
    subscribe: (document, variables) => new Events(client, document, variables),
    close: () => void client.dispose(),
  };
}

/** A generator would be shorter, but its `return()` waits for the next event. */
class Events<Data, Variables extends Record<string, unknown>>
  implements AsyncIterableIterator<Data, undefined>
{
  private readonly results: ReturnType<Client['iterate']>;

  constructor(client: Client, document: TypedDocumentNode<Data, Variables>, variables: Variables) {
    this.results = client.iterate({ query: print(document), variables });
  }

  async next(): Promise<IteratorResult<Data, undefined>> {
    const { done, value } = await this.results.next().catch(throwKnown);
    if (done) return DONE;
    if (value.errors) throw new ApiError(value.errors);
    // The type was generated from the document, and the server answers what the document selects.
    return { done: false, value: value.data as Data };
  }

  async return(): Promise<IteratorReturnResult<undefined>> {
    await this.results.return?.();
    return DONE;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }
}

const DONE: IteratorReturnResult<undefined> = { done: true, value: undefined };

/** graphql-ws throws the errors of an `error` message as a list, and the event of a socket that closed. */
function throwKnown(error: unknown): never {
  if (Array.isArray(error)) throw new ApiError(error.filter(isErrorItem));
  if (typeof error === 'object' && error !== null && 'code' in error && typeof error.code === 'number') {
    throw new SocketClosed(error.code, 'reason' in error ? String(error.reason) : '');
  }
  if (error instanceof Error && !('type' in error)) throw error;
  throw new SocketClosed(1006, '');
}

function isErrorItem(value: unknown): value is ApiErrorItem {
  return typeof value === 'object' && value !== null && 'message' in value;
}
