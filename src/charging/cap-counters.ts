import type { Tx } from '../db/client.ts';
import { firstUuidAt, type Uuid } from '../id.ts';
import type { NanoCredits } from '../money.ts';
import { CAP_SUBJECT, type CapSubject } from './cap.ts';
import { CHARGE_STATUS, type Charge } from './charge.ts';
import { HOLD_LIMITS, HOLD_STATUS } from './hold.ts';
import { firstExpiryUnswept } from './hold-sweeper.ts';

/** Whose spend is counted: in charges and holds, the column that names the subject. */
export interface Counted {
  readonly teamId: Uuid;
  readonly subject: CapSubject;
  readonly subjectId: Uuid;
}

const COLUMN = { MEMBER: 'member_id', API_KEY: 'api_key_id', MODEL: 'model_id' } as const;

/** What was charged from an instant on and has not been given back. To be called under the lock of the wallet. */
export async function spentSince(
  tx: Tx,
  { teamId, subject, subjectId }: Counted,
  fromMs: number,
): Promise<NanoCredits> {
  const { sql } = tx;
  // Ids of charges and reversals begin with the time of posting: each sum is a range of one index.
  const from = firstUuidAt(fromMs);
  const counts = sql`c.${sql(COLUMN[subject])} = ${subjectId} and c.status = ${CHARGE_STATUS.CHARGED}`;
  const [row] = await sql<{ charged: bigint; returned: bigint }[]>`
    select (
      select coalesce(sum(c.amount_nano), 0)::int8 from charges c
      where c.team_id = ${teamId} and c.id >= ${from} and ${counts}
    ) as charged, (
      select coalesce(sum(c.amount_nano), 0)::int8 from reversals r
      join charges c on c.team_id = r.team_id and c.id = r.charge_id
      where r.team_id = ${teamId} and r.id >= ${from} and c.id >= ${from} and ${counts}
    ) as returned`;
  return row ? row.charged - row.returned : 0n;
}

/** What open holds have set aside. To be called under the lock of the wallet. */
export async function heldNow(tx: Tx, { teamId, subject, subjectId }: Counted): Promise<NanoCredits> {
  const { sql } = tx;
  // Whatever was placed earlier has expired and been resolved: most of what a team ever held is not looked at.
  const placedMs = (await firstExpiryUnswept(tx)).getTime() - HOLD_LIMITS.longestLifeMs;
  const [row] = await sql<{ held: bigint }[]>`
    select coalesce(sum((draw ->> 1)::int8), 0)::int8 as held from holds h
    cross join jsonb_array_elements(h.draws) as draw
    where h.team_id = ${teamId} and h.id >= ${firstUuidAt(placedMs)} and h.status = ${HOLD_STATUS.HELD} and h.${sql(COLUMN[subject])} = ${subjectId}`;
  return row?.held ?? 0n;
}

/**
 * Makes room again in the caps that counted a charge, if their period still runs. Part of reversing it: under the lock
 * of the wallet, in the transaction that writes its new version.
 */
export async function giveBackToCaps(tx: Tx, charge: Charge): Promise<void> {
  const { teamId, memberId, apiKeyId, modelId, amountNano, postedAt } = charge;
  if (charge.status !== 'CHARGED' || amountNano === 0n) return;
  await tx.sql`
    update spend_caps set spent_nano = greatest(0, spent_nano - ${amountNano}::int8)
    where team_id = ${teamId} and period_at <= ${postedAt.toISOString()}::timestamptz and (
      (subject = ${CAP_SUBJECT.MEMBER} and subject_id = ${memberId}::uuid)
      or (subject = ${CAP_SUBJECT.API_KEY} and subject_id = ${apiKeyId}::uuid)
      or (subject = ${CAP_SUBJECT.MODEL} and subject_id = ${modelId}::uuid))`;
}
