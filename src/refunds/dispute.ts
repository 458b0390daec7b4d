import type { Uuid } from '../id.ts';
import type { NanoCredits } from '../money.ts';

export type DisputeStatus = 'OPEN' | 'WON' | 'LOST';

/** What a cardholder's bank wants back. Money in US cents. */
export interface Dispute {
  readonly teamId: Uuid;
  readonly id: Uuid;
  readonly paymentId: Uuid;
  /** `dp_…` or `du_…`. */
  readonly stripeId: string;
  readonly status: DisputeStatus;
  /** What the bank asks for. */
  readonly amountCents: bigint;
  /** What of it counts against the payment: no more than refunds and other disputes leave of that. */
  readonly reversedCents: bigint;
  /** The credit that this has bought. */
  readonly askedNano: NanoCredits;
  /** What of that was there: when it opened, and when it was lost. */
  readonly frozenNano: NanoCredits;
  /** What an operator had voided before and the bank got when it was lost. */
  readonly voidedNano: NanoCredits;
  /** What had been spent and became debt when it was lost. */
  readonly debtNano: NanoCredits;
  readonly bonusVoidedNano: NanoCredits;
  /** The bonus that came back when it was won after it had been lost. */
  readonly bonusReturnedId: Uuid | null;
  readonly reason: string;
  readonly nextCheckAt: Date | null;
  readonly openedAt: Date;
  readonly closedAt: Date | null;
}

/** Whether the bank has, or may get, the money: it counts against the payment. */
export function countsAgainst({ status }: Pick<Dispute, 'status'>): boolean {
  return status !== 'WON';
}

/**
 * What a status of Stripe means for the books; null while the bank only asks a question and has taken nothing. A dispute
 * that is appealed stays lost until it is won.
 */
export function statusFromStripe(status: string): DisputeStatus | null {
  if (status === 'needs_response' || status === 'under_review') return 'OPEN';
  if (status === 'lost' || status.startsWith('appeal_')) return 'LOST';
  return status === 'won' ? 'WON' : null;
}
