import type { ActorKind, ActorRef } from '../actor.ts';
import type { RunStep } from '../charging/run.ts';
import { type StoredRunStep, stepFromJson, stepsToJson } from '../charging/run-rows.ts';
import { arrayOf } from '../db/arrays.ts';
import type { Reader, Tx } from '../db/client.ts';
import type { Uuid } from '../id.ts';
import type { NanoCredits } from '../money.ts';

/** What a job was estimated to cost. It can be started until it expires. */
export interface RunQuote {
  readonly teamId: Uuid;
  readonly id: Uuid;
  readonly steps: readonly RunStep[];
  /** The sum of the steps. */
  readonly totalNano: NanoCredits;
  readonly createdAt: Date;
  readonly expiresAt: Date;
  readonly actor: ActorRef;
}

/** How long a quote can be started. */
export const QUOTE_LIFE_MS = 15 * 60_000;

interface QuoteRow {
  team_id: Uuid;
  id: Uuid;
  steps: StoredRunStep[];
  total_nano: bigint;
  created_at: Date;
  expires_at: Date;
  actor_kind: ActorKind;
  actor_id: Uuid | null;
}

/** Keeps a quote. False, and nothing kept, when there is no such team. */
export async function insertQuote(tx: Tx, quote: RunQuote): Promise<boolean> {
  const { teamId, id, steps, totalNano, createdAt, expiresAt, actor } = quote;
  const rows = await tx.sql`
    insert into run_quotes (team_id, id, steps, total_nano, created_at, expires_at, actor_kind, actor_id)
    select w.team_id, ${id}::uuid, ${stepsToJson(steps)}::text::jsonb, ${totalNano}::int8,
      ${createdAt.toISOString()}::timestamptz, ${expiresAt.toISOString()}::timestamptz, ${actor.kind}::int2, ${actor.id}::uuid
    from wallets w where w.team_id = ${teamId} returning 1`;
  return rows.length > 0;
}

/** The quotes with these ids, whose ever they are. Quotes never change. */
export async function quotesById(reader: Reader, ids: readonly Uuid[]): Promise<RunQuote[]> {
  const rows = await reader.sql<QuoteRow[]>`
    select q.team_id, q.id, q.steps, q.total_nano, q.created_at, q.expires_at, q.actor_kind, q.actor_id
    from unnest(${arrayOf(ids)}::uuid[]) as n (id) join run_quotes q on q.id = n.id`;
  return rows.map((row) => ({
    teamId: row.team_id,
    id: row.id,
    steps: row.steps.map(stepFromJson),
    totalNano: row.total_nano,
    createdAt: row.created_at,
    expiresAt: row.expires_at,
    actor: { kind: row.actor_kind, id: row.actor_id },
  }));
}
