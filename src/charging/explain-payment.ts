import { type Applicability, applicability, type ChargeTarget, compareGrants } from '../grants/drawdown.ts';
import { publicId, type Uuid } from '../id.ts';
import type { Entry } from '../ledger/entry.ts';
import type { GrantAccount } from '../ledger/grant-account.ts';
import { formatCredits, type NanoCredits } from '../money.ts';
import type { Charge } from './charge.ts';

/**
 * What a grant had to do with a charge. NOT_NEEDED: it came after the grants that paid the whole amount.
 * ALL_OR_NOTHING: it could have paid a part, but the usage stayed unbilled as a whole.
 */
export type GrantOutcome = 'PAID' | Exclude<Applicability, 'APPLICABLE'> | 'NOT_NEEDED' | 'ALL_OR_NOTHING';

/** A grant as it was when a charge was decided. */
export interface PastGrant {
  /** With the expiry and the status of then. */
  readonly terms: GrantAccount;
  /** What it held then, where that is known without reading its whole history. */
  readonly heldNano: NanoCredits | null;
}

/** What the decision on a charge rested on, and what came of it. */
export interface PaymentFacts {
  readonly charge: Charge;
  /** The entries of the charge. */
  readonly entries: readonly Entry[];
  readonly target: ChargeTarget;
  /** Every grant of the team that existed then. */
  readonly grants: readonly PastGrant[];
}

/** A grant that was considered. */
export interface GrantStep {
  readonly grant: GrantAccount;
  readonly outcome: GrantOutcome;
  readonly paidNano: NanoCredits;
  /** What was left of it afterwards, for grants that paid. */
  readonly leftNano: NanoCredits | null;
}

/** The grants in drawdown order, each with what it paid or why it paid nothing. */
export function grantSteps(facts: PaymentFacts): GrantStep[] {
  const draws = new Map<Uuid | null, Entry>();
  for (const entry of facts.entries) if (entry.grantAfterNano !== null) draws.set(entry.debitRef, entry);
  const ordered = [...facts.grants].sort((a, b) => compareGrants(a.terms, b.terms));
  const lastPayer = ordered.findLastIndex(({ terms }) => draws.has(terms.id));
  return ordered.map((grant, index) => {
    const draw = draws.get(grant.terms.id);
    const step = { grant: grant.terms, paidNano: 0n, leftNano: null };
    if (draw) return { ...step, outcome: 'PAID', paidNano: draw.amountNano, leftNano: draw.grantAfterNano };
    return { ...step, outcome: whyNothing(grant, facts, index < lastPayer) };
  });
}

/** Whether a grant could pay for the charge when it was decided. An amount that is not known is taken for some. */
export function pastApplicability(
  { terms, heldNano }: PastGrant,
  target: ChargeTarget,
  charge: Charge,
): Applicability {
  return applicability({ ...terms, remainingNano: heldNano ?? 1n }, target, charge.postedAt.getTime());
}

function whyNothing(grant: PastGrant, { charge, target }: PaymentFacts, beforeAPayer: boolean): GrantOutcome {
  const reason = pastApplicability(grant, target, charge);
  if (reason !== 'APPLICABLE') return reason;
  if (charge.status === 'UNBILLED') return 'ALL_OR_NOTHING';
  // A grant that may pay is drawn to the end before a later one, and before anything becomes debt.
  return beforeAPayer || charge.debtNano > 0n ? 'EXHAUSTED' : 'NOT_NEEDED';
}

/** Who paid a charge, in one sentence. */
export function paymentSummary(charge: Charge, steps: readonly GrantStep[]): string {
  if (charge.amountNano === 0n) return 'Nothing was to be paid: the usage was free.';
  const paid = steps
    .filter(({ outcome }) => outcome === 'PAID')
    .map(({ grant, paidNano }) => `${formatCredits(paidNano)} from ${publicId('grant', grant.id)}`);
  if (charge.debtNano > 0n) {
    paid.push(`${formatCredits(charge.debtNano)} became debt, for no grant that may pay had anything left`);
  }
  return `${formatCredits(charge.amountNano)} credits: ${paid.join(', ')}.`;
}

/** Why usage was not charged: what the grants that may pay held and what the team owed when it was decided. */
export function unbilledSummary(charge: Charge, heldNano: NanoCredits, unpaidNano: NanoCredits): string {
  return (
    `Nothing was charged: the grants that may pay held ${formatCredits(heldNano)} of the ` +
    `${formatCredits(charge.amountNano)} credits, and with the rest on top of the ${formatCredits(unpaidNano)} ` +
    'that it owed the team would have been above its limit.'
  );
}

/** What a grant had to do with the charge, in a sentence. */
export function stepSummary(step: GrantStep, nameOf: (modelId: Uuid) => string): string {
  const { grant, outcome, paidNano, leftNano } = step;
  switch (outcome) {
    case 'PAID': {
      const before = formatCredits(paidNano + (leftNano ?? 0n));
      return leftNano === 0n
        ? `Paid ${formatCredits(paidNano)}, all it had.`
        : `Paid ${formatCredits(paidNano)} of the ${before} it had.`;
    }
    case 'VOIDED':
      return 'Had been voided.';
    case 'NOT_EFFECTIVE':
      return `Was not effective before ${iso(grant.effectiveAtMs)}.`;
    case 'EXPIRED':
      return `Had expired at ${iso(grant.expiresAtMs)}.`;
    case 'OUT_OF_SCOPE':
      return `Pays only for ${scopeText(grant, nameOf)}.`;
    case 'EXHAUSTED':
      return 'Had nothing left.';
    case 'NOT_NEEDED':
      return 'Was not needed: the amount was paid before its turn.';
    case 'ALL_OR_NOTHING':
      return 'Could have paid a part, but usage beyond the limit of debt is not charged in part.';
  }
}

function scopeText({ scope }: GrantAccount, nameOf: (modelId: Uuid) => string): string {
  const parts = [
    scope.product && `product ${scope.product}`,
    scope.modelId && `model ${nameOf(scope.modelId)}`,
    scope.gpuType && `GPU type ${scope.gpuType}`,
  ];
  return parts.filter(Boolean).join(', ');
}

function iso(ms: number | null): string {
  return ms === null ? '' : new Date(ms).toISOString();
}
