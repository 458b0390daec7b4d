import { badInput } from '../domain-error.ts';

/** What plans entitle a team to. */
export interface Entitlements {
  /** It may supply models and set their prices. */
  readonly monetization: boolean;
  /** It may create API keys of its own. */
  readonly apiKeys: boolean;
  /** It may start runs of more than one model. */
  readonly chainedModels: boolean;
  /** Its questions are answered first: told, and enforced by people. */
  readonly prioritySupport: boolean;
  /** What is taken off the prices of its deployments, in basis points: 3000 are 30 %. */
  readonly computeDiscountBps: bigint;
}

/** The entitlements that a team has or has not. */
export type Entitlement = Exclude<keyof Entitlements, 'computeDiscountBps'>;

export const ENTITLEMENT_LIST = [
  'monetization',
  'apiKeys',
  'chainedModels',
  'prioritySupport',
] as const satisfies readonly Entitlement[];

export const NO_ENTITLEMENTS: Entitlements = {
  monetization: false,
  apiKeys: false,
  chainedModels: false,
  prioritySupport: false,
  computeDiscountBps: 0n,
};

/** 100 % in basis points. */
export const WHOLE_BPS = 10_000n;

/** What all of these together entitle to: whatever one of them does, and the greatest discount, not their sum. */
export function allEntitlements(each: readonly Entitlements[]): Entitlements {
  return each.reduce(together, NO_ENTITLEMENTS);
}

function together(a: Entitlements, b: Entitlements): Entitlements {
  return {
    monetization: a.monetization || b.monetization,
    apiKeys: a.apiKeys || b.apiKeys,
    chainedModels: a.chainedModels || b.chainedModels,
    prioritySupport: a.prioritySupport || b.prioritySupport,
    computeDiscountBps: greater(a.computeDiscountBps, b.computeDiscountBps),
  };
}

function greater(a: bigint, b: bigint): bigint {
  if (a > b) return a;
  return b;
}

/** @throws DomainError BAD_USER_INPUT naming `field` for a discount that is none. */
export function checkDiscount(bps: bigint, field: string): bigint {
  if (bps >= 0n && bps < WHOLE_BPS) return bps;
  throw badInput(field, 'must be from 0 to 99.99 percent.');
}

/** Entitlements as they are kept: the discount as text, for JSON has no integers of any size. */
export interface StoredEntitlements extends Readonly<Record<Entitlement, boolean>> {
  readonly computeDiscountBps: string;
}

export function storedEntitlements(entitlements: Entitlements): StoredEntitlements {
  return { ...entitlements, computeDiscountBps: entitlements.computeDiscountBps.toString() };
}

export function entitlementsFrom(stored: StoredEntitlements): Entitlements {
  const { monetization, apiKeys, chainedModels, prioritySupport, computeDiscountBps } = stored;
  return {
    monetization,
    apiKeys,
    chainedModels,
    prioritySupport,
    computeDiscountBps: BigInt(computeDiscountBps),
  };
}
