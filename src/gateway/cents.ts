import { assert } from '../domain-error.ts';

/** Cents as the `stripe` package takes them. Only for what is handed to it. */
export function centsForStripe(cents: bigint): number {
  assert(cents >= 0n && cents <= BigInt(Number.MAX_SAFE_INTEGER), 'cents are within what Stripe takes');
  return Number(cents);
}

/** Cents as the `stripe` package tells them: whole numbers. */
export function centsFromStripe(cents: number): bigint {
  return BigInt(cents);
}
