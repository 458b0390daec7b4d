import DataLoader from 'dataloader';
import type { Clock } from '../clock.ts';
import type { Db } from '../db/client.ts';
import { assert, notFound } from '../domain-error.ts';
import { isPermitted } from '../graphql/auth.ts';
import type { Context } from '../graphql/context.ts';
import type { NodeLoaders } from '../graphql/node.ts';
import { publicId, type Uuid } from '../id.ts';
import { balancesOf, type TeamBalance } from '../ledger/balance.ts';
import { type Grant, GrantChange, toGrant } from './grant.type.ts';
import { changesOf, grantsById } from './grant-reads.ts';
import type { Spendables } from './targets.ts';

/** What the resolvers of this room are made with. */
export interface GrantServices {
  readonly db: Db;
  readonly clock: Clock;
  /** The catalogue: as it is by now, or as this process last knew it. */
  readonly catalog: { fresh(): Promise<Spendables>; snapshot(): Promise<Spendables> };
}

/** What a request reads it reads together, and remembers nothing: a mutation of the same request may come between. */
const AFRESH = { cache: false } as const;

/** The grant as it is now, whoever asks. @throws DomainError NOT_FOUND */
export async function loadGrant(ctx: Context, services: GrantServices, id: Uuid): Promise<Grant> {
  const grant = await ctx.once('grants.grant', () => grantLoader(services)).load(id);
  if (!grant) throw notFound('Grant', publicId('grant', id));
  return grant;
}

function grantLoader({ db, clock, catalog }: GrantServices): DataLoader<Uuid, Grant | undefined> {
  return new DataLoader(async (ids) => {
    const [found, spendables] = await Promise.all([grantsById(db, ids, clock.now()), catalog.fresh()]);
    const byId = new Map(found.map(({ teamId, grant }) => [grant.id, toGrant(teamId, grant, spendables)]));
    return ids.map((id) => byId.get(id));
  }, AFRESH);
}

/** What operators changed of a grant. */
export function loadChanges(ctx: Context, { db }: GrantServices, grant: Grant): Promise<GrantChange[]> {
  return ctx.once('grants.changes', () => changeLoader(db)).load(grant);
}

function changeLoader(db: Db): DataLoader<Grant, GrantChange[]> {
  return new DataLoader(async (grants) => {
    const keys = grants.map(({ teamUuid, uuid }) => ({ teamId: teamUuid, grantId: uuid }));
    const byGrant = Map.groupBy(await changesOf(db, keys), ({ grantId }) => grantId);
    return grants.map(({ uuid }) => (byGrant.get(uuid) ?? []).map(GrantChange.of));
  }, AFRESH);
}

/** The balance of a team now. */
export async function loadBalance(ctx: Context, services: GrantServices, teamId: Uuid): Promise<TeamBalance> {
  const balance = await ctx.once('grants.balance', () => balanceLoader(services)).load(teamId);
  assert(balance, 'every team has a wallet');
  return balance;
}

function balanceLoader({ db, clock }: GrantServices): DataLoader<Uuid, TeamBalance | undefined> {
  return new DataLoader(async (teamIds) => {
    const balances = await balancesOf(db, teamIds, clock.now());
    return teamIds.map((teamId) => balances.get(teamId));
  }, AFRESH);
}

/** The objects of this room by id: null for what the asker may not see. */
export function grantNodes(services: GrantServices): NodeLoaders {
  return {
    grant: async (ctx, id) => {
      const grant = await loadGrant(ctx, services, id);
      return (await isPermitted(ctx, 'billing:read', grant.teamUuid)) ? grant : null;
    },
  };
}
