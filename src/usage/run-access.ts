import DataLoader from 'dataloader';
import { isVisibleUsage } from '../charging/charge-access.ts';
import type { Run } from '../charging/run.ts';
import type { Db } from '../db/client.ts';
import { notFound } from '../domain-error.ts';
import { isPermitted, permit } from '../graphql/auth.ts';
import type { Context } from '../graphql/context.ts';
import { publicId, type Uuid } from '../id.ts';
import { unauthenticated } from '../teams/permissions.ts';
import { quotesById, type RunQuote } from './run-quote.ts';
import { findRuns } from './run-reads.ts';

/**
 * The run with this id as it is now, if the asker may see it: any of the team, or only their own.
 * @throws DomainError NOT_FOUND, alike for unknown ids and for what may not be seen; UNAUTHENTICATED; FORBIDDEN for keys
 * that may see no usage at all.
 */
export async function visibleRun(ctx: Context, db: Db, id: Uuid): Promise<Run> {
  const { actor } = ctx;
  if (actor.kind === 'ANONYMOUS') throw unauthenticated();
  if (actor.kind === 'KEY') await permit(ctx, 'usage:read', actor.teamId);
  const run = await ctx.once('usage.run', () => byId((ids) => findRuns(db, ids))).load(id);
  if (!run || !(await isVisibleUsage(ctx, run))) throw notFound('Run', publicId('run', id));
  return run;
}

/**
 * The quote with this id, if the asker may ask for one of its team.
 * @throws DomainError NOT_FOUND, alike for unknown ids and for what may not be seen; UNAUTHENTICATED.
 */
export async function visibleQuote(ctx: Context, db: Db, id: Uuid): Promise<RunQuote> {
  if (ctx.actor.kind === 'ANONYMOUS') throw unauthenticated();
  const quote = await ctx.once('usage.quote', () => byId((ids) => quotesById(db, ids))).load(id);
  if (!quote || !(await mayEstimate(ctx, quote.teamId))) throw notFound('Quote', publicId('quote', id));
  return quote;
}

/**
 * Lets those estimate who report usage, and those who may know whether the team can afford something.
 * @throws DomainError as `permit` does.
 */
export async function permitEstimate(ctx: Context, teamId: Uuid): Promise<void> {
  if (!(await mayEstimate(ctx, teamId))) await permit(ctx, 'affordability:read', teamId);
}

async function mayEstimate(ctx: Context, teamId: Uuid): Promise<boolean> {
  return (
    (await isPermitted(ctx, 'usage:write', teamId)) || (await isPermitted(ctx, 'affordability:read', teamId))
  );
}

/** Remembers nothing: a mutation of the same request may come between. */
function byId<Row extends { readonly id: Uuid }>(
  read: (ids: readonly Uuid[]) => Promise<Row[]>,
): DataLoader<Uuid, Row | undefined> {
  return new DataLoader(
    async (ids) => {
      const found = new Map((await read([...new Set(ids)])).map((row) => [row.id, row]));
      return ids.map((id) => found.get(id));
    },
    { cache: false },
  );
}
