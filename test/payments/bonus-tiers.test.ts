import type { GraphQLSchema } from 'graphql';
import { beforeAll, describe, expect, test } from 'vitest';
import type { Actor } from '../../src/actor.ts';
import { parseDecimal } from '../../src/decimal.ts';
import { buildAppSchema } from '../../src/graphql/schema.ts';
import type { ResolverClass } from '../../src/graphql/subscription-source.ts';
import { newUuid } from '../../src/id.ts';
import { bonusFor } from '../../src/payments/bonus-tiers.ts';
import { CreditPackResolver } from '../../src/payments/credit-packs.resolver.ts';
import { type Answer, ask } from '../charging/charge-api.ts';
import { key, operator } from '../grants/credit-api.ts';
import { useDatabase } from '../support/database.ts';
import { movableClock } from '../support/movable-clock.ts';

const database = useDatabase();
const clock = movableClock();
const nobody: Actor = { kind: 'ANONYMOUS' };
let schema: GraphQLSchema;
beforeAll(() => {
  const creditOptions = { minPurchaseCents: 250n, creditsPerUsd: parseDecimal('100') };
  const services = { db: database.db, clock, creditOptions };
  const instances = new Map<ResolverClass, object>([[CreditPackResolver, new CreditPackResolver(services)]]);
  schema = buildAppSchema([CreditPackResolver], instances);
});

interface Tiers {
  readonly effectiveAt: string | null;
  readonly tiers: readonly { readonly fromAmount: { readonly amount: string }; readonly percent: string }[];
}
interface Answered {
  readonly bonusTiers: Tiers | null;
  readonly replayed: boolean;
  readonly userErrors: readonly { readonly code: string; readonly path: readonly string[] }[];
}

const TIERS = 'effectiveAt tiers { fromAmount { amount currency } percent }';
const SET = `mutation ($input: SetBonusTiersInput!) { setBonusTiers(input: $input) {
  bonusTiers { ${TIERS} } replayed userErrors { code message path } } }`;

function call(
  input: Record<string, unknown>,
  actor = operator,
): Promise<Answer<{ setBonusTiers: Answered }>> {
  const defaults = { tiers: [], reason: 'a campaign', idempotencyKey: newUuid() };
  return ask(schema, database.db, actor, SET, { input: { ...defaults, ...input } });
}

async function set(input: Record<string, unknown>): Promise<Answered> {
  const { data, errors } = await call(input);
  expect(errors).toEqual({});
  if (!data) throw new Error('nothing was answered');
  return data.setBonusTiers;
}

async function query<T>(source: string): Promise<T> {
  const { data, errors } = await ask<T>(schema, database.db, nobody, source);
  expect(errors).toEqual({});
  if (!data) throw new Error('nothing was answered');
  return data;
}

const tier = (fromAmount: string, percent: string) => ({ fromAmount, percent });
const minutes = (n: number) => new Date(clock.now().getTime() + n * 60_000);

/** The bonus of a purchase of 100 dollars, in cents. */
const bonusOf100 = async (at = clock.now()) => (await bonusFor(database.db, 10_000n, at)) / 10_000_000n;

const PACKS = `{ creditPacks { packs { id price { amount currency } credits bonus displayCredits }
  minimum { amount } creditsPerUsd } }`;

describe('bonus tiers', () => {
  test('are none until some are set', async () => {
    expect(await bonusOf100()).toBe(0n);
    const { bonusTiers } = await query<{ bonusTiers: Tiers }>(`{ bonusTiers { ${TIERS} } }`);
    expect(bonusTiers).toEqual({ effectiveAt: null, tiers: [] });
  });

  test('hold for everybody from the instant they are set, the smallest first', async () => {
    const answer = await set({ tiers: [tier('100', '12.5'), tier('20', '5')] });
    const tiers = [
      { fromAmount: { amount: '20', currency: 'USD' }, percent: '5' },
      { fromAmount: { amount: '100', currency: 'USD' }, percent: '12.5' },
    ];
    const held = { effectiveAt: clock.now().toISOString(), tiers };
    expect(answer).toEqual({ bonusTiers: held, replayed: false, userErrors: [] });
    expect(await query(`{ bonusTiers { ${TIERS} } }`)).toEqual({ bonusTiers: held });
    expect(await bonusOf100()).toBe(1_250n);
    expect(await bonusOf100(minutes(-1))).toBe(0n);
  });

  test('wait for their instant, and are then the newest', async () => {
    clock.advance(1);
    await set({ tiers: [tier('1', '10')] });
    const later = await set({ tiers: [tier('1', '20')], effectiveAt: minutes(10).toISOString() });
    expect(later.bonusTiers?.effectiveAt).toBe(minutes(10).toISOString());
    clock.advance(1);
    await set({ tiers: [tier('1', '15')] });
    expect([await bonusOf100(), await bonusOf100(minutes(9)), await bonusOf100(minutes(10))]).toEqual([
      1_500n,
      1_500n,
      2_000n,
    ]);
    clock.advance(11 * 60_000);
    await set({ tiers: [] });
    expect(await bonusOf100()).toBe(0n);
  });

  test('are set once a key', async () => {
    clock.advance(1);
    const input = { tiers: [tier('1', '1')], idempotencyKey: newUuid() };
    const first = await set(input);
    clock.advance(1);
    await set({ tiers: [tier('1', '2')] });
    expect(await set(input)).toEqual({ ...first, replayed: true });
    expect(await bonusOf100()).toBe(200n);
    const { userErrors } = await set({ ...input, tiers: [] });
    expect(userErrors).toMatchObject([{ code: 'IDEMPOTENCY_CONFLICT' }]);
  });

  test.for<[string, Record<string, unknown>, string]>([
    ['a tier from nothing on', { tiers: [tier('1', '1'), tier('0', '1')] }, 'tiers.1.fromAmount'],
    ['a tier from less than a cent on', { tiers: [tier('0.005', '1')] }, 'tiers.0.fromAmount'],
    ['a negative percentage', { tiers: [tier('1', '-1')] }, 'tiers.0.percent'],
    ['more than double', { tiers: [tier('1', '100.01')] }, 'tiers.0.percent'],
    ['a finer percentage', { tiers: [tier('1', '1.001')] }, 'tiers.0.percent'],
    ['two tiers from one amount on', { tiers: [tier('1', '1'), tier('1.00', '2')] }, 'tiers'],
    ['an instant in the past', { effectiveAt: '2020-01-01T00:00:00Z' }, 'effectiveAt'],
    ['a long reason', { reason: 'x'.repeat(501) }, 'reason'],
    ['an empty key', { idempotencyKey: '' }, 'idempotencyKey'],
  ])('refuse %s, say where and stay as they are', async ([, input, field]) => {
    const before = await bonusOf100();
    const { userErrors, bonusTiers } = await set({ tiers: [tier('1', '50')], ...input });
    expect(userErrors).toMatchObject([{ code: 'INVALID_INPUT', path: field.split('.') }]);
    expect(bonusTiers).toBeNull();
    expect(await bonusOf100()).toBe(before);
  });

  test('are set by operators only', async () => {
    const actors: [Actor, string][] = [
      [{ kind: 'USER', userId: newUuid() }, 'FORBIDDEN'],
      [key('PLATFORM', ['billing:read']), 'FORBIDDEN'],
      [nobody, 'UNAUTHENTICATED'],
    ];
    for (const [actor, code] of actors)
      expect((await call({}, actor)).errors).toEqual({ setBonusTiers: code });
    expect((await call({ reason: ' ' })).errors).toEqual({ setBonusTiers: 'BAD_USER_INPUT' });
  });
});

describe('creditPacks', () => {
  test('tells everybody what can be bought, with the bonus of now, in the unit that people see', async () => {
    clock.advance(1);
    await set({ tiers: [tier('50', '10')] });
    const { creditPacks } = await query<{ creditPacks: Record<string, unknown> }>(PACKS);
    const pack = (usd: string, bonus: string, displayCredits: string) => ({
      id: `pack-${usd}`,
      price: { amount: usd, currency: 'USD' },
      credits: usd,
      bonus,
      displayCredits,
    });
    expect(creditPacks).toEqual({
      packs: [
        pack('5', '0', '500'),
        pack('10', '0', '1000'),
        pack('20', '0', '2000'),
        pack('50', '5', '5500'),
        pack('100', '10', '11000'),
      ],
      minimum: { amount: '2.5' },
      creditsPerUsd: '100',
    });
  });
});
