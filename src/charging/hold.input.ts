import { type ClassType, Field, ID, InputType, Int, registerEnumType } from 'type-graphql';
import { CreditsScalar } from '../graphql/scalars.ts';
import type { NanoCredits } from '../money.ts';
import type { WhenShort } from './hold.ts';
import type { ExtendHoldItem, HoldItem, PlaceHoldItem, ReportHoldItem, SettleHoldItem } from './hold-item.ts';
import { TagInput, UsageParamInput, UsageQuantityInput } from './usage.input.ts';

const WhenShortEnum = {
  TAKE_AVAILABLE: 'TAKE_AVAILABLE',
  REFUSE: 'REFUSE',
  DEBT: 'DEBT',
} as const satisfies { readonly [Choice in WhenShort]: Choice };

registerEnumType(WhenShortEnum, {
  name: 'WhenShort',
  description: 'What to do when work costs more than was held and the team has not enough beside it.',
  valuesConfig: {
    TAKE_AVAILABLE: {
      description: 'Charge what was held and what is available; "shortBy" tells what is missing.',
    },
    REFUSE: { description: 'Charge nothing and leave the hold as it is: OUT_OF_CREDITS.' },
    DEBT: {
      description:
        'The rest becomes debt up to the limit of the team; "shortBy" tells what is beyond that and was not charged.',
    },
  },
});

@InputType({ description: 'Work that is about to begin. Give either quantities or an amount.' })
export class PlaceHoldInput implements PlaceHoldItem {
  @Field(() => String, {
    description:
      'Your key for this hold, 1 to 200 characters, unique among the holds of the team for ever. The same key with the same input answers the first hold, as it is by now.',
  })
  idempotencyKey: string;

  @Field(() => ID, { description: 'The team that pays.' })
  teamId: string;

  @Field(() => String, { description: 'The key of the model that will be used, such as "gpt-5".' })
  model: string;

  @Field(() => [UsageQuantityInput], {
    nullable: true,
    description: 'What is expected to be used at most: its price is held. Not together with "amount".',
  })
  quantities?: UsageQuantityInput[] | null;

  @Field(() => CreditsScalar, {
    nullable: true,
    description: 'What to hold, more than 0. Not together with "quantities".',
  })
  amount?: NanoCredits | null;

  @Field(() => [UsageParamInput], { nullable: true, description: 'Facts that may change the price.' })
  params?: UsageParamInput[] | null;

  @Field(() => Int, {
    nullable: true,
    description:
      'When to settle it by its last report if nobody has resolved it: in 10 to 86,400 seconds. Absent: in 900.',
  })
  expiresInSeconds?: number | null;

  @Field(() => ID, { nullable: true, description: 'The member of the team whom it is for.' })
  memberId?: string | null;

  @Field(() => ID, { nullable: true, description: 'The API key of the team it is used with.' })
  apiKeyId?: string | null;

  @Field(() => [TagInput], {
    nullable: true,
    description: 'Up to 16 labels of your own; the charge gets them, too.',
  })
  tags?: TagInput[] | null;
}

@InputType({ description: 'A hold.' })
export class ReleaseHoldInput implements HoldItem {
  @Field(() => ID, { description: 'The team of the hold.' })
  teamId: string;

  @Field(() => ID, { description: 'The hold.' })
  holdId: string;
}

@InputType({ description: 'What has been used under a hold by now.' })
export class ReportHoldInput extends ReleaseHoldInput implements ReportHoldItem {
  @Field(() => [UsageQuantityInput], {
    description: 'What has been used since the hold was placed, all together; it replaces the last report.',
  })
  quantities: UsageQuantityInput[];

  @Field(() => [UsageParamInput], { nullable: true, description: 'Facts that may change the price.' })
  params?: UsageParamInput[] | null;
}

@InputType({ description: 'What was used under a hold in all.' })
export class SettleHoldInput extends ReleaseHoldInput implements SettleHoldItem {
  @Field(() => String, {
    description:
      'Your key for this settlement, 1 to 200 characters, unique among those of the team for ever: a repeat answers the first result.',
  })
  idempotencyKey: string;

  @Field(() => [UsageQuantityInput], {
    description: 'What was used, each meter at most once. The price is the one of when the hold was placed.',
  })
  quantities: UsageQuantityInput[];

  @Field(() => [UsageParamInput], { nullable: true, description: 'Facts that may change the price.' })
  params?: UsageParamInput[] | null;

  @Field(() => WhenShortEnum, {
    nullable: true,
    description: 'What to do when the credit does not suffice. Absent: TAKE_AVAILABLE.',
  })
  whenShort?: WhenShort | null;
}

@InputType({ description: 'How long a hold is to live.' })
export class ExtendHoldInput extends ReleaseHoldInput implements ExtendHoldItem {
  @Field(() => Int, {
    description:
      'When it expires: in 10 to 86,400 seconds from now, and 24 hours after it was placed at the latest.',
  })
  expiresInSeconds: number;
}

/** The input of a mutation that takes many of what its sister takes one of. */
function itemsOf<Item extends object>(name: string, item: ClassType<Item>): ClassType<{ items: Item[] }> {
  @InputType(name, { description: 'The same for many holds.' })
  class ItemsInput {
    @Field(() => [item], { description: '1 to 1,000 items, of any teams.' })
    items: Item[];
  }
  return ItemsInput;
}

export const PlaceHoldsInput = itemsOf('PlaceHoldsInput', PlaceHoldInput);
export const SettleHoldsInput = itemsOf('SettleHoldsInput', SettleHoldInput);
export const ReleaseHoldsInput = itemsOf('ReleaseHoldsInput', ReleaseHoldInput);
export const ReportHoldsInput = itemsOf('ReportHoldsInput', ReportHoldInput);
export const ExtendHoldsInput = itemsOf('ExtendHoldsInput', ExtendHoldInput);
