import { createHash } from 'node:crypto';

/** Why a card is refused, in Stripe's words. */
export interface Decline {
  readonly code:
    | 'authentication_required'
    | 'card_declined'
    | 'expired_card'
    | 'incorrect_cvc'
    | 'processing_error';
  readonly declineCode: string;
  readonly message: string;
  readonly advice: 'confirm_card_data' | 'do_not_try_again' | 'try_again_later';
}

/**
 * When the holder of a card has to authenticate: `never`; `unlessSetUp`: with every payment, and without them unless
 * they have done so for that; `onSession`: only when they are there; `always`.
 */
export type Authentication = 'always' | 'never' | 'onSession' | 'unlessSetUp';

/** How one of Stripe's test cards behaves. */
export interface TestCard {
  readonly number: string;
  readonly brand: 'amex' | 'diners' | 'discover' | 'jcb' | 'mastercard' | 'unionpay' | 'visa';
  readonly funding: 'credit' | 'debit';
  readonly authentication: Authentication;
  /** What comes of a charge once the card is authenticated, if that has to be. */
  readonly decline?: Decline;
  /** Whether a declining card can be saved all the same. */
  readonly savesThough: boolean;
  /** What its holder does after a payment. */
  readonly dispute?: { readonly reason: string; readonly inquiry: boolean };
  /** What becomes of refunds, some time after they were made. */
  readonly refund?: { readonly first: 'pending' | 'succeeded'; readonly ends: 'failed' | 'succeeded' };
}

export type Wallet = 'apple_pay' | 'google_pay';

const declined = (
  declineCode: string,
  advice: Decline['advice'],
  message = 'Your card was declined.',
): Decline => ({
  code: 'card_declined',
  declineCode,
  advice,
  message,
});

const GENERIC = declined('generic_decline', 'try_again_later');
const NO_FUNDS = declined('insufficient_funds', 'try_again_later', 'Your card has insufficient funds.');
/** The card is not valid any more. */
export const EXPIRED: Decline = {
  code: 'expired_card',
  declineCode: 'expired_card',
  message: 'Your card has expired.',
  advice: 'do_not_try_again',
};
/** Nobody was there who could have authenticated. */
export const AUTHENTICATION_REQUIRED: Decline = {
  code: 'authentication_required',
  declineCode: 'authentication_required',
  message: 'Your card was declined. This transaction requires authentication.',
  advice: 'try_again_later',
};
const INCORRECT_CVC: Decline = {
  code: 'incorrect_cvc',
  declineCode: 'incorrect_cvc',
  message: "Your card's security code is incorrect.",
  advice: 'confirm_card_data',
};
const PROCESSING_ERROR: Decline = {
  code: 'processing_error',
  declineCode: 'processing_error',
  message: 'An error occurred while processing your card. Try again in a little bit.',
  advice: 'try_again_later',
};

function card(number: string, behaviour: Partial<TestCard> = {}): TestCard {
  return {
    number,
    brand: 'visa',
    funding: 'credit',
    authentication: 'never',
    savesThough: false,
    ...behaviour,
  };
}

/** By Stripe's names for them; `pm_card_applePay` and `pm_card_googlePay` are the stand-in's own. */
const NAMED: Readonly<Record<string, TestCard>> = {
  pm_card_visa: card('4242424242424242'),
  pm_card_visa_debit: card('4000056655665556', { funding: 'debit' }),
  pm_card_mastercard: card('5555555555554444', { brand: 'mastercard' }),
  pm_card_mastercard_debit: card('5200828282828210', { brand: 'mastercard', funding: 'debit' }),
  pm_card_amex: card('378282246310005', { brand: 'amex' }),
  pm_card_discover: card('6011111111111117', { brand: 'discover' }),
  pm_card_diners: card('3056930009020004', { brand: 'diners' }),
  pm_card_jcb: card('3566002020360505', { brand: 'jcb' }),
  pm_card_unionpay: card('6200000000000005', { brand: 'unionpay' }),
  pm_card_chargeDeclined: card('4000000000000002', { decline: GENERIC }),
  pm_card_chargeDeclinedInsufficientFunds: card('4000000000009995', { decline: NO_FUNDS }),
  pm_card_chargeDeclinedLostCard: card('4000000000009987', {
    decline: declined('lost_card', 'do_not_try_again'),
  }),
  pm_card_chargeDeclinedStolenCard: card('4000000000009979', {
    decline: declined('stolen_card', 'do_not_try_again'),
  }),
  pm_card_chargeDeclinedExpiredCard: card('4000000000000069', { decline: EXPIRED }),
  pm_card_chargeDeclinedIncorrectCvc: card('4000000000000127', { decline: INCORRECT_CVC }),
  pm_card_chargeDeclinedProcessingError: card('4000000000000119', { decline: PROCESSING_ERROR }),
  pm_card_chargeCustomerFail: card('4000000000000341', { decline: GENERIC, savesThough: true }),
  pm_card_authenticationRequired: card('4000002760003184', { authentication: 'always' }),
  pm_card_authenticationRequiredOnSetup: card('4000002500003155', { authentication: 'unlessSetUp' }),
  pm_card_authenticationRequiredSetupForOffSession: card('4000003800000446', { authentication: 'onSession' }),
  pm_card_authenticationRequiredChargeDeclinedInsufficientFunds: card('4000008260003178', {
    authentication: 'always',
    decline: NO_FUNDS,
    savesThough: true,
  }),
  pm_card_threeDSecure2Required: card('4000000000003220', { authentication: 'always' }),
  pm_card_threeDSecureRequired: card('4000000000003063', { authentication: 'always' }),
  pm_card_threeDSecureOptional: card('4000000000003055'),
  pm_card_createDispute: card('4000000000000259', { dispute: { reason: 'fraudulent', inquiry: false } }),
  pm_card_createDisputeProductNotReceived: card('4000000000002685', {
    dispute: { reason: 'product_not_received', inquiry: false },
  }),
  pm_card_createDisputeInquiry: card('4000000000001976', {
    dispute: { reason: 'fraudulent', inquiry: true },
  }),
  pm_card_refundFail: card('4000000000005126', { refund: { first: 'succeeded', ends: 'failed' } }),
  pm_card_pendingRefund: card('4000000000007726', { refund: { first: 'pending', ends: 'succeeded' } }),
  pm_card_applePay: card('4242424242424242'),
  pm_card_googlePay: card('5555555555554444', { brand: 'mastercard' }),
};
const WALLETS: Readonly<Record<string, Wallet>> = {
  pm_card_applePay: 'apple_pay',
  pm_card_googlePay: 'google_pay',
};
const BY_NUMBER = new Map(Object.values(NAMED).map((one) => [one.number, one]));

/** The card that Stripe gives this name, and the wallet it is in. */
export function namedCard(name: string): { card: TestCard; wallet: Wallet | undefined } | undefined {
  const found = Object.hasOwn(NAMED, name) ? NAMED[name] : undefined;
  return found && { card: found, wallet: WALLETS[name] };
}

/** The test card of this number; undefined for any other number. */
export function cardByNumber(number: string): TestCard | undefined {
  return BY_NUMBER.get(number);
}

/** Every named test card, for those who try them out. */
export function namedCards(): readonly (readonly [name: string, card: TestCard])[] {
  return Object.entries(NAMED);
}

/** The same for the same number, and says nothing of it. */
export function fingerprint(number: string): string {
  return createHash('sha256').update(`card ${number}`).digest('base64url').replace(/[-_]/g, '0').slice(0, 16);
}

/** Whether the digits of a card number check out (Luhn). */
export function isCardNumber(number: string): boolean {
  if (!/^\d{13,19}$/.test(number)) return false;
  const digits = [...number].reverse().map(Number);
  const sum = digits.reduce((total, digit, at) => total + (at % 2 === 0 ? digit : doubled(digit)), 0);
  return sum % 10 === 0;
}

function doubled(digit: number): number {
  return digit > 4 ? digit * 2 - 9 : digit * 2;
}

/** What comes of an attempt to charge a card now: money, a decline, or a question to its holder. */
export function judgeCharge(
  testCard: TestCard,
  holder: { readonly offSession: boolean; readonly setUp: boolean },
): Decline | 'authenticate' | 'succeed' {
  if (asksHolder(testCard.authentication, holder))
    return holder.offSession ? AUTHENTICATION_REQUIRED : 'authenticate';
  return testCard.decline ?? 'succeed';
}

function asksHolder(when: Authentication, holder: { offSession: boolean; setUp: boolean }): boolean {
  if (when === 'never') return false;
  if (when === 'always' || !holder.offSession) return true;
  return when === 'unlessSetUp' && !holder.setUp;
}

/** What comes of saving a card for later. */
export function judgeSetup(testCard: TestCard): Decline | 'authenticate' | 'succeed' {
  if (testCard.decline && !testCard.savesThough) return testCard.decline;
  return testCard.authentication === 'never' || testCard.authentication === 'onSession'
    ? 'succeed'
    : 'authenticate';
}
