/** Until when a card is valid: to the end of a month, UTC. Months count from 1. */
export interface CardExpiry {
  readonly expMonth: number | null;
  readonly expYear: number | null;
}

const NOTICE_MS = 30 * 86_400_000;

/** The first instant at which the card is no longer valid; undefined for what does not expire. */
export function expiresAt({ expMonth, expYear }: CardExpiry): Date | undefined {
  return expMonth === null || expYear === null ? undefined : new Date(Date.UTC(expYear, expMonth, 1));
}

/** Whether the card is no longer valid at `now`. */
export function isExpired(card: CardExpiry, now: Date): boolean {
  const end = expiresAt(card);
  return end !== undefined && end.getTime() <= now.getTime();
}

/** When the team is told that the card expires: 30 days before the end of its month. */
export function noticeAt(card: CardExpiry): Date | undefined {
  const end = expiresAt(card);
  return end && new Date(end.getTime() - NOTICE_MS);
}

/** The latest month of expiry that has to be told of at `now`: of it and of all earlier ones. */
export function monthToTell(now: Date): { readonly year: number; readonly month: number } {
  // The last month that has ended within 30 days from now.
  const ahead = new Date(now.getTime() + NOTICE_MS);
  const last = new Date(Date.UTC(ahead.getUTCFullYear(), ahead.getUTCMonth() - 1, 1));
  return { year: last.getUTCFullYear(), month: last.getUTCMonth() + 1 };
}

/** A card as people call it: "Visa ending in 4242". */
export function cardName({
  brand,
  last4,
}: {
  readonly brand: string | null;
  readonly last4: string | null;
}): string {
  const name = brand === null ? 'card' : (BRANDS[brand] ?? brand);
  return last4 === null ? name : `${name} ending in ${last4}`;
}

const BRANDS: Readonly<Record<string, string>> = {
  amex: 'American Express',
  diners: 'Diners Club',
  discover: 'Discover',
  jcb: 'JCB',
  mastercard: 'Mastercard',
  unionpay: 'UnionPay',
  visa: 'Visa',
};

/** The month of expiry as people write it: "December 2026". */
export function expiryMonth({ expMonth, expYear }: CardExpiry): string {
  if (expMonth === null || expYear === null) return '';
  const format = new Intl.DateTimeFormat('en-US', { month: 'long', year: 'numeric', timeZone: 'UTC' });
  return format.format(Date.UTC(expYear, expMonth - 1, 1));
}
