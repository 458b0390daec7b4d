import { Field, ObjectType } from 'type-graphql';
import type { CatalogSnapshot } from '../catalog/catalog-cache.ts';
import type { ChargeResult } from '../charging/charge.ts';
import { Charge, chargeNode } from '../charging/charge.type.ts';
import { refusalError } from '../charging/refusal.type.ts';
import type { RunResult } from '../charging/run.ts';
import { assert, DomainError } from '../domain-error.ts';
import { Inherits } from '../graphql/auth.ts';
import { Refusal, toUserError, UserError, UserErrorCode } from '../graphql/user-error.ts';
import { tryParseId, type Uuid } from '../id.ts';
import { Balance, toBalance } from '../ledger/balance.type.ts';
import type { EstimateResult } from './estimate-run.ts';
import type { RunUsageItem } from './record-run-usage.ts';
import { Run } from './run.type.ts';
import { RunQuote } from './run-quote.type.ts';
import type { RunRefusal, StartResult } from './start-run.ts';

@Inherits()
@ObjectType({ description: 'What came of estimateRun.', simpleResolvers: true })
export class EstimateRunPayload {
  @Field(() => RunQuote, { nullable: true, description: 'The quote; null when it was refused.' })
  quote: RunQuote | null;

  @Field(() => [UserError], { description: 'Why it was refused: INVALID_INPUT, NOT_FOUND or NOT_PRICED.' })
  userErrors: UserError[];

  static of(result: EstimateResult, catalog: CatalogSnapshot): EstimateRunPayload {
    return result.ok
      ? { quote: new RunQuote(result.quote, catalog), userErrors: [] }
      : { quote: null, userErrors: [refusalError(result.refusal)] };
  }
}

@Inherits()
@ObjectType({ description: 'What came of startRun.', simpleResolvers: true })
export class StartRunPayload {
  @Field(() => Run, { nullable: true, description: 'The run; null when it was refused.' })
  run: Run | null;

  @Field(() => Boolean, { description: 'Whether the idempotency key had started it before.' })
  replayed: boolean;

  @Field(() => Balance, { nullable: true, description: 'What the team has now; null for an unknown team.' })
  balance: Balance | null;

  @Field(() => [UserError], {
    description:
      'Why it was refused: INVALID_INPUT, NOT_FOUND, NOT_PRICED, QUOTE_EXPIRED, NOT_ENTITLED (to several models in one run), IDEMPOTENCY_CONFLICT, OUT_OF_CREDITS or SPEND_CAP_EXCEEDED.',
  })
  userErrors: UserError[];

  static of(result: StartResult): StartRunPayload {
    return {
      run: result.ok ? new Run(result.run) : null,
      replayed: result.ok && result.replayed,
      balance: result.balance ? toBalance(result.balance) : null,
      userErrors: result.ok ? [] : [runRefusalError(result.refusal)],
    };
  }
}

/** The members of the payloads of finishRun and cancelRun. */
@ObjectType({ simpleResolvers: true })
abstract class EndRunPayload {
  @Field(() => Run, { nullable: true, description: 'The run as it is now; null when it was refused.' })
  run: Run | null;

  @Field(() => Boolean, {
    description: 'Whether it had ended before: nothing was done, and the run says how it ended.',
  })
  alreadyEnded: boolean;

  @Field(() => Balance, { nullable: true, description: 'What the team has now; null for an unknown team.' })
  balance: Balance | null;

  @Field(() => [UserError], { description: 'Why it was refused: INVALID_INPUT or NOT_FOUND.' })
  userErrors: UserError[];
}

@Inherits()
@ObjectType({ description: 'What came of finishRun.', simpleResolvers: true })
export class FinishRunPayload extends EndRunPayload {}

@Inherits()
@ObjectType({ description: 'What came of cancelRun.', simpleResolvers: true })
export class CancelRunPayload extends EndRunPayload {}

/** The payload of finishRun or cancelRun. */
export function endPayload(result: RunResult): EndRunPayload {
  return {
    run: result.ok ? new Run(result.run) : null,
    alreadyEnded: result.ok && result.alreadyEnded,
    balance: result.balance ? toBalance(result.balance) : null,
    userErrors: result.ok ? [] : [refusalError(result.refusal)],
  };
}

@Inherits()
@ObjectType({ description: 'What became of one item.', simpleResolvers: true })
export class RunUsageResult {
  /** The run that the item names; its field is loaded when it is asked for. */
  named: { readonly teamId: Uuid; readonly id: Uuid } | null;

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
    description: 'What the team has after this item; null when its run is unknown.',
  })
  balance: Balance | null;

  static of(
    { idempotencyKey, teamId, runId }: RunUsageItem,
    index: number,
    result: ChargeResult,
    catalog: CatalogSnapshot,
  ): RunUsageResult {
    const [team, run] = [tryParseId(teamId), tryParseId(runId)];
    return {
      named: team?.kind === 'team' && run?.kind === 'run' ? { teamId: team.uuid, id: run.uuid } : null,
      idempotencyKey,
      charge: result.ok ? chargeNode(result.charge, catalog) : null,
      replayed: result.ok && result.replayed,
      error: result.ok ? null : refusalError(result.refusal, ['items', String(index)]),
      balance: result.balance ? toBalance(result.balance) : null,
    };
  }
}

@Inherits()
@ObjectType({ description: 'What became of the items.', simpleResolvers: true })
export class RecordRunUsagePayload {
  @Field(() => [RunUsageResult], { description: 'One result an item, in their order.' })
  results: RunUsageResult[];

  @Field(() => [UserError], { description: 'The refusals among the results, with the path of their item.' })
  userErrors: UserError[];

  static of(
    items: readonly RunUsageItem[],
    charged: readonly ChargeResult[],
    catalog: CatalogSnapshot,
  ): RecordRunUsagePayload {
    const results = items.map((item, index) => {
      const result = charged[index];
      assert(result, 'each item has a result');
      return RunUsageResult.of(item, index, result, catalog);
    });
    return { results, userErrors: results.flatMap(({ error }) => (error ? [error] : [])) };
  }
}

function runRefusalError(refusal: RunRefusal): UserError {
  const { code, message, field } = refusal;
  if (code === 'NOT_ENTITLED')
    return toUserError(new DomainError('CONFLICT', message, { reason: code }), field.split('.'));
  if (code === 'QUOTE_EXPIRED') return new Refusal(UserErrorCode.QUOTE_EXPIRED, message, field.split('.'));
  if (code === 'QUOTE_NOT_FOUND') return new Refusal(UserErrorCode.NOT_FOUND, message, field.split('.'));
  return refusalError(refusal);
}
