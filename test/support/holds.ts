import { SYSTEM_ACTOR } from '../../src/actor.ts';
import {
  type ExpireHold,
  type ExtendHold,
  HOLD_LIMITS,
  type Hold,
  type PlaceHold,
  type ReleaseHold,
  type ReportHold,
  type SettleHold,
} from '../../src/charging/hold.ts';
import { canonicalJson, digest16 } from '../../src/db/idempotency.ts';
import { newUuid, type Uuid } from '../../src/id.ts';

type Named = Pick<Hold, 'teamId' | 'id'>;

/** A hold for requests of a model, with a key of its own unless one is given. */
export function placeHold(
  teamId: Uuid,
  modelKey: string,
  count: number,
  { key = newUuid(), ...more }: Partial<PlaceHold> & { key?: string } = {},
): PlaceHold {
  return {
    what: 'PLACE_HOLD',
    teamId,
    keyDigest: digest16(key),
    requestDigest: digest16(canonicalJson({ teamId, modelKey, count, more })),
    modelKey,
    ...requests(more.amountNano === undefined ? count : undefined),
    lifeMs: HOLD_LIMITS.defaultLifeMs,
    actor: SYSTEM_ACTOR,
    ...more,
  };
}

/** Settles a hold for a number of requests. */
export function settleHold(
  { teamId, id: holdId }: Named,
  count: number,
  { key = newUuid(), ...more }: Partial<SettleHold> & { key?: string } = {},
): SettleHold {
  return {
    what: 'SETTLE_HOLD',
    teamId,
    holdId,
    keyDigest: digest16(`\0settle|${key}`),
    requestDigest: digest16(canonicalJson({ holdId, count, more })),
    ...requests(count),
    whenShort: 'TAKE_AVAILABLE',
    actor: SYSTEM_ACTOR,
    ...more,
  };
}

export function releaseHold({ teamId, id: holdId }: Named): ReleaseHold {
  return { what: 'RELEASE_HOLD', teamId, holdId, actor: SYSTEM_ACTOR };
}

export function reportHold({ teamId, id: holdId }: Named, count: number): ReportHold {
  return { what: 'REPORT_HOLD', teamId, holdId, ...requests(count), actor: SYSTEM_ACTOR };
}

export function extendHold({ teamId, id: holdId }: Named, lifeMs: number): ExtendHold {
  return { what: 'EXTEND_HOLD', teamId, holdId, lifeMs, actor: SYSTEM_ACTOR };
}

export function expireHold({ teamId, id: holdId }: Named): ExpireHold {
  return { what: 'EXPIRE_HOLD', teamId, holdId };
}

function requests(count: number | undefined): Pick<PlaceHold, 'quantities' | 'params'> {
  const quantities: PlaceHold['quantities'] =
    count === undefined ? new Map() : new Map([['REQUEST', { coefficient: BigInt(count), scale: 0 }]]);
  return { quantities, params: new Map() };
}
