import { type ClassType, Field, ObjectType } from 'type-graphql';
import type { CatalogSnapshot } from '../catalog/catalog-cache.ts';
import { Inherits } from '../graphql/auth.ts';
import { CreditsScalar } from '../graphql/scalars.ts';
import { UserError } from '../graphql/user-error.ts';
import { Balance, toBalance } from '../ledger/balance.type.ts';
import type { NanoCredits } from '../money.ts';
import type { FormRefused } from './answer-each.ts';
import { Charge, chargeNode } from './charge.type.ts';
import type { HoldResult as Result } from './hold.ts';
import { Hold, holdNode } from './hold.type.ts';
import { refusalError } from './refusal.type.ts';

/** What a request about a hold is answered with. */
@Inherits()
@ObjectType({ description: 'What a request about a hold is answered with.', simpleResolvers: true })
class HoldAnswer {
  @Field(() => Hold, {
    nullable: true,
    description: 'The hold as it is now; null when the request was refused.',
  })
  hold: Hold | null;

  @Field(() => Charge, {
    nullable: true,
    description: 'What was charged for it, by this request or by the one that resolved it; null for nothing.',
  })
  charge: Charge | null;

  @Field(() => Boolean, {
    description: 'Whether the key had been used before: this is the first result again.',
  })
  replayed: boolean;

  @Field(() => Boolean, {
    description:
      'Whether the hold had been resolved before, whatever by: nothing was done, and this is what became of it.',
  })
  alreadyResolved: boolean;

  @Field(() => CreditsScalar, { description: 'The part of the price that nothing paid.' })
  shortBy: NanoCredits;

  @Field(() => Balance, {
    nullable: true,
    description: 'What the team has after this; null for an unknown team.',
  })
  balance: Balance | null;
}

@Inherits()
@ObjectType('HoldResult', { description: 'What became of one item.', simpleResolvers: true })
export class HoldResult extends HoldAnswer {
  @Field(() => UserError, {
    nullable: true,
    description: 'Why the item was refused; nothing of it was written, and its key is free.',
  })
  error: UserError | null;
}

/** What a mutation about one hold answers. */
export interface HoldPayload extends HoldAnswer {
  readonly userErrors: UserError[];
}

/** What a mutation about many holds answers. */
export interface HoldsPayload {
  readonly results: HoldResult[];
  readonly userErrors: UserError[];
}

/** The payload types of a mutation about one hold and of its sister about many. */
function payloadsOf(
  one: string,
  many: string,
): { One: ClassType<HoldPayload>; Many: ClassType<HoldsPayload> } {
  @Inherits()
  @ObjectType(`${one}Payload`, { description: `What came of ${lowerFirst(one)}.`, simpleResolvers: true })
  class One extends HoldAnswer {
    @Field(() => [UserError], { description: 'Why it was refused; nothing was written then.' })
    userErrors: UserError[];
  }

  @Inherits()
  @ObjectType(`${many}Payload`, { description: `What came of ${lowerFirst(many)}.`, simpleResolvers: true })
  class Many {
    @Field(() => [HoldResult], { description: 'One result an item, in their order.' })
    results: HoldResult[];

    @Field(() => [UserError], { description: 'The refusals among the results, with the path of their item.' })
    userErrors: UserError[];
  }
  return { One, Many };
}

function lowerFirst(text: string): string {
  return text.charAt(0).toLowerCase() + text.slice(1);
}

export const { One: PlaceHoldPayload, Many: PlaceHoldsPayload } = payloadsOf('PlaceHold', 'PlaceHolds');
export const { One: SettleHoldPayload, Many: SettleHoldsPayload } = payloadsOf('SettleHold', 'SettleHolds');
export const { One: ReleaseHoldPayload, Many: ReleaseHoldsPayload } = payloadsOf(
  'ReleaseHold',
  'ReleaseHolds',
);
export const { One: ReportHoldPayload, Many: ReportHoldsPayload } = payloadsOf('ReportHold', 'ReportHolds');
export const { One: ExtendHoldPayload, Many: ExtendHoldsPayload } = payloadsOf('ExtendHold', 'ExtendHolds');

/** The answer about one item. `within`: the path of the item. `catalog`: no older than the answer. */
export function holdResult(
  result: Result | FormRefused,
  within: readonly string[],
  catalog: CatalogSnapshot,
): HoldResult {
  const balance = 'balance' in result && result.balance ? toBalance(result.balance) : null;
  if (!result.ok) return { ...NOTHING_DONE, balance, error: refusalError(result.refusal, within) };
  const { hold, charge, replayed, alreadyResolved, shortByNano: shortBy } = result;
  return {
    hold: holdNode(hold, catalog),
    charge: charge && chargeNode(charge, catalog),
    replayed,
    alreadyResolved,
    shortBy,
    balance,
    error: null,
  };
}

const NOTHING_DONE = {
  hold: null,
  charge: null,
  replayed: false,
  alreadyResolved: false,
  shortBy: 0n,
} as const;
