import type { ActorKind } from '../actor.ts';
import type { Reader } from '../db/client.ts';
import type { Uuid } from '../id.ts';
import type { Account, EntryKind } from './account.ts';
import type { BalancesAfter, Entry } from './entry.ts';

/** How entries are read. */

/** The balances of an entry row as `balancesColumns` selects them. */
export interface BalancesRow {
  available_after_nano: bigint;
  prepaid_after_nano: bigint;
  unrestricted_after_nano: bigint;
  held_after_nano: bigint | null;
  disputed_after_nano: bigint | null;
  unpaid_after_nano: bigint | null;
}

/** An entry row as `entryColumns` selects it. */
export interface EntryRow extends BalancesRow {
  team_id: Uuid;
  seq: bigint;
  posting_id: Uuid;
  kind: EntryKind;
  debit_account: Account;
  credit_account: Account;
  debit_ref: Uuid | null;
  credit_ref: Uuid | null;
  amount_nano: bigint;
  grant_after_nano: bigint | null;
  posted_ms: number;
  occurred_ms: number;
  actor_kind: ActorKind;
  actor_id: Uuid | null;
  reason: string | null;
  corrects_seq: bigint | null;
  hash: string;
}

/** The columns of `BalancesRow` from `entries e`. */
export function balancesColumns(reader: Reader) {
  return reader.sql`e.available_after_nano, e.prepaid_after_nano, e.unrestricted_after_nano, e.held_after_nano,
    e.disputed_after_nano, e.unpaid_after_nano`;
}

/** The columns of `EntryRow` from `entries e`. */
export function entryColumns(reader: Reader) {
  return reader.sql`e.team_id, e.seq, e.posting_id, e.kind, e.debit_account, e.credit_account, e.debit_ref, e.credit_ref,
    e.amount_nano, ${balancesColumns(reader)}, e.grant_after_nano,
    date_part('epoch', e.posted_at) * 1000 as posted_ms,
    date_part('epoch', e.occurred_at) * 1000 as occurred_ms, e.actor_kind, e.actor_id, e.reason, e.corrects_seq,
    encode(e.hash, 'hex') as hash`;
}

export function balancesOfRow(row: BalancesRow): BalancesAfter {
  return {
    availableNano: row.available_after_nano,
    prepaidNano: row.prepaid_after_nano,
    unrestrictedNano: row.unrestricted_after_nano,
    heldNano: row.held_after_nano ?? 0n,
    disputedNano: row.disputed_after_nano ?? 0n,
    unpaidNano: row.unpaid_after_nano ?? 0n,
  };
}

export function entryOfRow(row: EntryRow): Entry {
  return {
    teamId: row.team_id,
    seq: row.seq,
    postingId: row.posting_id,
    kind: row.kind,
    debitAccount: row.debit_account,
    debitRef: row.debit_ref,
    creditAccount: row.credit_account,
    creditRef: row.credit_ref,
    amountNano: row.amount_nano,
    after: balancesOfRow(row),
    grantAfterNano: row.grant_after_nano,
    postedAtMs: Math.round(row.posted_ms),
    occurredAtMs: Math.round(row.occurred_ms),
    actor: { kind: row.actor_kind, id: row.actor_id },
    reason: row.reason,
    correctsSeq: row.corrects_seq,
    hash: row.hash,
  };
}

/** Up to `limit` entries of a team after entry `afterSeq`, in order. */
export async function entriesAfter(
  reader: Reader,
  teamId: Uuid,
  afterSeq: bigint,
  limit: number,
): Promise<Entry[]> {
  const rows = await reader.sql<EntryRow[]>`
    select ${entryColumns(reader)} from entries e
    where e.team_id = ${teamId} and e.seq > ${afterSeq} order by e.seq limit ${limit}`;
  return rows.map(entryOfRow);
}

/** The entries `fromSeq` to `toSeq` of a team, in order. */
export async function entriesBetween(
  reader: Reader,
  teamId: Uuid,
  fromSeq: bigint,
  toSeq: bigint,
): Promise<Entry[]> {
  const rows = await reader.sql<EntryRow[]>`
    select ${entryColumns(reader)} from entries e
    where e.team_id = ${teamId} and e.seq between ${fromSeq} and ${toSeq} order by e.seq`;
  return rows.map(entryOfRow);
}
