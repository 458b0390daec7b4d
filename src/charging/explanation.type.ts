import { Field, ID, ObjectType, registerEnumType } from 'type-graphql';
import { MeterEnum } from '../catalog/meter.type.ts';
import type { Meter } from '../catalog/meters.ts';
import { PriceComponentObject, PriceMultiplierObject } from '../catalog/price.type.ts';
import type { RatedLine } from '../catalog/rate.ts';
import type { Decimal } from '../decimal.ts';
import { Inherits } from '../graphql/auth.ts';
import { CreditsScalar, DateTimeScalar, DecimalScalar } from '../graphql/scalars.ts';
import { publicId, type Uuid } from '../id.ts';
import type { NanoCredits } from '../money.ts';
import type { Charge as StoredCharge } from './charge.ts';
import { Charge } from './charge.type.ts';
import type { ExplainedPayment } from './explain-charge.ts';
import { type GrantOutcome, type GrantStep, stepSummary } from './explain-payment.ts';
import { discountPart, type ExplainedPrice, lineFormula, lineSummary } from './explain-price.ts';

const GrantOutcomeEnum = {
  PAID: 'PAID',
  VOIDED: 'VOIDED',
  NOT_EFFECTIVE: 'NOT_EFFECTIVE',
  EXPIRED: 'EXPIRED',
  OUT_OF_SCOPE: 'OUT_OF_SCOPE',
  EXHAUSTED: 'EXHAUSTED',
  NOT_NEEDED: 'NOT_NEEDED',
  ALL_OR_NOTHING: 'ALL_OR_NOTHING',
} as const satisfies { readonly [Outcome in GrantOutcome]: Outcome };

registerEnumType(GrantOutcomeEnum, {
  name: 'GrantOutcome',
  description: 'What a grant had to do with a charge.',
  valuesConfig: {
    PAID: { description: 'It paid all or a part.' },
    VOIDED: { description: 'An operator had voided it before.' },
    NOT_EFFECTIVE: { description: 'It was not effective yet.' },
    EXPIRED: { description: 'It had expired.' },
    OUT_OF_SCOPE: { description: 'It does not pay for this product, model or GPU type.' },
    EXHAUSTED: { description: 'It had nothing left.' },
    NOT_NEEDED: { description: 'The whole amount was paid before its turn.' },
    ALL_OR_NOTHING: { description: 'It could have paid a part, but the usage stayed unbilled as a whole.' },
  },
});

@Inherits()
@ObjectType('ExplainedLine', {
  description: 'A line of the formula: quantity × unit price × factor.',
  simpleResolvers: true,
})
export class ExplainedLine {
  @Field(() => MeterEnum, { description: 'What was counted.' })
  meter: Meter;

  @Field(() => DecimalScalar, { description: 'How many units were used.' })
  quantity: Decimal;

  @Field(() => PriceComponentObject, {
    description: 'The price that was applied, with the conditions that held.',
  })
  price: PriceComponentObject;

  @Field(() => DecimalScalar, { description: 'The product of the multipliers that held for this line.' })
  factor: Decimal;

  @Field(() => DecimalScalar, { description: 'What the line makes, exact.' })
  subtotal: Decimal;

  @Field(() => String, { description: 'The line with its numbers: "1000 × 0.000003 = 0.003".' })
  formula: string;

  @Field(() => String, { description: 'Which price was applied, in a sentence.' })
  summary: string;

  static of(line: RatedLine): ExplainedLine {
    const { meter, pricedAs, quantity, unitPrice, conditions, factor, subtotal } = line;
    const price = PriceComponentObject.of({ meter: pricedAs, unitPrice, conditions });
    const words = { formula: lineFormula(line), summary: lineSummary(line) };
    return { meter, quantity, price, factor, subtotal, ...words };
  }
}

@Inherits()
@ObjectType('ExplainedPrice', { description: 'How an amount came about.', simpleResolvers: true })
export class ExplainedPriceObject {
  versionId: Uuid;

  @Field(() => [ExplainedLine], { description: 'The lines of the formula; quantities of zero have none.' })
  lines: ExplainedLine[];

  @Field(() => [PriceMultiplierObject], { description: 'The multipliers of the price that held.' })
  multipliers: PriceMultiplierObject[];

  @Field(() => DecimalScalar, { description: 'The sum of the lines, exact.' })
  exact: Decimal;

  @Field(() => DecimalScalar, {
    nullable: true,
    description: 'The minimum of the price, when it raised the amount.',
  })
  minimum: Decimal | null;

  @Field(() => DecimalScalar, {
    nullable: true,
    description:
      'The part of the price that the plan of the team took off when the hour of a deployment began, such as 0.3; null for none.',
  })
  planDiscount: Decimal | null;

  @Field(() => CreditsScalar, {
    description:
      'The price: rounded once, half-up, to 9 decimal places. It is the amount of the charge unless a part was charged before or stayed unpaid.',
  })
  amount: NanoCredits;

  @Field(() => String, { description: 'The whole formula with its numbers.' })
  formula: string;

  static of({ version, rated, discountBps, formula }: ExplainedPrice): ExplainedPriceObject {
    return {
      versionId: version.id,
      lines: rated.lines.map(ExplainedLine.of),
      multipliers: rated.multipliers.map(PriceMultiplierObject.of),
      exact: rated.exact,
      minimum: rated.minimum ?? null,
      planDiscount: discountBps === 0n ? null : discountPart(discountBps),
      amount: rated.amountNano,
      formula,
    };
  }
}

@Inherits()
@ObjectType('GrantConsideration', {
  description: 'A grant that was considered for a charge.',
  simpleResolvers: true,
})
export class GrantConsideration {
  @Field(() => ID, { description: 'The grant.' })
  grantId: string;

  @Field(() => GrantOutcomeEnum, { description: 'What it had to do with the charge.' })
  outcome: GrantOutcome;

  @Field(() => CreditsScalar, { description: 'What it paid.' })
  paid: NanoCredits;

  @Field(() => CreditsScalar, { description: 'The part of what it paid that a hold had set aside of it.' })
  paidFromHold: NanoCredits;

  @Field(() => CreditsScalar, {
    nullable: true,
    description:
      'What it had left afterwards; null for grants that did not pay, or only of what a hold had set aside.',
  })
  left: NanoCredits | null;

  @Field(() => DateTimeScalar, {
    nullable: true,
    description: 'Its expiry as it was then; extensions since then are not in it. Null: it did not expire.',
  })
  expiresAt: Date | null;

  @Field(() => String, { description: 'What happened, in a sentence.' })
  summary: string;

  static of(step: GrantStep, nameOf: (modelId: Uuid) => string): GrantConsideration {
    const { grant, outcome, paidNano, fromHoldNano, leftNano } = step;
    return {
      grantId: publicId('grant', grant.id),
      outcome,
      paid: paidNano,
      paidFromHold: fromHoldNano,
      left: leftNano,
      expiresAt: grant.expiresAtMs === null ? null : new Date(grant.expiresAtMs),
      summary: stepSummary(step, nameOf),
    };
  }
}

@Inherits()
@ObjectType('ExplainedPayment', { description: 'Who paid, and why others did not.', simpleResolvers: true })
export class ExplainedPaymentObject {
  @Field(() => DateTimeScalar, {
    description:
      'When it was judged which grants may pay, and in which order: when the hold was placed if that paid all, else when it was charged.',
  })
  judgedAt: Date;

  @Field(() => [GrantConsideration], {
    description: 'Every grant that the team had then, in the order in which grants are drawn.',
  })
  grants: GrantConsideration[];

  @Field(() => CreditsScalar, { description: 'What no grant paid and became debt.' })
  debt: NanoCredits;

  @Field(() => String, { description: 'Who paid, in a sentence.' })
  summary: string;

  static of(
    { debtNano }: StoredCharge,
    { steps, summary, judgedAt }: ExplainedPayment,
    nameOf: (modelId: Uuid) => string,
  ): ExplainedPaymentObject {
    const grants = steps.map((step) => GrantConsideration.of(step, nameOf));
    return { judgedAt, grants, debt: debtNano, summary };
  }
}

@Inherits()
@ObjectType('ChargeExplanation', { description: 'Why a charge is what it is.', simpleResolvers: true })
export class ChargeExplanation {
  @Field(() => Charge, { description: 'The charge.' })
  charge: Charge;

  @Field(() => ExplainedPriceObject, { description: 'How the amount came about.' })
  price: ExplainedPriceObject;
}
