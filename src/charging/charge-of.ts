import type { ActorRef } from '../actor.ts';
import type { Usage } from '../catalog/rate.ts';
import { formatDecimal } from '../decimal.ts';
import type { Uuid } from '../id.ts';
import type { NanoCredits } from '../money.ts';
import type { Charge } from './charge.ts';
import type { Priced } from './decide.ts';
import type { Payment } from './payment.ts';
import type { TeamWork } from './team-work.ts';

/** What a charge is about, beside its price and payment. */
export interface ChargeFacts {
  readonly usage: Usage;
  readonly memberId: Uuid | null;
  readonly apiKeyId: Uuid | null;
  readonly deploymentId?: Uuid | null;
  readonly replicaSlot?: number | null;
  readonly runId?: Uuid | null;
  readonly runStep?: number | null;
  readonly holdId?: Uuid | null;
  readonly priorNano?: NanoCredits;
  readonly discountBps?: bigint;
  readonly tags: Charge['tags'];
  readonly actor: ActorRef;
}

/** The charge that a payment makes. Member by member: an object of this size made by spreading others takes 150 times as long. */
export function chargeOf({ book }: TeamWork, priced: Priced, payment: Payment, facts: ChargeFacts): Charge {
  return {
    teamId: book.teamId,
    id: payment.id,
    status: payment.status,
    modelId: priced.model.id,
    priceVersionId: priced.version.id,
    quantities: quantitiesText(facts.usage),
    params: paramsRecord(facts.usage),
    amountNano: payment.amountNano,
    debtNano: payment.debtNano,
    fromSeq: payment.fromSeq,
    toSeq: payment.toSeq,
    occurredAt: priced.occurredAt,
    postedAt: new Date(book.atMs),
    memberId: facts.memberId,
    apiKeyId: facts.apiKeyId,
    deploymentId: facts.deploymentId ?? null,
    runId: facts.runId ?? null,
    holdId: facts.holdId ?? null,
    runStep: facts.runStep ?? null,
    replicaSlot: facts.replicaSlot ?? null,
    shortNano: payment.shortNano,
    priorNano: facts.priorNano ?? 0n,
    discountBps: facts.discountBps ?? 0n,
    tags: facts.tags,
    actor: facts.actor,
  };
}

/** Meter → decimal text, as charges and holds keep it. */
export function quantitiesText({ quantities }: Usage): Record<string, string> {
  const texts: Record<string, string> = {};
  for (const [meter, quantity] of quantities) texts[meter] = formatDecimal(quantity);
  return texts;
}

/** Parameters as charges and holds keep them. */
export function paramsRecord({ params }: Usage): Record<string, string> | null {
  return params.size === 0 ? null : Object.fromEntries(params);
}
