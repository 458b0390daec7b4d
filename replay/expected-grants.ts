import { nanoOf } from './fraction.ts';
import type { ReportedGrant } from './reported.ts';

/** A grant with what should remain of it. */
export interface ExpectedGrant {
  readonly id: string;
  readonly isPrepaid: boolean;
  readonly amountNano: bigint;
  readonly priority: number;
  readonly product: string | null;
  readonly model: string | null;
  readonly gpuType: string | null;
  /** How many of the three above it is restricted to. */
  readonly restrictions: number;
  readonly effectiveMs: number;
  readonly expiresMs: number;
  readonly createdMs: number;
  /** What is in the books; nothing before the grant came into them. */
  remainingNano: bigint;
  isIssued: boolean;
}

/** What is charged, as restrictions see it. */
export interface Target {
  readonly model: string;
  readonly product: string;
}

export interface ExpectedDraw {
  readonly grant: ExpectedGrant;
  readonly amountNano: bigint;
}

/** The terms of a grant, with nothing in it yet: its entry puts that in. */
export function expectedGrant(grant: ReportedGrant): ExpectedGrant {
  const { product = null, model = null, gpuType = null } = grant.scope ?? {};
  return {
    id: grant.id,
    isPrepaid: grant.kind === 'PREPAID',
    amountNano: nanoOf(grant.amount),
    priority: grant.priority,
    product,
    model,
    gpuType,
    restrictions: [product, model, gpuType].filter((one) => one !== null).length,
    effectiveMs: Date.parse(grant.effectiveAt),
    expiresMs: grant.expiresAt === null ? Number.POSITIVE_INFINITY : Date.parse(grant.expiresAt),
    createdMs: Date.parse(grant.createdAt),
    remainingNano: 0n,
    isIssued: false,
  };
}

/** What a grant is worth at an instant, also where its start or its end is due and not in the books yet. */
export function worthNano(grant: ExpectedGrant, atMs: number): bigint {
  if (grant.expiresMs <= atMs) return 0n;
  if (grant.isIssued) return grant.remainingNano;
  return grant.effectiveMs <= atMs ? grant.amountNano : 0n;
}

/** What each grant should pay of a charge at an instant, in order; nothing when they cannot pay all of it. */
export function expectedDraws(
  grants: readonly ExpectedGrant[],
  target: Target,
  amountNano: bigint,
  atMs: number,
): ExpectedDraw[] {
  const draws: ExpectedDraw[] = [];
  let left = amountNano;
  for (const grant of grants.filter((one) => maySpend(one, target, atMs)).sort(byTurn)) {
    if (left === 0n) break;
    const drawn = smaller(grant.remainingNano, left);
    draws.push({ grant, amountNano: drawn });
    left -= drawn;
  }
  return left === 0n ? draws : [];
}

/** What could be spent on a target at an instant. */
export function spendable(grants: readonly ExpectedGrant[], target: Target, atMs: number): bigint {
  return grants
    .filter((one) => maySpend(one, target, atMs))
    .reduce((sum, one) => sum + one.remainingNano, 0n);
}

function maySpend(grant: ExpectedGrant, target: Target, atMs: number): boolean {
  if (grant.remainingNano === 0n || grant.effectiveMs > atMs || grant.expiresMs <= atMs) return false;
  if (grant.gpuType !== null) return false;
  if (grant.product !== null && grant.product !== target.product) return false;
  return grant.model === null || grant.model === target.model;
}

/** The turn of a grant, from what decides first to what decides last. */
function byTurn(a: ExpectedGrant, b: ExpectedGrant): number {
  return (
    turnOfKind(a) - turnOfKind(b) ||
    a.priority - b.priority ||
    order(a.expiresMs, b.expiresMs) ||
    b.restrictions - a.restrictions ||
    a.effectiveMs - b.effectiveMs ||
    a.createdMs - b.createdMs ||
    order(a.id, b.id)
  );
}

/** Gifts before what was paid for; those that expire first; of each, restricted ones first. */
function turnOfKind({ isPrepaid, expiresMs, restrictions }: ExpectedGrant): number {
  if (isPrepaid) return 5;
  const expires = Number.isFinite(expiresMs);
  if (expires) return restrictions > 0 ? 1 : 2;
  return restrictions > 0 ? 3 : 4;
}

function smaller(a: bigint, b: bigint): bigint {
  return order(a, b) < 0 ? a : b;
}

function order<T>(a: T, b: T): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}
