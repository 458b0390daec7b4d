import { badInput } from '../domain-error.ts';
import { NANO_PER_CENT } from '../gateway/payment.ts';
import type { NanoCredits } from '../money.ts';

/** The largest single payment: what Stripe takes of a card in US dollars. */
const MAX_CENTS = 99_999_999n;

/**
 * An amount that a card is to be charged, in whole cents.
 * @throws DomainError BAD_USER_INPUT naming `field`: not whole cents, below `minCents`, or above 999,999.99 USD.
 */
export function cardCents(amountNano: NanoCredits, minCents: bigint, field: string): bigint {
  if (amountNano % NANO_PER_CENT !== 0n) throw badInput(field, 'must be whole cents, such as "12.50".');
  const cents = amountNano / NANO_PER_CENT;
  if (cents < minCents) throw badInput(field, `must be at least ${formatUsd(minCents)}.`);
  if (cents > MAX_CENTS) throw badInput(field, `must be at most ${formatUsd(MAX_CENTS)}.`);
  return cents;
}

/** Cents as people read them: 1250 → `$12.50`. */
export function formatUsd(cents: bigint): string {
  const sign = cents < 0n ? '-' : '';
  const digits = (cents < 0n ? -cents : cents).toString().padStart(3, '0');
  return `${sign}$${digits.slice(0, -2)}.${digits.slice(-2)}`;
}

/** US dollars as an option has them, such as "1" or "0.50", in cents. */
export function usdCents(text: string): bigint {
  const [whole = '0', fraction = ''] = text.split('.');
  return BigInt(whole) * 100n + BigInt(fraction.padEnd(2, '0'));
}
