import { Arg, Ctx, Field, ID, InputType, Mutation, ObjectType, Resolver } from 'type-graphql';
import { actorRef } from '../actor.ts';
import type { Batcher } from '../charging/batcher.ts';
import type { ChargeResult } from '../charging/charge.ts';
import { Charge } from '../charging/charge.type.ts';
import { refusalError } from '../charging/refusal.type.ts';
import { TagInput, UsageParamInput, UsageQuantityInput } from '../charging/usage.input.ts';
import { Inherits, Permit } from '../graphql/auth.ts';
import type { Context } from '../graphql/context.ts';
import { DateTimeScalar } from '../graphql/scalars.ts';
import { UserError } from '../graphql/user-error.ts';
import { Balance, toBalance } from '../ledger/balance.type.ts';
import { recordUsage } from './record-usage.ts';
import type { UsageItem } from './usage-item.ts';

@InputType({ description: 'One thing that a team used.' })
export class UsageItemInput implements UsageItem {
  @Field(() => String, {
    description:
      'Your key for this item, 1 to 200 characters, unique for the team for ever. The same key with the same item is charged once and answers the first result, however often it is sent.',
  })
  idempotencyKey: string;

  @Field(() => ID, { description: 'The team that pays.' })
  teamId: string;

  @Field(() => String, { description: 'The key of the model, such as "gpt-5".' })
  model: string;

  @Field(() => [UsageQuantityInput], {
    description:
      'What was used, each meter at most once. Meters are disjoint: cached tokens are not input tokens again.',
  })
  quantities: UsageQuantityInput[];

  @Field(() => [UsageParamInput], { nullable: true, description: 'Facts that may change the price.' })
  params?: UsageParamInput[] | null;

  @Field(() => DateTimeScalar, {
    nullable: true,
    description:
      'When it was used; the price of that instant holds. At most 35 days (by default) in the past and 5 minutes ahead. Absent: now.',
  })
  occurredAt?: Date | null;

  @Field(() => ID, { nullable: true, description: 'The member of the team who used it.' })
  memberId?: string | null;

  @Field(() => ID, { nullable: true, description: 'The API key of the team it was used with.' })
  apiKeyId?: string | null;

  @Field(() => [TagInput], { nullable: true, description: 'Up to 16 labels of your own.' })
  tags?: TagInput[] | null;

  @Field(() => Boolean, {
    nullable: true,
    description:
      'The work is done already: what credit cannot pay becomes debt up to the limit of the team, and beyond it the usage is kept as UNBILLED. Absent or false: refused with OUT_OF_CREDITS.',
  })
  afterTheFact?: boolean | null;
}

@InputType({ description: 'What was used.' })
export class RecordUsageInput {
  @Field(() => [UsageItemInput], { description: '1 to 1,000 items, of any teams.' })
  items: UsageItemInput[];
}

@Inherits()
@ObjectType({ description: 'What became of one item.', simpleResolvers: true })
export class UsageResult {
  @Field(() => String, { description: 'The key of the item.' })
  idempotencyKey: string;

  @Field(() => Charge, { nullable: true, description: 'The charge; null when the item was refused.' })
  charge: Charge | null;

  @Field(() => Boolean, {
    description: 'Whether the key had been charged before: this is the first result again.',
  })
  replayed: boolean;

  @Field(() => UserError, {
    nullable: true,
    description: 'Why the item was refused; nothing of it was written, and its key is free.',
  })
  error: UserError | null;

  @Field(() => Balance, {
    nullable: true,
    description: 'What the team has after this item; null for an unknown team.',
  })
  balance: Balance | null;
}

@Inherits()
@ObjectType({ description: 'What became of the items.', simpleResolvers: true })
export class RecordUsagePayload {
  @Field(() => [UsageResult], { description: 'One result an item, in their order.' })
  results: UsageResult[];

  @Field(() => [UserError], { description: 'The refusals among the results, with the path of their item.' })
  userErrors: UserError[];
}

/** Usage, as the platform's gateways report it. */
@Resolver()
export class UsageResolver {
  constructor(private readonly batcher: Batcher) {}

  @Permit('usage:write')
  @Mutation(() => RecordUsagePayload, {
    description:
      'Charges what teams used, item by item: each is charged in full or refused, once for its key, and never beyond what may pay for it. Errors of items: INVALID_INPUT, NOT_FOUND, NOT_PRICED, OCCURRED_AT_OUT_OF_RANGE, IDEMPOTENCY_CONFLICT, OUT_OF_CREDITS, SPEND_CAP_EXCEEDED.',
  })
  async recordUsage(
    @Arg('input', () => RecordUsageInput, { description: 'The items.' }) input: RecordUsageInput,
    @Ctx() context: Context,
  ): Promise<RecordUsagePayload> {
    return toPayload(input.items, await recordUsage(this.batcher, input.items, actorRef(context.actor)));
  }
}

function toPayload(items: readonly UsageItemInput[], charged: readonly ChargeResult[]): RecordUsagePayload {
  const results = items.map((item, index) => toResult(item, index, charged[index]));
  return { results, userErrors: results.flatMap(({ error }) => (error ? [error] : [])) };
}

function toResult(item: UsageItemInput, index: number, result: ChargeResult | undefined): UsageResult {
  return {
    idempotencyKey: item.idempotencyKey,
    charge: result?.ok ? new Charge(result.charge, item.model) : null,
    replayed: result?.ok ? result.replayed : false,
    error: result?.ok === false ? refusalError(result.refusal, ['items', String(index)]) : null,
    balance: result?.balance ? toBalance(result.balance) : null,
  };
}
