import type { IncomingMessage, ServerResponse } from 'node:http';
import type { GraphQLFormattedError } from 'graphql';
import type { Logger } from 'pino';
import type { Actor } from '../actor.ts';
import type { Config } from '../config.ts';
import type { Authenticate } from '../teams/authenticate.ts';
import type { Context } from './context.ts';
import type { Engine } from './engine.ts';
import { apiError, asGraphQLError, codeOf, publicError } from './errors.ts';
import { readOperation } from './http-request.ts';
import { acceptedType, sendErrors } from './http-response.ts';
import type { Metrics } from './metrics.ts';
import { OperationRefused, type PrepareOperation } from './prepare-operation.ts';
import { traceIdOf } from './trace.ts';

/** Answers one HTTP request. */
export type Handler = (request: IncomingMessage, response: ServerResponse, url: URL) => Promise<void>;

export interface EndpointOptions {
  readonly authenticate: Authenticate;
  readonly createContext: (actor: Actor, traceId: string, address?: string) => Context;
  readonly config: Pick<Config, 'TRUSTED_PROXIES'>;
  readonly prepare: PrepareOperation;
  readonly engine: Engine;
  readonly logger: Logger;
  readonly metrics: Metrics;
}

/** Queries and mutations over HTTP. */
export function createEndpoint(options: EndpointOptions): Handler {
  return async (request, response, url) => {
    const traceId = traceIdOf(headerOf(request, 'traceparent'));
    response.setHeader('x-trace-id', traceId);
    response.setHeader('cache-control', 'no-store');
    try {
      await answer(options, request, response, url, traceId);
    } catch (error) {
      refuse(options, request, response, error, traceId);
    }
  };
}

async function answer(
  { authenticate, createContext, prepare, engine, config }: EndpointOptions,
  request: IncomingMessage,
  response: ServerResponse,
  url: URL,
  traceId: string,
): Promise<void> {
  if (!acceptedType(request.headers.accept)) {
    throw apiError('NOT_ACCEPTABLE', 'Accept application/graphql-response+json or application/json.');
  }
  const asked = await readOperation(request, url);
  const { actor } = await authenticate({ authorization: request.headers.authorization });
  const context = createContext(actor, traceId, addressOf(request, config.TRUSTED_PROXIES));
  const operation = await prepare(asked, request.method === 'GET' ? 'GET' : 'POST', context);
  const { status, headers, body } = await engine.execute(operation, request.headers, context);
  response.writeHead(status ?? 200, Object.fromEntries(headers));
  if (body.kind === 'complete') response.end(body.string);
  // The schema has no @defer and no @stream.
  else response.destroy();
}

function refuse(
  { logger, metrics }: EndpointOptions,
  request: IncomingMessage,
  response: ServerResponse,
  error: unknown,
  traceId: string,
): void {
  const errors = error instanceof OperationRefused ? error.errors : [asGraphQLError(error)];
  const shown: GraphQLFormattedError[] = errors.map((each) => publicError(each, { traceId, log: logger }));
  metrics.operations.inc({ type: 'refused', code: shown[0] ? codeOf(shown[0]) : 'INTERNAL_SERVER_ERROR' });
  sendErrors(response, shown, acceptedType(request.headers.accept));
}

function headerOf(request: IncomingMessage, name: string): string | undefined {
  const value = request.headers[name];
  return typeof value === 'string' ? value : undefined;
}

/**
 * Where a request came from: what the outermost of our own proxies has seen. What stands further left in the header
 * anybody may have written.
 */
function addressOf(request: IncomingMessage, proxies: number): string | undefined {
  if (proxies === 0) return request.socket.remoteAddress;
  return headerOf(request, 'x-forwarded-for')?.split(',').at(-proxies)?.trim();
}
