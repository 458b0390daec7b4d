import { Field, ID, Int, ObjectType, registerEnumType } from 'type-graphql';
import type { CatalogSnapshot } from '../catalog/catalog-cache.ts';
import { MeterEnum, UsageParam } from '../catalog/meter.type.ts';
import { METER_LIST, type Meter } from '../catalog/meters.ts';
import { PARAM_LIST, type Param } from '../catalog/params.ts';
import { type Decimal, parseDecimal } from '../decimal.ts';
import { assert } from '../domain-error.ts';
import { Inherits } from '../graphql/auth.ts';
import { connectionType } from '../graphql/connection.ts';
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
  @Field(() => MeterEnum, { description: 'What was counted.' })
  meter: Meter;

  @Field(() => DecimalScalar, { description: 'How many units of it.' })
  quantity: Decimal;
}

@Inherits()
@ObjectType('ChargeParam', {
  description: 'A fact of the request that may have changed its price.',
  simpleResolvers: true,
})
export class ChargeParam {
  @Field(() => UsageParam, { description: 'Which fact.' })
  name: Param;

  @Field(() => String, { description: 'Its value.' })
  value: string;
}

@Inherits()
@ObjectType('Tag', { description: 'A label that the caller attached.', simpleResolvers: true })
export class Tag {
  @Field(() => String, { description: 'The name.' })
  name: string;

  @Field(() => String, { description: 'The value.' })
  value: string;
}

@Inherits()
@ObjectType('ChargeDraw', { description: 'What one grant paid of a charge.', simpleResolvers: true })
export class ChargeDraw {
  @Field(() => ID, { description: 'The grant that paid.' })
  grantId: string;

  @Field(() => CreditsScalar, { description: 'How much it paid.' })
  amount: NanoCredits;
}

@Inherits()
@ObjectType('ChargeReversal', { description: 'How a charge was given back.', simpleResolvers: true })
export class ChargeReversal {
  @Field(() => CreditsScalar, { description: 'What was given back: all of it; 0 if nothing was charged.' })
  amount: NanoCredits;

  @Field(() => DateTimeScalar, { description: 'When.' })
  at: Date;

  @Field(() => String, { description: 'Why.' })
  reason: string;
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
    description:
      'What was charged: the price of the usage, less "shortBy" and "prior". For UNBILLED usage: what it would have been.',
  })
  readonly amount: NanoCredits;

  @Field(() => CreditsScalar, {
    description: 'The part of the amount that no grant paid and that the team owes since.',
  })
  readonly debt: NanoCredits;

  @Field(() => CreditsScalar, {
    description:
      'The part of the price that was not charged, because credit ended and the caller had chosen to go on without it.',
  })
  readonly shortBy: NanoCredits;

  @Field(() => CreditsScalar, {
    description: 'The part of the price that an earlier charge for the same hold has charged.',
  })
  readonly prior: NanoCredits;

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

  @Field(() => Int, {
    nullable: true,
    description: 'Which step of the run it is a part of, by its place there, from 0.',
  })
  readonly runStep: number | null;

  @Field(() => Int, { nullable: true, description: 'Which replica of the deployment it paid an hour of.' })
  readonly replicaSlot: number | null;

  constructor(
    /** The charge as it is kept. */
    readonly stored: StoredCharge,
    modelKey: string,
  ) {
    this.status = stored.status;
    this.amount = stored.amountNano;
    this.debt = stored.debtNano;
    this.shortBy = stored.shortNano;
    this.prior = stored.priorNano;
    this.occurredAt = stored.occurredAt;
    this.postedAt = stored.postedAt;
    this.firstSeq = stored.fromSeq;
    this.lastSeq = stored.toSeq;
    this.runStep = stored.runStep;
    this.replicaSlot = stored.replicaSlot;
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
    return quantitiesOf(this.stored.quantities);
  }

  @Field(() => [ChargeParam], { description: 'Facts of the request that may have changed its price.' })
  get params(): ChargeParam[] {
    return paramsOf(this.stored.params);
  }

  @Field(() => [Tag], { description: 'The labels that the caller attached, by name.' })
  get tags(): Tag[] {
    return tagsOf(this.stored.tags);
  }

  @Field(() => ID, { nullable: true, description: 'The member who used it, when the caller said so.' })
  get memberId(): string | null {
    return this.stored.memberId && publicId('user', this.stored.memberId);
  }

  @Field(() => ID, { nullable: true, description: 'The API key it was used with, when the caller said so.' })
  get apiKeyId(): string | null {
    return this.stored.apiKeyId && publicId('apiKey', this.stored.apiKeyId);
  }

  @Field(() => ID, { nullable: true, description: 'The hold that it settled or was drawn from.' })
  get holdId(): string | null {
    return this.stored.holdId && publicId('hold', this.stored.holdId);
  }

  @Field(() => ID, { nullable: true, description: 'The run that it is a part of.' })
  get runId(): string | null {
    return this.stored.runId && publicId('run', this.stored.runId);
  }

  @Field(() => ID, { nullable: true, description: 'The deployment that it paid an hour of.' })
  get deploymentId(): string | null {
    return this.stored.deploymentId && publicId('deployment', this.stored.deploymentId);
  }
}

/** Stored quantities as the API answers them, in the order in which prices are listed. */
export function quantitiesOf(quantities: Readonly<Record<string, string>>): ChargeQuantity[] {
  return METER_LIST.flatMap((meter) => {
    const quantity = quantities[meter];
    return quantity === undefined ? [] : [{ meter, quantity: parseDecimal(quantity) }];
  });
}

/** Stored parameters as the API answers them. */
export function paramsOf(params: Readonly<Record<string, string>> | null): ChargeParam[] {
  if (!params) return [];
  return PARAM_LIST.flatMap((name) => (params[name] === undefined ? [] : [{ name, value: params[name] }]));
}

/** Stored tags as the API answers them, by name. */
export function tagsOf(tags: Readonly<Record<string, string>> | null): Tag[] {
  const sorted = Object.entries(tags ?? {}).sort(([a], [b]) => (a < b ? -1 : 1));
  return sorted.map(([name, value]) => ({ name, value }));
}

/** A stored charge as the API answers it. `catalog`: no older than the charge. */
export function chargeNode(charge: StoredCharge, { modelById }: CatalogSnapshot): Charge {
  const model = modelById.get(charge.modelId);
  assert(model, 'a charge names a model of the catalogue');
  return new Charge(charge, model.key);
}

export const { Connection: ChargeConnection } = connectionType('Charge', 'charges', () => Charge);
