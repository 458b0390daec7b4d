import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';

/** What the server measures; other rooms add theirs to `registry`. `GET /metrics` shows all of it. */
export interface Metrics {
  readonly registry: Registry;
  readonly httpSeconds: Histogram<'route' | 'method' | 'status'>;
  readonly operations: Counter<'type' | 'code'>;
  readonly sockets: Gauge;
  readonly subscriptions: Gauge;
  readonly messages: Counter;
  readonly socketCloses: Counter<'code'>;
}

/** Metrics in a registry of their own, with those of the process. */
export function createMetrics(): Metrics {
  const registry = new Registry();
  const registers = [registry];
  collectDefaultMetrics({ register: registry });
  return {
    registry,
    httpSeconds: new Histogram({
      name: 'drawdown_http_request_duration_seconds',
      help: 'Time from the head of a request to the end of its response.',
      labelNames: ['route', 'method', 'status'],
      buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10],
      registers,
    }),
    operations: new Counter({
      name: 'drawdown_graphql_operations_total',
      help: 'GraphQL operations by type and by the code of their first error; OK without one.',
      labelNames: ['type', 'code'],
      registers,
    }),
    sockets: new Gauge({ name: 'drawdown_sockets', help: 'Open websockets.', registers }),
    subscriptions: new Gauge({ name: 'drawdown_subscriptions', help: 'Running subscriptions.', registers }),
    messages: new Counter({
      name: 'drawdown_subscription_messages_total',
      help: 'Events sent to subscribers.',
      registers,
    }),
    socketCloses: new Counter({
      name: 'drawdown_socket_closes_total',
      help: 'Closed websockets by close code.',
      labelNames: ['code'],
      registers,
    }),
  };
}
