import type { ActorRef } from '../actor.ts';
import { arrayOf } from '../db/arrays.ts';
import type { Reader, Tx } from '../db/client.ts';
import { claimKey } from '../db/idempotency.ts';
import { badInput, notFound } from '../domain-error.ts';
import { newUuid, publicId, type Uuid } from '../id.ts';
import { lockHeads, setDebtLimit } from '../ledger/post.ts';
import { formatCredits, MAX_NANO, type NanoCredits } from '../money.ts';
import { audit } from '../teams/audit.ts';
import { checkIdempotencyKey } from '../teams/text.ts';

export interface ChangeDebtLimit {
  readonly teamId: Uuid;
  readonly limitNano: NanoCredits;
  readonly reason: string;
  readonly idempotencyKey: string;
}

/** Far above what anybody should owe, and sums of it still fit into 64 bits. */
const MAX_LIMIT = MAX_NANO / 1000n;
const MAX_REASON = 500;

/**
 * Sets how far the team may go into debt by usage after the fact. What it owes already stays, also above the limit. From
 * then on its first purchase changes nothing about it.
 * @throws DomainError BAD_USER_INPUT naming the field, NOT_FOUND for the team, IDEMPOTENCY_CONFLICT.
 */
export async function changeDebtLimit(
  tx: Tx,
  { teamId, idempotencyKey, ...request }: ChangeDebtLimit,
  actor: ActorRef,
  now: Date,
): Promise<{ replayed: boolean }> {
  const { limitNano, reason } = request;
  const head = (await lockHeads(tx, [teamId])).get(teamId);
  if (!head) throw notFound('Team', publicId('team', teamId), 'teamId');
  const key = checkIdempotencyKey(idempotencyKey);
  const claim = { teamId, operation: 'setDebtLimit', key, request };
  if ((await claimKey(tx, claim, newUuid(now.getTime()), now)) !== undefined) return { replayed: true };
  if (limitNano < 0n || limitNano > MAX_LIMIT)
    throw badInput('limit', 'must be from 0 to 9,223,372 credits. Zero lets nothing be owed.');
  if (reason.length > MAX_REASON) throw badInput('reason', `must have at most ${MAX_REASON} characters.`);
  await setDebtLimit(tx, teamId, limitNano);
  const details = { from: formatCredits(head.debtLimitNano), to: formatCredits(limitNano), reason };
  await audit(tx, { teamId, action: 'debt-limit.set', actor, details, at: now });
  return { replayed: false };
}

/** Whether an operator has ever set how far the team may go into debt. */
export async function isDebtLimitSet(reader: Reader, teamId: Uuid): Promise<boolean> {
  const rows = await reader.sql`
    select 1 from audit_events where team_id = ${teamId} and action = 'debt-limit.set' limit 1`;
  return rows.length > 0;
}

/** How far each of these teams may go into debt; unknown teams are absent. */
export async function debtLimitsOf(
  reader: Reader,
  teamIds: readonly Uuid[],
): Promise<Map<Uuid, NanoCredits>> {
  const rows = await reader.sql<{ team_id: Uuid; debt_limit_nano: bigint }[]>`
    select w.team_id, w.debt_limit_nano
    from unnest(${arrayOf(teamIds)}::uuid[]) as t (id) join wallets w on w.team_id = t.id`;
  return new Map(rows.map((row) => [row.team_id, row.debt_limit_nano]));
}
