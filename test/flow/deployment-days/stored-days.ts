import type { Db } from '../../../src/db/client.ts';

/** What is stored, read by the test's own statements: the last thing to be compared, not where it was computed. */
export interface StoredDays {
  /** The GPU of each instance type, by its key. */
  readonly gpus: ReadonlyMap<string, string | null>;
  /** By the number of the version. */
  readonly prices: readonly StoredPrice[];
  readonly hours: readonly StoredHour[];
  /** By team, in the order of their numbers. */
  readonly events: readonly StoredEvent[];
  readonly servers: readonly StoredServer[];
  readonly grants: readonly StoredGrant[];
  readonly wallets: readonly StoredWallet[];
}

export interface StoredPrice {
  readonly id: string;
  readonly type: string;
  readonly created: Date;
  readonly effective: Date;
  /** The price as JSON text. */
  readonly components: string;
}

export interface StoredHour {
  readonly team: string;
  readonly server: string;
  readonly slot: number;
  readonly type: string;
  readonly at: Date;
  readonly status: number;
  readonly nano: bigint;
  readonly debt: bigint;
  readonly version: string;
  readonly posted: Date;
  /** What its ledger entries add up to. */
  readonly drawn: bigint;
}

export interface StoredEvent {
  readonly team: string;
  readonly seq: bigint;
  readonly server: string;
  readonly kind: string;
  readonly at: Date;
  readonly recorded: Date;
  readonly bySystem: boolean;
}

export interface StoredServer {
  readonly team: string;
  readonly id: string;
  readonly status: string;
  readonly why: string | null;
  readonly paused: Date | null;
  readonly type: string;
  readonly replicas: number;
}

export interface StoredGrant {
  readonly team: string;
  readonly id: string;
  readonly remaining: bigint;
  readonly held: bigint;
  readonly spent: bigint;
  readonly expired: bigint;
}

export interface StoredWallet {
  readonly team: string;
  readonly available: bigint;
  readonly prepaid: bigint;
  readonly unrestricted: bigint;
  readonly held: bigint;
  readonly unpaid: bigint;
  /** The least that its entries have ever left, of any balance. */
  readonly lowest: bigint;
  /** The most that it has owed after any entry. */
  readonly mostOwed: bigint;
}

export async function readStoredDays({ sql }: Pick<Db, 'sql'>): Promise<StoredDays> {
  const [types, prices, hours, events, servers, grants, wallets] = await Promise.all([
    sql<{ key: string; gpu: string | null }[]>`
      select key, gpu_type as gpu from models where instance is not null`,
    sql<StoredPrice[]>`
      select v.id, m.key as type, v.created_at as created, v.effective_at as effective, v.components
      from price_versions v join models m on m.id = v.model_id order by v.version`,
    sql<StoredHour[]>`
      select c.team_id as team, c.deployment_id as server, c.replica_slot as slot, m.key as type,
        c.occurred_at as at, c.status, c.amount_nano as nano, coalesce(c.debt_nano, 0) as debt,
        c.price_version_id as version, c.posted_at as posted, coalesce(e.drawn, 0)::int8 as drawn
      from charges c join models m on m.id = c.model_id left join lateral (
        select sum(e.amount_nano) as drawn from entries e
        where e.team_id = c.team_id and e.seq between c.from_seq and c.to_seq
      ) e on true`,
    sql<StoredEvent[]>`
      select team_id as team, seq, deployment_id as server, kind, at, recorded_at as recorded,
        actor_kind = 0 as "bySystem" from deployment_events order by team_id, seq`,
    sql<StoredServer[]>`
      select d.team_id as team, d.id, d.status, d.pause_reason as why, d.paused_at as paused, m.key as type, d.replicas
      from deployments d join models m on m.id = d.instance_type_id`,
    sql<StoredGrant[]>`
      select team_id as team, id, remaining_nano as remaining, held_nano as held, spent_nano as spent,
        expired_nano as expired from grants`,
    sql<StoredWallet[]>`
      select w.team_id as team, w.available_nano as available, w.prepaid_nano as prepaid,
        w.unrestricted_nano as unrestricted, w.held_nano as held, w.unpaid_nano as unpaid, e.lowest, e.owed as "mostOwed"
      from wallets w cross join lateral (
        select min(least(available_after_nano, prepaid_after_nano, unrestricted_after_nano, held_after_nano)) as lowest,
          max(coalesce(unpaid_after_nano, 0)) as owed from entries e where e.team_id = w.team_id
      ) e`,
  ]);
  const gpus = new Map(types.map(({ key, gpu }) => [key, gpu]));
  return { gpus, prices, hours, events, servers, grants, wallets };
}
