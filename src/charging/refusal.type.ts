import { Field, ID, ObjectType, registerEnumType } from 'type-graphql';
import { Inherits } from '../graphql/auth.ts';
import { CreditsScalar } from '../graphql/scalars.ts';
import { OutOfCredits, Refusal, UserError, UserErrorCode } from '../graphql/user-error.ts';
import { publicId } from '../id.ts';
import type { NanoCredits } from '../money.ts';
import type { CapExcess, CapPeriod, CapSubject } from './cap.ts';
import type { ChargeRefusal } from './charge.ts';

/** Whose spend, or on what, a cap limits. */
export const CapSubjectEnum = {
  MEMBER: 'MEMBER',
  API_KEY: 'API_KEY',
  MODEL: 'MODEL',
} as const satisfies { readonly [Subject in CapSubject]: Subject };

registerEnumType(CapSubjectEnum, {
  name: 'SpendCapSubject',
  description: 'Whose spend, or on what, a cap limits.',
  valuesConfig: {
    MEMBER: { description: 'What is used on behalf of a member.' },
    API_KEY: { description: 'What is used with an API key.' },
    MODEL: { description: 'What is used of a model or an instance type.' },
  },
});

/** What a cap counts together. */
export const CapPeriodEnum = {
  DAY: 'DAY',
  MONTH: 'MONTH',
} as const satisfies { readonly [Period in CapPeriod]: Period };

registerEnumType(CapPeriodEnum, {
  name: 'SpendCapPeriod',
  description: 'What a cap counts together, by when it was charged.',
  valuesConfig: {
    DAY: { description: 'From midnight to midnight in UTC.' },
    MONTH: { description: 'A calendar month in UTC.' },
  },
});

/** A cap leaves no room for it. */
@Inherits()
@ObjectType('SpendCapExceeded', {
  implements: UserError,
  description: 'A cap on spend does not leave room for it.',
})
export class SpendCapExceeded extends UserError {
  @Field(() => ID, { description: 'The cap. When several leave no room: the first of them.' })
  capId: string;

  @Field(() => CapSubjectEnum, { description: 'Whose spend, or on what, it limits.' })
  subject: CapSubject;

  @Field(() => CapPeriodEnum, { description: 'What it counts together.' })
  period: CapPeriod;

  @Field(() => CreditsScalar, { description: 'The most that may be spent in the period.' })
  limit: NanoCredits;

  @Field(() => CreditsScalar, {
    description: 'What has been spent in the period that runs, and what open holds have set aside.',
  })
  used: NanoCredits;

  constructor(message: string, path: readonly string[], cap: CapExcess) {
    super(UserErrorCode.SPEND_CAP_EXCEEDED, message, path);
    this.capId = publicId('cap', cap.capId);
    this.subject = cap.subject;
    this.period = cap.period;
    this.limit = cap.limitNano;
    this.used = cap.usedNano;
  }
}

const ERROR_CODE: Readonly<Record<ChargeRefusal['code'], UserErrorCode>> = {
  TEAM_NOT_FOUND: UserErrorCode.NOT_FOUND,
  MODEL_NOT_FOUND: UserErrorCode.NOT_FOUND,
  ATTRIBUTION_NOT_FOUND: UserErrorCode.NOT_FOUND,
  HOLD_NOT_FOUND: UserErrorCode.NOT_FOUND,
  RUN_NOT_FOUND: UserErrorCode.NOT_FOUND,
  STEP_NOT_FOUND: UserErrorCode.NOT_FOUND,
  NOT_PRICED: UserErrorCode.NOT_PRICED,
  INVALID_USAGE: UserErrorCode.INVALID_INPUT,
  OCCURRED_AT_OUT_OF_RANGE: UserErrorCode.OCCURRED_AT_OUT_OF_RANGE,
  IDEMPOTENCY_CONFLICT: UserErrorCode.IDEMPOTENCY_CONFLICT,
  OUT_OF_CREDITS: UserErrorCode.OUT_OF_CREDITS,
  SPEND_CAP_EXCEEDED: UserErrorCode.SPEND_CAP_EXCEEDED,
  HOLD_TOO_LONG: UserErrorCode.HOLD_TOO_LONG,
  REPORT_TOO_LARGE: UserErrorCode.REPORT_TOO_LARGE,
  RUN_ENDED: UserErrorCode.RUN_ENDED,
};

/**
 * Why something was not charged or held, as data for `userErrors`. `within` is the path of the input that holds the
 * field at fault: `["items", "3"]`, or nothing when that is the input itself.
 */
export function refusalError(refusal: ChargeRefusal, within: readonly string[] = []): UserError {
  const { code, message, field, shortByNano: shortBy, availableNano: available, cap } = refusal;
  const path = [...within, ...field.split('.')];
  if (shortBy !== undefined && available !== undefined)
    return new OutOfCredits(message, path, { shortBy, available });
  return cap ? new SpendCapExceeded(message, path, cap) : new Refusal(ERROR_CODE[code], message, path);
}

/** The same for an asker who may not see the team's figures: it says what is lacking, but not how much. */
export function refusalWithoutFigures(refusal: ChargeRefusal, within: readonly string[] = []): UserError {
  const message = MESSAGE_WITHOUT_FIGURES[refusal.code];
  if (message === undefined) return refusalError(refusal, within);
  return new Refusal(ERROR_CODE[refusal.code], message, [...within, ...refusal.field.split('.')]);
}

const MESSAGE_WITHOUT_FIGURES: Readonly<Partial<Record<ChargeRefusal['code'], string>>> = {
  OUT_OF_CREDITS: 'The credit that may pay for this does not suffice. An admin of the team can change that.',
  SPEND_CAP_EXCEEDED: 'A cap on spend does not leave room for this. An admin of the team can change that.',
};
