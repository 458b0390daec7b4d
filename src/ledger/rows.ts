import type { ActorKind } from '../actor.ts';
import type { Reader } from '../db/client.ts';
import type { Uuid } from '../id.ts';
import type { BookHead } from './book-head.ts';
import type { GrantAccount, GrantKind, GrantStatus } from './grant-account.ts';

/** How wallets and grants are read from their tables. */

/** A wallet row as `walletColumns` selects it. */
export interface WalletRow {
  team_id: Uuid;
  version: bigint;
  seq: bigint;
  charge_count: bigint;
  head_hash: string;
  posted_ms: number;
  available_nano: bigint;
  prepaid_nano: bigint;
  unrestricted_nano: bigint;
  held_nano: bigint;
  disputed_nano: bigint;
  unpaid_nano: bigint;
  debt_limit_nano: bigint;
  due_ms: number | null;
  capped: boolean;
  recharge_below_nano: bigint | null;
  recharge_due_ms: number | null;
}

/** A grant row as `grantColumns` selects it. */
export interface GrantRow {
  team_id: Uuid;
  id: Uuid;
  kind: GrantKind;
  source: string;
  scope_product: string | null;
  scope_model_id: Uuid | null;
  scope_gpu_type: string | null;
  priority: number;
  granted_nano: bigint;
  remaining_nano: bigint;
  cost_basis_nano: bigint;
  effective_ms: number;
  expires_ms: number | null;
  status: GrantStatus;
  closed_ms: number | null;
  closed_seq: bigint | null;
  spent_nano: bigint;
  held_nano: bigint;
  expired_nano: bigint;
  voided_nano: bigint;
  refunded_nano: bigint;
  disputed_nano: bigint;
  freezing_nano: bigint;
  created_ms: number;
  actor_kind: ActorKind;
  actor_id: Uuid | null;
  reason: string | null;
}

/** The columns of `WalletRow` from `wallets w`. */
export function walletColumns(reader: Pick<Reader, 'sql'>) {
  return reader.sql`w.team_id, w.version, w.seq, w.charge_count, encode(w.head_hash, 'hex') as head_hash,
    extract(epoch from w.head_posted_at)::float8 * 1000 as posted_ms,
    w.available_nano, w.prepaid_nano, w.unrestricted_nano, w.held_nano, w.disputed_nano, w.unpaid_nano,
    w.debt_limit_nano, extract(epoch from w.next_due_at)::float8 * 1000 as due_ms, w.capped,
    w.recharge_below_nano, extract(epoch from w.recharge_due_at)::float8 * 1000 as recharge_due_ms`;
}

/** A wallet row as the head of its team's stream. */
export function headOf(row: WalletRow): BookHead {
  return {
    teamId: row.team_id,
    version: row.version,
    seq: row.seq,
    chargeCount: row.charge_count,
    hash: row.head_hash,
    postedAtMs: Math.round(row.posted_ms),
    balances: {
      availableNano: row.available_nano,
      prepaidNano: row.prepaid_nano,
      unrestrictedNano: row.unrestricted_nano,
      heldNano: row.held_nano,
      disputedNano: row.disputed_nano,
      unpaidNano: row.unpaid_nano,
    },
    debtLimitNano: row.debt_limit_nano,
    nextDueAtMs: row.due_ms === null ? null : Math.round(row.due_ms),
    capped: row.capped,
    rechargeBelowNano: row.recharge_below_nano,
    rechargeDueAtMs: row.recharge_due_ms === null ? null : Math.round(row.recharge_due_ms),
  };
}

/** The columns of `GrantRow` from `grants g`. */
export function grantColumns(reader: Pick<Reader, 'sql'>) {
  return reader.sql`g.team_id, g.id, g.kind, g.source, g.scope_product, g.scope_model_id, g.scope_gpu_type, g.priority,
    g.granted_nano, g.remaining_nano, g.cost_basis_nano, extract(epoch from g.effective_at)::float8 * 1000 as effective_ms,
    extract(epoch from g.expires_at)::float8 * 1000 as expires_ms, g.status,
    extract(epoch from g.closed_at)::float8 * 1000 as closed_ms, g.closed_seq, g.spent_nano, g.held_nano, g.expired_nano,
    g.voided_nano, g.refunded_nano, g.disputed_nano, g.freezing_nano, extract(epoch from g.created_at)::float8 * 1000 as created_ms, g.actor_kind, g.actor_id, g.reason`;
}

/** A grant row as the account that a book works on. */
export function grantOf(row: GrantRow): GrantAccount {
  return {
    id: row.id,
    kind: row.kind,
    source: row.source,
    scope: { product: row.scope_product, modelId: row.scope_model_id, gpuType: row.scope_gpu_type },
    priority: row.priority,
    grantedNano: row.granted_nano,
    remainingNano: row.remaining_nano,
    costBasisNano: row.cost_basis_nano,
    effectiveAtMs: Math.round(row.effective_ms),
    expiresAtMs: row.expires_ms === null ? null : Math.round(row.expires_ms),
    status: row.status,
    closedAtMs: row.closed_ms === null ? null : Math.round(row.closed_ms),
    closedSeq: row.closed_seq,
    spentNano: row.spent_nano,
    heldNano: row.held_nano,
    expiredNano: row.expired_nano,
    voidedNano: row.voided_nano,
    refundedNano: row.refunded_nano,
    disputedNano: row.disputed_nano,
    freezingNano: row.freezing_nano,
    createdAtMs: Math.round(row.created_ms),
    actor: { kind: row.actor_kind, id: row.actor_id },
    reason: row.reason,
  };
}
