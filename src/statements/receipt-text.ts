import type { Payment, PaymentKind } from '../gateway/payment.ts';
import { formatCredits, type NanoCredits } from '../money.ts';

/** All that a receipt says of a payment. */
export interface ReceiptFacts {
  readonly payment: Payment;
  readonly teamName: string;
  readonly creditNano: NanoCredits;
  readonly bonusNano: NanoCredits;
  /** Refunds that have left or are leaving, the oldest first. */
  readonly refunds: readonly { readonly at: Date; readonly amountCents: bigint }[];
}

/** Who issues receipts. */
export interface Issuer {
  readonly name: string;
  /** Lines; empty for none. */
  readonly address: readonly string[];
}

/** A receipt or invoice as it is printed. */
export interface ReceiptText {
  readonly title: 'Receipt' | 'Invoice';
  readonly issuer: Issuer;
  /** Names and values, one a line. */
  readonly facts: readonly (readonly [name: string, value: string])[];
  /** What was paid for, what came of it, and the amounts of money. */
  readonly lines: readonly (readonly [text: string, amount: string])[];
  readonly total: readonly [text: string, amount: string];
  readonly note: string;
}

const CARD_BRANDS: Readonly<Record<string, string>> = {
  amex: 'American Express',
  diners: 'Diners Club',
  jcb: 'JCB',
  mastercard: 'Mastercard',
  unionpay: 'UnionPay',
  visa: 'Visa',
};

/** Pure: the same facts give the same text. Plans are invoiced, what was bought is receipted; both have been paid. */
export function receiptText(facts: ReceiptFacts, issuer: Issuer): ReceiptText {
  const { payment, teamName, refunds } = facts;
  const refunded = refunds.reduce((sum, { amountCents }) => sum + amountCents, 0n);
  return {
    title: titleOf(payment.kind),
    issuer,
    facts: [
      ['Number', payment.receiptNumber],
      ['Date', dateTime(payment.paidAt)],
      ['Billed to', teamName],
      ['Paid by', paidBy(payment.cardBrand, payment.cardLast4)],
      ['Payment', payment.paymentIntent],
    ],
    lines: [
      [payment.description, usd(payment.amountCents)],
      ...creditLines(facts),
      ...refunds.map(({ at, amountCents }) => [`Refunded on ${date(at)}`, usd(-amountCents)] as const),
    ],
    total:
      refunded === 0n
        ? ['Paid', usd(payment.amountCents)]
        : ['Paid, less refunds', usd(payment.amountCents - refunded)],
    note: 'All amounts are in US dollars. 1 credit is worth 1 US dollar. Times are UTC.',
  };
}

/** What people call the paper of such a payment. */
export function titleOf(kind: PaymentKind): ReceiptText['title'] {
  return kind === 'SUBSCRIPTION' ? 'Invoice' : 'Receipt';
}

function creditLines({ creditNano, bonusNano }: ReceiptFacts): (readonly [string, string])[] {
  return [
    ...(creditNano > 0n ? [[`Credit: ${formatCredits(creditNano)}`, 'included'] as const] : []),
    ...(bonusNano > 0n ? [[`Bonus credit: ${formatCredits(bonusNano)}`, 'free of charge'] as const] : []),
  ];
}

function paidBy(brand: string | null, last4: string | null): string {
  if (!brand || !last4) return 'Another means of payment';
  return `${CARD_BRANDS[brand] ?? brand} ending in ${last4}`;
}

/** US cents as "$1,234.50". */
export function usd(cents: bigint): string {
  const magnitude = cents < 0n ? -cents : cents;
  const digits = magnitude.toString().padStart(3, '0');
  const whole = digits.slice(0, -2).replace(/\B(?=(\d{3})+$)/g, ',');
  return `${cents < 0n ? '-' : ''}$${whole}.${digits.slice(-2)}`;
}

function date(at: Date): string {
  return at.toISOString().slice(0, 10);
}

function dateTime(at: Date): string {
  return `${date(at)} ${at.toISOString().slice(11, 16)} UTC`;
}

/** The issuer as the options say it: lines of the address are separated by line ends, or by `\n` as it is written. */
export function issuerFrom(name: string, address: string): Issuer {
  const lines = address.split(/\\n|\r?\n/).map((line) => line.trim());
  return { name, address: lines.filter((line) => line !== '') };
}
