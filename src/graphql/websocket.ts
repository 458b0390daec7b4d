import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import type { GraphQLSchema } from 'graphql';
import { handleProtocols } from 'graphql-ws';
import type { Logger } from 'pino';
import { type WebSocket, WebSocketServer } from 'ws';
import type { Actor } from '../actor.ts';
import { systemMillis } from '../clock.ts';
import type { Uuid } from '../id.ts';
import type { Authenticate } from '../teams/authenticate.ts';
import { accessOf } from './auth.ts';
import { CLOSE } from './close-codes.ts';
import type { Context } from './context.ts';
import type { Metrics } from './metrics.ts';
import type { PrepareOperation } from './prepare-operation.ts';
import { SessionRegistry } from './session-registry.ts';
import { SharedPayloads } from './shared-payload.ts';
import { createProtocol } from './socket-protocol.ts';
import { SocketSession } from './socket-session.ts';
import { traceIdOf } from './trace.ts';

/** What sockets may take. */
export interface SocketLimits {
  /** Sockets that one key or user may have open in this process. */
  readonly socketsPerCredential: number;
  readonly subscriptionsPerSocket: number;
  readonly messageBytes: number;
  readonly initTimeoutMs: number;
  /** A client that has not answered one ping when the next is due is gone. */
  readonly pingEveryMs: number;
  /** Bytes that wait in a socket before its subscriptions pause … */
  readonly pauseBytes: number;
  /** … and before it is closed. */
  readonly closeBytes: number;
}

export const SOCKET_LIMITS: SocketLimits = {
  socketsPerCredential: 1_000,
  subscriptionsPerSocket: 100,
  messageBytes: 131_072,
  initTimeoutMs: 5_000,
  pingEveryMs: 20_000,
  pauseBytes: 262_144,
  closeBytes: 4_194_304,
};

export interface SocketServerOptions {
  readonly schema: GraphQLSchema;
  readonly authenticate: Authenticate;
  readonly createContext: (actor: Actor, traceId: string) => Context;
  readonly prepare: PrepareOperation;
  readonly limits: SocketLimits;
  readonly suggestsNames: boolean;
  readonly logger: Logger;
  readonly metrics: Metrics;
}

/** The open sockets, for those who learn that credentials or memberships have changed. */
export interface Sockets {
  /** Closes the sockets of a key that was revoked. */
  revoke(keyId: Uuid): void;
  /** Ends what a user may no longer read, after a membership of theirs changed. */
  judgeAgain(userId: Uuid): Promise<void>;
  /** The keys that have sockets here: another process may have revoked them. */
  connectedKeys(): Uuid[];
  /** The users who have sockets here: another process may have changed their memberships. */
  connectedUsers(): Uuid[];
}

export interface SocketServer extends Sockets {
  /** Takes over a connection that asks for a websocket. */
  upgrade(request: IncomingMessage, connection: Duplex, head: Buffer): void;
  /** Closes all sockets, some at a time so that not all clients come back in the same instant. */
  close(): Promise<void>;
}

const TICK_MS = 1_000;
const CLOSE_BATCH = 100;
const CLOSE_PAUSE_MS = 25;
const CLOSE_GRACE_MS = 3_000;

/** Subscriptions over websockets. */
export function createSocketServer(options: SocketServerOptions): SocketServer {
  const registry = new SessionRegistry();
  const protocol = protocolOf(options, registry);
  const server = new WebSocketServer({
    noServer: true,
    maxPayload: options.limits.messageBytes,
    perMessageDeflate: false,
    clientTracking: false,
    handleProtocols,
  });
  const ticking = setInterval(() => tick(registry, systemMillis()), TICK_MS).unref();
  return {
    upgrade: (request, connection, head) =>
      server.handleUpgrade(request, connection, head, (socket) => {
        converse(options, registry, protocol, socket, request);
      }),
    revoke: (keyId) => {
      for (const session of registry.of(keyId)) session.close(CLOSE.REVOKED);
    },
    judgeAgain: async (userId) => {
      const operations = [...registry.of(userId)].flatMap((session) => [...session.operations]);
      await Promise.all(operations.map((operation) => operation.judgeAgain()));
    },
    connectedKeys: () => registry.owners('KEY'),
    connectedUsers: () => registry.owners('USER'),
    close: async () => {
      await closeAll(registry);
      clearInterval(ticking);
      server.close();
    },
  };
}

function protocolOf(options: SocketServerOptions, registry: SessionRegistry) {
  const { schema, limits, metrics, logger } = options;
  return createProtocol({
    authenticate: options.authenticate,
    createContext: options.createContext,
    prepare: options.prepare,
    registry,
    ...limits,
    services: {
      schema,
      access: accessOf(schema),
      payloads: new SharedPayloads(),
      buffers: limits,
      metrics,
      log: logger,
      suggestsNames: options.suggestsNames,
    },
  });
}

/** Connects a socket with the protocol until it closes. */
function converse(
  { limits, logger, metrics }: SocketServerOptions,
  registry: SessionRegistry,
  protocol: ReturnType<typeof createProtocol>,
  socket: WebSocket,
  request: IncomingMessage,
): void {
  const traceId = traceIdOf(undefined);
  const session = new SocketSession(socket, traceId, systemMillis(), limits.pingEveryMs);
  registry.add(session);
  metrics.sockets.inc();
  const fail = (error: unknown): void => {
    logger.error({ traceId, err: error }, 'a socket failed');
    session.close(CLOSE.FAILED);
  };
  const closed = protocol.opened(
    {
      protocol: session.protocol,
      send: (text) => session.flush(text),
      close: (code = 1000, reason = '') => session.close({ code, reason }),
      onMessage: (receive) => {
        socket.on('message', (data) => void receive(String(data)).catch(fail));
      },
    },
    session,
  );
  // A broken frame or a lost connection: ws closes the socket itself.
  socket.on('error', (error) => logger.debug({ traceId, err: error, url: request.url }, 'a socket broke'));
  socket.once('close', (code, reason) => {
    registry.remove(session);
    metrics.sockets.dec();
    metrics.socketCloses.inc({ code });
    void closed(code, String(reason)).catch(fail);
  });
}

function tick(registry: SessionRegistry, nowMs: number): void {
  for (const session of registry.all) {
    if (session.isExpired(nowMs)) session.close(CLOSE.EXPIRED);
    else session.ping(nowMs);
  }
}

async function closeAll(registry: SessionRegistry): Promise<void> {
  const sessions = [...registry.all];
  for (let start = 0; start < sessions.length; start += CLOSE_BATCH) {
    if (start > 0) await delay(CLOSE_PAUSE_MS);
    for (const session of sessions.slice(start, start + CLOSE_BATCH)) session.close(CLOSE.RESTARTING);
  }
  const grace = new AbortController();
  await Promise.race([
    registry.empty(),
    delay(CLOSE_GRACE_MS, undefined, { signal: grace.signal, ref: false }),
  ]);
  grace.abort();
  for (const session of registry.all) session.terminate();
}
