import type { Entitlements } from '../catalog/entitlement-terms.ts';
import type { Uuid } from '../id.ts';
import type { NanoCredits } from '../money.ts';

/** Of each family a team has at most one plan. */
export const PLAN_FAMILIES = ['platform', 'workflow'] as const;
export type PlanFamily = (typeof PLAN_FAMILIES)[number];

/** What a plan gives and costs. */
export interface PlanTerms {
  /** `platform-pro`: its family, and a name there. */
  readonly code: string;
  readonly name: string;
  /** Orders the plans of a family: who changes to a higher rank gets more. */
  readonly rank: number;
  /** In US cents a month; 0: free, and there is nothing of it at Stripe. */
  readonly monthlyCents: bigint;
  /** Prepaid credit for each month that is paid in full. */
  readonly monthlyCreditNano: NanoCredits;
  readonly entitlements: Entitlements;
  /** For people, line by line. */
  readonly benefits: readonly string[];
  /** Nobody can subscribe to it any more. */
  readonly retired: boolean;
}

/** A version of a plan: never changed. Whoever subscribed to it keeps it until they change their plan themselves. */
export interface PlanVersion extends PlanTerms {
  readonly id: Uuid;
  readonly version: number;
  readonly family: PlanFamily;
  /** `prod_…` and `price_…`, once they were needed. */
  readonly stripeProduct: string | null;
  readonly stripePrice: string | null;
  readonly effectiveAt: Date;
}

/** The family that the code of a plan names; undefined for a code of none. */
export function familyOf(code: string): PlanFamily | undefined {
  return PLAN_FAMILIES.find((family) => code.startsWith(`${family}-`));
}

export function isFree({ monthlyCents }: Pick<PlanTerms, 'monthlyCents'>): boolean {
  return monthlyCents === 0n;
}

type Standing = Pick<PlanTerms, 'rank' | 'monthlyCents'>;

/** Whether a change takes effect at once and is paid now. Of versions of one rank the one that costs more is higher. */
export function isUpgrade(from: Standing, to: Standing): boolean {
  return to.rank === from.rank ? to.monthlyCents > from.monthlyCents : to.rank > from.rank;
}

const NANO_PER_CENT = 10_000_000n;

/**
 * The credit that a payment for a plan buys: of a whole month the monthly credit, of a part in proportion to what was
 * charged, rounded half-up. Where a plan gives what it costs, that is exactly what was charged.
 */
export function planCredit(
  { monthlyCents, monthlyCreditNano }: Pick<PlanTerms, 'monthlyCents' | 'monthlyCreditNano'>,
  paidCents: bigint,
): NanoCredits {
  if (monthlyCents === 0n || monthlyCreditNano === 0n) return 0n;
  if (monthlyCreditNano === monthlyCents * NANO_PER_CENT) return paidCents * NANO_PER_CENT;
  return (paidCents * monthlyCreditNano * 2n + monthlyCents) / (monthlyCents * 2n);
}
