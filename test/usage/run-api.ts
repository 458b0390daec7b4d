import 'reflect-metadata';
import type { GraphQLSchema } from 'graphql';
import type { Actor } from '../../src/actor.ts';
import { ModelResolver } from '../../src/catalog/catalog.resolver.ts';
import { ChargeResolver, TeamChargesResolver } from '../../src/charging/charges.resolver.ts';
import { ExplainedPriceResolver } from '../../src/charging/explain-charge.resolver.ts';
import { ReverseChargeResolver } from '../../src/charging/reverse-charge.resolver.ts';
import { NodeResolver } from '../../src/graphql/node.ts';
import { buildAppSchema } from '../../src/graphql/schema.ts';
import { newUuid, publicId, type Uuid } from '../../src/id.ts';
import { TeamResolver } from '../../src/teams/teams.resolver.ts';
import { RunResolver, runNodeLoaders, TeamRunsResolver } from '../../src/usage/run.resolver.ts';
import {
  QuotedStepResolver,
  RunModelCostResolver,
  RunStepResolver,
} from '../../src/usage/run-model.resolver.ts';
import { RunQuoteResolver } from '../../src/usage/run-quote.resolver.ts';
import { RunUsageResultResolver, RunWorkResolver } from '../../src/usage/run-work.resolver.ts';
import { ask } from '../charging/charge-api.ts';
import type { World } from '../support/world.ts';
import { wallet } from '../teams/people.ts';

/** Runs and what they lead to. */
export function runSchema(world: World): GraphQLSchema {
  const { db, clock, catalog } = world;
  const services = { db, clock, catalog, openLedger: wallet, batcher: world.batcher() };
  return buildAppSchema(
    [
      TeamResolver,
      ModelResolver,
      ChargeResolver,
      TeamChargesResolver,
      ExplainedPriceResolver,
      ReverseChargeResolver,
      RunResolver,
      TeamRunsResolver,
      RunWorkResolver,
      RunUsageResultResolver,
      RunQuoteResolver,
      QuotedStepResolver,
      RunStepResolver,
      RunModelCostResolver,
      NodeResolver,
    ],
    new Map<new (...args: never[]) => object, object>([
      [TeamResolver, new TeamResolver(services)],
      [ModelResolver, new ModelResolver(services)],
      [ChargeResolver, new ChargeResolver(services)],
      [TeamChargesResolver, new TeamChargesResolver(services)],
      [ExplainedPriceResolver, new ExplainedPriceResolver(services)],
      [ReverseChargeResolver, new ReverseChargeResolver(services)],
      [RunResolver, new RunResolver(services)],
      [TeamRunsResolver, new TeamRunsResolver(services)],
      [RunWorkResolver, new RunWorkResolver(services)],
      [RunUsageResultResolver, new RunUsageResultResolver(services)],
      [RunQuoteResolver, new RunQuoteResolver(services)],
      [QuotedStepResolver, new QuotedStepResolver(services)],
      [RunStepResolver, new RunStepResolver(services)],
      [RunModelCostResolver, new RunModelCostResolver(services)],
      [NodeResolver, new NodeResolver(runNodeLoaders(services))],
    ]),
  );
}

/** The platform's gateway. */
export const platform: Actor = {
  kind: 'KEY',
  keyId: newUuid(),
  keyType: 'PLATFORM',
  scopes: ['usage:write'],
};
export const operator: Actor = { kind: 'KEY', keyId: newUuid(), keyType: 'OPERATOR', scopes: [] };

export interface Refusal {
  readonly code: string;
  readonly path: readonly string[];
  readonly message: string;
  readonly shortBy?: string;
}

export interface Figures {
  readonly available: string;
  readonly held: string;
}

/** A run as the tests select it: `RUN`. */
export interface RunNode {
  readonly id: string;
  readonly status: string;
  readonly spent: string;
  readonly estimated: string;
  readonly chargeCount: number;
  readonly reason: string | null;
  readonly hold: { readonly id: string; readonly status: string; readonly open: string } | null;
  readonly steps: readonly { readonly key: string; readonly spent: string; readonly charges: number }[];
  readonly costByStep: readonly { readonly key: string; readonly spent: string }[];
  readonly costByModel: readonly {
    readonly modelKey: string;
    readonly spent: string;
    readonly charges: number;
  }[];
}

export const RUN = `fragment Run on Run { id status spent estimated chargeCount reason hold { id status open }
  steps { key spent charges } costByStep { key spent } costByModel { modelKey spent charges } }`;
const ERRORS = 'userErrors { code path message ... on OutOfCredits { shortBy } }';

interface Started {
  readonly run: RunNode | null;
  readonly replayed: boolean;
  readonly balance: Figures | null;
  readonly userErrors: readonly Refusal[];
}

interface Ended extends Omit<Started, 'replayed'> {
  readonly alreadyEnded: boolean;
}

export interface RunUsageAnswer {
  readonly charge: { readonly id: string; readonly amount: string; readonly status: string } | null;
  readonly replayed: boolean;
  readonly error: Refusal | null;
  readonly balance: Figures | null;
  readonly run: { readonly spent: string } | null;
}

/** Runs by the API, as the platform uses it. Fails the test when the API answers a GraphQL error. */
export class RunApi {
  readonly schema: GraphQLSchema;

  constructor(readonly world: World) {
    this.schema = runSchema(world);
  }

  async data<T>(actor: Actor, source: string, variables: Record<string, unknown> = {}): Promise<T> {
    const { data, errors } = await ask<T>(this.schema, this.world.db, actor, source, variables);
    if (!data || Object.keys(errors).length > 0) throw new Error(JSON.stringify(errors));
    return data;
  }

  async start(input: Record<string, unknown>): Promise<Started> {
    const { startRun } = await this.data<{ startRun: Started }>(
      platform,
      `mutation($input: StartRunInput!) { startRun(input: $input) { run { ...Run } replayed
        balance { available held } ${ERRORS} } } ${RUN}`,
      { input: { idempotencyKey: newUuid(), ...input } },
    );
    return startRun;
  }

  async record(...items: readonly Record<string, unknown>[]): Promise<RunUsageAnswer[]> {
    const { recordRunUsage } = await this.data<{ recordRunUsage: { results: RunUsageAnswer[] } }>(
      platform,
      `mutation($input: RecordRunUsageInput!) { recordRunUsage(input: $input) { results { charge { id amount status }
        replayed error { code path message } balance { available held } run { spent } } userErrors { code } } }`,
      { input: { items: items.map((item) => ({ idempotencyKey: newUuid(), ...item })) } },
    );
    return recordRunUsage.results;
  }

  async end(input: {
    readonly teamId: string;
    readonly runId: string;
    readonly reason?: string;
  }): Promise<Ended> {
    const verb = input.reason === undefined ? 'finishRun' : 'cancelRun';
    const type = input.reason === undefined ? 'FinishRunInput' : 'CancelRunInput';
    const { ended } = await this.data<{ ended: Ended }>(
      platform,
      `mutation($input: ${type}!) { ended: ${verb}(input: $input) { run { ...Run } alreadyEnded
        balance { available held } ${ERRORS} } } ${RUN}`,
      { input },
    );
    return ended;
  }

  async run(actor: Actor, id: string): Promise<RunNode> {
    const { run } = await this.data<{ run: RunNode }>(
      actor,
      `query($id: ID!) { run(id: $id) { ...Run } } ${RUN}`,
      { id },
    );
    return run;
  }
}

export const teamId = (id: Uuid) => publicId('team', id);

/** Requests of a model as a step of a plan. */
export function step(key: string, model: string, requests: number, times?: number) {
  const quantities = [{ meter: 'REQUEST', quantity: requests }];
  return { key, model, quantities, ...(times !== undefined && { times }) };
}

/** Requests of a step as usage of a run. */
export function usageOf(
  run: { readonly teamId: string; readonly runId: string },
  key: string,
  requests: number,
) {
  return { ...run, step: key, quantities: [{ meter: 'REQUEST', quantity: requests }] };
}
