import { type ExecutionResult, type GraphQLSchema, parse, subscribe } from 'graphql';
import { expect } from 'vitest';
import type { Actor } from '../../src/actor.ts';
import type { Clock } from '../../src/clock.ts';
import type { Db } from '../../src/db/client.ts';
import { DeploymentEventResolver } from '../../src/deployments/deployment-events.resolver.ts';
import { DeploymentFieldsResolver } from '../../src/deployments/deployment-fields.resolver.ts';
import { DomainError } from '../../src/domain-error.ts';
import { openGateway } from '../../src/gateway/stripe.ts';
import { createContext } from '../../src/graphql/context.ts';
import { buildAppSchema } from '../../src/graphql/schema.ts';
import { newUuid, publicId, type Uuid } from '../../src/id.ts';
import { JobQueue } from '../../src/jobs/job-queue.ts';
import { LiveResolver } from '../../src/live/live.resolver.ts';
import type { PaymentDeps } from '../../src/payments/payment-deps.ts';
import { TopUpResolver } from '../../src/payments/top-ups.resolver.ts';
import type { Role } from '../../src/teams/permissions.ts';
import { TeamResolver } from '../../src/teams/teams.resolver.ts';
import { SpendResolver, TeamSpendResolver } from '../../src/usage/spend.resolver.ts';
import { type LiveServer, noDeployments } from './live-server.ts';

export const OPERATOR: Actor = { kind: 'KEY', keyId: newUuid(), keyType: 'OPERATOR', scopes: [] };

/** The schema of the live feeds of a server. */
export function schemaOn({ live, db, world }: Pick<LiveServer, 'live' | 'db' | 'world'>): GraphQLSchema {
  const { clock, catalog } = world;
  const services = { db, clock, catalog, committedRates: noDeployments };
  const instances: readonly (readonly [new (...args: never[]) => object, object])[] = [
    [TeamResolver, new TeamResolver({ db, clock, openLedger: () => expect.fail() })],
    [LiveResolver, new LiveResolver(live)],
    [TeamSpendResolver, new TeamSpendResolver(services)],
    [SpendResolver, new SpendResolver(services)],
    [DeploymentEventResolver, new DeploymentEventResolver(services)],
    [DeploymentFieldsResolver, new DeploymentFieldsResolver(services)],
    [TopUpResolver, new TopUpResolver(paymentDeps(db, clock))],
  ];
  const [first, ...more] = instances.map(([resolver]) => resolver);
  return buildAppSchema([first ?? LiveResolver, ...more], new Map(instances));
}

/** Feeds ask nobody for payments. */
function paymentDeps(db: Db, clock: Clock): PaymentDeps {
  const log = { warn: () => undefined, error: () => undefined, info: () => undefined };
  return {
    db,
    clock,
    log,
    gateway: openGateway({ secretKey: 'sk_test_nobody', webhookSecret: 'whsec_nobody' }),
    jobs: new JobQueue(db, log),
    payAsYouGoLimitNano: 0n,
    minPurchaseCents: 100n,
    publicUrl: '',
  };
}

/** What came of starting a subscription: its events, or why there are none. */
export type Outcome = AsyncGenerator<ExecutionResult> | ExecutionResult;

/** Starts a subscription, as `actor` with `role` in every team. */
export async function start(
  server: LiveServer,
  source: string,
  actor: Actor = OPERATOR,
  role?: Role,
): Promise<Outcome> {
  const contextValue = createContext(actor, 'trace', async (_, teamIds) =>
    role ? new Map(teamIds.map((teamId) => [teamId, role])) : new Map(),
  );
  return (await subscribe({ schema: schemaOn(server), document: parse(source), contextValue })) as Outcome;
}

/** The data of the next events. */
export async function take(outcome: Outcome, count: number): Promise<unknown[]> {
  if (!(Symbol.asyncIterator in outcome)) throw outcome.errors?.[0];
  const found: unknown[] = [];
  while (found.length < count) {
    const { value } = await outcome.next();
    expect(value?.errors).toBeUndefined();
    found.push(JSON.parse(JSON.stringify(value?.data)));
  }
  await outcome.return(undefined);
  return found;
}

/** How a subscription was refused, or that it was not. */
export function codeOf(outcome: Outcome): unknown {
  if (Symbol.asyncIterator in outcome) return 'STARTED';
  const cause = outcome.errors?.[0]?.originalError;
  return cause instanceof DomainError ? cause.code : cause;
}

/** A subscription that shows ranges and nothing else. */
export function ranges(teamId: Uuid, field: string, args = ''): string {
  return `subscription { ${field}(teamId: "${publicId('team', teamId)}"${args}) { fromSeq seq kind } }`;
}

/** Who shares the payloads of a subscription, as its source says; undefined: nobody else. */
export async function audienceOf(
  server: LiveServer,
  field: string,
  teamId: Uuid,
  actor: Actor,
  role?: Role,
): Promise<string | undefined> {
  const schema = schemaOn(server);
  const context = createContext(actor, 'trace', async () => (role ? new Map([[teamId, role]]) : new Map()));
  const fields = schema.getSubscriptionType()?.getFields();
  const source = await fields?.[field]?.subscribe?.(
    undefined,
    { teamId: publicId('team', teamId) },
    context,
    {
      schema,
    } as never,
  );
  return (source as { audience?: string }).audience;
}
