import { Arg, Ctx, FieldResolver, Resolver, Root } from 'type-graphql';
import type { Clock } from '../clock.ts';
import type { Db } from '../db/client.ts';
import { notFound } from '../domain-error.ts';
import { Permit } from '../graphql/auth.ts';
import type { Context } from '../graphql/context.ts';
import { publicId } from '../id.ts';
import { Team, thisTeam } from '../teams/team.type.ts';
import { spendByModel, spendOf } from './spend.ts';
import { ModelSpend, Spend, SpendPeriodEnum, type SpendPeriodName, toModelSpend } from './spend.type.ts';
import { periodsAt } from './spend-periods.ts';

/** What the resolvers of spend are made with. */
export interface SpendViews {
  readonly db: Db;
  readonly clock: Clock;
}

/** The fields of a team that show what it spends. */
@Resolver(() => Team)
export class SpendResolver {
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

  private async spendNow(teamId: string): Promise<Spend> {
    const now = this.views.clock.now();
    const found = await spendOf(this.views.db, teamId, now);
    if (!found) throw notFound('Team', publicId('team', teamId));
    return new Spend(found.state, found.figures, now.getTime());
  }
}
