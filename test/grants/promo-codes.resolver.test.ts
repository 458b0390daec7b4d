import { beforeAll, describe, expect, test } from 'vitest';
import type { Actor } from '../../src/actor.ts';
import { newUuid, publicId } from '../../src/id.ts';
import { ask } from '../charging/charge-api.ts';
import { useDatabase } from '../support/database.ts';
import { movableClock } from '../support/movable-clock.ts';
import { key, member, operator } from './credit-api.ts';
import { CREATE, createCode, newCode, type PromoApi, promoApi } from './promo-api.ts';

const database = useDatabase();
const clock = movableClock();
let api: PromoApi;
beforeAll(async () => {
  api = promoApi(database.db, clock);
  await api.world.model('chat-model', { REQUEST: '1' }, { product: 'chat' });
});

const inDays = (days: number) => new Date(clock.now().getTime() + days * 86_400_000).toISOString();

const codesStored = async () => (await database.db.sql`select 1 from promo_codes`).length;

describe('createPromoCode', () => {
  test('keeps everything that was asked for, and answers it', async () => {
    const terms = {
      credits: '12.5',
      scope: { product: 'chat', model: 'chat-model', gpuType: null },
      priority: 7,
      startsAt: inDays(1),
      endsAt: inDays(30),
      grantExpiresAt: inDays(90),
      grantLastsDays: 60,
      maxRedemptions: 500,
      eligiblePlans: ['platform-pro', 'workflow-pro'],
      firstPurchaseOnly: true,
      reason: 'summer',
    };
    const created = await createCode(api, { code: ' Summer-26 ', ...terms });
    expect(created).toMatchObject({ replayed: false, userErrors: [] });
    expect(created.promoCode).toMatchObject({
      ...terms,
      code: 'SUMMER-26',
      redemptions: 0,
      createdAt: clock.now().toISOString(),
      actor: { type: 'KEY' },
    });
  });

  test('makes a code nobody guesses when none is given, which starts at once and is for everybody', async () => {
    const [one, other] = [await createCode(api), await createCode(api)];
    expect(one.promoCode).toMatchObject({
      code: expect.stringMatching(/^\w{4}-\w{4}-\w{4}$/),
      scope: null,
      priority: 50,
      startsAt: clock.now().toISOString(),
      endsAt: null,
      grantExpiresAt: null,
      grantLastsDays: null,
      maxRedemptions: null,
      eligiblePlans: [],
      firstPurchaseOnly: false,
    });
    expect(other.promoCode?.code).not.toBe(one.promoCode?.code);
  });

  test('answers a repeat with the same code, also one that it made', async () => {
    const input = { idempotencyKey: newUuid() };
    const first = await createCode(api, input);
    expect(await createCode(api, input)).toEqual({ ...first, replayed: true });
    const { userErrors } = await createCode(api, { ...input, credits: '6' });
    expect(userErrors).toMatchObject([{ code: 'IDEMPOTENCY_CONFLICT', path: ['idempotencyKey'] }]);
  });

  test('creates a code once, however it is spelled and however many do so at once', async () => {
    const spellings = ['unique-1', 'UNIQUE-1', ' Unique-1 ', 'uNIQUE-1'];
    const answers = await Promise.all(spellings.map((code) => createCode(api, { code })));
    expect(answers.filter(({ promoCode }) => promoCode)).toHaveLength(1);
    const errors = answers.flatMap(({ userErrors }) => userErrors);
    expect(errors).toMatchObject(Array(3).fill({ code: 'CONFLICT', path: ['code'] }));
  });

  test.for<[string, Record<string, unknown>, string]>([
    ['no credit', { credits: '0' }, 'credits'],
    ['negative credit', { credits: '-1' }, 'credits'],
    ['more than a grant may have', { credits: '9223372.036854776' }, 'credits'],
    ['a code that is too short', { code: 'ab' }, 'code'],
    ['a code of other letters', { code: 'käse-26' }, 'code'],
    ['an unknown model', { scope: { model: 'none' } }, 'scope.model'],
    ['a priority above 100', { priority: 101 }, 'priority'],
    ['an end in the past', { endsAt: '2020-01-01T00:00:00Z' }, 'endsAt'],
    ['an end before its start', { startsAt: inDays(3), endsAt: inDays(2) }, 'endsAt'],
    [
      'credit that expires before it starts',
      { startsAt: inDays(3), grantExpiresAt: inDays(2) },
      'grantExpiresAt',
    ],
    ['credit that lasts no day', { grantLastsDays: 0 }, 'grantLastsDays'],
    ['credit that lasts too long', { grantLastsDays: 3_651 }, 'grantLastsDays'],
    ['a limit of none', { maxRedemptions: 0 }, 'maxRedemptions'],
    ['what is no code of a plan', { eligiblePlans: ['Plan "B"'] }, 'eligiblePlans'],
    ['a long reason', { reason: 'x'.repeat(401) }, 'reason'],
    ['a reason that cannot be stored', { reason: 'half a \ud83d' }, 'reason'],
    ['an empty key', { idempotencyKey: '' }, 'idempotencyKey'],
  ])('refuses %s, says where and writes nothing', async ([, changes, field]) => {
    const before = await codesStored();
    const answer = await createCode(api, changes);
    expect(answer.userErrors).toMatchObject([{ code: 'INVALID_INPUT', path: field.split('.') }]);
    expect(answer.promoCode).toBeNull();
    expect(await codesStored()).toBe(before);
  });
});

interface Listed {
  readonly promoCodes: {
    readonly edges: readonly { readonly node: { readonly code: string; readonly redemptions: number } }[];
    readonly pageInfo: { readonly hasNextPage: boolean; readonly endCursor: string | null };
  };
}

const LIST = `query ($first: Int, $after: Cursor, $filter: PromoCodeFilter! = {}) {
  promoCodes(first: $first, after: $after, filter: $filter) {
    edges { node { code redemptions } } pageInfo { hasNextPage endCursor } } }`;

async function listed(variables: Record<string, unknown> = {}): Promise<Listed['promoCodes']> {
  const { data } = await ask<Listed>(api.schema, database.db, operator, LIST, variables);
  if (!data) throw new Error('nothing was answered');
  return data.promoCodes;
}

describe('promoCodes', () => {
  test('lists the codes page by page, the newest first', async () => {
    const made: string[] = [];
    for (let i = 0; i < 3; i++) {
      clock.advance(1);
      made.unshift(await newCode(api));
    }
    const first = await listed({ first: 2 });
    const next = await listed({ first: 1, after: first.pageInfo.endCursor });
    expect([...first.edges, ...next.edges].map(({ node }) => node.code)).toEqual(made);
    expect(first.pageInfo.hasNextPage).toBe(true);
  });

  test('finds a code however it is spelled', async () => {
    const code = await newCode(api);
    const { edges } = await listed({ filter: { code: ` ${code.toLowerCase()}` } });
    expect(edges).toEqual([{ node: { code, redemptions: 0 } }]);
    expect((await listed({ filter: { code: 'no code' } })).edges).toEqual([]);
  });
});

describe('promo codes are the operators’', () => {
  const others: [string, () => Actor | Promise<Actor>][] = [
    ['an owner', async () => member(database.db, await api.world.team(), 'OWNER')],
    ['a platform key', () => key('PLATFORM', ['usage:write', 'billing:read', 'teams:write'])],
    ['a team key', async () => key('TEAM', ['billing:read'], await api.world.team())],
  ];

  test.for(others)('%s neither creates nor sees them', async ([, actorOf]) => {
    const actor = await actorOf();
    const input = { credits: '5', reason: 'mine', idempotencyKey: newUuid() };
    const created = await ask(api.schema, database.db, actor, CREATE, { input });
    expect(created.errors).toEqual({ createPromoCode: 'FORBIDDEN' });
    const seen = await ask(api.schema, database.db, actor, LIST);
    expect(seen.errors).toEqual({ promoCodes: 'FORBIDDEN' });
    const id = (await createCode(api)).promoCode?.id;
    const NODE = 'query ($id: ID!) { node(id: $id) { id } }';
    expect((await ask(api.schema, database.db, actor, NODE, { id })).data).toEqual({ node: null });
    expect((await ask(api.schema, database.db, operator, NODE, { id })).data).toEqual({ node: { id } });
    const unknown = { id: publicId('promoCode', newUuid()) };
    expect((await ask(api.schema, database.db, operator, NODE, unknown)).data).toEqual({ node: null });
  });

  test('and need a reason', async () => {
    const input = { credits: '5', reason: ' ', idempotencyKey: newUuid() };
    const { errors } = await ask(api.schema, database.db, operator, CREATE, { input });
    expect(errors).toEqual({ createPromoCode: 'BAD_USER_INPUT' });
  });
});
