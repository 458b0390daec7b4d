import type { GraphQLSchema } from 'graphql';
import { beforeAll, describe, expect, test } from 'vitest';
import type { Actor } from '../../src/actor.ts';
import { NodeResolver } from '../../src/graphql/node.ts';
import { buildAppSchema } from '../../src/graphql/schema.ts';
import type { ResolverClass } from '../../src/graphql/subscription-source.ts';
import { newUuid, publicId, type Uuid } from '../../src/id.ts';
import { TeamDisputesResolver } from '../../src/refunds/disputes.resolver.ts';
import { refundNodes } from '../../src/refunds/refund-access.ts';
import { RefundResolver, TeamRefundsResolver } from '../../src/refunds/refunds.resolver.ts';
import { TeamResolver } from '../../src/teams/teams.resolver.ts';
import { ask } from '../charging/charge-api.ts';
import { key, member, operator } from '../grants/credit-api.ts';
import { wallet } from '../teams/people.ts';
import {
  type Bought,
  buy,
  decideDispute,
  disputed,
  expectSound,
  spend,
  useRefundWorld,
} from './refund-world.ts';

const world = useRefundWorld();
let schema: GraphQLSchema;
beforeAll(() => {
  const { deps } = world;
  const instances = new Map<ResolverClass, object>([
    [TeamResolver, new TeamResolver({ ...deps, openLedger: wallet })],
    [RefundResolver, new RefundResolver(deps)],
    [TeamRefundsResolver, new TeamRefundsResolver(deps)],
    [TeamDisputesResolver, new TeamDisputesResolver(deps)],
    [NodeResolver, new NodeResolver(refundNodes(deps))],
  ]);
  const [first, ...rest] = instances.keys();
  if (!first) throw new Error('there are resolvers');
  schema = buildAppSchema([first, ...rest], instances);
});

const FIELDS = `refund { id status requestedAmount { amount } amount { amount currency } credits bonusVoided debt reason
    decisionReason failureReason requestedBy { type } decidedBy { type } decidedAt finishedAt
    purchase { topUpId paid { amount } refundable { amount } refunded { amount } disputed { amount } unspent held spent
      bonus bonusUnspent bonusSpent } }
  balance { available } replayed userErrors { code message path }`;

type Payload = {
  readonly refund: (Record<string, unknown> & { readonly id: string }) | null;
  readonly balance: unknown;
  readonly replayed: boolean;
  readonly userErrors: readonly { readonly code: string; readonly path: readonly string[] }[];
};

async function call(actor: Actor, verb: 'requestRefund' | 'decideRefund', input: object) {
  const type = `${verb[0]?.toUpperCase()}${verb.slice(1)}Input`;
  const source = `mutation ($input: ${type}!) { ${verb}(input: $input) { ${FIELDS} } }`;
  return ask<Record<typeof verb, Payload>>(schema, world.db, actor, source, { input });
}

async function payload(
  actor: Actor,
  verb: 'requestRefund' | 'decideRefund',
  input: object,
): Promise<Payload> {
  const { data, errors } = await call(actor, verb, input);
  expect(errors).toEqual({});
  if (!data) throw new Error('nothing was answered');
  return data[verb];
}

function requestOf({ teamId, paymentId }: Bought, changes: object = {}) {
  return {
    teamId: publicId('team', teamId),
    paymentId: publicId('payment', paymentId),
    reason: 'We do not need it.',
    idempotencyKey: newUuid(),
    ...changes,
  };
}

const decision = (refundId: string, changes: object = {}) => ({
  refundId,
  decision: 'APPROVE',
  reason: 'Unspent.',
  idempotencyKey: newUuid(),
  ...changes,
});

async function setUp(credits?: string) {
  const bought = await buy(world, { bonus: 2_000_000_000n });
  if (credits) await spend(world, bought.teamId, credits);
  const admin = await member(world.db, bought.teamId, 'ADMIN');
  return { bought, admin };
}

describe('A refund over the API', () => {
  test('is asked for by an admin, judged by what is unspent, and decided by an operator', async () => {
    const { bought, admin } = await setUp('7.5');
    const asked = await payload(admin, 'requestRefund', requestOf(bought));
    expect(asked).toMatchObject({
      refund: {
        status: 'REQUESTED',
        requestedAmount: null,
        amount: null,
        requestedBy: { type: 'USER' },
        decidedBy: null,
        purchase: {
          topUpId: publicId('topUp', bought.topUpId),
          paid: { amount: '20' },
          refundable: { amount: '14.5' },
          unspent: '14.5',
          held: '0',
          spent: '5.5',
          bonus: '2',
          bonusUnspent: '0',
          bonusSpent: '2',
        },
      },
      balance: { available: '14.5' },
      userErrors: [],
    });
    const waiting = await list(
      operator,
      '{ refunds(filter: { statuses: [REQUESTED] }) { edges { node { id } } } }',
    );
    const id = asked.refund?.id ?? '';
    expect(waiting).toContain(id);
    const decided = await payload(operator, 'decideRefund', decision(id, { amount: '10' }));
    expect(decided).toMatchObject({
      refund: {
        status: 'PENDING',
        amount: { amount: '10', currency: 'USD' },
        credits: '10',
        decisionReason: 'Unspent.',
        decidedBy: { type: 'KEY' },
        purchase: { refunded: { amount: '10' }, unspent: '4.5' },
      },
      balance: { available: '4.5' },
    });
    await world.settle();
    const source = 'query ($id: ID!) { node(id: $id) { id ... on Refund { status } } }';
    const { data } = await ask(schema, world.db, admin, source, { id });
    expect(data).toEqual({ node: { id, status: 'SUCCEEDED' } });
    await expectSound(world);
  });

  test('is answered again for a repeat', async () => {
    const { bought, admin } = await setUp();
    const input = requestOf(bought, { amount: '3' });
    const first = await payload(admin, 'requestRefund', input);
    expect(await payload(admin, 'requestRefund', input)).toMatchObject({
      refund: { id: first.refund?.id },
      replayed: true,
    });
    const judgement = decision(first.refund?.id ?? '', { decision: 'REJECT' });
    await payload(operator, 'decideRefund', judgement);
    expect(await payload(operator, 'decideRefund', judgement)).toMatchObject({
      refund: { status: 'REJECTED' },
      replayed: true,
    });
  });

  test.for([
    ['less than a cent', { amount: '1.005' }, 'INVALID_INPUT', ['amount']],
    ['nothing', { amount: '0' }, 'INVALID_INPUT', ['amount']],
    ['less than nothing', { amount: '-1' }, 'INVALID_INPUT', ['amount']],
    ['more than is unspent', { amount: '20.01' }, 'INVALID_INPUT', ['amount']],
    ['no payment', { paymentId: null }, 'INVALID_INPUT', ['paymentId']],
    ['an unknown payment', { paymentId: publicId('payment', newUuid()) }, 'NOT_FOUND', ['paymentId']],
    ['an id of something else', { paymentId: publicId('topUp', newUuid()) }, 'INVALID_INPUT', ['paymentId']],
    ['no reason', { reason: ' ' }, 'INVALID_INPUT', ['reason']],
    ['a reason too long', { reason: 'x'.repeat(501) }, 'INVALID_INPUT', ['reason']],
    ['no key', { idempotencyKey: '' }, 'INVALID_INPUT', ['idempotencyKey']],
  ] as const)('of %s is refused, and nothing is written', async ([, changes, code, path]) => {
    const { bought, admin } = await setUp();
    const refused = await payload(admin, 'requestRefund', requestOf(bought, changes));
    expect(refused).toMatchObject({ refund: null, balance: null, userErrors: [{ code, path }] });
    expect([...(await world.db.sql`select 1 from refunds where team_id = ${bought.teamId}`)]).toEqual([]);
  });

  test("of another team's payment is not found", async () => {
    const { bought } = await setUp();
    const { bought: own, admin } = await setUp();
    const input = requestOf({ ...bought, teamId: own.teamId });
    expect(await payload(admin, 'requestRefund', input)).toMatchObject({
      userErrors: [{ code: 'NOT_FOUND' }],
    });
  });

  test('is asked for by admins and decided by operators only', async () => {
    const { bought, admin } = await setUp();
    const asker = await member(world.db, bought.teamId, 'MEMBER');
    const reader = key('TEAM', ['billing:read'], bought.teamId);
    for (const actor of [asker, reader, operator])
      expect((await call(actor, 'requestRefund', requestOf(bought))).errors).not.toEqual({});
    const asked = await payload(admin, 'requestRefund', requestOf(bought));
    const id = asked.refund?.id ?? '';
    for (const actor of [admin, reader])
      expect((await call(actor, 'decideRefund', decision(id))).errors).not.toEqual({});
    expect((await call(operator, 'decideRefund', decision(id, { reason: '' }))).errors).not.toEqual({});
  });

  test('is seen by its team and operators only', async () => {
    const { bought, admin } = await setUp();
    const asked = await payload(admin, 'requestRefund', requestOf(bought));
    const stranger = await setUp();
    const asker = await member(world.db, bought.teamId, 'MEMBER');
    const source = 'query ($id: ID!) { node(id: $id) { id } }';
    const seenBy = async (actor: Actor) =>
      (await ask<{ node: unknown }>(schema, world.db, actor, source, { id: asked.refund?.id })).data?.node ??
      null;
    expect(await Promise.all([admin, operator].map(seenBy))).not.toContain(null);
    expect(await Promise.all([asker, stranger.admin].map(seenBy))).toEqual([null, null]);
  });
});

async function list(actor: Actor, source: string): Promise<string> {
  return JSON.stringify((await ask(schema, world.db, actor, source)).data);
}

test('The refunds of a team are paged, and told apart by their state', async () => {
  const { bought, admin } = await setUp();
  const ids: string[] = [];
  for (const amount of ['1', '2', '3']) {
    const asked = await payload(admin, 'requestRefund', requestOf(bought, { amount }));
    ids.push(asked.refund?.id ?? '');
    await payload(operator, 'decideRefund', decision(asked.refund?.id ?? '', { decision: 'REJECT' }));
    world.clock.advance(1);
  }
  const page = async (args: string) => {
    const source = `query ($id: ID!) { team(id: $id) { refunds(${args}) { edges { node { id } } pageInfo { hasNextPage endCursor } } } }`;
    const { data } = await ask<Page>(schema, world.db, admin, source, {
      id: publicId('team', bought.teamId),
    });
    return data?.team.refunds;
  };
  const first = await page('first: 2, orderBy: REQUESTED_ASC');
  expect(first?.edges.map(({ node }) => node.id)).toEqual(ids.slice(0, 2));
  expect(first?.pageInfo.hasNextPage).toBe(true);
  const next = await page(`orderBy: REQUESTED_ASC, after: "${first?.pageInfo.endCursor}"`);
  expect(next?.edges.map(({ node }) => node.id)).toEqual(ids.slice(2));
  expect((await page('filter: { statuses: [PENDING] }'))?.edges).toEqual([]);
});

interface Page {
  readonly team: {
    readonly refunds: {
      readonly edges: readonly { readonly node: { readonly id: string } }[];
      readonly pageInfo: { readonly hasNextPage: boolean; readonly endCursor: string };
    };
  };
}

test('The disputes of a team say what is withheld now, and what is gone', async () => {
  const { bought, admin } = await setUp('12');
  const stripeId = await disputed(world, bought);
  await world.settle();
  expect(await disputesOf(bought.teamId, admin)).toMatchObject([
    {
      status: 'OPEN',
      amount: { amount: '20' },
      frozen: '10',
      debt: '0',
      closedAt: null,
      reason: 'fraudulent',
    },
  ]);
  await decideDispute(world, stripeId, false);
  await world.settle();
  const [dispute] = await disputesOf(bought.teamId, admin);
  expect(dispute).toMatchObject({ status: 'LOST', frozen: '10', debt: '10', bonusVoided: '0' });
  const source = 'query ($id: ID!) { node(id: $id) { id ... on Dispute { status } } }';
  const { data } = await ask(schema, world.db, admin, source, { id: dispute?.id });
  expect(data).toEqual({ node: { id: dispute?.id, status: 'LOST' } });
});

async function disputesOf(teamId: Uuid, actor: Actor) {
  const source = `query ($id: ID!) { team(id: $id) { disputes(filter: { statuses: [OPEN, LOST] }) { edges { node {
    id status amount { amount } frozen debt bonusVoided reason openedAt closedAt paymentId } } } } }`;
  type Answer = { team: { disputes: { edges: { node: Record<string, unknown> }[] } } };
  const { data } = await ask<Answer>(schema, world.db, actor, source, { id: publicId('team', teamId) });
  return data?.team.disputes.edges.map(({ node }) => node) ?? [];
}
