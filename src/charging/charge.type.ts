import { Field, ID, ObjectType, registerEnumType } from 'type-graphql';
import type { Catalog } from '../catalog/catalog-cache.ts';
import { METER_LIST } from '../catalog/meters.ts';
import { type Decimal, parseDecimal } from '../decimal.ts';
import { assert } from '../domain-error.ts';
import { Inherits } from '../graphql/auth.ts';
import { Node } from '../graphql/node.ts';
import { CreditsScalar, DateTimeScalar, DecimalScalar, SequenceScalar } from '../graphql/scalars.ts';
import { publicId } from '../id.ts';
import type { NanoCredits } from '../money.ts';
import type { ChargeStatus, Charge as StoredCharge } from './charge.ts';

/** What became of usage that was recorded. */
export const ChargeStatusEnum = {
  CHARGED: 'CHARGED',
  UNBILLED: 'UNBILLED',
} as const satisfies Record<ChargeStatus, ChargeStatus>;

registerEnumType(ChargeStatusEnum, {
  name: 'ChargeStatus',
  description: 'What became of usage that was recorded.',
  valuesConfig: {
    CHARGED: { description: 'Paid by grants, as debt where that was asked for, or free of charge.' },
    UNBILLED: {
      description:
        'After-the-fact usage beyond what the team may owe: kept as a record, nothing was charged.',
    },
  },
});

@Inherits()
@ObjectType('ChargeQuantity', { description: 'How much was used of one thing.', simpleResolvers: true })
export class ChargeQuantity {
  @Field(() => String, { description: 'What was counted, such as INPUT_TOKEN.' })
  meter: string;

  @Field(() => DecimalScalar, { description: 'How many units of it.' })
  quantity: Decimal;
}

@Inherits()
@ObjectType('NamedValue', { description: 'A name with its value.', simpleResolvers: true })
export class NamedValue {
  @Field(() => String, { description: 'The name.' })
  name: string;

  @Field(() => String, { description: 'The value.' })
  value: string;
}

/** Plain figures are plain members, and what costs something to make is made when it is selected: lists have 100 of these. */
@Inherits()
@ObjectType('Charge', {
  implements: Node,
  simpleResolvers: true,
  description: 'One thing charged: what was used, what it cost and who paid.',
})
export class Charge implements Node {
  @Field(() => ChargeStatusEnum, { description: 'Whether it was charged.' })
  readonly status: ChargeStatus;

  @Field(() => String, { description: 'The key of the model that was used.' })
  readonly modelKey: string;

  @Field(() => CreditsScalar, {
    description: 'What the usage costs. For UNBILLED usage: what it would have cost.',
  })
  readonly amount: NanoCredits;

  @Field(() => CreditsScalar, {
    description: 'The part of the amount that no grant paid and that the team owes since.',
  })
  readonly debt: NanoCredits;

  @Field(() => DateTimeScalar, { description: 'When it was used. The price is the one of this instant.' })
  readonly occurredAt: Date;

  @Field(() => DateTimeScalar, {
    description: 'When it was charged. Which grants pay was judged at this instant.',
  })
  readonly postedAt: Date;

  @Field(() => SequenceScalar, {
    nullable: true,
    description: 'The first ledger entry of the charge; null when nothing was posted.',
  })
  readonly firstSeq: bigint | null;

  @Field(() => SequenceScalar, {
    nullable: true,
    description: 'The last ledger entry of the charge; null when nothing was posted.',
  })
  readonly lastSeq: bigint | null;

  constructor(
    /** The charge as it is kept. */
    readonly stored: StoredCharge,
    modelKey: string,
  ) {
    this.status = stored.status;
    this.amount = stored.amountNano;
    this.debt = stored.debtNano;
    this.occurredAt = stored.occurredAt;
    this.postedAt = stored.postedAt;
    this.firstSeq = stored.fromSeq;
    this.lastSeq = stored.toSeq;
    this.modelKey = modelKey;
  }

  get id(): string {
    return publicId('charge', this.stored.id);
  }

  @Field(() => ID, { description: 'The team that was charged.' })
  get teamId(): string {
    return publicId('team', this.stored.teamId);
  }

  @Field(() => [ChargeQuantity], { description: 'What was used. No two of these count the same thing.' })
  get quantities(): ChargeQuantity[] {
    const { quantities } = this.stored;
    return METER_LIST.flatMap((meter) => {
      const quantity = quantities[meter];
      return quantity === undefined ? [] : [{ meter, quantity: parseDecimal(quantity) }];
    });
  }

  @Field(() => [NamedValue], {
    description: 'Facts of the request that may change its price, such as serviceTier.',
  })
  get params(): NamedValue[] {
    return namedValues(this.stored.params);
  }

  @Field(() => [NamedValue], { description: 'What the caller attached to find it by.' })
  get tags(): NamedValue[] {
    return namedValues(this.stored.tags);
  }

  @Field(() => ID, { nullable: true, description: 'The member who used it, when the caller said so.' })
  get memberId(): string | null {
    return this.stored.memberId && publicId('user', this.stored.memberId);
  }

  @Field(() => ID, { nullable: true, description: 'The API key it was used with, when the caller said so.' })
  get apiKeyId(): string | null {
    return this.stored.apiKeyId && publicId('apiKey', this.stored.apiKeyId);
  }
}

/** Stored charges as the API answers them, in the same order. */
export async function chargeNodes(catalog: Catalog, charges: readonly StoredCharge[]): Promise<Charge[]> {
  let { modelById } = await catalog.snapshot();
  // Another process may have charged a model that was added after this one last looked.
  if (charges.some(({ modelId }) => !modelById.has(modelId))) ({ modelById } = await catalog.refresh());
  return charges.map((charge) => {
    const model = modelById.get(charge.modelId);
    assert(model, 'a charge names a model of the catalogue');
    return new Charge(charge, model.key);
  });
}

function namedValues(values: Readonly<Record<string, string>> | null): NamedValue[] {
  return values
    ? Object.keys(values)
        .sort()
        .map((name) => ({ name, value: values[name] ?? '' }))
    : [];
}
