import type { ActorRef } from '../actor.ts';
import type { Meter } from '../catalog/meters.ts';
import type { Decimal } from '../decimal.ts';
import type { Uuid } from '../id.ts';
import type { TeamBalance } from '../ledger/balance.ts';
import type { NanoCredits } from '../money.ts';
import type { CapExcess } from './cap.ts';

/** Usage to be charged, checked for form at the edge. */
export interface ChargeRequest {
  readonly what: 'CHARGE';
  readonly teamId: Uuid;
  readonly idempotencyKey: string;
  /** Digests of the key and of everything else the caller supplied, hex. */
  readonly keyDigest: string;
  readonly requestDigest: string;
  readonly modelKey: string;
  readonly quantities: ReadonlyMap<Meter, Decimal>;
  /** Facts that may change the price: `serviceTier`, `region` … */
  readonly params: ReadonlyMap<string, string>;
  /** When it was used; the price is judged then. Absent: when it is posted. */
  readonly occurredAt?: Date;
  readonly memberId?: Uuid;
  readonly apiKeyId?: Uuid;
  /** The run that it is a part of, and the key of the step: what the run holds pays first. */
  readonly run?: { readonly runId: Uuid; readonly step: string };
  readonly tags?: Readonly<Record<string, string>>;
  /** The work is done: what credit cannot pay may become debt, up to the team's limit. */
  readonly afterTheFact: boolean;
  readonly actor: ActorRef;
}

export const CHARGE_STATUS = { CHARGED: 1, UNBILLED: 2 } as const;
export type ChargeStatus = keyof typeof CHARGE_STATUS;

/** A charge as it is kept. `fromSeq`–`toSeq` are its entries; null when nothing was posted. */
export interface Charge {
  readonly teamId: Uuid;
  readonly id: Uuid;
  readonly status: ChargeStatus;
  readonly modelId: Uuid;
  readonly priceVersionId: Uuid;
  /** Meter → decimal text. */
  readonly quantities: Readonly<Record<string, string>>;
  readonly params: Readonly<Record<string, string>> | null;
  readonly amountNano: NanoCredits;
  /** The part that became debt. */
  readonly debtNano: NanoCredits;
  readonly fromSeq: bigint | null;
  readonly toSeq: bigint | null;
  readonly occurredAt: Date;
  readonly postedAt: Date;
  readonly memberId: Uuid | null;
  readonly apiKeyId: Uuid | null;
  readonly deploymentId: Uuid | null;
  readonly runId: Uuid | null;
  /** The hold that it settled or was drawn from. */
  readonly holdId: Uuid | null;
  /** The place of the step in its run. */
  readonly runStep: number | null;
  readonly replicaSlot: number | null;
  /** The part of the price that was not charged, because credit ended and the caller took what there was. */
  readonly shortNano: NanoCredits;
  /** The part of the price that an earlier charge for the same hold has charged. */
  readonly priorNano: NanoCredits;
  /** What the plan of the team took off the price, in basis points: of hours of deployments. */
  readonly discountBps: bigint;
  readonly tags: Readonly<Record<string, string>> | null;
  readonly actor: ActorRef;
}

/** A stored charge with the digests that make it idempotent. */
export interface KeyedCharge {
  readonly charge: Charge;
  readonly keyDigest: string;
  readonly requestDigest: string;
}

export type ChargeRefusalCode =
  | 'TEAM_NOT_FOUND'
  | 'MODEL_NOT_FOUND'
  | 'NOT_PRICED'
  | 'INVALID_USAGE'
  | 'ATTRIBUTION_NOT_FOUND'
  | 'OCCURRED_AT_OUT_OF_RANGE'
  | 'IDEMPOTENCY_CONFLICT'
  | 'OUT_OF_CREDITS'
  | 'SPEND_CAP_EXCEEDED'
  | 'HOLD_NOT_FOUND'
  | 'HOLD_TOO_LONG'
  | 'REPORT_TOO_LARGE'
  | 'RUN_NOT_FOUND'
  | 'RUN_ENDED'
  | 'STEP_NOT_FOUND';

/** Why an item was not charged; nothing of it was written and its key is free. */
export interface ChargeRefusal {
  readonly code: ChargeRefusalCode;
  readonly message: string;
  /** The member of the item that is to blame. */
  readonly field: string;
  /** OUT_OF_CREDITS only. */
  readonly shortByNano?: NanoCredits;
  readonly availableNano?: NanoCredits;
  /** SPEND_CAP_EXCEEDED only. */
  readonly cap?: CapExcess;
}

/** The answer to one request, with what the team has after it (undefined: there is no such team). */
export type ChargeResult =
  | { readonly ok: true; readonly charge: Charge; readonly replayed: boolean; readonly balance: TeamBalance }
  | { readonly ok: false; readonly refusal: ChargeRefusal; readonly balance?: TeamBalance };
