import { applicability, type ChargeTarget, drawDown, inDrawdownOrder } from '../grants/drawdown.ts';
import type { GrantAccount } from '../ledger/grant-account.ts';
import type { NanoCredits } from '../money.ts';

/** A part of a job, as credit sees it. */
export interface CoverPart {
  readonly target: ChargeTarget;
  readonly amountNano: NanoCredits;
}

/** What would be missing if these parts were charged now, one after the other, in drawdown order each. */
export function shortOf(
  grants: Iterable<GrantAccount>,
  parts: readonly CoverPart[],
  atMs: number,
): NanoCredits {
  const left = inDrawdownOrder(grants).map((grant) => ({ ...grant }));
  let shortNano = 0n;
  for (const { target, amountNano } of parts) {
    const { draws, shortByNano } = drawDown(left, target, amountNano, atMs);
    for (const { grant, amountNano: drawn } of draws) grant.remainingNano -= drawn;
    shortNano += shortByNano;
  }
  return shortNano;
}

/** The credit that may pay for each of these targets: what can be set aside for all of them together. */
export function availableForAll(
  grants: Iterable<GrantAccount>,
  targets: readonly ChargeTarget[],
  atMs: number,
): NanoCredits {
  let sum = 0n;
  for (const grant of grants) {
    const paysForAll = targets.every((target) => applicability(grant, target, atMs) === 'APPLICABLE');
    if (paysForAll) sum += grant.remainingNano;
  }
  return sum;
}
