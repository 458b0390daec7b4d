import { isCardNumber } from './cards.ts';

/** What is wrong with a card as it was typed. */
export interface CardIssue {
  readonly code: string;
  readonly param: string;
  readonly message: string;
}

/** What a person typed; the number without spaces. */
export interface TypedCard {
  readonly number: string;
  readonly expMonth: number;
  readonly expYear: number;
  readonly cvc?: string | undefined;
}

/** The first thing that is wrong with the card at `now`, in Stripe's words. */
export function checkCard(card: TypedCard, now: Date): CardIssue | undefined {
  if (!isCardNumber(card.number)) {
    return { code: 'incorrect_number', param: 'number', message: 'Your card number is incorrect.' };
  }
  if (!Number.isInteger(card.expMonth) || card.expMonth < 1 || card.expMonth > 12) {
    return {
      code: 'invalid_expiry_month',
      param: 'exp_month',
      message: "Your card's expiration month is invalid.",
    };
  }
  if (isPast(card, now) || card.expYear > now.getUTCFullYear() + 50) {
    return {
      code: 'invalid_expiry_year',
      param: 'exp_year',
      message: "Your card's expiration year is invalid.",
    };
  }
  if (card.cvc !== undefined && !/^\d{3,4}$/.test(card.cvc)) {
    return { code: 'invalid_cvc', param: 'cvc', message: "Your card's security code is invalid." };
  }
  return undefined;
}

function isPast({ expYear, expMonth }: TypedCard, now: Date): boolean {
  return Date.UTC(expYear, expMonth, 1) <= now.getTime();
}
