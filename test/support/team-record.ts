import type { Db } from '../../src/db/client.ts';

/** Everything that is stored of a team's money, as it is stored: the audit's only source. */
export interface TeamRecord {
  readonly teamId: string;
  readonly wallet: WalletRecord;
  readonly grants: readonly GrantRecord[];
  readonly entries: readonly EntryRecord[];
  readonly charges: readonly ChargeRecord[];
  readonly reversals: readonly ReversalRecord[];
}

export interface WalletRecord {
  readonly seq: bigint;
  readonly charge_count: bigint;
  readonly head_hash: Buffer;
  readonly head_posted_at: Date;
  readonly available_nano: bigint;
  readonly prepaid_nano: bigint;
  readonly unrestricted_nano: bigint;
  readonly held_nano: bigint;
  readonly disputed_nano: bigint;
  readonly unpaid_nano: bigint;
  readonly debt_limit_nano: bigint;
  readonly next_due_at: Date | null;
}

export interface GrantRecord {
  readonly id: string;
  readonly kind: string;
  readonly scope_product: string | null;
  readonly scope_model_id: string | null;
  readonly scope_gpu_type: string | null;
  readonly priority: number;
  readonly granted_nano: bigint;
  readonly remaining_nano: bigint;
  readonly effective_at: Date;
  readonly expires_at: Date | null;
  readonly created_at: Date;
  readonly status: string;
  readonly closed: boolean;
  readonly spent_nano: bigint;
  readonly expired_nano: bigint;
  readonly voided_nano: bigint;
  /** Before any extension. */
  readonly first_expires_at: Date | null;
}

export interface EntryRecord {
  readonly seq: bigint;
  readonly posting_id: string;
  readonly kind: number;
  readonly debit_account: number;
  readonly credit_account: number;
  readonly debit_ref: string | null;
  readonly credit_ref: string | null;
  readonly amount_nano: bigint;
  readonly available_after_nano: bigint;
  readonly prepaid_after_nano: bigint;
  readonly unrestricted_after_nano: bigint;
  readonly held_after_nano: bigint | null;
  readonly disputed_after_nano: bigint | null;
  readonly unpaid_after_nano: bigint | null;
  readonly grant_after_nano: bigint | null;
  readonly posted_at: Date;
  readonly occurred_at: Date;
  readonly actor_kind: number;
  readonly actor_id: string | null;
  readonly reason: string | null;
  readonly corrects_seq: bigint | null;
  readonly hash: Buffer;
}

export interface ChargeRecord {
  readonly id: string;
  readonly key_digest: Buffer;
  readonly status: number;
  readonly model_id: string;
  readonly quantities: Readonly<Record<string, string>>;
  readonly amount_nano: bigint;
  readonly debt_nano: bigint | null;
  readonly from_seq: bigint | null;
  readonly to_seq: bigint | null;
  readonly posted_at: Date;
}

export interface ReversalRecord {
  readonly charge_id: string;
  readonly id: string;
  readonly amount_nano: bigint;
  readonly from_seq: bigint | null;
  readonly to_seq: bigint | null;
}

/** Reads a team to which nothing is being done. */
export async function readTeamRecord({ sql }: Pick<Db, 'sql'>, teamId: string): Promise<TeamRecord> {
  const [[wallet], grants, entries, charges, reversals] = await Promise.all([
    sql<WalletRecord[]>`select * from wallets where team_id = ${teamId}`,
    sql<GrantRecord[]>`
      select g.*, case when c.id is null then g.expires_at else c.expires_at_before end as first_expires_at
      from grants g left join lateral (
        select * from grant_changes c where c.team_id = g.team_id and c.grant_id = g.id and c.change = 'EXTENDED'
        order by c.expires_at_before limit 1) c on true
      where g.team_id = ${teamId} order by g.id`,
    sql<EntryRecord[]>`select * from entries where team_id = ${teamId} order by seq`,
    sql<ChargeRecord[]>`select * from charges where team_id = ${teamId} order by id`,
    sql<ReversalRecord[]>`select * from reversals where team_id = ${teamId} order by from_seq`,
  ]);
  if (!wallet) throw new Error(`team ${teamId} has no wallet`);
  return { teamId, wallet, grants, entries, charges, reversals };
}
