import type { ExecutionArgs, GraphQLError, GraphQLFormattedError } from 'graphql';
import { makeServer, type ServerOptions, type SubscribePayload } from 'graphql-ws';
import type { Actor } from '../actor.ts';
import { DomainError } from '../domain-error.ts';
import type { Authenticate } from '../teams/authenticate.ts';
import { CLOSE, type Close } from './close-codes.ts';
import type { Context } from './context.ts';
import { apiError, asGraphQLError, codeOf, publicError } from './errors.ts';
import { LiveOperation, type LiveServices } from './live-operation.ts';
import { OperationRefused, type PrepareOperation } from './prepare-operation.ts';
import type { SessionRegistry } from './session-registry.ts';
import type { SocketSession } from './socket-session.ts';

/** What the conversation on a socket needs. */
export interface ProtocolOptions {
  readonly authenticate: Authenticate;
  readonly createContext: (actor: Actor, traceId: string) => Context;
  readonly prepare: PrepareOperation;
  readonly services: LiveServices;
  readonly registry: SessionRegistry;
  readonly socketsPerCredential: number;
  readonly subscriptionsPerSocket: number;
  readonly initTimeoutMs: number;
}

type Params = Readonly<Record<string, unknown>>;

/** The protocol `graphql-transport-ws`: graphql-ws speaks it, and every operation goes through `prepareOperation`. */
export function createProtocol(options: ProtocolOptions) {
  const { services } = options;
  const operations = new WeakMap<ExecutionArgs, LiveOperation>();
  const settings: ServerOptions<Params, SocketSession> = {
    connectionInitWaitTimeout: options.initTimeoutMs,
    onConnect: ({ extra, connectionParams }) => connect(options, extra, connectionParams),
    onSubscribe: async ({ extra, subscriptions }, id, payload) => {
      try {
        demandRoom(Object.keys(subscriptions).length, options.subscriptionsPerSocket);
        const operation = await prepareLive(options, extra, id, payload);
        operations.set(operation.args, operation);
        return operation.args;
      } catch (error) {
        return error instanceof OperationRefused ? error.errors : [asGraphQLError(error)];
      }
    },
    subscribe: async (args) => {
      const operation = operations.get(args);
      if (!operation) throw new Error('Invariant violated: onSubscribe made the operation');
      return operation.start();
    },
    onOperation: () => {
      // What is returned here would take the place of the subscription.
      services.metrics.operations.inc({ type: 'subscription', code: 'OK' });
    },
    onError: ({ extra }, _id, _payload, errors) => shown(services, extra, errors),
  };
  return makeServer(settings);
}

/** Judges `connection_init`. False closes the socket; the code we close it with first is the one the client sees. */
async function connect(
  options: ProtocolOptions,
  session: SocketSession,
  params: Params | undefined,
): Promise<boolean> {
  const authorization = authorizationOf(params);
  const refusal = await own(options, session, authorization).catch((error: unknown) =>
    closeFor(error, authorization),
  );
  if (refusal) session.close(refusal);
  return refusal === undefined;
}

async function own(
  { authenticate, createContext, registry, socketsPerCredential }: ProtocolOptions,
  session: SocketSession,
  authorization: string | undefined,
): Promise<Close | undefined> {
  const found = await authenticate({ authorization });
  if (found.credentialId === undefined) return CLOSE.UNAUTHORIZED;
  if (!registry.own(session, found.credentialId, socketsPerCredential)) return CLOSE.TOO_MANY;
  session.owner = { ...found, context: createContext(found.actor, session.traceId) };
  return undefined;
}

/** A token that is not good may have expired: its client comes back with a fresh one. A key does not get better. */
function closeFor(error: unknown, authorization: string | undefined): Close {
  if (!(error instanceof DomainError)) return CLOSE.FAILED;
  if (error.code !== 'UNAUTHENTICATED') return CLOSE.UNAVAILABLE;
  return authorization === undefined || /^bearer +dd_/i.test(authorization)
    ? CLOSE.UNAUTHORIZED
    : CLOSE.EXPIRED;
}

/** Clients write the name of the header either way. */
function authorizationOf(params: Params | undefined): string | undefined {
  const value = params?.authorization ?? params?.Authorization;
  return typeof value === 'string' ? value : undefined;
}

function demandRoom(running: number, limit: number): void {
  if (running > limit) throw apiError('THROTTLED', `A socket carries at most ${limit} subscriptions.`);
}

async function prepareLive(
  { prepare, services }: ProtocolOptions,
  session: SocketSession,
  id: string,
  { query, operationName, variables }: SubscribePayload,
): Promise<LiveOperation> {
  const context = session.owner?.context.renewed();
  if (!context) throw apiError('UNAUTHENTICATED', 'Send connection_init with credentials first.');
  const request = { query, operationName: operationName ?? undefined, variables: variables ?? undefined };
  const operation = await prepare(request, 'WEBSOCKET', context);
  return new LiveOperation(services, session, context, id, operation);
}

function shown(
  { log, metrics }: LiveServices,
  session: SocketSession,
  errors: readonly GraphQLError[],
): GraphQLFormattedError[] {
  const each = errors.flatMap(({ originalError }, index) =>
    originalError instanceof OperationRefused ? originalError.errors : errors.slice(index, index + 1),
  );
  const formatted = each.map((error) => publicError(error, { traceId: session.traceId, log }));
  metrics.operations.inc({
    type: 'subscription',
    code: formatted[0] ? codeOf(formatted[0]) : 'INTERNAL_SERVER_ERROR',
  });
  return formatted;
}
