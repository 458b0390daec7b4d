import DataLoader from 'dataloader';
import { Arg, Args, Ctx, FieldResolver, ID, Int, Query, Resolver, Root } from 'type-graphql';
import { type Charge, ChargeConnection, chargeNode } from '../charging/charge.type.ts';
import { chargesOf } from '../charging/charge-reads.ts';
import { Hold, holdNode } from '../charging/hold.type.ts';
import { holdsById } from '../charging/hold-rows.ts';
import type { Run as StoredRun } from '../charging/run.ts';
import type { Db } from '../db/client.ts';
import { assert } from '../domain-error.ts';
import { Inherits, Permit, type RuleData, SignedIn, usageScope } from '../graphql/auth.ts';
import { ConnectionArgs, mapPage, type Page, pageOf, pageWindow } from '../graphql/connection.ts';
import type { Context } from '../graphql/context.ts';
import { keyset } from '../graphql/cursor.ts';
import type { NodeLoaders } from '../graphql/node.ts';
import { CreditsScalar } from '../graphql/scalars.ts';
import { parseId, type Uuid } from '../id.ts';
import type { NanoCredits } from '../money.ts';
import { Team, thisTeam } from '../teams/team.type.ts';
import type { Estimating } from './estimate-run.ts';
import { Run, RunConnection, RunModelCost } from './run.type.ts';
import { visibleQuote, visibleRun } from './run-access.ts';
import { costByModel, dearestFirst, NO_COST, type RunCost, wholeCost } from './run-cost.ts';
import { RunsArgs, runFilter } from './run-list.input.ts';
import { RunQuote } from './run-quote.type.ts';
import { costsOf, runPage } from './run-reads.ts';
import { modelOfStep, RunStep } from './run-step.type.ts';

/** `run` and the fields of a run that need a look-up. */
@Resolver(() => Run)
export class RunResolver {
  constructor(private readonly services: Pick<Estimating, 'db' | 'catalog'>) {}

  @SignedIn()
  @Query(() => Run, { description: 'A run that you may see.' })
  async run(
    @Ctx() ctx: Context,
    @Arg('id', () => ID, { description: 'The id of the run.' }) id: string,
  ): Promise<Run> {
    return new Run(await visibleRun(ctx, this.services.db, parseId('run', id)));
  }

  @Inherits()
  @FieldResolver(() => CreditsScalar, {
    description:
      'What has been charged for it: the sum of its steps, and of its models. What was reversed counts no more.',
  })
  async spent(@Ctx() ctx: Context, @Root() run: Run): Promise<NanoCredits> {
    return wholeCost(await this.costOf(ctx, run)).spentNano;
  }

  @Inherits()
  @FieldResolver(() => Int, {
    description: 'How many charges were made for it, reversed and unbilled ones too.',
  })
  async chargeCount(@Ctx() ctx: Context, @Root() run: Run): Promise<number> {
    return Number(wholeCost(await this.costOf(ctx, run)).charges);
  }

  @Inherits()
  @FieldResolver(() => [RunStep], { description: 'Its steps, in the order in which they were named.' })
  async steps(@Ctx() ctx: Context, @Root() run: Run): Promise<RunStep[]> {
    const [cost, catalog] = await Promise.all([this.costOf(ctx, run), this.services.catalog.fresh()]);
    return run.stored.steps.map(
      (step, place) => new RunStep(step, modelOfStep(step, catalog), cost.get(place) ?? NO_COST),
    );
  }

  @Inherits()
  @FieldResolver(() => [RunStep], { description: 'Its steps, the dearest first.' })
  async costByStep(@Ctx() ctx: Context, @Root() run: Run): Promise<RunStep[]> {
    const steps = await this.steps(ctx, run);
    return steps.sort((a, b) => dearestFirst(a.spent, b.spent));
  }

  @Inherits()
  @FieldResolver(() => [RunModelCost], {
    description: 'What each of its models has cost, the dearest first.',
  })
  async costByModel(@Ctx() ctx: Context, @Root() run: Run): Promise<RunModelCost[]> {
    const [cost, { modelById }] = await Promise.all([this.costOf(ctx, run), this.services.catalog.fresh()]);
    return costByModel(run.stored.steps, cost).map((one) => {
      const model = modelById.get(one.modelId);
      assert(model, 'a step names a model of the catalogue');
      return new RunModelCost(one, model.key);
    });
  }

  @Inherits()
  @FieldResolver(() => Hold, {
    nullable: true,
    description: 'The hold that was placed for it, as it is now.',
  })
  async hold(@Ctx() ctx: Context, @Root() { stored }: Run): Promise<Hold | null> {
    if (stored.holdId === null) return null;
    const loader = ctx.once('usage.runHold', () => holdLoader(this.services));
    return loader.load({ teamId: stored.teamId, id: stored.holdId });
  }

  @Permit('usage:read', runningTeam)
  @FieldResolver(() => ChargeConnection, { description: 'What was charged for it, the last first.' })
  async charges(
    @Ctx() ctx: Context,
    @Root() { stored }: Run,
    @Args(() => ConnectionArgs) args: ConnectionArgs,
  ): Promise<Page<Charge>> {
    const order = keyset('run.charges', 'uuid');
    const window = pageWindow(args, order);
    const scope = await usageScope(ctx, stored.teamId);
    const filter = { runId: stored.id };
    const charges = await chargesOf(this.services.db, stored.teamId, scope, filter, 'POSTED_DESC', window);
    const snapshot = await this.services.catalog.fresh();
    return mapPage(
      pageOf(charges, window, order, ({ id }) => [id]),
      (charge) => chargeNode(charge, snapshot),
    );
  }

  private costOf(ctx: Context, run: Run): Promise<RunCost> {
    run.cost ??= ctx.once('usage.runCost', () => costLoader(this.services.db)).load(run.stored);
    return run.cost;
  }
}

/** The runs of a team. */
@Resolver(() => Team)
export class TeamRunsResolver {
  constructor(private readonly services: Pick<Estimating, 'db' | 'catalog'>) {}

  @Permit('usage:read', thisTeam)
  @FieldResolver(() => RunConnection, {
    description: 'The runs of the team; members and team keys see their own only.',
  })
  async runs(
    @Ctx() ctx: Context,
    @Root() { uuid }: Team,
    @Args(() => RunsArgs) { filter, orderBy: order, ...args }: RunsArgs,
  ): Promise<Page<Run>> {
    const { db, catalog } = this.services;
    const scope = await usageScope(ctx, uuid);
    const list = { filter: runFilter(filter, await catalog.fresh()), order, args };
    return mapPage(await runPage(db, uuid, scope, list), (run) => new Run(run));
  }
}

/** The objects of runs by id. */
export function runNodeLoaders({ db, catalog }: Pick<Estimating, 'db' | 'catalog'>): NodeLoaders {
  return {
    run: async (ctx, id) => new Run(await visibleRun(ctx, db, id)),
    quote: async (ctx, id) => new RunQuote(await visibleQuote(ctx, db, id), await catalog.fresh()),
  };
}

function runningTeam({ root }: RuleData<Run, unknown>): Uuid {
  return root.stored.teamId;
}

function costLoader(db: Db): DataLoader<StoredRun, RunCost> {
  return new DataLoader((runs) => costsOf(db, runs), { cache: false });
}

function holdLoader({
  db,
  catalog,
}: Pick<Estimating, 'db' | 'catalog'>): DataLoader<{ teamId: Uuid; id: Uuid }, Hold | null> {
  return new DataLoader(
    async (keys) => {
      const [holds, snapshot] = await Promise.all([holdsById(db, keys), catalog.fresh()]);
      const found = new Map(holds.map((hold) => [hold.id, holdNode(hold, snapshot)]));
      return keys.map(({ id }) => found.get(id) ?? null);
    },
    { cache: false },
  );
}
