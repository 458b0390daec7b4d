import type { ActorRef } from '../actor.ts';
import type { Meter } from '../catalog/meters.ts';
import type { Decimal } from '../decimal.ts';
import type { Uuid } from '../id.ts';
import type { TeamBalance } from '../ledger/balance.ts';
import type { NanoCredits } from '../money.ts';
import type { Charge, ChargeRefusal } from './charge.ts';

/** What became of a hold. All but HELD are final. */
export const HOLD_STATUS = { HELD: 1, SETTLED: 2, RELEASED: 3, EXPIRED: 4 } as const;
export type HoldStatus = keyof typeof HOLD_STATUS;

/** How long holds live, and how far beyond them reports may go. */
export const HOLD_LIMITS = {
  defaultLifeMs: 15 * 60_000,
  shortestLifeMs: 10_000,
  /** From placing to expiry, extensions included; a settle may come as long after it again. */
  longestLifeMs: 24 * 3_600_000,
  /** A report above this many times the hold is a mistake. */
  reportFactor: 100n,
} as const;

/** What one grant has set aside and neither paid nor got back yet. */
export interface HeldDraw {
  readonly grantId: Uuid;
  readonly amountNano: NanoCredits;
}

/** What had been used by the last report, and its price. */
export interface HoldReport {
  readonly quantities: Readonly<Record<string, string>>;
  readonly params: Readonly<Record<string, string>> | null;
  readonly amountNano: NanoCredits;
  readonly at: Date;
}

/** Credit set aside for work that is under way. */
export interface Hold {
  readonly teamId: Uuid;
  readonly id: Uuid;
  readonly status: HoldStatus;
  /** Null for the hold of a run, which pays for all models of its steps. */
  readonly modelId: Uuid | null;
  /** What is expected to be used (meter → decimal text); null when an amount was held. */
  readonly quantities: Readonly<Record<string, string>> | null;
  readonly params: Readonly<Record<string, string>> | null;
  /** What was set aside. */
  readonly amountNano: NanoCredits;
  /** What charges of a run have drawn from it so far. */
  readonly drawnNano: NanoCredits;
  /** In drawdown order; empty once it is resolved. */
  readonly draws: readonly HeldDraw[];
  readonly memberId: Uuid | null;
  readonly apiKeyId: Uuid | null;
  readonly deploymentId: Uuid | null;
  readonly replicaSlot: number | null;
  readonly runId: Uuid | null;
  readonly tags: Readonly<Record<string, string>> | null;
  readonly placedAt: Date;
  readonly expiresAt: Date;
  readonly reported: HoldReport | null;
  readonly resolvedAt: Date | null;
  /** The charge it was settled by, also when it expired; null when all was released. */
  readonly chargeId: Uuid | null;
  /** The charge for what a late settle reported beyond that. */
  readonly lateChargeId: Uuid | null;
  readonly actor: ActorRef;
}

/** What is still set aside. */
export function openNano({ draws }: Pick<Hold, 'draws'>): NanoCredits {
  return draws.reduce((sum, { amountNano }) => sum + amountNano, 0n);
}

interface Usage {
  readonly quantities: ReadonlyMap<Meter, Decimal>;
  readonly params: ReadonlyMap<string, string>;
}

/** Sets credit aside: the price of what is expected to be used, or an amount. */
export interface PlaceHold extends Usage {
  readonly what: 'PLACE_HOLD';
  readonly teamId: Uuid;
  readonly keyDigest: string;
  readonly requestDigest: string;
  readonly modelKey: string;
  /** Instead of quantities. */
  readonly amountNano?: NanoCredits;
  readonly lifeMs: number;
  readonly memberId?: Uuid;
  readonly apiKeyId?: Uuid;
  readonly tags?: Readonly<Record<string, string>>;
  readonly actor: ActorRef;
}

/** What to do when work costs more than was held and the team has not enough beside it. */
export type WhenShort = 'TAKE_AVAILABLE' | 'REFUSE' | 'DEBT';

/** Charges what was used, at the price of the instant the hold was placed, and returns the rest. */
export interface SettleHold extends Usage {
  readonly what: 'SETTLE_HOLD';
  readonly teamId: Uuid;
  readonly holdId: Uuid;
  readonly keyDigest: string;
  readonly requestDigest: string;
  readonly whenShort: WhenShort;
  readonly actor: ActorRef;
}

/** Returns all that is held. */
export interface ReleaseHold {
  readonly what: 'RELEASE_HOLD';
  readonly teamId: Uuid;
  readonly holdId: Uuid;
  readonly actor: ActorRef;
}

/** Tells what has been used so far, all together: what an expired hold is settled by. */
export interface ReportHold extends Usage {
  readonly what: 'REPORT_HOLD';
  readonly teamId: Uuid;
  readonly holdId: Uuid;
  readonly actor: ActorRef;
}

/** Lets a hold live for `lifeMs` from now. */
export interface ExtendHold {
  readonly what: 'EXTEND_HOLD';
  readonly teamId: Uuid;
  readonly holdId: Uuid;
  readonly lifeMs: number;
  readonly actor: ActorRef;
}

/** Settles a hold whose time is over by its last report; does nothing to one whose is not. */
export interface ExpireHold {
  readonly what: 'EXPIRE_HOLD';
  readonly teamId: Uuid;
  readonly holdId: Uuid;
}

export type HoldRequest = PlaceHold | SettleHold | ReleaseHold | ReportHold | ExtendHold | ExpireHold;

/** The answer to one request about a hold. */
export type HoldResult =
  | {
      readonly ok: true;
      readonly hold: Hold;
      /** What this request, or the one that resolved the hold, charged. */
      readonly charge: Charge | null;
      readonly replayed: boolean;
      /** The hold had been settled, released or expired before: nothing was done, this is what became of it. */
      readonly alreadyResolved: boolean;
      /** The part of the price that nothing paid. */
      readonly shortByNano: NanoCredits;
      readonly balance: TeamBalance;
    }
  | { readonly ok: false; readonly refusal: ChargeRefusal; readonly balance?: TeamBalance };
