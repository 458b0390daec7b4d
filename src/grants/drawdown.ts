import type { Uuid } from '../id.ts';
import type { GrantAccount, GrantScope } from '../ledger/grant-account.ts';
import { minNano, type NanoCredits } from '../money.ts';

/** What is paid for, as grant scopes see it. */
export interface ChargeTarget {
  readonly product: string | null;
  readonly modelId: Uuid | null;
  readonly gpuType: string | null;
}

export interface Draw {
  readonly grant: GrantAccount;
  readonly amountNano: NanoCredits;
}

export interface Drawdown {
  /** What each paying grant gives, in drawdown order; never more than it has. */
  readonly draws: readonly Draw[];
  /** What is missing; 0 when the draws cover the amount. */
  readonly shortByNano: NanoCredits;
}

/**
 * Which grants pay `amountNano` (billing-rules §2): those open, effective and unexpired at `atMs` whose scope covers
 * the target, in the order of `inDrawdownOrder`, each giving what it has until the amount is reached.
 */
export function drawDown(
  ordered: readonly GrantAccount[],
  target: ChargeTarget,
  amountNano: NanoCredits,
  atMs: number,
): Drawdown {
  const draws: Draw[] = [];
  let left = amountNano;
  for (const grant of ordered) {
    if (left === 0n) break;
    if (!isApplicable(grant, target, atMs)) continue;
    const drawn = minNano(grant.remainingNano, left);
    draws.push({ grant, amountNano: drawn });
    left -= drawn;
  }
  return { draws, shortByNano: left };
}

/** As `drawDown`, for what may become the payment of any of `targets`: grants that may pay for each of them. */
export function drawDownFor(
  ordered: readonly GrantAccount[],
  targets: readonly ChargeTarget[],
  amountNano: NanoCredits,
  atMs: number,
): Drawdown {
  const [first, ...others] = targets;
  if (!first) return { draws: [], shortByNano: amountNano };
  const mayPayOthers = (grant: GrantAccount) => others.every((target) => isApplicable(grant, target, atMs));
  return drawDown(others.length === 0 ? ordered : ordered.filter(mayPayOthers), first, amountNano, atMs);
}

/** What `target` could be charged at `atMs`: Σ remaining of the applicable grants. */
export function availableFor(
  grants: Iterable<GrantAccount>,
  target: ChargeTarget,
  atMs: number,
): NanoCredits {
  let sum = 0n;
  for (const grant of grants) if (isApplicable(grant, target, atMs)) sum += grant.remainingNano;
  return sum;
}

/** Why a grant can or cannot pay at an instant. */
export type Applicability =
  | 'APPLICABLE'
  | 'VOIDED'
  | 'NOT_EFFECTIVE'
  | 'EXPIRED'
  | 'OUT_OF_SCOPE'
  | 'EXHAUSTED';

export function applicability(grant: GrantAccount, target: ChargeTarget, atMs: number): Applicability {
  if (grant.status === 'VOIDED') return 'VOIDED';
  if (grant.effectiveAtMs > atMs || grant.status === 'SCHEDULED') return 'NOT_EFFECTIVE';
  if (grant.expiresAtMs !== null && grant.expiresAtMs <= atMs) return 'EXPIRED';
  if (!covers(grant.scope, target)) return 'OUT_OF_SCOPE';
  return grant.remainingNano > 0n ? 'APPLICABLE' : 'EXHAUSTED';
}

function isApplicable(grant: GrantAccount, target: ChargeTarget, atMs: number): boolean {
  return applicability(grant, target, atMs) === 'APPLICABLE';
}

/** Whether each restriction of the scope is met by the target. */
export function covers(scope: GrantScope, target: ChargeTarget): boolean {
  return (
    (scope.product === null || scope.product === target.product) &&
    (scope.modelId === null || scope.modelId === target.modelId) &&
    (scope.gpuType === null || scope.gpuType === target.gpuType)
  );
}

/** The total drawdown order: it never depends on the order in which grants were read. */
export function inDrawdownOrder(grants: Iterable<GrantAccount>): GrantAccount[] {
  return [...grants].sort(compareGrants);
}

/** Negative when `a` is drawn before `b`. */
export function compareGrants(a: GrantAccount, b: GrantAccount): number {
  return (
    shape(a) - shape(b) ||
    a.priority - b.priority ||
    compareExpiry(a.expiresAtMs, b.expiresAtMs) ||
    specificity(b.scope) - specificity(a.scope) ||
    a.effectiveAtMs - b.effectiveAtMs ||
    a.createdAtMs - b.createdAtMs ||
    (a.id < b.id ? -1 : a.id > b.id ? 1 : 0)
  );
}

/** The five shapes of the consumption order, 0 first. */
function shape(grant: GrantAccount): number {
  if (grant.kind === 'PREPAID') return 4;
  return (grant.expiresAtMs === null ? 2 : 0) + (specificity(grant.scope) > 0 ? 0 : 1);
}

function specificity(scope: GrantScope): number {
  return (
    (scope.product === null ? 0 : 1) + (scope.modelId === null ? 0 : 1) + (scope.gpuType === null ? 0 : 1)
  );
}

function compareExpiry(a: number | null, b: number | null): number {
  if (a === b) return 0;
  if (a === null) return 1;
  return b === null ? -1 : a - b;
}
