import 'reflect-metadata';
import { Field, InterfaceType, ObjectType, registerEnumType } from 'type-graphql';
import { assert, type DomainError } from '../domain-error.ts';
import { type NanoCredits, parseCredits } from '../money.ts';
import { Inherits } from './auth.ts';
import { CreditsScalar } from './scalars.ts';

/** The refusals that mutations answer as data. Each mutation's description names those it can answer. */
export const UserErrorCode = {
  INVALID_INPUT: 'INVALID_INPUT',
  NOT_FOUND: 'NOT_FOUND',
  CONFLICT: 'CONFLICT',
  IDEMPOTENCY_CONFLICT: 'IDEMPOTENCY_CONFLICT',
  OUT_OF_CREDITS: 'OUT_OF_CREDITS',
  NOT_PRICED: 'NOT_PRICED',
  OCCURRED_AT_OUT_OF_RANGE: 'OCCURRED_AT_OUT_OF_RANGE',
  SPEND_CAP_EXCEEDED: 'SPEND_CAP_EXCEEDED',
  HOLD_TOO_LONG: 'HOLD_TOO_LONG',
  REPORT_TOO_LARGE: 'REPORT_TOO_LARGE',
  RUN_ENDED: 'RUN_ENDED',
  QUOTE_EXPIRED: 'QUOTE_EXPIRED',
  WRONG_STATE: 'WRONG_STATE',
  NO_PAYMENT_METHOD: 'NO_PAYMENT_METHOD',
  PAYMENT_METHOD_IN_USE: 'PAYMENT_METHOD_IN_USE',
  CARD_DECLINED: 'CARD_DECLINED',
  PROMO_CODE_REFUSED: 'PROMO_CODE_REFUSED',
  NOT_REFUNDABLE: 'NOT_REFUNDABLE',
  NOT_ENTITLED: 'NOT_ENTITLED',
  ALREADY_SUBSCRIBED: 'ALREADY_SUBSCRIBED',
  NOT_SUBSCRIBED: 'NOT_SUBSCRIBED',
} as const;
export type UserErrorCode = (typeof UserErrorCode)[keyof typeof UserErrorCode];

registerEnumType(UserErrorCode, {
  name: 'UserErrorCode',
  description: 'Why a mutation, or one item of it, was refused. New codes may be added.',
  valuesConfig: {
    INVALID_INPUT: { description: 'A value cannot be used; the message says what would be right.' },
    NOT_FOUND: { description: 'Nothing that you may see has an id that was given.' },
    CONFLICT: { description: 'The object is in a state that does not allow this.' },
    IDEMPOTENCY_CONFLICT: { description: 'The idempotency key was used before with other input.' },
    OUT_OF_CREDITS: { description: 'The grants that may pay do not hold enough.' },
    NOT_PRICED: { description: 'The model has no price for this usage at that time.' },
    OCCURRED_AT_OUT_OF_RANGE: { description: 'Too long ago, or in the future.' },
    SPEND_CAP_EXCEEDED: {
      description: 'A cap on the spend of the member, the API key or the model does not leave room for it.',
    },
    HOLD_TOO_LONG: { description: 'A hold may last 24 hours in all.' },
    REPORT_TOO_LARGE: {
      description: 'The usage costs more than 100 times what was held: most likely it is a mistake.',
    },
    RUN_ENDED: { description: 'The run has been finished or cancelled.' },
    QUOTE_EXPIRED: { description: 'The quote no longer holds: ask for a new one.' },
    WRONG_STATE: {
      description: 'The deployment, subscription or refund is in a state from which this is not possible.',
    },
    NO_PAYMENT_METHOD: { description: 'The team has no payment method that could be charged.' },
    PAYMENT_METHOD_IN_USE: {
      description:
        'Auto-recharge could charge nothing without this payment method: give it another one, or turn it off first.',
    },
    CARD_DECLINED: { description: 'The card was declined; the message says why.' },
    PROMO_CODE_REFUSED: {
      description: 'The promo code cannot be redeemed by this team; PromoCodeRefused says why.',
    },
    NOT_REFUNDABLE: {
      description:
        'Nothing of this purchase can be paid back: it is spent, disputed, asked for already, or a plan is refunded in part.',
    },
    ALREADY_SUBSCRIBED: { description: 'The team has a plan of this family already: change it instead.' },
    NOT_SUBSCRIBED: { description: 'The team has no plan of this family that could be changed.' },
    NOT_ENTITLED: { description: 'The plan of the team does not allow it; see "plans" for those that do.' },
  },
});

/** A refusal that a client may branch on. Rooms add implementations that carry what helps. */
@InterfaceType('UserError', { description: 'A refusal that a client may branch on.' })
export abstract class UserError {
  @Field(() => UserErrorCode, { description: 'Why, for programs.' })
  code: UserErrorCode;

  @Field(() => String, { description: 'Why, for people, in English.' })
  message: string;

  @Field(() => [String], {
    description:
      'The part of the input that is refused, such as ["items", "3", "quantity"]; empty for all of it.',
  })
  path: string[];

  constructor(code: UserErrorCode, message: string, path: readonly string[]) {
    this.code = code;
    this.message = message;
    this.path = [...path];
  }
}

/** A refusal that needs no more than its code. */
@Inherits()
@ObjectType('Refusal', { implements: UserError, description: 'A refusal that its code says all about.' })
export class Refusal extends UserError {}

/** The grants that may pay do not hold enough. */
@Inherits()
@ObjectType('OutOfCredits', {
  implements: UserError,
  description: 'The grants that may pay do not hold enough.',
})
export class OutOfCredits extends UserError {
  @Field(() => CreditsScalar, { description: 'How much is missing.' })
  shortBy: NanoCredits;

  @Field(() => CreditsScalar, { description: 'How much the grants that may pay for this hold.' })
  available: NanoCredits;

  constructor(
    message: string,
    path: readonly string[],
    amounts: { shortBy: NanoCredits; available: NanoCredits },
  ) {
    super(UserErrorCode.OUT_OF_CREDITS, message, path);
    this.shortBy = amounts.shortBy;
    this.available = amounts.available;
  }
}

/**
 * A refusal as data for a mutation's `userErrors`. OUT_OF_CREDITS carries `shortBy` and `available` in its details,
 * as decimal credits. A CONFLICT whose `reason` is a code of its own, such as WRONG_STATE, becomes that refusal.
 * @throws the error itself when it is no refusal but a failure (OVERLOADED, UNAVAILABLE …), which is answered as a GraphQL error.
 */
export function toUserError(error: DomainError, path: readonly string[]): UserError {
  const code = REFUSAL_CODE[error.code];
  if (!code) throw error;
  if (code === 'CONFLICT') return new Refusal(conflictCode(error), error.message, path);
  if (code !== 'OUT_OF_CREDITS') return new Refusal(code, error.message, path);
  const { shortBy, available } = error.details;
  assert(
    typeof shortBy === 'string' && typeof available === 'string',
    'OUT_OF_CREDITS says shortBy and available',
  );
  return new OutOfCredits(error.message, path, {
    shortBy: parseCredits(shortBy),
    available: parseCredits(available),
  });
}

const REFUSAL_CODE: Readonly<Partial<Record<DomainError['code'], UserErrorCode>>> = {
  BAD_USER_INPUT: UserErrorCode.INVALID_INPUT,
  NOT_FOUND: UserErrorCode.NOT_FOUND,
  CONFLICT: UserErrorCode.CONFLICT,
  IDEMPOTENCY_CONFLICT: UserErrorCode.IDEMPOTENCY_CONFLICT,
  OUT_OF_CREDITS: UserErrorCode.OUT_OF_CREDITS,
};

function conflictCode({ details: { reason } }: DomainError): UserErrorCode {
  return typeof reason === 'string' && isUserErrorCode(reason) ? reason : UserErrorCode.CONFLICT;
}

function isUserErrorCode(text: string): text is UserErrorCode {
  return Object.hasOwn(UserErrorCode, text);
}
