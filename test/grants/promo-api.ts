import type { GraphQLSchema } from 'graphql';
import { expect } from 'vitest';
import type { Actor } from '../../src/actor.ts';
import type { Clock } from '../../src/clock.ts';
import type { Db } from '../../src/db/client.ts';
import { DebtLimitResolver } from '../../src/grants/debt-limit.resolver.ts';
import { BalanceResolver, EntryGrantResolver, GrantResolver } from '../../src/grants/grants.resolver.ts';
import { PromoCodeResolver, promoCodeNodes } from '../../src/grants/promo-codes.resolver.ts';
import { RedeemPromoCodeResolver } from '../../src/grants/promo-redeem.resolver.ts';
import { NodeResolver } from '../../src/graphql/node.ts';
import { buildAppSchema } from '../../src/graphql/schema.ts';
import type { ResolverClass } from '../../src/graphql/subscription-source.ts';
import { newUuid, publicId, type Uuid } from '../../src/id.ts';
import { TeamResolver } from '../../src/teams/teams.resolver.ts';
import { ask } from '../charging/charge-api.ts';
import { type World, worldOn } from '../support/world.ts';
import { wallet } from '../teams/people.ts';
import { operator } from './credit-api.ts';

/** The API of promo codes and debt limits. */
export interface PromoApi {
  readonly schema: GraphQLSchema;
  readonly world: World;
  /** Where requests come from, as the server would tell. */
  address: string | undefined;
}

export function promoApi(db: Db, clock: Clock): PromoApi {
  const world = worldOn(db, clock);
  const services = { db, clock, catalog: world.catalog, openLedger: wallet };
  const addressOf = (): string | undefined => api.address;
  const instances = new Map<ResolverClass, object>([
    [TeamResolver, new TeamResolver(services)],
    [GrantResolver, new GrantResolver(services)],
    [BalanceResolver, new BalanceResolver(services)],
    [EntryGrantResolver, new EntryGrantResolver(services)],
    [PromoCodeResolver, new PromoCodeResolver(services)],
    [RedeemPromoCodeResolver, new RedeemPromoCodeResolver({ ...services, addressOf })],
    [DebtLimitResolver, new DebtLimitResolver(services)],
    [NodeResolver, new NodeResolver(promoCodeNodes(services))],
  ]);
  const [first, ...rest] = instances.keys();
  if (!first) throw new Error('there are resolvers');
  const api: PromoApi = { schema: buildAppSchema([first, ...rest], instances), world, address: undefined };
  return api;
}

export interface UserErrorAnswer {
  readonly __typename: string;
  readonly code: string;
  readonly message: string;
  readonly path: readonly string[];
  readonly reason?: string;
}

export interface CreatedCode {
  readonly promoCode: (Record<string, unknown> & { readonly id: string; readonly code: string }) | null;
  readonly replayed: boolean;
  readonly userErrors: readonly UserErrorAnswer[];
}

export interface Redeemed {
  readonly grant: (Record<string, unknown> & { readonly id: string }) | null;
  readonly balance: { readonly available: string } | null;
  readonly replayed: boolean;
  readonly userErrors: readonly UserErrorAnswer[];
}

const CODE = `id code credits scope { product model gpuType } priority startsAt endsAt grantExpiresAt grantLastsDays
  maxRedemptions redemptions eligiblePlans firstPurchaseOnly createdAt actor { type } reason`;
export const CREATE = `mutation ($input: CreatePromoCodeInput!) { createPromoCode(input: $input) {
  promoCode { ${CODE} } replayed userErrors { __typename code message path } } }`;
export const REDEEM = `mutation ($input: RedeemPromoCodeInput!) { redeemPromoCode(input: $input) {
  grant { id amount kind source status scope { product } priority expiresAt actor { type id } reason }
  balance { available } replayed
  userErrors { __typename code message path ... on PromoCodeRefused { reason } } } }`;

/** Creates a code that gives 5 credits unless told otherwise. */
export async function createCode(
  { schema, world }: PromoApi,
  changes: Record<string, unknown> = {},
  actor: Actor = operator,
): Promise<CreatedCode> {
  const input = { credits: '5', reason: 'a campaign', idempotencyKey: newUuid(), ...changes };
  const { data, errors } = await ask<{ createPromoCode: CreatedCode }>(schema, world.db, actor, CREATE, {
    input,
  });
  expect(errors).toEqual({});
  if (!data) throw new Error('nothing was answered');
  return data.createPromoCode;
}

/** The text of a new code. */
export async function newCode(api: PromoApi, changes: Record<string, unknown> = {}): Promise<string> {
  const { promoCode, userErrors } = await createCode(api, changes);
  expect(userErrors).toEqual([]);
  if (!promoCode) throw new Error('no code was created');
  return promoCode.code;
}

/** Redeems a code, with a key of its own unless one is given. */
export async function redeem(
  { schema, world }: PromoApi,
  actor: Actor,
  teamId: Uuid,
  code: string,
  idempotencyKey: string = newUuid(),
): Promise<Redeemed> {
  const input = { teamId: publicId('team', teamId), code, idempotencyKey };
  const { data, errors } = await ask<{ redeemPromoCode: Redeemed }>(schema, world.db, actor, REDEEM, {
    input,
  });
  expect(errors).toEqual({});
  if (!data) throw new Error('nothing was answered');
  return data.redeemPromoCode;
}
