import type Stripe from 'stripe';
import { type Call, unixSeconds } from './call.ts';
import { type CardIssue, checkCard } from './card-check.ts';
import {
  cardByNumber,
  type Decline,
  EXPIRED,
  fingerprint,
  namedCard,
  type TestCard,
  type Wallet,
} from './cards.ts';
import { newId } from './new-id.ts';
import type { Stored } from './objects.ts';
import { invalidRequest, resourceMissing, StripeProblem } from './problem.ts';

/** A card as somebody typed it on a page, or one of Stripe's names for test cards: `pm_card_visa`. */
export type CardInput = NamedCardInput | TypedCardInput;

export interface NamedCardInput {
  readonly token: string;
}

export interface TypedCardInput {
  readonly number: string;
  readonly expMonth: number;
  readonly expYear: number;
  readonly cvc?: string | undefined;
  readonly name?: string | undefined;
  readonly email?: string | undefined;
  readonly postalCode?: string | undefined;
  readonly country?: string | undefined;
}

interface Embossed {
  readonly card: TestCard;
  readonly wallet: Wallet | undefined;
  readonly expMonth: number;
  readonly expYear: number;
  readonly billing: Stripe.PaymentMethod.BillingDetails;
}

/**
 * A new payment method that belongs to nobody yet.
 * @throws StripeProblem `incorrect_number`, `invalid_expiry_month`, `invalid_expiry_year`, `invalid_cvc`, or
 * `card_declined` for a number that is no test card.
 */
export async function newCard(call: Call, input: CardInput): Promise<Stored<'payment_method'>> {
  const embossed = 'token' in input ? named(call, input) : typed(call, input);
  const id = newId('pm');
  return call.objects.put({
    id,
    type: 'payment_method',
    data: methodData(id, embossed, unixSeconds(call.now)),
    secret: { number: embossed.card.number, setUp: false, spent: false },
    customer: null,
    parent: null,
    dueAt: null,
  });
}

/**
 * The method by its id, locked, or a new one for a name like `pm_card_visa`.
 * @throws StripeProblem `resource_missing`, naming `param`.
 */
export async function findMethod(
  call: Call,
  id: string,
  param = 'payment_method',
): Promise<Stored<'payment_method'>> {
  if (namedCard(id)) return newCard(call, { token: id });
  const found = await call.objects.get('payment_method', id, { lock: true });
  if (found === undefined) throw resourceMissing('PaymentMethod', id, param);
  return found;
}

/** The test card a method stands for. */
export function cardOf(method: Stored<'payment_method'>): TestCard {
  const found = cardByNumber(method.secret.number);
  if (found === undefined) throw new Error(`${method.id} is of no test card.`);
  return found;
}

/** Why the card is not charged whatever its holder says: it is no longer valid. */
export function expiry(call: Call, method: Stored<'payment_method'>): Decline | undefined {
  const { exp_year: year = 0, exp_month: month = 0 } = method.data.card ?? {};
  return Date.UTC(year, month, 1) <= call.now.getTime() ? EXPIRED : undefined;
}

/** A 402 for the decline, with what Stripe puts beside it. */
export function declineProblem(
  decline: Decline,
  extra: Readonly<Record<string, unknown>> = {},
): StripeProblem {
  return new StripeProblem(402, 'card_error', decline.message, {
    code: decline.code,
    declineCode: decline.declineCode,
    extra: { advice_code: decline.advice, ...extra },
  });
}

/**
 * Gives it to the customer; `payment_method.attached` is emitted unless it was theirs already.
 * @throws StripeProblem when it belongs to another customer or must not be used again.
 */
export async function attachMethod(
  call: Call,
  method: Stored<'payment_method'>,
  customer: string,
): Promise<Stored<'payment_method'>> {
  if (method.customer === customer) return method;
  if (method.customer !== null) {
    throw invalidRequest('The payment method you provided has already been attached to a customer.', {
      code: 'payment_method_unexpected_state',
      param: 'payment_method',
    });
  }
  demandUnspent(method);
  const owner = await call.objects.get('customer', customer);
  if (owner === undefined || owner.data.deleted) throw resourceMissing('customer', customer, 'customer');
  const attached = await call.objects.put({ ...method, customer, data: { ...method.data, customer } });
  call.emit('payment_method.attached', attached.data);
  return attached;
}

/** Takes it from its customer, for good. `payment_method.detached` is emitted. */
export async function detachMethod(
  call: Call,
  method: Stored<'payment_method'>,
): Promise<Stored<'payment_method'>> {
  if (method.customer === null) {
    throw invalidRequest(
      'The payment method you provided is not attached to a customer so detachment is impossible.',
      { code: 'payment_method_unexpected_state' },
    );
  }
  const detached = await call.objects.put({
    ...method,
    customer: null,
    secret: { ...method.secret, spent: true },
    data: { ...method.data, customer: null },
  });
  call.emit('payment_method.detached', detached.data, { customer: method.customer });
  return detached;
}

/** Checks that a payment or setup of `customer` may use the method. @throws StripeProblem */
export function demandUsable(method: Stored<'payment_method'>, customer: string | null): void {
  demandUnspent(method);
  if (method.customer === null || method.customer === customer) return;
  if (customer === null) {
    throw invalidRequest(
      `The PaymentMethod ${method.id} belongs to the Customer ${method.customer}. Please include the Customer in the \`customer\` parameter on the PaymentIntent.`,
      { param: 'payment_method' },
    );
  }
  throw invalidRequest(
    `The customer does not have a payment method with the ID ${method.id}. The payment method must be attached to the customer.`,
    { code: 'resource_missing', param: 'payment_method' },
  );
}

function demandUnspent(method: Stored<'payment_method'>): void {
  if (!method.secret.spent) return;
  throw invalidRequest(
    'The provided PaymentMethod was previously used with a PaymentIntent without Customer attachment, shared with a connected account without Customer attachment, or was detached from a Customer. It may not be used again. To use a PaymentMethod multiple times, you must attach it to a Customer first.',
    { code: 'payment_method_unexpected_state', param: 'payment_method' },
  );
}

function named(call: Call, input: NamedCardInput): Embossed {
  const found = namedCard(input.token);
  if (found === undefined) throw resourceMissing('PaymentMethod', input.token, 'payment_method');
  // Valid for longer than any simulated time that a test spends.
  return { ...found, expMonth: 12, expYear: call.now.getUTCFullYear() + 6, billing: billingOf({}) };
}

function typed(call: Call, input: TypedCardInput): Embossed {
  const number = input.number.replace(/[\s-]/g, '');
  const issue = checkCard({ ...input, number }, call.now);
  if (issue) throw cardIssue(issue);
  const found = cardByNumber(number);
  if (found === undefined) {
    throw new StripeProblem(
      402,
      'card_error',
      'Your card was declined. Your request was in test mode, but used a non test card. For a list of valid test cards, visit: https://stripe.com/docs/testing.',
      { code: 'card_declined', declineCode: 'test_mode_live_card', param: 'number' },
    );
  }
  const { expMonth, expYear } = input;
  return { card: found, wallet: undefined, expMonth, expYear, billing: billingOf(input) };
}

function cardIssue({ code, param, message }: CardIssue): StripeProblem {
  return new StripeProblem(402, 'card_error', message, { code, param });
}

function billingOf(input: Partial<TypedCardInput>): Stripe.PaymentMethod.BillingDetails {
  return {
    address: {
      city: null,
      country: input.country ?? null,
      line1: null,
      line2: null,
      postal_code: input.postalCode ?? null,
      state: null,
    },
    email: input.email ?? null,
    name: input.name ?? null,
    phone: null,
    tax_id: null,
  };
}

function methodData(id: string, embossed: Embossed, created: number): Stripe.PaymentMethod {
  return {
    id,
    object: 'payment_method',
    allow_redisplay: 'unspecified',
    billing_details: embossed.billing,
    card: cardData(embossed),
    created,
    customer: null,
    customer_account: null,
    livemode: false,
    metadata: {},
    type: 'card',
  };
}

function cardData({ card, wallet, expMonth, expYear }: Embossed): Stripe.PaymentMethod.Card {
  const last4 = card.number.slice(-4);
  return {
    brand: card.brand,
    checks: { address_line1_check: null, address_postal_code_check: null, cvc_check: 'pass' },
    country: 'US',
    display_brand: card.brand,
    exp_month: expMonth,
    exp_year: expYear,
    fingerprint: fingerprint(card.number),
    funding: card.funding,
    generated_from: null,
    last4,
    networks: { available: [card.brand], preferred: null },
    regulated_status: 'unregulated',
    three_d_secure_usage: { supported: true },
    wallet: wallet ? { dynamic_last4: last4, type: wallet, [wallet]: {} } : null,
  };
}
