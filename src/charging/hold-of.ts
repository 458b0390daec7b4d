import type { ActorRef } from '../actor.ts';
import type { Uuid } from '../id.ts';
import type { NanoCredits } from '../money.ts';
import type { Hold } from './hold.ts';
import type { TeamWork } from './team-work.ts';

/** What a new hold is about. */
export interface HoldFacts {
  readonly id: Uuid;
  readonly modelId: Uuid | null;
  readonly quantities: Hold['quantities'];
  readonly params: Hold['params'];
  readonly amountNano: NanoCredits;
  readonly draws: Hold['draws'];
  readonly memberId: Uuid | null;
  readonly apiKeyId: Uuid | null;
  readonly deploymentId?: Uuid | null;
  readonly replicaSlot?: number | null;
  readonly runId?: Uuid | null;
  readonly tags: Hold['tags'];
  readonly expiresAt: Date;
  readonly actor: ActorRef;
}

/** A hold as it is placed. Member by member, for the same reason as `chargeOf`. */
export function holdOf({ book }: TeamWork, facts: HoldFacts): Hold {
  return {
    teamId: book.teamId,
    id: facts.id,
    status: 'HELD',
    modelId: facts.modelId,
    quantities: facts.quantities,
    params: facts.params,
    amountNano: facts.amountNano,
    drawnNano: 0n,
    draws: facts.draws,
    memberId: facts.memberId,
    apiKeyId: facts.apiKeyId,
    deploymentId: facts.deploymentId ?? null,
    replicaSlot: facts.replicaSlot ?? null,
    runId: facts.runId ?? null,
    tags: facts.tags,
    placedAt: new Date(book.atMs),
    expiresAt: facts.expiresAt,
    reported: null,
    resolvedAt: null,
    chargeId: null,
    lateChargeId: null,
    actor: facts.actor,
  };
}
