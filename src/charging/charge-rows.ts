import type { ActorKind } from '../actor.ts';
import { arrayOf, byteaArrayOf, instantArrayOf, textArrayOf } from '../db/arrays.ts';
import type { Reader, Tx } from '../db/client.ts';
import type { Uuid } from '../id.ts';
import type { Write } from '../ledger/post.ts';
import { CHARGE_STATUS, type Charge, type ChargeStatus, type KeyedCharge } from './charge.ts';

/** A charge as SQL selects it. */
export interface ChargeRow {
  team_id: Uuid;
  id: Uuid;
  status: number;
  model_id: Uuid;
  price_version_id: Uuid;
  quantities: Record<string, string>;
  params: Record<string, string> | null;
  amount_nano: bigint;
  debt_nano: bigint | null;
  from_seq: bigint | null;
  to_seq: bigint | null;
  occurred_ms: number;
  posted_ms: number;
  member_id: Uuid | null;
  api_key_id: Uuid | null;
  deployment_id: Uuid | null;
  run_id: Uuid | null;
  hold_id: Uuid | null;
  run_step: number | null;
  replica_slot: number | null;
  short_nano: bigint | null;
  prior_nano: bigint | null;
  discount_bps: bigint | null;
  tags: Record<string, string> | null;
  actor_kind: ActorKind;
  actor_id: Uuid | null;
}

/** The columns of `ChargeRow` from `charges c`. */
export function chargeColumns(reader: Reader) {
  return reader.sql`c.team_id, c.id, c.status, c.model_id, c.price_version_id, c.quantities, c.params, c.amount_nano,
    c.debt_nano, c.from_seq, c.to_seq, extract(epoch from c.occurred_at)::float8 * 1000 as occurred_ms,
    extract(epoch from c.posted_at)::float8 * 1000 as posted_ms, c.member_id, c.api_key_id, c.deployment_id, c.run_id,
    c.hold_id, c.run_step, c.replica_slot, c.short_nano, c.prior_nano, c.discount_bps, c.tags, c.actor_kind, c.actor_id`;
}

export function chargeFromRow(row: ChargeRow): Charge {
  return {
    teamId: row.team_id,
    id: row.id,
    status: statusOf(row.status),
    modelId: row.model_id,
    priceVersionId: row.price_version_id,
    quantities: row.quantities,
    params: row.params,
    amountNano: row.amount_nano,
    debtNano: row.debt_nano ?? 0n,
    fromSeq: row.from_seq,
    toSeq: row.to_seq,
    occurredAt: new Date(Math.round(row.occurred_ms)),
    postedAt: new Date(Math.round(row.posted_ms)),
    memberId: row.member_id,
    apiKeyId: row.api_key_id,
    deploymentId: row.deployment_id,
    runId: row.run_id,
    holdId: row.hold_id,
    runStep: row.run_step,
    replicaSlot: row.replica_slot,
    shortNano: row.short_nano ?? 0n,
    priorNano: row.prior_nano ?? 0n,
    discountBps: row.discount_bps ?? 0n,
    tags: row.tags,
    actor: { kind: row.actor_kind, id: row.actor_id },
  };
}

/** The charges that already carry one of these keys, each named by its team: read them under the teams' locks. */
export async function chargesByKey(
  tx: Tx,
  keys: readonly { readonly teamId: Uuid; readonly keyDigest: string }[],
): Promise<KeyedCharge[]> {
  const rows = await tx.sql<(ChargeRow & { key_digest: string; request_digest: string })[]>`
    select ${chargeColumns(tx)}, encode(c.key_digest, 'hex') as key_digest,
      encode(c.request_digest, 'hex') as request_digest
    from unnest(${arrayOf(keys.map((key) => key.teamId))}::uuid[], ${byteaArrayOf(keys.map((key) => key.keyDigest))}::bytea[])
      as k (team_id, key_digest)
    join charges c on c.team_id = k.team_id and c.key_digest = k.key_digest`;
  return rows.map((row) => ({
    charge: chargeFromRow(row),
    keyDigest: row.key_digest,
    requestDigest: row.request_digest,
  }));
}

/** The charges with these ids, each named by its team. */
export async function chargesById(
  tx: Reader,
  ids: readonly { readonly teamId: Uuid; readonly id: Uuid }[],
): Promise<Charge[]> {
  const rows = await tx.sql<ChargeRow[]>`
    select ${chargeColumns(tx)}
    from unnest(${arrayOf(ids.map(({ teamId }) => teamId))}::uuid[], ${arrayOf(ids.map(({ id }) => id))}::uuid[])
      as n (team_id, id)
    join charges c on c.team_id = n.team_id and c.id = n.id`;
  return rows.map(chargeFromRow);
}

/** Writes charges, as a part of `writeBooks`. A key that exists raises 23505: the unique index is the judge. */
export function insertCharges(tx: Tx, keyed: readonly KeyedCharge[]): Write {
  const column = (pick: (c: Charge) => string | number | bigint | null) =>
    arrayOf(keyed.map(({ charge }) => pick(charge)));
  const json = (pick: (c: Charge) => object | null) =>
    textArrayOf(
      keyed.map(({ charge }) => {
        const value = pick(charge);
        return value === null ? null : JSON.stringify(value);
      }),
    );
  // Only hours of deployments have one: plain charges need not carry a column of nulls.
  const withDiscounts = keyed.some(({ charge }) => charge.discountBps !== 0n);
  const discountName = withDiscounts ? tx.sql`, discount_bps` : tx.sql``;
  const discounts = withDiscounts ? tx.sql`, ${column((c) => nonZero(c.discountBps))}::int8[]` : tx.sql``;
  return tx.sql`
    insert into charges (team_id, id, key_digest, request_digest, status, model_id, price_version_id, quantities, params,
      amount_nano, debt_nano, from_seq, to_seq, occurred_at, posted_at, member_id, api_key_id, deployment_id, run_id,
      hold_id, run_step, replica_slot, short_nano, prior_nano, tags, actor_kind, actor_id${discountName})
    select n.team_id, n.id, n.key_digest, n.request_digest, n.status, n.model_id, n.price_version_id, n.quantities::jsonb,
      n.params::jsonb, n.amount_nano, n.debt_nano, n.from_seq, n.to_seq, n.occurred_at, n.posted_at, n.member_id,
      n.api_key_id, n.deployment_id, n.run_id, n.hold_id, n.run_step, n.replica_slot, n.short_nano, n.prior_nano,
      n.tags::jsonb, n.actor_kind, n.actor_id${discountName}
    from unnest(
      ${column((c) => c.teamId)}::uuid[], ${column((c) => c.id)}::uuid[],
      ${byteaArrayOf(keyed.map((k) => k.keyDigest))}::bytea[], ${byteaArrayOf(keyed.map((k) => k.requestDigest))}::bytea[],
      ${column((c) => CHARGE_STATUS[c.status])}::int2[], ${column((c) => c.modelId)}::uuid[],
      ${column((c) => c.priceVersionId)}::uuid[], ${json((c) => c.quantities)}::text[], ${json((c) => c.params)}::text[],
      ${column((c) => c.amountNano)}::int8[], ${column((c) => nonZero(c.debtNano))}::int8[],
      ${column((c) => c.fromSeq)}::int8[], ${column((c) => c.toSeq)}::int8[],
      ${instantArrayOf(keyed.map((k) => k.charge.occurredAt.getTime()))}::timestamptz[],
      ${instantArrayOf(keyed.map((k) => k.charge.postedAt.getTime()))}::timestamptz[],
      ${column((c) => c.memberId)}::uuid[], ${column((c) => c.apiKeyId)}::uuid[], ${column((c) => c.deploymentId)}::uuid[],
      ${column((c) => c.runId)}::uuid[], ${column((c) => c.holdId)}::uuid[], ${column((c) => c.runStep)}::int2[],
      ${column((c) => c.replicaSlot)}::int2[], ${column((c) => nonZero(c.shortNano))}::int8[],
      ${column((c) => nonZero(c.priorNano))}::int8[], ${json((c) => c.tags)}::text[], ${column((c) => c.actor.kind)}::int2[],
      ${column((c) => c.actor.id)}::uuid[]${discounts}
    ) as n (team_id, id, key_digest, request_digest, status, model_id, price_version_id, quantities, params, amount_nano,
      debt_nano, from_seq, to_seq, occurred_at, posted_at, member_id, api_key_id, deployment_id, run_id, hold_id, run_step,
      replica_slot, short_nano, prior_nano, tags, actor_kind, actor_id${discountName})`;
}

/** Zero is the rule for these figures, and a null costs nothing. */
function nonZero(amountNano: bigint): bigint | null {
  return amountNano === 0n ? null : amountNano;
}

function statusOf(code: number): ChargeStatus {
  return code === CHARGE_STATUS.UNBILLED ? 'UNBILLED' : 'CHARGED';
}
