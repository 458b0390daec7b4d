import { Arg, Ctx, FieldResolver, Int, Resolver, Root } from 'type-graphql';
import type { Catalog } from '../catalog/catalog-cache.ts';
import type { Clock } from '../clock.ts';
import type { Db } from '../db/client.ts';
import { notFound } from '../domain-error.ts';
import { availableFor } from '../grants/drawdown.ts';
import { SpendScopeInput } from '../grants/grant.input.ts';
import { targetNamed } from '../grants/targets.ts';
import { Inherits, Permit } from '../graphql/auth.ts';
import type { Context } from '../graphql/context.ts';
import { publicId, type Uuid } from '../id.ts';
import { Team, thisTeam } from '../teams/team.type.ts';
import { type CommittedRates, spendByModel, spendOf } from './spend.ts';
import { ModelSpend, Spend, SpendPeriodEnum, type SpendPeriodName, toModelSpend } from './spend.type.ts';
import { periodsAt } from './spend-periods.ts';
import { runwaySeconds } from './spend-tally.ts';

/** What the resolvers of spend are made with. */
export interface SpendViews {
  readonly db: Db;
  readonly clock: Clock;
  readonly catalog: Catalog;
  readonly committedRates: CommittedRates;
}

/** The fields of a team that show what it spends. */
@Resolver(() => Team)
export class TeamSpendResolver {
  constructor(private readonly views: SpendViews) {}

  @Permit('billing:read', thisTeam)
  @FieldResolver(() => Spend, { description: 'What the team spends, and how long its credit will last.' })
  spend(@Root() { uuid }: Team, @Ctx() ctx: Context): Promise<Spend> {
    return ctx.once(`spend ${uuid}`, () => this.spendNow(uuid));
  }

  @Permit('billing:read', thisTeam)
  @FieldResolver(() => [ModelSpend], { description: 'What the team spends by model, the highest first.' })
  async spendByModel(
    @Root() { uuid, timeZone }: Team,
    @Arg('period', () => SpendPeriodEnum, { defaultValue: 'month', description: 'When the usage occurred.' })
    period: SpendPeriodName,
  ): Promise<ModelSpend[]> {
    const { db, clock } = this.views;
    const found = await spendByModel(db, uuid, periodsAt(clock.now().getTime(), timeZone)[period]);
    return found.map(toModelSpend);
  }

  private async spendNow(teamId: Uuid): Promise<Spend> {
    const { db, clock, committedRates } = this.views;
    const now = clock.now();
    const found = await spendOf(db, teamId, now, committedRates);
    if (!found) throw notFound('Team', publicId('team', teamId));
    return new Spend(found.state, found.figures, now.getTime());
  }
}

const LONGEST_RUNWAY = 2n ** 31n - 1n;

/** The field of spend that depends on what credit may be spent on. */
@Resolver(() => Spend)
export class SpendResolver {
  constructor(private readonly views: SpendViews) {}

  @Inherits()
  @FieldResolver(() => Int, {
    nullable: true,
    description:
      'Whole seconds until the available credit is gone if the team goes on at "burnRatePerHour"; at most 2147483647. Null when nothing burns.',
  })
  async runwaySeconds(
    @Root() { team, asOf, burnRatePerHour }: Spend,
    @Arg('scope', () => SpendScopeInput, {
      nullable: true,
      description:
        'Count only credit that may be spent on this, as if all that is spent were spent on it. All credit when absent.',
    })
    scope?: SpendScopeInput | null,
  ): Promise<number | null> {
    // Spend is sent out to many: its grants come with it, and models are looked up in memory.
    const available = scope
      ? availableFor(team.grants, targetNamed(scope, await this.views.catalog.snapshot()), asOf.getTime())
      : team.balances.availableNano;
    const seconds = runwaySeconds(available, burnRatePerHour);
    return seconds === null ? null : Number(seconds < LONGEST_RUNWAY ? seconds : LONGEST_RUNWAY);
  }
}
