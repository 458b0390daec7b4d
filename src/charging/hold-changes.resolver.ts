import { Arg, Ctx, Mutation, Resolver } from 'type-graphql';
import { type ActorRef, actorRef } from '../actor.ts';
import type { Catalog } from '../catalog/catalog-cache.ts';
import { assert } from '../domain-error.ts';
import { Permit } from '../graphql/auth.ts';
import type { Context } from '../graphql/context.ts';
import { answerEach } from './answer-each.ts';
import type { Batcher } from './batcher.ts';
import type { ChargeRefusal } from './charge.ts';
import {
  ExtendHoldInput,
  ExtendHoldsInput,
  PlaceHoldInput,
  PlaceHoldsInput,
  ReleaseHoldInput,
  ReleaseHoldsInput,
  ReportHoldInput,
  ReportHoldsInput,
  SettleHoldInput,
  SettleHoldsInput,
} from './hold.input.ts';
import type { HoldRequest } from './hold.ts';
import { extendRequest, placeRequest, releaseRequest, reportRequest, settleRequest } from './hold-item.ts';
import {
  ExtendHoldPayload,
  ExtendHoldsPayload,
  type HoldPayload,
  type HoldResult,
  type HoldsPayload,
  holdResult,
  PlaceHoldPayload,
  PlaceHoldsPayload,
  ReleaseHoldPayload,
  ReleaseHoldsPayload,
  ReportHoldPayload,
  ReportHoldsPayload,
  SettleHoldPayload,
  SettleHoldsPayload,
} from './hold-payload.type.ts';

/** What changing holds is made with. */
export interface HoldServices {
  readonly batcher: Batcher;
  /** The one that the batcher decides with. */
  readonly catalog: Catalog;
}

type Check<Item> = (item: Item, actor: ActorRef) => HoldRequest | ChargeRefusal;

interface Items<Item> {
  readonly items: Item[];
}

const MANY = 'Many at once, of any teams: each item is decided on its own, with its own error.';
const FORM_ERRORS = 'INVALID_INPUT, NOT_FOUND, NOT_PRICED';

/** The life of holds, as the platform's gateways drive it. */
@Resolver()
export class HoldChangeResolver {
  constructor(private readonly services: HoldServices) {}

  @Permit('usage:write')
  @Mutation(() => PlaceHoldPayload, {
    description: `Sets credit aside for work that is about to begin: nobody else can spend it until the hold is settled, released or has expired. Errors: ${FORM_ERRORS}, IDEMPOTENCY_CONFLICT, OUT_OF_CREDITS, SPEND_CAP_EXCEEDED.`,
  })
  placeHold(
    @Ctx() ctx: Context,
    @Arg('input', () => PlaceHoldInput, { description: 'The work.' }) input: PlaceHoldInput,
  ): Promise<HoldPayload> {
    return this.changeOne(ctx, input, placeRequest);
  }

  @Permit('usage:write')
  @Mutation(() => PlaceHoldsPayload, { description: `As placeHold. ${MANY}` })
  placeHolds(
    @Ctx() ctx: Context,
    @Arg('input', () => PlaceHoldsInput, { description: 'The items.' }) { items }: Items<PlaceHoldInput>,
  ): Promise<HoldsPayload> {
    return this.changeMany(ctx, items, placeRequest);
  }

  @Permit('usage:write')
  @Mutation(() => SettleHoldPayload, {
    description: `Charges what was used and returns the rest. The first resolution of a hold wins; a later one answers it with "alreadyResolved". Within 24 hours after it expired, what the last report did not tell is charged after the fact. Errors: ${FORM_ERRORS}, IDEMPOTENCY_CONFLICT, and OUT_OF_CREDITS if whenShort is REFUSE.`,
  })
  settleHold(
    @Ctx() ctx: Context,
    @Arg('input', () => SettleHoldInput, { description: 'What was used.' }) input: SettleHoldInput,
  ): Promise<HoldPayload> {
    return this.changeOne(ctx, input, settleRequest);
  }

  @Permit('usage:write')
  @Mutation(() => SettleHoldsPayload, { description: `As settleHold. ${MANY}` })
  settleHolds(
    @Ctx() ctx: Context,
    @Arg('input', () => SettleHoldsInput, { description: 'The items.' }) { items }: Items<SettleHoldInput>,
  ): Promise<HoldsPayload> {
    return this.changeMany(ctx, items, settleRequest);
  }

  @Permit('usage:write')
  @Mutation(() => ReleaseHoldPayload, {
    description:
      'Returns all that a hold has set aside: the work did not take place. Errors: INVALID_INPUT, NOT_FOUND.',
  })
  releaseHold(
    @Ctx() ctx: Context,
    @Arg('input', () => ReleaseHoldInput, { description: 'The hold.' }) input: ReleaseHoldInput,
  ): Promise<HoldPayload> {
    return this.changeOne(ctx, input, releaseRequest);
  }

  @Permit('usage:write')
  @Mutation(() => ReleaseHoldsPayload, { description: `As releaseHold. ${MANY}` })
  releaseHolds(
    @Ctx() ctx: Context,
    @Arg('input', () => ReleaseHoldsInput, { description: 'The items.' })
    { items }: Items<ReleaseHoldInput>,
  ): Promise<HoldsPayload> {
    return this.changeMany(ctx, items, releaseRequest);
  }

  @Permit('usage:write')
  @Mutation(() => ReportHoldPayload, {
    description: `Tells what has been used by now: what the hold is settled by if it expires. Nothing is charged yet. A report that tells less than the one before it changes nothing. Errors: ${FORM_ERRORS}, REPORT_TOO_LARGE.`,
  })
  reportHold(
    @Ctx() ctx: Context,
    @Arg('input', () => ReportHoldInput, { description: 'What has been used.' }) input: ReportHoldInput,
  ): Promise<HoldPayload> {
    return this.changeOne(ctx, input, reportRequest);
  }

  @Permit('usage:write')
  @Mutation(() => ReportHoldsPayload, { description: `As reportHold. ${MANY}` })
  reportHolds(
    @Ctx() ctx: Context,
    @Arg('input', () => ReportHoldsInput, { description: 'The items.' }) { items }: Items<ReportHoldInput>,
  ): Promise<HoldsPayload> {
    return this.changeMany(ctx, items, reportRequest);
  }

  @Permit('usage:write')
  @Mutation(() => ExtendHoldPayload, {
    description:
      'Lets a hold live on: a sign of life while the work takes longer. It never makes the life of a hold shorter. Errors: INVALID_INPUT, NOT_FOUND, HOLD_TOO_LONG.',
  })
  extendHold(
    @Ctx() ctx: Context,
    @Arg('input', () => ExtendHoldInput, { description: 'How long.' }) input: ExtendHoldInput,
  ): Promise<HoldPayload> {
    return this.changeOne(ctx, input, extendRequest);
  }

  @Permit('usage:write')
  @Mutation(() => ExtendHoldsPayload, { description: `As extendHold. ${MANY}` })
  extendHolds(
    @Ctx() ctx: Context,
    @Arg('input', () => ExtendHoldsInput, { description: 'The items.' }) { items }: Items<ExtendHoldInput>,
  ): Promise<HoldsPayload> {
    return this.changeMany(ctx, items, extendRequest);
  }

  private async changeOne<Item>(ctx: Context, item: Item, check: Check<Item>): Promise<HoldPayload> {
    const [result] = await this.change(ctx, [item], check, () => []);
    assert(result, 'an item has its result');
    const { error, ...answer } = result;
    return { ...answer, userErrors: error ? [error] : [] };
  }

  private async changeMany<Item>(
    ctx: Context,
    items: readonly Item[],
    check: Check<Item>,
  ): Promise<HoldsPayload> {
    const results = await this.change(ctx, items, check, (index) => ['items', String(index)]);
    return { results, userErrors: results.flatMap(({ error }) => error ?? []) };
  }

  private async change<Item>(
    { actor }: Context,
    items: readonly Item[],
    check: Check<Item>,
    pathOf: (index: number) => readonly string[],
  ): Promise<HoldResult[]> {
    const { batcher, catalog } = this.services;
    const by = actorRef(actor);
    const results = await answerEach(
      items,
      (item) => check(item, by),
      (requests) => batcher.holds(requests),
    );
    // The batcher has just decided with one that is no older than any hold it answered.
    const snapshot = await catalog.snapshot();
    return results.map((result, index) => holdResult(result, pathOf(index), snapshot));
  }
}
