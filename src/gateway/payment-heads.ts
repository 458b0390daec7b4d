import type { Tx } from '../db/client.ts';
import type { Uuid } from '../id.ts';

/** Locks what concerns the payments of a team until the transaction ends. To be called before its wallet is locked. */
export async function lockPayments(tx: Tx, teamId: Uuid): Promise<void> {
  await tx.sql`insert into payment_heads (team_id) values (${teamId}) on conflict do nothing`;
  await tx.sql`select 1 from payment_heads where team_id = ${teamId} for update`;
}

/** The next number in the team's stream of top-up events. Under `lockPayments`. */
export async function nextTopUpEvent(tx: Tx, teamId: Uuid): Promise<bigint> {
  const [row] = await tx.sql<{ event_seq: bigint }[]>`
    update payment_heads set event_seq = event_seq + 1 where team_id = ${teamId} returning event_seq`;
  if (!row) throw new Error('the payments of a team are numbered under their lock');
  return row.event_seq;
}
