import { textArrayOf } from '../db/arrays.ts';
import type { Tx } from '../db/client.ts';
import { orderedUuid, type Uuid } from '../id.ts';
import { type MethodFacts, nextDefault, type StoredMethod } from './payment-method.ts';
import { type MethodRow, methodColumns, methodFromRow } from './payment-methods.ts';

/** Writes to our copy of the payment methods. All under `lockPayments` of the team. */

/** What a listing is compared with: what may be used, what Stripe has not been told is removed, and what it names. */
export async function comparable(
  tx: Tx,
  teamId: Uuid,
  listed: readonly MethodFacts[],
): Promise<StoredMethod[]> {
  const names = textArrayOf(listed.map(({ stripeId }) => stripeId));
  const rows = await tx.sql<MethodRow[]>`
    select ${methodColumns(tx)} from payment_methods p
    where p.team_id = ${teamId} and (p.removed_at is null or p.detach_due or p.stripe_id = any(${names}::text[]))
    order by p.id`;
  return rows.map(methodFromRow);
}

/** The most that one listing can add. */
const PLACES = 10_000n;

/** Writes new methods, the oldest first. Their ids sort in that order, and after all that earlier versions brought. */
export async function insertMethods(
  tx: Tx,
  { teamId, version }: { readonly teamId: Uuid; readonly version: bigint },
  added: readonly MethodFacts[],
  now: Date,
): Promise<void> {
  for (const [place, facts] of added.entries()) {
    await tx.sql`insert into payment_methods ${tx.sql({
      team_id: teamId,
      id: orderedUuid(now.getTime(), version * PLACES + BigInt(place)),
      created_at: now.toISOString(),
      ...columnsOf(facts),
    })}`;
  }
}

/** Writes what a method is now. One whose expiry has changed is told of again when that comes near. */
export async function updateMethod(tx: Tx, teamId: Uuid, id: Uuid, facts: MethodFacts): Promise<void> {
  const { sql } = tx;
  await sql`
    update payment_methods set ${sql(columnsOf(facts))}, removed_at = null,
      expiry_told_at = case when (exp_month, exp_year) is not distinct from
        (${facts.expMonth}::int2, ${facts.expYear}::int2) then expiry_told_at end
    where team_id = ${teamId} and id = ${id}`;
}

/** Writes that Stripe lists these no more. */
export async function markGone(tx: Tx, teamId: Uuid, ids: readonly Uuid[], now: Date): Promise<void> {
  for (const id of ids) {
    await tx.sql`
      update payment_methods set detach_due = false, is_default = false,
        removed_at = coalesce(removed_at, ${now.toISOString()}::timestamptz)
      where team_id = ${teamId} and id = ${id}`;
  }
}

/** Writes that a method may not be used from now on; Stripe has still to be told. */
export async function markRemoved(tx: Tx, teamId: Uuid, id: Uuid, now: Date): Promise<void> {
  await tx.sql`
    update payment_methods set detach_due = true, is_default = false, removed_at = ${now.toISOString()}::timestamptz
    where team_id = ${teamId} and id = ${id}`;
}

/** Makes one method the default, and no other. */
export async function markDefault(tx: Tx, teamId: Uuid, id: Uuid): Promise<void> {
  await tx.sql`update payment_methods set is_default = false where team_id = ${teamId} and is_default and id <> ${id}`;
  await tx.sql`
    update payment_methods set is_default = true where team_id = ${teamId} and id = ${id} and removed_at is null`;
}

/** Sees to it that a team with methods has a default. `hadDefault`: whether it had one before this transaction. */
export async function settleDefault(tx: Tx, teamId: Uuid, hadDefault: boolean): Promise<void> {
  const rows = await tx.sql<{ id: Uuid; is_default: boolean }[]>`
    select id, is_default from payment_methods where team_id = ${teamId} and removed_at is null order by id`;
  if (rows.some(({ is_default }) => is_default)) return;
  const chosen = nextDefault(
    rows.map(({ id }) => id),
    hadDefault,
  );
  if (chosen !== undefined) await markDefault(tx, teamId, chosen);
}

function columnsOf(facts: MethodFacts) {
  return {
    stripe_id: facts.stripeId,
    type: facts.type,
    brand: facts.brand,
    last4: facts.last4,
    exp_month: facts.expMonth,
    exp_year: facts.expYear,
    wallet: facts.wallet,
    fingerprint: facts.fingerprint,
  };
}
