import type { GraphQLSchema } from 'graphql';
import { beforeAll, describe, expect, test } from 'vitest';
import type { Actor } from '../../src/actor.ts';
import { NodeResolver } from '../../src/graphql/node.ts';
import { buildAppSchema } from '../../src/graphql/schema.ts';
import type { ResolverClass } from '../../src/graphql/subscription-source.ts';
import { newUuid, publicId, type Uuid } from '../../src/id.ts';
import { paymentMethodNodes } from '../../src/payments/payment-method-access.ts';
import { PaymentMethodResolver } from '../../src/payments/payment-methods.resolver.ts';
import { TeamResolver } from '../../src/teams/teams.resolver.ts';
import { type Answer, ask } from '../charging/charge-api.ts';
import { key, member, operator } from '../grants/credit-api.ts';
import { useStripeWorld } from '../support/stripe-world.ts';
import { wallet } from '../teams/people.ts';
import { cardsAtStripe, cardsOf, savedMethods } from './saved-methods.ts';

const world = useStripeWorld(savedMethods);
const PUBLISHABLE = 'pk_test_123';
let schema: GraphQLSchema;
beforeAll(() => {
  const { db, clock } = world;
  const services = { ...world.deps, isSandbox: true, publishableKey: PUBLISHABLE };
  const instances = new Map<ResolverClass, object>([
    [TeamResolver, new TeamResolver({ db, clock, openLedger: wallet })],
    [PaymentMethodResolver, new PaymentMethodResolver(services)],
    [NodeResolver, new NodeResolver(paymentMethodNodes(services))],
  ]);
  const [first, ...rest] = instances.keys();
  if (!first) throw new Error('there are resolvers');
  schema = buildAppSchema([first, ...rest], instances);
});

interface Method {
  readonly id: string;
  readonly last4: string;
  readonly isDefault: boolean;
}

interface Payload {
  readonly clientSecret?: string | null;
  readonly hostedUrl?: string | null;
  readonly setupIntentId?: string | null;
  readonly publishableKey?: string | null;
  readonly paymentMethod: Method | null;
  readonly defaultPaymentMethod?: Method | null;
  readonly userErrors: readonly {
    readonly code: string;
    readonly message: string;
    readonly path: string[];
  }[];
}

type Verb = 'setupPaymentMethod' | 'setDefaultPaymentMethod' | 'removePaymentMethod';

const METHOD =
  'id type brand last4 expMonth expYear expiresAt isExpired wallet isDefault createdAt removedAt';

function call(
  actor: Actor,
  verb: Verb,
  input: Record<string, unknown>,
): Promise<Answer<Record<Verb, Payload>>> {
  const own =
    verb === 'setupPaymentMethod'
      ? 'clientSecret hostedUrl setupIntentId publishableKey'
      : 'defaultPaymentMethod { id last4 isDefault }';
  const source = `mutation ($input: ${verb[0]?.toUpperCase()}${verb.slice(1)}Input!) { ${verb}(input: $input) {
    ${own} paymentMethod { ${METHOD} } userErrors { code message path } } }`;
  return ask(schema, world.db, actor, source, { input });
}

/** The payload of a call that gets one. */
async function done(actor: Actor, verb: Verb, input: Record<string, unknown>): Promise<Payload> {
  const { data, errors } = await call(actor, verb, input);
  expect(errors).toEqual({});
  if (!data) throw new Error('nothing was answered');
  return data[verb];
}

async function team(): Promise<{ teamId: Uuid; id: string; admin: Actor }> {
  const teamId = await world.world.team();
  return { teamId, id: publicId('team', teamId), admin: await member(world.db, teamId, 'ADMIN') };
}

async function withCards(...cards: string[]) {
  const made = await team();
  const methods: Method[] = [];
  for (const sandboxCard of cards) {
    const { paymentMethod } = await done(made.admin, 'setupPaymentMethod', { teamId: made.id, sandboxCard });
    if (paymentMethod) methods.push(paymentMethod);
  }
  return { ...made, methods };
}

function listed(actor: Actor, id: string, args = '') {
  return ask<{ team: { paymentMethods: { edges: { node: Method; cursor: string }[] } } | null }>(
    schema,
    world.db,
    actor,
    `query ($id: ID!) { team(id: $id) { paymentMethods${args} { edges { cursor node { ${METHOD} } } } } }`,
    { id },
  );
}

describe('setupPaymentMethod', () => {
  test('answers what Stripe.js needs', async () => {
    const { id, admin } = await team();
    const payload = await done(admin, 'setupPaymentMethod', { teamId: id });
    expect(payload).toEqual({
      clientSecret: expect.stringMatching(/^seti_\w+_secret_\w+$/),
      setupIntentId: expect.stringMatching(/^seti_\w+$/),
      ...{ hostedUrl: null, publishableKey: PUBLISHABLE, paymentMethod: null, userErrors: [] },
    });
  });

  test.for([
    ['and leads back', { returnUrl: 'http://127.0.0.1/billing' }, 'http://127.0.0.1/billing'],
    ['and leads home when no address is given', { hostedPage: true }, 'http://127.0.0.1/done'],
  ] as const)('answers a page on which a card is saved, %s', async ([, input, back]) => {
    const { id, teamId, admin } = await team();
    const payload = await done(admin, 'setupPaymentMethod', { teamId: id, ...input });
    expect(payload).toMatchObject({ clientSecret: null, paymentMethod: null });
    const sent = await post(payload.hostedUrl, {
      ...{ number: '5555 5555 5555 4444', expiry: '11 / 29', cvc: '123', name: 'A Holder' },
    });
    expect([sent.status, sent.headers.get('location')]).toEqual([303, back]);
    await world.settle();
    expect(await cardsOf(world, teamId)).toEqual(['4444*']);
    const { data } = await listed(admin, id);
    expect(data?.team?.paymentMethods.edges[0]?.node).toMatchObject({
      ...{ type: 'card', brand: 'mastercard', expMonth: 11, expYear: 2029, wallet: null, isExpired: false },
      ...{ expiresAt: '2029-12-01T00:00:00.000Z', removedAt: null },
    });
  });

  test('saves a card whose holder has authenticated on the page of their bank', async () => {
    const { id, teamId, admin } = await team();
    const { hostedUrl, paymentMethod } = await done(admin, 'setupPaymentMethod', {
      ...{ teamId: id, sandboxCard: 'pm_card_authenticationRequired', returnUrl: 'http://127.0.0.1/billing' },
    });
    expect(paymentMethod).toBeNull();
    const answered = await post(hostedUrl, { outcome: 'complete' });
    expect(answered.headers.get('location')).toContain('redirect_status=succeeded');
    await world.settle();
    expect(await cardsOf(world, teamId)).toEqual(['3184*']);
  });

  test('saves a card of the sandbox at once', async () => {
    const { id, admin } = await team();
    const payload = await done(admin, 'setupPaymentMethod', { teamId: id, sandboxCard: 'pm_card_googlePay' });
    expect(payload).toMatchObject({
      paymentMethod: { last4: '4444', wallet: 'google_pay', isDefault: true },
      ...{ clientSecret: null, hostedUrl: null, userErrors: [] },
    });
  });

  test.for([
    ['a declined card', { sandboxCard: 'pm_card_chargeDeclined' }, 'sandboxCard'],
    ['a card that is none', { sandboxCard: '4242424242424242' }, 'sandboxCard'],
    ['an address that is none', { returnUrl: 'example.com' }, 'returnUrl'],
  ] as const)('refuses %s', async ([, input, field]) => {
    const { id, admin } = await team();
    const payload = await done(admin, 'setupPaymentMethod', { teamId: id, ...input });
    expect(payload).toMatchObject({
      clientSecret: null,
      hostedUrl: null,
      setupIntentId: null,
      paymentMethod: null,
    });
    expect(payload.userErrors).toMatchObject([{ path: [field] }]);
  });
});

describe('the methods of a team', () => {
  test('are listed newest first, page by page, also while Stripe is out of reach', async () => {
    const { id, admin } = await withCards('pm_card_visa', 'pm_card_mastercard', 'pm_card_amex');
    await world.fault('TIMEOUT_BEFORE', '*', { times: 50 });
    const digits = async (args: string) => {
      const { data, errors } = await listed(admin, id, args);
      expect(errors).toEqual({});
      return data?.team?.paymentMethods.edges.map(({ node }) => [node.last4, node.isDefault]) ?? [];
    };
    const all = [
      ['0005', false],
      ['4444', false],
      ['4242', true],
    ];
    expect(await digits('')).toEqual(all);
    expect(await digits('(last: 1)')).toEqual(all.slice(2));
    const { data } = await listed(admin, id, '(first: 1)');
    const cursor = data?.team?.paymentMethods.edges[0]?.cursor;
    expect(await digits(`(first: 5, after: "${cursor}")`)).toEqual(all.slice(1));
    await fetch(`${world.sandboxUrl}/sandbox/faults`, { method: 'DELETE' });
  });

  test('are chosen as the default and removed', async () => {
    const { id, teamId, admin, methods } = await withCards(
      'pm_card_visa',
      'pm_card_mastercard',
      'pm_card_amex',
    );
    const [visa, mastercard] = methods.map((method) => ({ teamId: id, paymentMethodId: method.id }));
    const chosen = await done(admin, 'setDefaultPaymentMethod', mastercard ?? {});
    expect(chosen).toMatchObject({
      paymentMethod: { isDefault: true },
      defaultPaymentMethod: { last4: '4444' },
    });
    expect(await cardsAtStripe(world, teamId)).toEqual(['4242', '4444*', '0005']);
    const removed = await done(admin, 'removePaymentMethod', mastercard ?? {});
    expect(removed).toMatchObject({
      paymentMethod: { last4: '4444', isDefault: false, removedAt: world.clock.now().toISOString() },
      defaultPaymentMethod: { last4: '0005' },
    });
    expect(await done(admin, 'removePaymentMethod', mastercard ?? {})).toEqual(removed);
    const again = await done(admin, 'setDefaultPaymentMethod', mastercard ?? {});
    expect(again.userErrors).toMatchObject([{ code: 'NOT_FOUND', path: ['paymentMethodId'] }]);
    await done(admin, 'removePaymentMethod', visa ?? {});
    expect(await cardsAtStripe(world, teamId)).toEqual(['0005*']);
  });

  test('of another team are not found, neither to choose nor to remove nor by id', async () => {
    const theirs = await withCards('pm_card_visa');
    const mine = await withCards('pm_card_mastercard');
    const foreign = theirs.methods[0]?.id ?? '';
    for (const paymentMethodId of [foreign, publicId('paymentMethod', newUuid())])
      for (const verb of ['setDefaultPaymentMethod', 'removePaymentMethod'] as const) {
        const { userErrors } = await done(mine.admin, verb, { teamId: mine.id, paymentMethodId });
        expect(userErrors).toEqual([
          {
            code: 'NOT_FOUND',
            message: `PaymentMethod ${paymentMethodId} was not found.`,
            path: ['paymentMethodId'],
          },
        ]);
      }
    expect(await cardsAtStripe(world, theirs.teamId)).toEqual(['4242*']);
    const node = (actor: Actor) =>
      ask<{ node: object | null }>(
        schema,
        world.db,
        actor,
        'query ($id: ID!) { node(id: $id) { ... on PaymentMethod { last4 } } }',
        { id: foreign },
      );
    expect((await node(mine.admin)).data).toEqual({ node: null });
    expect((await node(theirs.admin)).data).toEqual({ node: { last4: '4242' } });
    expect((await node(operator)).data).toEqual({ node: { last4: '4242' } });
  });

  test('that are wrong ids are refused', async () => {
    const { id, admin } = await team();
    const { userErrors } = await done(admin, 'removePaymentMethod', { teamId: id, paymentMethodId: id });
    expect(userErrors).toMatchObject([{ code: 'INVALID_INPUT', path: ['paymentMethodId'] }]);
  });
});

describe('who may', () => {
  test('see them: admins, keys with billing:read and operators; nobody else', async () => {
    const { id, teamId, admin } = await withCards('pm_card_visa');
    const reader = key('TEAM', ['billing:read'], teamId);
    for (const actor of [admin, reader, operator]) expect((await listed(actor, id)).errors).toEqual({});
    const others = [await member(world.db, teamId, 'MEMBER'), key('TEAM', [], teamId)];
    for (const actor of others)
      expect((await listed(actor, id)).errors).toEqual({ 'team.paymentMethods': 'FORBIDDEN' });
  });

  test.for(['setupPaymentMethod', 'setDefaultPaymentMethod', 'removePaymentMethod'] as const)(
    '%s: admins; no member, key or operator',
    async (verb) => {
      const { id, teamId, methods } = await withCards('pm_card_visa');
      const input =
        verb === 'setupPaymentMethod'
          ? { teamId: id, sandboxCard: 'pm_card_amex' }
          : { teamId: id, paymentMethodId: methods[0]?.id };
      const stranger = { kind: 'USER', userId: newUuid() } as const;
      expect((await call(stranger, verb, input)).errors).toEqual({ [verb]: 'NOT_FOUND' });
      const others = [
        await member(world.db, teamId, 'MEMBER'),
        key('TEAM', ['billing:read'], teamId),
        operator,
      ];
      for (const actor of others)
        expect((await call(actor, verb, input)).errors).toEqual({ [verb]: 'FORBIDDEN' });
      expect(await cardsAtStripe(world, teamId)).toEqual(['4242*']);
    },
  );
});

function post(url: string | null | undefined, fields: Record<string, string>): Promise<Response> {
  return fetch(url ?? '', { method: 'POST', body: new URLSearchParams(fields), redirect: 'manual' });
}
