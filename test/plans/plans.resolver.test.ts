import 'reflect-metadata';
import type { GraphQLSchema } from 'graphql';
import { beforeAll, describe, expect, test } from 'vitest';
import type { Actor } from '../../src/actor.ts';
import { NodeResolver } from '../../src/graphql/node.ts';
import { buildAppSchema } from '../../src/graphql/schema.ts';
import type { ResolverClass } from '../../src/graphql/subscription-source.ts';
import { newUuid, publicId } from '../../src/id.ts';
import { planNodes } from '../../src/plans/loaders.ts';
import { PlanResolver } from '../../src/plans/plans.resolver.ts';
import { PlanSubscriptionResolver, TeamPlansResolver } from '../../src/plans/subscriptions.resolver.ts';
import { TeamResolver } from '../../src/teams/teams.resolver.ts';
import { ask } from '../charging/charge-api.ts';
import { key, member, operator } from '../grants/credit-api.ts';
import { wallet } from '../teams/people.ts';
import { DAY, Subscriber, usePlanWorld } from './plan-world.ts';

const w = usePlanWorld();
const ANONYMOUS: Actor = { kind: 'ANONYMOUS' };
let schema: GraphQLSchema;

beforeAll(() => {
  const { db, clock } = w;
  const instances = new Map<ResolverClass, object>([
    [TeamResolver, new TeamResolver({ db, clock, openLedger: wallet })],
    [PlanResolver, new PlanResolver(w.plans)],
    [PlanSubscriptionResolver, new PlanSubscriptionResolver(w.plans)],
    [TeamPlansResolver, new TeamPlansResolver(w.plans, 'enforced')],
    [NodeResolver, new NodeResolver(planNodes(db))],
  ]);
  const [first, ...rest] = instances.keys();
  if (!first) throw new Error('there are resolvers');
  schema = buildAppSchema([first, ...rest], instances);
});

interface Refused {
  readonly userErrors: readonly { readonly code: string; readonly path: readonly string[] }[];
}
interface Payload extends Refused {
  readonly subscription: { readonly id: string; readonly status: string } | null;
}

/** What the operations of this file answer, each its part. */
interface Answer {
  readonly errors?: unknown;
  readonly plans: readonly { readonly code: string }[];
  readonly subscribeToPlan: Payload;
  readonly changePlan: Payload;
  readonly cancelSubscription: Payload;
  readonly publishPlan: Refused;
  readonly node: { readonly clientSecret?: string } | null;
  readonly team: {
    readonly subscriptions: { readonly edges: readonly unknown[] };
    readonly entitlements: { readonly apiKeys: boolean };
  };
}

async function run(actor: Actor, source: string, variables: Record<string, unknown> = {}): Promise<Answer> {
  const { data, errors } = await ask<Answer>(schema, w.db, actor, source, variables);
  // Whoever expects errors looks at nothing else.
  if (Object.keys(errors).length > 0) return { errors } as Answer;
  if (!data) throw new Error('The operation answered nothing.');
  return data;
}

const FIELDS = `subscription { id status family isChanging cancelAtPeriodEnd actionUrl failureMessage clientSecret
  plan { code monthlyPrice { amount currency } } nextPlan { code } }
  balance { available } replayed userErrors { code message path }`;
const SUBSCRIBE = `mutation ($input: SubscribeToPlanInput!) { subscribeToPlan(input: $input) { ${FIELDS} } }`;
const CHANGE = `mutation ($input: ChangePlanInput!) { changePlan(input: $input) { ${FIELDS} } }`;
const CANCEL = `mutation ($input: CancelSubscriptionInput!) { cancelSubscription(input: $input) { ${FIELDS} } }`;
const PUBLISH = `mutation ($input: PublishPlanInput!) { publishPlan(input: $input) {
  plan { code version monthlyPrice { amount } monthlyCredit entitlements { apiKeys computeDiscount } } replayed userErrors { code path } } }`;
const TEAM = `query ($id: ID!) { team(id: $id) {
  subscriptions(first: 5) { edges { node { id status plan { code } } } }
  entitlements { apiKeys monetization chainedModels prioritySupport computeDiscount planCodes enforced } } }`;

async function setUp() {
  const one = await Subscriber.on(w, 'pm_card_visa');
  const admin = await member(w.db, one.team, 'ADMIN');
  const teamId = publicId('team', one.team);
  const subscribe = (planCode: string, change: object = {}, actor: Actor = admin) =>
    run(actor, SUBSCRIBE, { input: { teamId, planCode, idempotencyKey: newUuid(), ...change } });
  return { one, admin, teamId, subscribe };
}

describe('plans', () => {
  test('are shown to everybody, by family', async () => {
    await Subscriber.on(w);
    const source = `{ plans(family: PLATFORM) { code family name rank monthlyPrice { amount currency } monthlyCredit benefits
      entitlements { monetization apiKeys chainedModels prioritySupport computeDiscount } } }`;
    const { plans } = await run(ANONYMOUS, source);
    expect(plans.map(({ code }) => code)).toEqual(['platform-personal', 'platform-pro', 'platform-business']);
    expect(plans[2]).toMatchObject({
      family: 'PLATFORM',
      monthlyPrice: { amount: '100', currency: 'USD' },
      monthlyCredit: '0',
      entitlements: { monetization: true, prioritySupport: true, computeDiscount: '0.3' },
    });
    expect((await run(ANONYMOUS, '{ plans { code } }')).plans).toHaveLength(6);
  });

  test('are published by operators alone, with a reason', async () => {
    const { admin, one, subscribe, teamId } = await setUp();
    await subscribe('workflow-pro');
    const input = {
      ...{
        code: 'workflow-pro',
        name: 'Workflow Pro',
        rank: 20,
        benefits: ['more'],
        idempotencyKey: newUuid(),
      },
      ...{
        monthlyPrice: '61.50',
        monthlyCredit: '61.5',
        entitlements: { apiKeys: true, computeDiscount: '0.025' },
      },
    };
    expect(await run(admin, PUBLISH, { input: { ...input, reason: 'x' } })).toHaveProperty('errors');
    const { publishPlan } = await run(operator, PUBLISH, { input: { ...input, reason: 'costs rose' } });
    expect(publishPlan).toMatchObject({
      replayed: false,
      userErrors: [],
      plan: {
        version: 2,
        monthlyPrice: { amount: '61.5' },
        entitlements: { apiKeys: true, computeDiscount: '0.025' },
      },
    });
    const wrong = { ...input, reason: 'x', idempotencyKey: newUuid(), monthlyPrice: '1.005' };
    expect((await run(operator, PUBLISH, { input: wrong })).publishPlan.userErrors).toMatchObject([
      { code: 'INVALID_INPUT', path: ['monthlyPrice'] },
    ]);
    const { team } = await run(admin, TEAM, { id: teamId });
    expect(team.entitlements.apiKeys).toBe(false);
    await w.advance(31 * DAY, 2 * DAY);
    expect(await one.charged()).toEqual([5900, 5900]);
  });
});

describe('a team', () => {
  test('subscribes, changes its plan and cancels', async () => {
    const { admin, teamId, subscribe } = await setUp();
    const { subscribeToPlan } = await subscribe('workflow-personal');
    expect(subscribeToPlan).toMatchObject({
      subscription: {
        status: 'ACTIVE',
        family: 'WORKFLOW',
        isChanging: false,
        plan: { code: 'workflow-personal' },
      },
      balance: { available: '19' },
      replayed: false,
      userErrors: [],
    });
    const change = { input: { teamId, planCode: 'workflow-pro', idempotencyKey: newUuid() } };
    const { changePlan } = await run(admin, CHANGE, change);
    expect(changePlan).toMatchObject({
      subscription: { status: 'ACTIVE', plan: { code: 'workflow-pro' }, nextPlan: null },
      userErrors: [],
    });
    expect((await run(admin, CHANGE, change)).changePlan).toMatchObject({ replayed: true });
    const subscriptionId = subscribeToPlan.subscription?.id;
    const cancel = { input: { teamId, subscriptionId, idempotencyKey: newUuid() } };
    expect((await run(admin, CANCEL, cancel)).cancelSubscription).toMatchObject({
      subscription: { status: 'ACTIVE', cancelAtPeriodEnd: true },
      userErrors: [],
    });
    const { team } = await run(admin, TEAM, { id: teamId });
    expect(team.subscriptions.edges).toHaveLength(1);
  });

  test('sees what its plans entitle it to', async () => {
    const { admin, teamId, subscribe } = await setUp();
    expect((await run(admin, TEAM, { id: teamId })).team.entitlements).toEqual({
      ...{ apiKeys: false, monetization: false, chainedModels: false, prioritySupport: false },
      ...{ computeDiscount: '0', planCodes: ['platform-personal'], enforced: true },
    });
    await subscribe('platform-business');
    expect((await run(admin, TEAM, { id: teamId })).team.entitlements).toEqual({
      ...{ apiKeys: true, monetization: true, chainedModels: true, prioritySupport: true },
      ...{ computeDiscount: '0.3', planCodes: ['platform-business'], enforced: true },
    });
  });

  test('is told while Stripe is out of reach that nothing is known yet, and later what came of it', async () => {
    const { admin, subscribe } = await setUp();
    await w.fault('SERVER_ERROR', 'POST /v1/subscriptions', { times: 3 });
    const { subscribeToPlan } = await subscribe('platform-pro');
    expect(subscribeToPlan).toMatchObject({
      subscription: { status: 'PENDING', isChanging: true },
      userErrors: [],
    });
    await w.advance(20 * 60_000, 60_000);
    const id = subscribeToPlan.subscription?.id;
    const node = `query ($id: ID!) { node(id: $id) { id ... on PlanSubscription { status plan { code } } } }`;
    expect((await run(admin, node, { id })).node).toMatchObject({
      status: 'ACTIVE',
      plan: { code: 'platform-pro' },
    });
    const stranger = await member(w.db, await w.world.team(), 'OWNER');
    expect((await run(stranger, node, { id })).node).toBeNull();
  });

  test('names a payment method that is its own', async () => {
    const { subscribe } = await setUp();
    const other = await Subscriber.on(w);
    const foreign = publicId('paymentMethod', await w.card(other.team));
    const { subscribeToPlan } = await subscribe('platform-pro', { paymentMethodId: foreign });
    expect(subscribeToPlan).toMatchObject({
      subscription: null,
      userErrors: [{ code: 'NOT_FOUND', path: ['paymentMethodId'] }],
    });
  });

  test('is not subscribed, nor are its plans seen, by who may not', async () => {
    const { one, subscribe, teamId } = await setUp();
    const askers = [
      await member(w.db, one.team, 'MEMBER'),
      key('PLATFORM', ['billing:read', 'usage:write']),
      key('TEAM', ['billing:read'], one.team),
      operator,
      ANONYMOUS,
    ];
    for (const asker of askers) expect(await subscribe('platform-pro', {}, asker)).toHaveProperty('errors');
    const [mere, platform] = askers;
    if (!mere || !platform) throw new Error('there are askers');
    expect(await run(mere, TEAM, { id: teamId })).toHaveProperty('errors');
    expect(await run(platform, TEAM, { id: teamId })).not.toHaveProperty('errors');
    expect(await one.all()).toEqual([]);
  });

  test('has its client secret kept from who may only read', async () => {
    const one = await Subscriber.on(w, 'pm_card_authenticationRequired');
    const waiting = await one.subscribe('platform-pro');
    const source = `query ($id: ID!) { node(id: $id) { ... on PlanSubscription { actionUrl clientSecret } } }`;
    const id = publicId('subscription', waiting.id);
    const admin = await member(w.db, one.team, 'ADMIN');
    expect((await run(admin, source, { id })).node?.clientSecret).toContain('_secret_');
    const reader = key('TEAM', ['billing:read'], one.team);
    expect(await run(reader, source, { id })).toHaveProperty('errors');
  });
});
