import DataLoader from 'dataloader';
import { Arg, Args, Ctx, Field, FieldResolver, Mutation, ObjectType, Resolver, Root } from 'type-graphql';
import { actorRef } from '../actor.ts';
import type { Catalog } from '../catalog/catalog-cache.ts';
import type { Clock } from '../clock.ts';
import { type Db, inTransaction } from '../db/client.ts';
import { Inherits, inputTeam, isPermitted, Permit } from '../graphql/auth.ts';
import { ConnectionArgs, mapPage, type Page, pageOf, pageWindow } from '../graphql/connection.ts';
import type { Context } from '../graphql/context.ts';
import { keyset } from '../graphql/cursor.ts';
import type { NodeLoaders } from '../graphql/node.ts';
import { orRefused, type Refused } from '../graphql/refusals.ts';
import { UserError } from '../graphql/user-error.ts';
import type { Uuid } from '../id.ts';
import { Team, thisTeam } from '../teams/team.type.ts';
import { capFrom, SetSpendCapInput } from './cap.input.ts';
import type { Cap } from './cap.ts';
import { SpendCap, SpendCapConnection, toSpendCap } from './cap.type.ts';
import { capsById, capsOf } from './cap-reads.ts';
import { setSpendCap } from './set-spend-cap.ts';

@Inherits()
@ObjectType('SetSpendCapPayload', { description: 'What came of setSpendCap.' })
export class SetSpendCapPayload {
  @Field(() => SpendCap, {
    nullable: true,
    description: 'The cap as it is now; null when there is none, or when it was refused.',
  })
  cap?: SpendCap | null;

  @Field(() => Boolean, { description: 'Whether the idempotency key had done it before.' })
  replayed: boolean;

  @Field(() => [UserError], {
    description:
      'Why it was refused: INVALID_INPUT, NOT_FOUND for a member, key or model that is none of the team, CONFLICT beyond 1,000 caps, IDEMPOTENCY_CONFLICT.',
  })
  userErrors: UserError[];
}

/** What the resolvers of caps are made with. */
export interface CapServices {
  readonly db: Db;
  readonly clock: Clock;
  readonly catalog: Catalog;
}

/** `setSpendCap`, and the caps of a team. */
@Resolver(() => Team)
export class SpendCapResolver {
  constructor(private readonly services: CapServices) {}

  @Permit('billing:write', inputTeam)
  @Mutation(() => SetSpendCapPayload, {
    description:
      'Limits what may be spent on behalf of a member, with a key or on a model in a UTC day or month. What the present period has seen counts from the start.',
  })
  setSpendCap(
    @Ctx() ctx: Context,
    @Arg('input', () => SetSpendCapInput, { description: 'The limit.' }) input: SetSpendCapInput,
  ): Promise<SetSpendCapPayload | Refused> {
    const { db, clock, catalog } = this.services;
    return orRefused(async () => {
      const models = await catalog.fresh();
      const request = capFrom(input, models);
      const { cap, replayed } = await inTransaction(db, (tx) =>
        setSpendCap(tx, request, actorRef(ctx.actor), clock.now()),
      );
      return { cap: cap ? toSpendCap(cap, models, clock.now()) : null, replayed, userErrors: [] };
    });
  }

  @Permit('billing:read', thisTeam)
  @FieldResolver(() => SpendCapConnection, {
    description: 'The caps on what may be spent, in the order in which they were first set.',
  })
  async spendCaps(
    @Root() team: Team,
    @Args(() => ConnectionArgs) args: ConnectionArgs,
  ): Promise<Page<SpendCap>> {
    const { db, clock, catalog } = this.services;
    const order = keyset('team.spendCaps', 'uuid');
    const window = pageWindow(args, order);
    const page = pageOf(await capsOf(db, team.uuid, window), window, order, ({ id }) => [id]);
    const models = await catalog.fresh();
    return mapPage(page, (cap) => toSpendCap(cap, models, clock.now()));
  }
}

/** Caps by id, for those who may see the billing of their team. */
export function capNodes(services: CapServices): NodeLoaders {
  const { db, clock, catalog } = services;
  return {
    cap: async (ctx, id) => {
      const cap = await ctx.once('charging.cap', () => capLoader(db)).load(id);
      if (!cap || !(await isPermitted(ctx, 'billing:read', cap.teamId))) return null;
      return toSpendCap(cap, await catalog.fresh(), clock.now());
    },
  };
}

function capLoader(db: Db): DataLoader<Uuid, Cap | undefined> {
  return new DataLoader(async (ids) => {
    const found = new Map((await capsById(db, ids)).map((cap) => [cap.id, cap]));
    return ids.map((id) => found.get(id));
  });
}
